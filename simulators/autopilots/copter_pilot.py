"""What a rotorcraft does in each flight mode: hold, go somewhere, take off, come home, land."""

import math
from enum import Enum, auto

from simulators.autopilots import items
from simulators.autopilots.board import INFO, Board
from simulators.autopilots.items import Item
from simulators.autopilots.legs import Leg, Limits, capped, closing_speed, corner_speed, peak_speed
from simulators.autopilots.modes import CopterMode
from simulators.autopilots.orbit import Orbit
from simulators.autopilots.places import Place, clamp
from simulators.autopilots.rotorcraft import Rotorcraft
from simulators.autopilots.sticks import Sticks
from simulators.autopilots.targets import Targets

_SPOOL_S = 2.0
_LANDED_S = 2.1
_HOLD_EFFORT = 0.9
_TRACKING_RESERVE = 1.6
"""To stay on a path planned with WPNAV_ACCEL the vehicle may accelerate by that much more."""


class Task(Enum):
    """What is being done, whatever the mode is called."""

    STAND = auto()
    CLIMB = auto()
    FLY = auto()
    HOLD = auto()
    VELOCITY = auto()
    CIRCLE = auto()
    STICKS = auto()
    DESCEND = auto()


class CopterPilot:
    """Guides a `Rotorcraft`.

    Attributes:
        task: what is being done now.
        taking_off, landing: for EXTENDED_SYS_STATE.
        landed_since_s: when it touched down, None in the air.
        paused: a leg is held where it is.
        wants_disarm: it has landed and is to be disarmed.
    """

    def __init__(self, board: Board, targets: Targets, sticks: Sticks) -> None:
        self._board, self._targets, self._sticks = board, targets, sticks
        self._frame = Rotorcraft(board.body, board.parameters)
        self.task = Task.STAND
        self.taking_off = self.landing = False
        self.landed_since_s: float | None = 0.0
        self.paused = False
        self._leg: Leg | None = None
        self._hold = board.body.place
        self._yaw = board.body.yaw
        self._yaw_fixed = False
        self._speed: float | None = None
        self._climb_speed: float | None = None
        self._velocity = (0.0, 0.0, 0.0)
        self._velocity_until_s = 0.0
        self._rtl: list[str] = []
        self._timer_s = 0.0
        self._armed_s = 0.0
        self._orbit = Orbit(board.body.place, 10.0, 0.0, 0.0)
        self._goal = board.body.place
        self.wants_disarm = False

    # What the modes and the mission ask for

    @property
    def leg(self) -> Leg | None:
        """The leg being flown."""
        return self._leg if self.task is Task.FLY else None

    def hold_here(self) -> None:
        """Stop as fast as is comfortable and stay."""
        body = self._board.body
        self.taking_off = self.landing = False
        if body.on_ground:
            self.task = Task.STAND
            return
        speed = body.ground_speed_mps
        way = speed * speed / (2 * _HOLD_EFFORT * self._acceleration) + 0.4 * speed
        stop = body.place.toward(math.atan2(body.east_mps, body.north_mps), way) if speed > 0.2 else body.place
        rise = 0.5 * body.up_mps * abs(body.up_mps) / max(self._limits().climb_acceleration, 0.3)
        self._hold = stop.moved(up=clamp(rise, -5, 5))
        self.task = Task.HOLD
        self._face_now()

    def climb(self, amsl: float) -> None:
        """Climb straight up to a height."""
        body = self._board.body
        self.task, self.taking_off, self.landing = Task.CLIMB, True, False
        self._face_now()
        self._leg = Leg(body.place, Place(body.place.east, body.place.north, amsl), self._limits())

    def go_to(self, place: Place, after: Place | None = None, *, through: bool = False) -> None:
        """Fly straight to a place; through it at the speed of the corner when another comes after."""
        self.taking_off = self.landing = False
        limits = self._limits()
        start, speed = self._board.body.place, 0.0
        if self.task is Task.FLY and self._leg is not None and self._leg.done:
            start, speed = self._leg.end, self._leg.speed
        end_speed, radius = 0.0, 2 * self._board.parameters["WPNAV_RADIUS"] / 100
        if through and after is not None:
            reach = peak_speed(min(start.distance(place), place.distance(after)), limits)
            end_speed = min(corner_speed(start, place, after, limits.acceleration, radius), limits.speed, reach)
        self._leg = Leg(start, place, limits, start_speed=speed, end_speed=end_speed)
        self.task = Task.FLY
        if not self._yaw_fixed and (bearing := self._leg.bearing) is not None:
            self._look_ahead(bearing)

    def fly_velocity(self, velocity: tuple[float, float, float], yaw: float | None) -> None:
        """Fly a velocity (east, north, up) until the next one comes, or none has come for GUID_TIMEOUT."""
        limits = self._limits()
        size = math.hypot(velocity[0], velocity[1])
        scale = limits.speed / size if size > limits.speed else 1.0
        up = clamp(velocity[2], -limits.down, limits.up)
        self._velocity = (velocity[0] * scale, velocity[1] * scale, up)
        self._velocity_until_s = self._board.boot_s + self._board.parameters["GUID_TIMEOUT"]
        self.task, self.taking_off, self.landing = Task.VELOCITY, False, False
        if yaw is not None:
            self._yaw = yaw

    def circle(self, centre: Place, radius_m: float, turns: float) -> None:
        """Fly turns (infinite for 0) around a centre; negative radius: counter-clockwise."""
        body = self._board.body
        angle = centre.bearing(body.place) if centre.distance(body.place) > 0.5 else body.yaw
        self._orbit = Orbit(centre, radius_m or 10.0, turns, angle)
        self.task, self.taking_off, self.landing = Task.CIRCLE, False, False

    def land(self) -> None:
        """Come down where it is."""
        body = self._board.body
        self.taking_off = False
        if body.on_ground:
            self.task = Task.STAND
            self.landing = False
            return
        if self.task not in (Task.HOLD, Task.FLY) or math.dist(self._hold, body.place) > 10:
            self.hold_here()
        if self.task is Task.FLY:
            self._hold = self._leg.target if self._leg is not None else body.place
        self.task, self.landing = Task.DESCEND, True

    def return_home(self) -> None:
        """Climb to the return height, fly to the nearest rally point or home, wait there, land."""
        body, parameters = self._board.body, self._board.parameters
        if body.on_ground:
            self.task = Task.STAND
            return
        goal = self._targets.return_point()
        height = max(self._board.relative_m, parameters["RTL_ALT"] / 100, goal.amsl - self._home_amsl())
        self._goal = Place(goal.east, goal.north, self._home_amsl() + height)
        self._rtl = ["return", "wait", "land"]
        self.hold_here()
        self.go_to(Place(self._hold.east, self._hold.north, self._goal.amsl))

    def set_speed(self, speed: float | None, climb: float | None = None) -> None:
        """Ground speed (and climb rate) from now on; None: the parameters'."""
        self._speed = speed if speed is not None else self._speed
        self._climb_speed = climb if climb is not None else self._climb_speed
        if self._leg is not None and speed is not None:
            self._leg.limit_speed(speed)

    def forget_speed(self) -> None:
        """A mode begins: speeds are the parameters' again, and the nose looks ahead."""
        self._speed = self._climb_speed = None
        self._yaw_fixed = False
        self.paused = False
        self._rtl = []

    def turn_to(self, yaw: float) -> None:
        """Point the nose somewhere and keep it there."""
        self._yaw, self._yaw_fixed = yaw, True

    # Mission items

    def begin(self, item: Item, after: Item | None) -> bool:
        """Start to fly a navigation item."""
        body = self._board.body
        self._timer_s = 0.0
        self._rtl = []
        if body.on_ground and item.command not in (items.TAKEOFF, items.VTOL_TAKEOFF, items.DELAY):
            return False
        match item.command:
            case items.TAKEOFF | items.VTOL_TAKEOFF:
                self.climb(self._targets.place_of(item, body.place).amsl)
            case items.RETURN_TO_LAUNCH:
                self.return_home()
            case items.LAND | items.VTOL_LAND:
                self._rtl = ["land"]
                place = self._targets.place_of(item, body.place)
                self.go_to(Place(place.east, place.north, body.place.amsl))
            case items.LOITER_TURNS:
                place = self._targets.place_of(item, body.place)
                self._face_now()
                self.circle(place, item.params[2] or 10.0, max(item.params[0], 0))
            case items.DELAY:
                if not body.on_ground:
                    self.hold_here()
            case _:
                follows = after is not None and after.command in (items.WAYPOINT, items.SPLINE_WAYPOINT)
                through = item.command == items.WAYPOINT and item.params[0] == 0 and follows
                goal = self._targets.place_of(item, body.place)
                then = self._targets.place_of(after, goal) if after is not None and follows else None
                self.go_to(goal, then, through=through)
        return True

    def finished(self, item: Item) -> bool:
        """Whether the navigation item is done."""
        match item.command:
            case items.RETURN_TO_LAUNCH | items.LAND | items.VTOL_LAND:
                return self.landed_since_s is not None and not self._board.armed
            case items.TAKEOFF | items.VTOL_TAKEOFF:
                return self._leg is not None and self._leg.done and abs(self._leg.end.amsl - self._amsl) < 0.5
            case items.LOITER_UNLIM:
                return False
            case items.LOITER_TURNS:
                return self.task is Task.CIRCLE and self._orbit.done
            case items.DELAY:
                return self._waited(item.params[0])
            case items.LOITER_TIME:
                return self._arrived() and self._waited(item.params[0])
            case items.WAYPOINT | items.SPLINE_WAYPOINT:
                if self._leg is not None and self._leg.done and self._leg.speed > 0 and item.params[0] == 0:
                    return True
                return self._arrived() and self._waited(item.params[0])
            case _:
                return self._arrived()

    # One step

    def step(self, dt: float) -> None:
        """Guide the airframe for dt seconds."""
        board, body = self._board, self._board.body
        if not board.armed:
            self._armed_s = board.boot_s
            self.task = Task.STAND if body.on_ground else self.task
            if body.on_ground:
                self._frame.idle(dt, spinning=False)
            else:
                self._frame.drop(dt)
        elif body.on_ground and (self.task in (Task.STAND, Task.DESCEND) or board.boot_s - self._armed_s < _SPOOL_S):
            self._frame.idle(dt, spinning=True)
        else:
            velocity = self._wanted_velocity(dt)
            self._frame.step(dt, velocity, self._yaw, board.wind, _TRACKING_RESERVE * self._acceleration)
        self._watch_ground()

    def _wanted_velocity(self, dt: float) -> tuple[float, float, float]:
        place = self._board.body.place
        match self.task:
            case Task.CLIMB | Task.FLY if self._leg is not None:
                velocity = capped(self._leg.step(dt, place, paused=self.paused), self._limits().speed)
                if self.task is Task.FLY and self._rtl and self._arrived():
                    self._next_rtl_stage()
                return velocity
            case Task.VELOCITY:
                if self._board.boot_s > self._velocity_until_s:
                    self.hold_here()
                return self._velocity
            case Task.CIRCLE:
                return self._circle_velocity(dt, place)
            case Task.DESCEND:
                return self._descent(place)
            case Task.STICKS:
                return self._stick_velocity()
            case _:
                if self._rtl:
                    self._next_rtl_stage()
                return self._toward(self._hold)

    def _next_rtl_stage(self) -> None:
        stage = self._rtl[0]
        if stage == "return":
            self._rtl.pop(0)
            self._yaw_fixed = True
            self.go_to(self._goal)
            self._yaw_fixed = False
        elif stage == "wait":
            if self.task is Task.FLY:
                self._hold, self.task, self._timer_s = self._goal, Task.HOLD, 0.0
            if self._waited(self._board.parameters["RTL_LOIT_TIME"] / 1000):
                self._rtl.pop(0)
        else:
            self._rtl = []
            self._hold = self._leg.end if self._leg is not None else self._board.body.place
            self.task, self.landing = Task.DESCEND, True

    def _toward(self, goal: Place) -> tuple[float, float, float]:
        place, limits = self._board.body.place, self._limits()
        speed = min(closing_speed(place.distance(goal), _HOLD_EFFORT * self._acceleration), limits.speed)
        bearing = place.bearing(goal)
        up = clamp(goal.amsl - place.amsl, -limits.down, limits.up)
        return math.sin(bearing) * speed, math.cos(bearing) * speed, up

    def _circle_velocity(self, dt: float, place: Place) -> tuple[float, float, float]:
        orbit = self._orbit
        speed = min(self._limits().speed, math.sqrt(0.6 * self._acceleration * abs(orbit.radius_m)))
        east, north = orbit.step(dt, place, speed)
        wanted = self._toward(orbit.point)
        self._yaw = place.bearing(orbit.centre)
        return east + wanted[0], north + wanted[1], wanted[2]

    def _descent(self, place: Place) -> tuple[float, float, float]:
        parameters = self._board.parameters
        east, north, _ = self._toward(self._hold)
        slow = parameters["LAND_SPEED"] / 100
        fast = (parameters["LAND_SPEED_HIGH"] or parameters["WPNAV_SPEED_DN"]) / 100
        above = self._board.body.height_m - parameters["LAND_ALT_LOW"] / 100
        down = slow if above <= 0 else min(fast, slow + math.sqrt(2 * 0.7 * above))
        return east, north, -down

    def _stick_velocity(self) -> tuple[float, float, float]:
        sticks, limits = self._sticks, self._limits()
        climb = sticks.climb * (limits.up if sticks.climb > 0 else self._stick_sink())
        if self._board.mode in (CopterMode.STABILIZE, CopterMode.ALT_HOLD):
            wind = self._board.wind
            return wind.east, wind.north, climb
        forward, right = sticks.forward * limits.speed, sticks.right * limits.speed
        self._yaw = math.remainder(self._yaw + sticks.turn * math.radians(90) * 0.02, math.tau)
        if forward == right == 0:
            east, north, _ = self._toward(self._hold)
        else:
            yaw = self._board.body.yaw
            east = forward * math.sin(yaw) + right * math.cos(yaw)
            north = forward * math.cos(yaw) - right * math.sin(yaw)
            self._hold = self._board.body.place
        return east, north, climb

    def _stick_sink(self) -> float:
        parameters = self._board.parameters
        return (parameters["PILOT_SPEED_DN"] or parameters["PILOT_SPEED_UP"]) / 100

    def follow_sticks(self) -> None:
        """The pilot's sticks fly it from now on."""
        self.hold_here()
        self.task = Task.STICKS
        self._hold = self._hold if not self._board.body.on_ground else self._board.body.place

    def _watch_ground(self) -> None:
        board, body = self._board, self._board.body
        if not body.on_ground:
            self.landed_since_s = None
        elif self.landed_since_s is None:
            self.landed_since_s = board.boot_s
            if board.armed:
                board.say(INFO, f"SIM Hit ground at {body.touchdown_mps:f} m/s")
        if board.armed and self.landing and body.on_ground and self._landed_for(_LANDED_S):
            self.landing = False
            self.task = Task.STAND
            self.wants_disarm = True

    def _landed_for(self, seconds: float) -> bool:
        return self.landed_since_s is not None and self._board.boot_s - self.landed_since_s >= seconds

    def _waited(self, seconds: float) -> bool:
        if self._timer_s == 0:
            self._timer_s = self._board.boot_s
        return self._board.boot_s - self._timer_s >= seconds

    def _arrived(self) -> bool:
        if self._leg is None or not self._leg.done:
            return False
        radius = max(self._board.parameters["WPNAV_RADIUS"] / 100, 0.5)
        return math.dist(self._board.body.place, self._leg.end) < radius

    def _face_now(self) -> None:
        if not self._yaw_fixed:
            self._yaw = self._board.body.yaw

    def _look_ahead(self, bearing: float) -> None:
        behaviour = int(self._board.parameters["WP_YAW_BEHAVIOR"])
        if behaviour in (1, 3) or (behaviour == 2 and not self._rtl):
            self._yaw = bearing

    @property
    def _amsl(self) -> float:
        return self._board.body.place.amsl

    def _home_amsl(self) -> float:
        return self._board.home.amsl if self._board.home else self._board.body.ground_amsl

    @property
    def _acceleration(self) -> float:
        return max(self._board.parameters["WPNAV_ACCEL"] / 100, 0.5)

    def _limits(self) -> Limits:
        parameters = self._board.parameters
        return Limits(
            self._speed or max(parameters["WPNAV_SPEED"] / 100, 0.5),
            self._climb_speed or max(parameters["WPNAV_SPEED_UP"] / 100, 0.3),
            self._climb_speed or max(parameters["WPNAV_SPEED_DN"] / 100, 0.3),
            self._acceleration,
            max(parameters["WPNAV_ACCEL_Z"] / 100, 0.3),
            max(parameters["WPNAV_JERK"], 0.5),
        )
