"""Flying: which mode rules, arming and disarming, and what the mission's commands do."""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.battery import Battery
from simulators.autopilots.board import CRITICAL, INFO, NOTICE, WARNING, Board
from simulators.autopilots.camera import Camera
from simulators.autopilots.copter_pilot import CopterPilot
from simulators.autopilots.copter_pilot import Task as CopterTask
from simulators.autopilots.failsafes import Failsafes, Reaction
from simulators.autopilots.fence import Fence
from simulators.autopilots.gimbal import Gimbal
from simulators.autopilots.items import Item
from simulators.autopilots.modes import ON_ROTORS, CopterMode, Mode, PlaneMode, needs_position
from simulators.autopilots.places import Place, wrap_pi
from simulators.autopilots.plane_pilot import PlanePilot
from simulators.autopilots.plane_pilot import Task as PlaneTask
from simulators.autopilots.quadplane_pilot import QuadplanePilot
from simulators.autopilots.sequence import MissionState, Sequence
from simulators.autopilots.startup import Startup
from simulators.autopilots.sticks import Sticks
from simulators.autopilots.targets import Targets
from simulators.autopilots.transfer import StoredList

_STICK_MODES = frozenset({CopterMode.STABILIZE, CopterMode.ALT_HOLD, CopterMode.LOITER, CopterMode.POSHOLD})
_GLIDE_MODES = frozenset(
    {PlaneMode.MANUAL, PlaneMode.STABILIZE, PlaneMode.FBWA, PlaneMode.FBWB, PlaneMode.CRUISE, PlaneMode.INITIALISING}
)


class Flight:
    """Everything that decides where the vehicle goes."""

    def __init__(self, board: Board, mission: StoredList, fence_list: StoredList, rally: StoredList) -> None:
        self.board, self._mission = board, mission
        self.targets = Targets(board, rally)
        self.sticks = Sticks()
        self.battery = Battery(board)
        self.gimbal = Gimbal(board)
        self.camera = Camera(board, self.gimbal)
        self.startup = Startup(board)
        self.fence = Fence(board, self.targets, fence_list)
        self.failsafes = Failsafes(board, self.battery)
        self.copter = CopterPilot(board, self.targets, self.sticks) if board.is_copter else None
        self.quadplane = QuadplanePilot(board, self.targets, self.sticks) if board.is_vtol else None
        self.plane = (
            self.quadplane if self.quadplane or board.is_copter else PlanePilot(board, self.targets, self.sticks)
        )
        self.sequence = Sequence(board, mission, self)
        self.auto_armed = False
        self.mode_changed = False
        self._guided_reached = True

    @property
    def pilot(self) -> CopterPilot | PlanePilot:
        """The pilot of this kind of vehicle."""
        pilot = self.copter or self.plane
        assert pilot is not None
        return pilot

    # Arming

    def arm(self, *, force: bool = False) -> bool:
        """Arm the motors; False, with the reason said, when it is refused."""
        board = self.board
        if board.armed:
            return True
        reason = None if force else self._refusal()
        if reason is not None:
            board.say(CRITICAL, f"Arm: {reason}")
            return False
        board.armed = True
        self.auto_armed = not board.is_copter
        if self.startup.origin_set:
            board.home = Place(board.body.place.east, board.body.place.north, board.body.place.amsl)
            board.send(self.targets.origin_message())
        board.say(INFO, "Arming motors" if board.is_copter else "Throttle armed")
        self.camera.stop()
        if self.plane is not None:
            self.plane.landed_since_s = None
            self._enter(board.mode)
        elif self.copter is not None:
            self.copter.landed_since_s = board.boot_s
            self.copter.task = CopterTask.STAND
        return True

    def _refusal(self) -> str | None:
        board = self.board
        if (reason := self.startup.refusal()) is not None:
            return reason
        if self.battery.fraction <= 0.02:
            return "Battery 1 below minimum arming voltage"
        if board.mode is CopterMode.AUTO and not int(board.parameters["AUTO_OPTIONS"]) & 1:
            return "AUTO mode not armable"
        return None

    def disarm(self, *, force: bool = False) -> bool:
        """Disarm; False in the air unless forced."""
        board = self.board
        if not board.armed:
            return True
        if not board.body.on_ground and not force:
            return False
        board.armed = False
        self.auto_armed = False
        board.say(INFO, "Disarming motors" if board.is_copter else "Throttle disarmed")
        flown = self.sequence.current_item
        if flown is not None and board.is_copter and flown.command in (items.RETURN_TO_LAUNCH, items.LAND):
            self.sequence.step()
        self.sequence.disarmed()
        self.failsafes.disarmed()
        self.pilot.wants_disarm = False
        return True

    # Modes

    def set_mode(self, mode: Mode, *, why: str = "") -> bool:
        """Change the flight mode; False, with the reason said, when it cannot be flown now."""
        board = self.board
        if mode is board.mode and mode not in (CopterMode.GUIDED, PlaneMode.GUIDED):
            return True
        if (reason := self._mode_refusal(mode)) is not None:
            name = getattr(mode, "name", str(mode))
            board.say(WARNING, f"Mode change to {name} failed: {reason}")
            return False
        if mode is not CopterMode.AUTO and mode is not PlaneMode.AUTO:
            self.sequence.stop()
        board.mode = mode
        self.mode_changed = True
        self._enter(mode)
        if why:
            board.say(NOTICE, why)
        return True

    def _mode_refusal(self, mode: Mode) -> str | None:
        board = self.board
        if mode is PlaneMode.INITIALISING:
            return "not selectable"
        if board.is_copter and needs_position(mode) and not self.startup.origin_set:
            return "requires position"
        if mode in (CopterMode.AUTO, PlaneMode.AUTO):
            if len(self._mission.items) < 2:
                return "no mission" if board.is_copter else None
            if board.is_copter and board.armed and board.body.on_ground and not self._starts_with_take_off():
                return "missing takeoff cmd"
        if mode is CopterMode.AUTO_RTL and self.sequence.find_command(items.LAND_START) is None:
            return "no DO_LAND_START"
        return None

    def _starts_with_take_off(self) -> bool:
        for item in self._mission.items[max(self.sequence.index, 1) :]:
            if item.command in items.NAVIGATION:
                return item.command in (items.TAKEOFF, items.VTOL_TAKEOFF)
        return False

    def _enter(self, mode: Mode) -> None:
        if self.copter is not None:
            self._enter_copter(self.copter, mode)
        elif self.plane is not None:
            self._enter_plane(self.plane, mode)

    def _enter_copter(self, pilot: CopterPilot, mode: Mode) -> None:
        pilot.forget_speed()
        if mode in _STICK_MODES:
            pilot.follow_sticks()
        elif mode is CopterMode.AUTO:
            pilot.hold_here()
            if self.board.armed and (self.auto_armed or not self.board.body.on_ground):
                self.sequence.start()
        elif mode is CopterMode.AUTO_RTL:
            pilot.hold_here()
            self._jump_to_landing()
        elif mode in (CopterMode.RTL, CopterMode.SMART_RTL):
            pilot.return_home()
        elif mode is CopterMode.LAND:
            pilot.hold_here()
            pilot.land()
        else:
            pilot.hold_here()

    def _enter_plane(self, pilot: PlanePilot, mode: Mode) -> None:
        pilot.forget_speed()
        if self.quadplane is not None and mode in ON_ROTORS:
            self.quadplane.enter(mode)
        elif mode in _GLIDE_MODES:
            pilot.glide()
        elif mode is PlaneMode.AUTO:
            if self.board.armed:
                self.sequence.start()
        elif mode is PlaneMode.TAKEOFF:
            if self.board.armed and self.board.body.on_ground:
                pilot.take_off(self.targets.home().amsl + self.board.parameters["TKOFF_ALT"])
            else:
                pilot.hold_here()
        elif mode is PlaneMode.RTL:
            pilot.return_home()
            if int(self.board.parameters["RTL_AUTOLAND"]) == 2:
                self.land_by_mission()
        else:
            pilot.hold_here()

    def _jump_to_landing(self) -> bool:
        index = self.sequence.find_command(items.LAND_START)
        if index is None:
            return False
        self.sequence.start()
        return self.sequence.set_current(index)

    def land_by_mission(self) -> bool:
        """DO_LAND_START: go on in AUTO with the landing that the mission holds."""
        index = self.sequence.find_command(items.LAND_START)
        auto = CopterMode.AUTO if self.board.is_copter else PlaneMode.AUTO
        if index is None or not self.board.armed:
            return False
        if self.board.mode is not auto:
            self.sequence.set_current(index)
            return self.set_mode(auto)
        return self.sequence.set_current(index)

    # Guided

    def guided_to(self, place: Place, radius_m: float | None = None) -> bool:
        """Fly to a place in GUIDED mode."""
        self._guided_reached = False
        if self.copter is not None:
            if self.board.body.on_ground:
                return False
            self.copter.go_to(place)
        elif self.plane is not None:
            self.plane.loiter(place, radius_m)
        return True

    def take_off(self, height_m: float) -> bool:
        """MAV_CMD_NAV_TAKEOFF in GUIDED mode, straight up to a height above home; not for a plane without rotors."""
        board, lifted = self.board, self.copter or self.quadplane
        guided = board.mode in (CopterMode.GUIDED, PlaneMode.GUIDED)
        if lifted is None or not guided or not board.armed or not board.body.on_ground:
            return False
        if not 0.5 <= height_m <= 10_000:
            return False
        self.auto_armed = True
        lifted.climb(self.targets.home().amsl + height_m)
        return True

    # The mission's side (sequence.Flyer)

    def begin(self, item: Item) -> bool:
        """Start to fly a navigation item."""
        following = self.sequence.next_navigation()
        return self.pilot.begin(item, following)

    def finished(self, item: Item) -> bool:
        """Whether the navigation item is done."""
        return self.pilot.finished(item)

    def carry_out(self, item: Item) -> bool:
        """A command that is done at once."""
        p1, p2, p3, p4 = item.params
        match item.command:
            case items.CHANGE_SPEED:
                return self.change_speed(p1, p2)
            case items.CONDITION_YAW:
                return self.turn_nose(p1, p3, relative=bool(p4))
            case items.ROI_LOCATION | items.ROI:
                self.gimbal.roi = self.targets.place_of(item, self.board.body.place) if item.has_place else None
            case items.ROI_NONE:
                self.gimbal.release()
            case items.CAM_TRIGG_DIST:
                return self.camera.trigger_every(p1, p3 == 1)
            case items.GIMBAL_PITCHYAW:
                return self.gimbal.pitch_yaw(p1, p2, p3, p4, item.x)
            case items.MOUNT_CONTROL:
                self.gimbal.point(p1, p3, locked=False)
            case items.DIGICAM_CONTROL:
                if item.x == 1:
                    self.camera.shoot()
            case items.IMAGE_START:
                return self.camera.start(p2, p3)
            case items.IMAGE_STOP:
                self.camera.stop()
            case items.VTOL_TRANSITION:
                return self.quadplane is not None and self.quadplane.transition(p1)
            case items.FENCE_ENABLE:
                self.fence.enable(p1 != 0)
            case items.SET_HOME:
                self.board.home = self.targets.place_of(item, self.board.body.place)
        return True

    def mission_complete(self) -> None:
        """The last item is done."""
        if self.copter is not None:
            if self.board.body.on_ground:
                self.copter.task = CopterTask.STAND
                self.copter.wants_disarm = True
            else:
                self.copter.hold_here()
        elif self.board.mode is PlaneMode.AUTO and not self.board.body.on_ground:
            self.set_mode(PlaneMode.RTL, why="Mission complete, changing mode to RTL")

    def change_speed(self, kind: float, speed: float) -> bool:
        """DO_CHANGE_SPEED: airspeed, ground speed or (rotorcraft) climb and descent."""
        if not math.isfinite(speed) or speed <= 0 or not math.isfinite(kind):
            return False
        if self.copter is not None:
            limits = (min(speed, 35.0), None) if kind in (0, 1) else (None, min(speed, 10.0))
            self.copter.set_speed(*limits)
            return True
        parameters = self.board.parameters
        if kind == 0 and not parameters["AIRSPEED_MIN"] <= speed <= parameters["AIRSPEED_MAX"]:
            return False
        self.pilot.set_speed(speed)
        return True

    def turn_nose(self, angle_deg: float, direction: float, *, relative: bool) -> bool:
        """CONDITION_YAW; a rotorcraft's only."""
        if self.copter is None or not math.isfinite(angle_deg):
            return False
        angle = math.radians(angle_deg)
        if relative:
            angle = self.board.body.yaw + (-angle if direction < 0 else angle)
        self.copter.turn_to(wrap_pi(angle))
        return True

    # One step

    def step(self, dt: float) -> None:
        """Everything but messages, for dt seconds."""
        board = self.board
        self.startup.step()
        if board.home is None and self.startup.origin_set:
            self._first_position()
        self.sticks.step(board.boot_s)
        self.battery.step(dt)
        self._safety()
        self.sequence.step()
        self.pilot.step(dt)
        self.gimbal.step(dt)
        self.camera.step()
        self._after_flight()

    def _first_position(self) -> None:
        board = self.board
        body = board.body
        board.home = Place(body.place.east, body.place.north, body.ground_amsl)
        board.send(self.targets.origin_message())
        board.send(self.targets.home_message())
        board.say(INFO, f"Field Elevation Set: {round(body.ground_amsl)}m")

    def _safety(self) -> None:
        board = self.board
        if board.armed and self.battery.empty:
            board.say(CRITICAL, "Battery 1 is empty: motors stopped")
            board.armed = False
        if self.fence.step() and self.fence.act():
            self._react(Reaction.RETURN)
        self._react(self.failsafes.step())

    def _react(self, reaction: Reaction) -> None:
        if reaction is Reaction.NOTHING or not self.board.armed or self.board.body.on_ground:
            return
        if self.board.is_copter:
            self.set_mode(CopterMode.RTL if reaction is Reaction.RETURN else CopterMode.LAND)
        elif reaction is not Reaction.LAND or not self.land_by_mission():
            self.set_mode(PlaneMode.RTL)

    def _after_flight(self) -> None:
        board = self.board
        if self.copter is not None:
            pilot = self.copter
            since = pilot.landed_since_s
            delay = board.parameters["DISARM_DELAY"]
            idle = board.armed and pilot.task in (CopterTask.STAND, CopterTask.STICKS) and board.body.on_ground
            if idle and since is not None and delay > 0 and board.boot_s - since > delay:
                pilot.wants_disarm = True
            if pilot.wants_disarm and board.armed and board.body.on_ground:
                self.disarm()
            return
        plane = self.plane
        assert plane is not None
        if plane.wants_disarm and board.armed:
            self.disarm()
            if self.quadplane is None:
                board.say(INFO, "Auto disarmed")
        if board.mode is PlaneMode.TAKEOFF and plane.task is PlaneTask.TAKE_OFF and plane.airborne:
            done = board.body.place.amsl >= self.targets.home().amsl + board.parameters["TKOFF_ALT"] - 2
            if done:
                plane.hold_here()
        if board.mode is PlaneMode.GUIDED and not self._guided_reached and plane.reached_guided():
            self._guided_reached = True
            board.send(mavlink.MAVLink_mission_item_reached_message(0))
        if board.mode is PlaneMode.RTL and int(board.parameters["RTL_AUTOLAND"]) == 1 and plane.reached_guided():
            self.land_by_mission()

    @property
    def mission_active(self) -> bool:
        """Whether a mission is being flown."""
        return self.sequence.running and self.sequence.state is MissionState.ACTIVE
