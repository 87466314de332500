"""What a fixed-wing aircraft does in each flight mode: take off, follow lines, loiter, come home, land."""

import math
from enum import Enum, auto

from simulators.autopilots import items
from simulators.autopilots.board import INFO, Board
from simulators.autopilots.fixed_wing import FixedWing
from simulators.autopilots.items import Item
from simulators.autopilots.lateral import Guidance, Lateral
from simulators.autopilots.places import Place, clamp, wrap_pi
from simulators.autopilots.sticks import Sticks
from simulators.autopilots.targets import Targets

_THROTTLE_DELAY_S = 0.6
_LEVEL_UNTIL_M = 12.0
_CLIMB_GAIN = 0.35
_ARRIVED_AT_HEIGHT_M = 5.0
_LINED_UP_RAD = math.radians(10)
_TOUCH_BEFORE_M = 40.0
"""The slope ends so far before the landing point; the flare and the roll take it there."""


class Task(Enum):
    """What is being done, whatever the mode is called."""

    STAND = auto()
    TAKE_OFF = auto()
    LINE = auto()
    LOITER = auto()
    LAND = auto()
    ROLL_OUT = auto()
    GLIDE = auto()


class PlanePilot:
    """Guides a `FixedWing`.

    Attributes:
        task: what is being done now.
        landed_since_s: when it came to rest after a landing, None otherwise.
        cross_track_m: distance from the path.
        bank_wanted: radians.
    """

    def __init__(self, board: Board, targets: Targets, sticks: Sticks) -> None:
        self._board, self._targets, self._sticks = board, targets, sticks
        self._frame = FixedWing(board.body, board.parameters)
        self._lateral = Lateral(board.body, board.parameters)
        self.task = Task.STAND
        self.landed_since_s: float | None = None
        self.paused = False
        self.cross_track_m = 0.0
        self.bank_wanted = 0.0
        self.wants_disarm = False
        self._airspeed: float | None = None
        self._start = self._goal = board.body.place
        self._course = board.body.yaw
        self._radius = 80.0
        self._reach_m = 0.0
        self._on_leg = False
        self._circled = 0.0
        self._last_angle: float | None = None
        self._next: Place | None = None
        self._timer_s = 0.0
        self._armed_s = 0.0
        self._flared = False

    @property
    def taking_off(self) -> bool:
        """Whether it is taking off."""
        return self.task is Task.TAKE_OFF

    @property
    def landing(self) -> bool:
        """Whether it is on the approach or rolling out."""
        return self.task in (Task.LAND, Task.ROLL_OUT)

    @property
    def goal(self) -> Place | None:
        """Where it flies to or about."""
        return self._goal if self.task in (Task.LINE, Task.LOITER, Task.LAND) else None

    @property
    def airborne(self) -> bool:
        """Whether it flies."""
        return not self._board.body.on_ground

    # What the modes and the mission ask for

    def take_off(self, amsl: float) -> None:
        """Roll, lift off and climb to a height in the direction of the nose."""
        body = self._board.body
        self._course = body.yaw
        self._start, self._goal = body.place, Place(body.place.east, body.place.north, amsl)
        self.task = Task.TAKE_OFF
        self.landed_since_s = None

    def loiter(self, centre: Place, radius_m: float | None = None) -> None:
        """Circle about a centre at its height; a negative radius turns counter-clockwise."""
        if self._on_ground():
            return
        radius = radius_m if radius_m else self._board.parameters["WP_LOITER_RAD"]
        self._radius = math.copysign(max(abs(radius), 15.0), radius)
        self._start, self._goal, self.task = self._board.body.place, centre, Task.LOITER
        self._on_leg = False
        self._circled, self._last_angle = 0.0, None

    def hold_here(self) -> None:
        """Circle about the present place."""
        self.loiter(self._board.body.place)

    def fly_line(self, end: Place, *, start: Place | None = None, reach_m: float = 0.0) -> None:
        """Fly along a line to a place, which counts as reached at a distance before it."""
        if self._on_ground():
            return
        self._start, self._goal = start or self._board.body.place, end
        self._reach_m = reach_m
        self.task, self._on_leg = Task.LINE, True

    def land(self, place: Place) -> None:
        """Approach in a straight line and land at a place."""
        if self._on_ground():
            return
        body = self._board.body
        self._start, self._goal, self._flared = body.place, place, False
        self.task = Task.LAND
        self._board.say(INFO, f"Landing approach start at {self._board.relative_m:.1f}m")

    def return_home(self) -> None:
        """Circle at the return height about the nearest rally point or home."""
        goal = self._targets.return_point()
        home = self._targets.home()
        height = self._board.parameters["RTL_ALTITUDE"]
        level = self._board.body.place.amsl if height < 0 else home.amsl + height
        at_rally = goal is not home and goal != home
        radius = self._board.parameters["RTL_RADIUS"] or None
        self.loiter(Place(goal.east, goal.north, max(goal.amsl, level) if at_rally else level), radius)

    def glide(self) -> None:
        """Nobody flies it: level wings, no power."""
        self.task = Task.STAND if self._board.body.on_ground else Task.GLIDE

    def set_speed(self, speed: float | None, climb: float | None = None) -> None:
        """Airspeed from now on."""
        del climb
        self._airspeed = speed if speed is not None else self._airspeed

    def forget_speed(self) -> None:
        """A mode begins: the airspeed is the parameter's again."""
        self._airspeed = None

    def change_height(self, amsl: float) -> None:
        """Keep the path, at another height."""
        self._goal = Place(self._goal.east, self._goal.north, amsl)

    # Mission items

    def begin(self, item: Item, after: Item | None) -> bool:
        """Start to fly a navigation item."""
        body = self._board.body
        self._timer_s = 0.0
        self._next = self._targets.place_of(after, body.place) if after is not None and after.has_place else None
        if self._on_ground() and item.command not in (items.TAKEOFF, items.VTOL_TAKEOFF, items.DELAY):
            return False
        goal = self._targets.place_of(item, body.place)
        match item.command:
            case items.TAKEOFF | items.VTOL_TAKEOFF:
                self.take_off(goal.amsl)
            case items.LAND | items.VTOL_LAND:
                self.land(goal)
            case items.RETURN_TO_LAUNCH:
                self.return_home()
            case items.LOITER_TURNS | items.LOITER_TIME | items.LOITER_UNLIM:
                self.loiter(goal, self._loiter_radius(item.params[2]))
                self._on_leg = True
            case items.LOITER_TO_ALT:
                self.loiter(goal, self._loiter_radius(item.params[1]))
                self._on_leg = True
            case items.DELAY:
                pass
            case _:
                self._begin_line(item, goal, after)
        return True

    def _loiter_radius(self, param: float) -> float:
        usual = self._board.parameters["WP_LOITER_RAD"]
        return math.copysign(abs(param) if abs(param) > 1 else abs(usual), param if param else usual)

    def _begin_line(self, item: Item, goal: Place, after: Item | None) -> None:
        here = self._board.body.place
        start = self._goal if self.task in (Task.LINE,) else here
        if start.distance(goal) < 1:
            start = here
        radius = item.params[1] or self._board.parameters["WP_RADIUS"]
        turn = math.pi / 2
        if after is not None and after.has_place:
            turn = wrap_pi(goal.bearing(self._targets.place_of(after, goal)) - start.bearing(goal))
        beyond = item.params[2]
        if beyond > 0:
            goal = Place(*goal.toward(start.bearing(goal), beyond)[:2], goal.amsl)
        self.fly_line(goal, start=start, reach_m=self._lateral.turn_distance(radius, turn))

    def finished(self, item: Item) -> bool:
        """Whether the navigation item is done."""
        body = self._board.body
        match item.command:
            case items.TAKEOFF | items.VTOL_TAKEOFF:
                return self.airborne and body.place.amsl >= self._goal.amsl - 1
            case items.LAND | items.VTOL_LAND:
                return False
            case items.LOITER_UNLIM | items.RETURN_TO_LAUNCH:
                return False
            case items.LOITER_TURNS:
                return self._circled >= max(item.params[0], 0.0) * math.tau and self._lined_up()
            case items.LOITER_TIME:
                return self._circled > 0 and self._waited(item.params[0]) and self._lined_up()
            case items.LOITER_TO_ALT:
                there = abs(body.place.amsl - self._goal.amsl) < _ARRIVED_AT_HEIGHT_M and self._circled > 0.2
                return there and self._lined_up()
            case items.CONTINUE_AND_CHANGE_ALT:
                return abs(body.place.amsl - self._goal.amsl) < _ARRIVED_AT_HEIGHT_M
            case items.DELAY:
                return self._waited(item.params[0])
            case _:
                return self._passed()

    def _lined_up(self) -> bool:
        """Whether a circle may be left: it leads toward the next place, within 10 degrees, more after each lap."""
        body = self._board.body
        if self._next is None or self._goal.distance(self._next) <= abs(self._radius):
            return True
        off = body.place.bearing(self._next) - math.atan2(body.east_mps, body.north_mps)
        return abs(wrap_pi(off)) <= _LINED_UP_RAD * max(1, int(self._circled / math.tau))

    def reached_guided(self) -> bool:
        """Whether the circle about a guided target has been joined."""
        return self.task is Task.LOITER and self._circled > 0

    def _passed(self) -> bool:
        body = self._board.body
        away = body.place.distance(self._goal)
        if away <= max(self._reach_m, 2.0):
            return True
        track = self._start.bearing(self._goal)
        return abs(wrap_pi(body.place.bearing(self._goal) - track)) > math.pi / 2

    # One step

    def step(self, dt: float) -> None:
        """Guide the airframe for dt seconds."""
        board, body, wind = self._board, self._board.body, self._board.wind
        if not board.armed:
            self._armed_s = board.boot_s
            if body.on_ground:
                self._frame.brake(dt, wind)
            else:
                self._frame.glide(dt, wind)
        elif self.task is Task.TAKE_OFF:
            self._step_take_off(dt)
        elif self.task is Task.ROLL_OUT or (body.on_ground and self.task is not Task.STAND):
            self.task = Task.ROLL_OUT
            self._frame.brake(dt, wind)
            self._watch_rest()
        elif self.task is Task.STAND:
            self._frame.brake(dt, wind)
        elif self.task is Task.GLIDE:
            self._frame.glide(dt, wind)
        else:
            self._step_flight(dt)

    def _step_take_off(self, dt: float) -> None:
        board, body, parameters = self._board, self._board.body, self._board.parameters
        slowest = parameters["AIRSPEED_MIN"]
        if body.on_ground:
            ready = board.boot_s - self._armed_s > _THROTTLE_DELAY_S
            self._frame.take_off_roll(dt, board.wind, 1.0 if ready else 0.0)
            if body.airspeed_mps < 1.15 * slowest + 2:
                return
            body.on_ground = False
            board.say(
                INFO,
                f"Takeoff to {self._goal.amsl - self._targets.home().amsl:.0f}m heading "
                f"{math.degrees(self._course) % 360:.1f} deg",
            )
        bank = self._lateral.along(self._start, self._start.toward(self._course, 5000)).bank
        if body.height_m < _LEVEL_UNTIL_M:
            bank = clamp(bank, -math.radians(5), math.radians(5))
        self.bank_wanted = bank
        climb = parameters["TECS_CLMB_MAX"]
        if body.place.amsl > self._goal.amsl - 5:
            climb = max(_CLIMB_GAIN * (self._goal.amsl + 2 - body.place.amsl), 0.0)
        self._frame.step(dt, bank, climb, self._cruise(), board.wind)

    def _step_flight(self, dt: float) -> None:
        body = self._board.body
        guidance = self._guide()
        self.cross_track_m, self.bank_wanted = guidance.cross_track_m, guidance.bank
        airspeed = self._cruise()
        if self.task is Task.LAND:
            climb, airspeed = self._approach(), self._landing_speed()
            if body.height_m < 3:
                guidance = Guidance(clamp(guidance.bank, -0.1, 0.1), guidance.cross_track_m)
        else:
            climb = clamp(_CLIMB_GAIN * (self._wanted_amsl() - body.place.amsl), -8, 8)
        self._frame.step(dt, guidance.bank, climb, airspeed, self._board.wind)
        if self.task is Task.LOITER:
            self._count_circles()
        if body.on_ground:
            self._board.say(INFO, f"SIM Hit ground at {body.touchdown_mps:f} m/s")
            self.task = Task.ROLL_OUT

    def _guide(self) -> Guidance:
        if self.task is Task.LOITER:
            return self._lateral.around(self._goal, self._radius)
        return self._lateral.along(self._start, self._goal)

    def _wanted_amsl(self) -> float:
        """Climbs at once; descends along the leg (a glide slope) when it leads well below."""
        start, goal = self._start, self._goal
        drop = start.amsl - goal.amsl
        if not self._on_leg or drop < self._board.parameters["GLIDE_SLOPE_MIN"]:
            return goal.amsl
        rim = abs(self._radius) if self.task is Task.LOITER else 0.0
        left = (self._board.body.place.distance(goal) - rim) / max(start.distance(goal) - rim, 1)
        return goal.amsl + drop * clamp(left, 0, 1)

    def _approach(self) -> float:
        """Climb rate on the approach: a straight slope to the landing point, and a flare."""
        body = self._board.body
        if body.height_m <= self._board.parameters["LAND_FLARE_ALT"] or self._flared:
            if not self._flared:
                self._flared = True
                away = body.place.distance(self._goal)
                self._board.say(
                    INFO,
                    f"Flare {body.height_m:.1f}m sink={-body.up_mps:.2f} "
                    f"speed={body.ground_speed_mps:.1f} dist={away:.1f}",
                )
            return -0.9
        whole = max(self._start.distance(self._goal) - _TOUCH_BEFORE_M, 50.0)
        left = clamp((body.place.distance(self._goal) - _TOUCH_BEFORE_M) / whole, 0, 1)
        drop = self._start.amsl - self._goal.amsl
        return -drop / whole * body.ground_speed_mps + 0.6 * (self._goal.amsl + drop * left - body.place.amsl)

    def _landing_speed(self) -> float:
        parameters = self._board.parameters
        speed = 0.5 * (parameters["AIRSPEED_MIN"] + parameters["AIRSPEED_CRUISE"])
        return parameters["AIRSPEED_MIN"] * 1.1 if self._flared else speed

    def _count_circles(self) -> None:
        body = self._board.body
        if abs(body.place.distance(self._goal) - abs(self._radius)) > max(0.35 * abs(self._radius), 25):
            return
        angle = self._goal.bearing(body.place)
        if self._last_angle is not None:
            self._circled += max(wrap_pi(angle - self._last_angle) * math.copysign(1, self._radius), 0.0)
        self._last_angle = angle

    def _watch_rest(self) -> None:
        board, body = self._board, self._board.body
        if body.ground_speed_mps > 0.1:
            self.landed_since_s = None
            return
        if self.landed_since_s is None:
            self.landed_since_s = board.boot_s
            away = body.place.distance(self._goal)
            board.say(INFO, f"Distance from LAND point={away:.2f}m")
        delay = board.parameters["LAND_DISARMDELAY"]
        if delay > 0 and board.boot_s - self.landed_since_s >= delay:
            self.wants_disarm = True

    def _cruise(self) -> float:
        return self._airspeed or self._board.parameters["AIRSPEED_CRUISE"]

    def _on_ground(self) -> bool:
        return self._board.body.on_ground

    def _waited(self, seconds: float) -> bool:
        if self._timer_s == 0:
            self._timer_s = self._board.boot_s
        return self._board.boot_s - self._timer_s >= seconds
