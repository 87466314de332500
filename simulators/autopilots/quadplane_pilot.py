"""What a quadplane does beyond a plane: straight up, over to its wings, back to its rotors, straight down.

The order of things, their lines and speeds are those of ArduPlane 4.6.2's quadplane recorded in simulation: the item
after a vertical take-off begins the transition, a vertical landing brakes on the way (VTOL Position1), stops over the
place (Position2), descends, and touches down slowly.
"""

import math
from enum import Enum, IntEnum, auto

from simulators.autopilots import items
from simulators.autopilots.board import INFO, Board
from simulators.autopilots.items import Item
from simulators.autopilots.legs import closing_speed
from simulators.autopilots.modes import Mode, PlaneMode
from simulators.autopilots.parameters import ParameterTable
from simulators.autopilots.places import Place, clamp
from simulators.autopilots.plane_pilot import PlanePilot, Task
from simulators.autopilots.rotorcraft import HOVER_THROTTLE, Rotorcraft
from simulators.autopilots.sticks import Sticks
from simulators.autopilots.targets import Targets

_SPOOL_S = 2.0
_AHEAD_MPS2 = 3.2
"""What the forward motor gives: 18 m/s after 5.6 s."""
_RESERVE_MPS2 = 3.0
_CLIMB_GAIN = 0.8
_OVER_M = 10.0
_STOPPED_M, _STOPPED_MPS = 2.0, 0.7
_REST_S = 1.0
_LIFT_NAMES = {"ANGLE_MAX": "Q_ANGLE_MAX", "ATC_SLEW_YAW": "Q_A_SLEW_YAW", "WPNAV_ACCEL_Z": "Q_WP_ACCEL_Z"}


class VtolState(IntEnum):
    """MAV_VTOL_STATE."""

    UNDEFINED = 0
    TO_WINGS = 1
    TO_ROTORS = 2
    ROTORS = 3
    WINGS = 4


class Stage(Enum):
    """What carries it, and what is done with that."""

    WINGS = auto()
    CLIMB = auto()
    AHEAD = auto()
    BRAKE = auto()
    HOLD = auto()
    DESCEND = auto()


class _LiftParameters:
    """A quadplane's parameters by the names that a rotorcraft has for them."""

    def __init__(self, parameters: ParameterTable) -> None:
        self._parameters = parameters

    def __getitem__(self, name: str) -> float:
        return self._parameters[_LIFT_NAMES[name]]


class QuadplanePilot(PlanePilot):
    """Guides a plane that has lift rotors as well.

    Attributes:
        stage: `Stage.WINGS` while the plane's own tasks are flown, also on the ground.
    """

    def __init__(self, board: Board, targets: Targets, sticks: Sticks) -> None:
        super().__init__(board, targets, sticks)
        self._lift = Rotorcraft(board.body, _LiftParameters(board.parameters))
        self.stage = Stage.WINGS
        self._over = board.body.place
        self._lands = False
        self._stopping = False
        self._stays_on_rotors = False
        self._nose = board.body.yaw
        self._ahead_mps = 0.0
        self._settled_s: float | None = None
        self._touched_s: float | None = None
        self._near = self._slow = False

    @property
    def taking_off(self) -> bool:
        """Whether it is taking off."""
        return self.stage is Stage.CLIMB or super().taking_off

    @property
    def landing(self) -> bool:
        """Whether it comes down on its rotors, or lands as a plane does."""
        return self.stage is Stage.DESCEND or super().landing

    @property
    def vtol_state(self) -> VtolState:
        """For EXTENDED_SYS_STATE."""
        if self.stage is Stage.AHEAD or self._settled_s is not None:
            return VtolState.TO_WINGS
        if self.stage is Stage.BRAKE:
            return VtolState.TO_ROTORS
        return VtolState.WINGS if self.stage is Stage.WINGS else VtolState.ROTORS

    # What the modes and the mission ask for

    def climb(self, amsl: float) -> None:
        """Take off straight up to a height."""
        here = self._board.body.place
        self._goal = self._over = Place(here.east, here.north, amsl)
        self._rise_on_rotors(Stage.CLIMB)
        self.task, self._stays_on_rotors = Task.STAND, False
        self.landed_since_s = self._touched_s = None

    def enter(self, mode: Mode) -> None:
        """A mode that is flown on the rotors begins: stop and stay, land here, or go home and land."""
        if self._on_ground():
            self.task, self.stage = Task.STAND, Stage.WINGS
        elif mode is PlaneMode.QRTL:
            home = self._targets.return_point()
            self.land_over(home)
        else:
            self.stop(lands=mode is PlaneMode.QLAND)

    def land_over(self, place: Place) -> None:
        """Fly to a place at the present height, on wings while it is far, and land there straight down."""
        here = self._board.body.place
        over = Place(place.east, place.north, here.amsl)
        if self.stage in (Stage.WINGS, Stage.AHEAD):
            super().fly_line(over, start=here)
        else:
            self._rise_on_rotors(Stage.BRAKE)
        self._over, self._lands, self._stopping = over, True, True

    def stop(self, *, lands: bool) -> None:
        """Go over to the rotors, stop, and hold there or land."""
        body = self._board.body
        way = body.ground_speed_mps**2 / (2 * self._deceleration) + self._deceleration / 2
        self._over = body.place.toward(math.atan2(body.east_mps, body.north_mps), way)
        self._rise_on_rotors(Stage.BRAKE)
        self._lands = lands

    def transition(self, state: float) -> bool:
        """DO_VTOL_TRANSITION: on with the rotors (3) or the wings (4); False for another, or on the ground."""
        if self._on_ground() or state not in (VtolState.ROTORS, VtolState.WINGS):
            return False
        self._stays_on_rotors = state == VtolState.ROTORS
        if self._stays_on_rotors and self.stage in (Stage.WINGS, Stage.AHEAD):
            self.stop(lands=False)
        elif not self._stays_on_rotors and self.task in (Task.LINE, Task.LOITER):
            self._take_wing()
        elif not self._stays_on_rotors:
            self.hold_here()
        return True

    def forget_speed(self) -> None:
        """A mode begins: it flies on its wings again, at the usual airspeed."""
        super().forget_speed()
        self._stays_on_rotors = False

    def loiter(self, centre: Place, radius_m: float | None = None) -> None:
        """Circle about a centre; on rotors, fly there and stay."""
        super().loiter(centre, radius_m)
        self._take_wing()

    def fly_line(self, end: Place, *, start: Place | None = None, reach_m: float = 0.0) -> None:
        """Fly along a line to a place."""
        super().fly_line(end, start=start, reach_m=reach_m)
        self._take_wing()

    def glide(self) -> None:
        """Nobody flies it."""
        super().glide()
        self.stage, self._stopping = Stage.WINGS, False

    def begin(self, item: Item, after: Item | None) -> bool:
        """Start to fly a navigation item."""
        place = self._targets.place_of(item, self._board.body.place)
        if item.command == items.VTOL_TAKEOFF:
            self.climb(place.amsl)
            return True
        if item.command == items.VTOL_LAND:
            if not self._on_ground():
                self.land_over(place)
            return not self._on_ground()
        return super().begin(item, after)

    # One step

    def step(self, dt: float) -> None:
        """Guide the airframe for dt seconds."""
        board, body = self._board, self._board.body
        body.lift = 0.0
        if not board.armed:
            self.stage, self._stopping = Stage.WINGS, False
        if self.stage is Stage.WINGS:
            super().step(dt)
            self._watch_wings()
            return
        if body.on_ground and (self.stage is not Stage.CLIMB or board.boot_s - self._armed_s < _SPOOL_S):
            self._lift.idle(dt, spinning=True)
            self._watch_touch_down()
            return
        self._lift.step(dt, self._wanted_velocity(dt), self._nose, board.wind, _RESERVE_MPS2)
        body.lift = body.throttle / HOVER_THROTTLE
        if self.stage is Stage.AHEAD and body.airspeed_mps >= board.parameters["AIRSPEED_MIN"]:
            self._wings_carry()

    def _wanted_velocity(self, dt: float) -> tuple[float, float, float]:
        if self.stage is Stage.AHEAD:
            return self._speed_up(dt)
        body, parameters = self._board.body, self._board.parameters
        away = body.place.distance(self._over)
        braking = self._deceleration if self.stage is Stage.BRAKE else parameters["Q_WP_ACCEL"] / 100
        slow = parameters["Q_WP_SPEED"] / 100
        speed = min(closing_speed(away, braking), max(slow, body.ground_speed_mps))
        bearing = body.place.bearing(self._over)
        if self.stage is Stage.BRAKE:
            self._watch_braking(away)
        return math.sin(bearing) * speed, math.cos(bearing) * speed, self._climb_rate()

    def _climb_rate(self) -> float:
        body, parameters = self._board.body, self._board.parameters
        down = parameters["Q_WP_SPEED_DN"] / 100
        if self.stage is not Stage.DESCEND:
            return clamp(_CLIMB_GAIN * (self._over.amsl - body.place.amsl), -down, parameters["Q_WP_SPEED_UP"] / 100)
        if body.height_m > parameters["Q_LAND_FINAL_ALT"]:
            return -down
        if not self._slow:
            self._slow = True
            self._board.say(INFO, "Land final started")
        return -parameters["Q_LAND_FINAL_SPD"]

    def _speed_up(self, dt: float) -> tuple[float, float, float]:
        """Along the course over the ground, with the air that its growing speed through the air leaves for it."""
        body, wind = self._board.body, self._board.wind
        course = body.place.bearing(self._goal) if body.place.distance(self._goal) > 50 else self._course
        self._ahead_mps += _AHEAD_MPS2 * dt
        sin_course, cos_course = math.sin(course), math.cos(course)
        along, across = (
            wind.east * sin_course + wind.north * cos_course,
            wind.east * cos_course - wind.north * sin_course,
        )
        speed = max(math.sqrt(max(self._ahead_mps**2 - across**2, 0.0)) + along, 0.0)
        air_east, air_north = speed * sin_course - wind.east, speed * cos_course - wind.north
        self._nose = math.atan2(air_east, air_north) if self._ahead_mps > abs(across) else course
        return speed * sin_course, speed * cos_course, self._climb_rate()

    # From one to the other

    def _take_wing(self) -> None:
        self._stopping = False
        if self.stage in (Stage.WINGS, Stage.AHEAD) or self._on_ground():
            return
        if self._stays_on_rotors:
            self._over, self._lands = self._goal, False
            return
        body = self._board.body
        if self.stage is not Stage.CLIMB:
            self._over = body.place
        self.stage, self._ahead_mps, self._course = Stage.AHEAD, 0.0, body.yaw
        self._board.say(INFO, f"Transition started airspeed {body.airspeed_mps:.1f}")

    def _wings_carry(self) -> None:
        board, body = self._board, self._board.body
        self.stage = Stage.WINGS
        self._start = body.place
        body.yaw = math.atan2(body.east_mps - board.wind.east, body.north_mps - board.wind.north)
        board.say(INFO, f"Transition airspeed reached {body.airspeed_mps:.1f}")
        self._settled_s = board.boot_s + board.parameters["Q_TRANSITION_MS"] / 1000

    def _rise_on_rotors(self, stage: Stage) -> None:
        """The rotors carry it from now on."""
        body = self._board.body
        self.stage = stage
        self._lands = self._stopping = self._near = self._slow = False
        self._settled_s = None
        self._nose = body.yaw

    def _watch_wings(self) -> None:
        board, body = self._board, self._board.body
        if self._settled_s is not None and board.boot_s >= self._settled_s:
            self._settled_s = None
            board.say(INFO, "Transition done")
        if not self._stopping:
            return
        away = body.place.distance(self._over)
        if away <= body.ground_speed_mps**2 / (2 * self._deceleration) + self._deceleration / 2:
            self._rise_on_rotors(Stage.BRAKE)
            self._lands = True
            board.say(INFO, f"VTOL Position1 d={away:.1f}")

    def _watch_braking(self, away: float) -> None:
        board, body = self._board, self._board.body
        if self._lands and not self._near and away < _OVER_M:
            self._near = True
            speed = body.ground_speed_mps
            board.say(INFO, f"VTOL position2 started v={speed:.1f} d={away:.1f} h={board.relative_m:.1f}")
        if away < _STOPPED_M and body.ground_speed_mps < _STOPPED_MPS:
            self.stage = Stage.DESCEND if self._lands else Stage.HOLD
            if self._stays_on_rotors and self.task is Task.LINE:
                self._over = self._goal
            if self._lands:
                board.say(INFO, "Land descend started")

    def _watch_touch_down(self) -> None:
        board, body = self._board, self._board.body
        if self.stage is Stage.CLIMB:
            return
        if self._touched_s is None:
            self._touched_s = self.landed_since_s = board.boot_s
            self.task = Task.STAND
            board.say(INFO, f"SIM Hit ground at {body.touchdown_mps:f} m/s")
        elif board.boot_s - self._touched_s >= _REST_S and not self.wants_disarm:
            board.say(INFO, "Land complete")
            self.wants_disarm = True

    @property
    def _deceleration(self) -> float:
        return max(self._board.parameters["Q_TRANS_DECEL"], 0.2)
