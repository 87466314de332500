"""What each MAV_CMD does when it comes as COMMAND_LONG or COMMAND_INT, and the answer it gets."""

import math
from collections.abc import Callable

from simulators.autopilots import items
from simulators.autopilots.board import WARNING, Board
from simulators.autopilots.flight import Flight
from simulators.autopilots.modes import CopterMode, Mode, PlaneMode, find_mode
from simulators.autopilots.orders import Order
from simulators.autopilots.places import Place
from simulators.autopilots.streams import Streams

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = range(5)
"""MAV_RESULT."""
_FORCE = 21196
_Handler = Callable[[Order], int]


class Commands:
    """The table of commands."""

    def __init__(self, board: Board, flight: Flight, streams: Streams) -> None:
        self._board, self._flight, self._streams = board, flight, streams
        self.requested: list[int] = []
        self.reboot = False
        camera = board.settings.camera is not None
        self._table: dict[int, _Handler] = {
            items.LOITER_UNLIM: lambda _: self._mode(CopterMode.LOITER, PlaneMode.LOITER),
            items.RETURN_TO_LAUNCH: lambda _: self._mode(CopterMode.RTL, PlaneMode.RTL),
            items.LAND: self._land,
            items.TAKEOFF: self._take_off,
            items.CONDITION_YAW: self._condition_yaw,
            176: self._set_mode,
            items.CHANGE_SPEED: self._change_speed,
            items.SET_HOME: self._set_home,
            items.LAND_START: lambda _: _done(flight.land_by_mission()),
            192: self._reposition,
            items.FENCE_ENABLE: self._fence,
            224: self._set_current,
            241: lambda _: ACCEPTED if not board.armed else DENIED,
            245: lambda _: ACCEPTED,
            246: self._reboot,
            300: self._mission_start,
            400: self._arm,
            410: self._home_position,
            510: self._get_interval,
            511: self._set_interval,
            512: self._request,
            520: lambda order: self._ask_for(148, order),
            183: lambda _: ACCEPTED,
            181: lambda _: ACCEPTED,
            218: lambda _: ACCEPTED,
        }
        if board.is_copter:
            self._table |= {items.VTOL_TAKEOFF: self._take_off, 193: self._pause}
        if board.is_vtol:
            self._table |= {items.VTOL_TAKEOFF: self._take_off, items.VTOL_TRANSITION: self._transition}
        if camera:
            self._table |= self._camera_table()

    def _camera_table(self) -> dict[int, _Handler]:
        flight = self._flight
        return {
            items.ROI_LOCATION: self._roi,
            items.ROI: self._roi,
            items.ROI_NONE: self._roi_none,
            items.DIGICAM_CONTROL: self._digicam,
            items.MOUNT_CONTROL: self._mount,
            items.CAM_TRIGG_DIST: lambda o: _done(flight.camera.trigger_every(o.params[0], o.params[2] == 1)),
            521: lambda order: self._ask_for(259, order),
            527: lambda order: self._ask_for(262, order),
            items.GIMBAL_PITCHYAW: lambda o: _done(flight.gimbal.pitch_yaw(*o.params, o.p5)),
            1001: lambda o: _done(flight.gimbal.configure(o.params[0], o.params[1], o.source)),
            items.IMAGE_START: lambda o: _done(flight.camera.start(o.params[1], o.params[2])),
            items.IMAGE_STOP: self._image_stop,
            items.VIDEO_START: lambda _: FAILED,
            items.VIDEO_STOP: lambda _: FAILED,
        }

    def handle(self, order: Order) -> int:
        """Carry out an order; the MAV_RESULT of its answer, UNSUPPORTED for a command that is not known."""
        handler = self._table.get(order.command)
        return UNSUPPORTED if handler is None else handler(order)

    def set_mode_number(self, number: int) -> int:
        """Change to the mode with a custom_mode number."""
        mode = find_mode(self._board.settings.kind, number)
        if mode is None:
            self._board.say(WARNING, f"No such mode {number}")
            return FAILED
        return _done(self._flight.set_mode(mode))

    def _mode(self, copter: Mode, plane: Mode) -> int:
        return _done(self._flight.set_mode(copter if self._board.is_copter else plane))

    def _set_mode(self, order: Order) -> int:
        base, custom = order.params[0], order.params[1]
        if not (math.isfinite(base) and math.isfinite(custom)) or not int(base) & 1:
            return DENIED
        return self.set_mode_number(int(min(max(custom, -1), 1000)))

    def _land(self, _: Order) -> int:
        if not self._board.is_copter:
            return UNSUPPORTED
        return _done(self._flight.set_mode(CopterMode.LAND))

    def _take_off(self, order: Order) -> int:
        return _done(math.isfinite(order.p7) and self._flight.take_off(order.p7))

    def _transition(self, order: Order) -> int:
        lifted = self._flight.quadplane
        return _done(lifted is not None and lifted.transition(order.params[0]))

    def _condition_yaw(self, order: Order) -> int:
        angle, _, direction, relative = order.params
        return _done(self._flight.turn_nose(angle, direction, relative=relative == 1))

    def _change_speed(self, order: Order) -> int:
        return _done(self._flight.change_speed(order.params[0], order.params[1]))

    def _set_home(self, order: Order) -> int:
        flight, board = self._flight, self._board
        if not flight.startup.origin_set:
            return FAILED
        here = order.params[0] == 1
        place: Place | None = board.body.place if here else self._place(order)
        if place is None:
            return DENIED
        board.home = place
        board.send(flight.targets.home_message())
        return ACCEPTED

    def _place(self, order: Order) -> Place | None:
        if order.place_e7 is None or not math.isfinite(order.p7):
            return None
        frame = order.frame if order.is_int else 0
        return self._flight.targets.place(frame, *order.place_e7, order.p7)

    def _reposition(self, order: Order) -> int:
        flight, board = self._flight, self._board
        if not order.is_int:
            return UNSUPPORTED
        place = self._place(order)
        if place is None:
            return DENIED
        guided: Mode = CopterMode.GUIDED if board.is_copter else PlaneMode.GUIDED
        if board.mode is not guided:
            change = math.isfinite(order.params[1]) and bool(int(order.params[1]) & 1)
            if not change or not flight.set_mode(guided):
                return DENIED
        speed = order.params[0]
        if math.isfinite(speed) and speed > 0:
            flight.change_speed(1 if board.is_copter else 0, speed)
        radius = order.params[2]
        return _done(flight.guided_to(place, radius if math.isfinite(radius) and abs(radius) > 1 else None))

    def _pause(self, order: Order) -> int:
        pilot, sequence = self._flight.copter, self._flight.sequence
        if pilot is None or order.params[0] not in (0, 1):
            return DENIED
        if self._board.mode not in (CopterMode.AUTO, CopterMode.GUIDED):
            return FAILED
        pilot.paused = order.params[0] == 0
        sequence.pause(pilot.paused)
        return ACCEPTED

    def _roi(self, order: Order) -> int:
        place = self._place(order)
        if order.place_e7 is None or place is None:
            return DENIED
        self._flight.gimbal.roi = place
        return ACCEPTED

    def _roi_none(self, _: Order) -> int:
        self._flight.gimbal.roi = None
        self._flight.gimbal.release()
        return ACCEPTED

    def _digicam(self, order: Order) -> int:
        if order.p5 == 1:
            self._flight.camera.shoot()
        return ACCEPTED

    def _mount(self, order: Order) -> int:
        pitch, _, yaw, _ = order.params
        if not (math.isfinite(pitch) and math.isfinite(yaw)):
            return DENIED
        if order.p7 in (0, 1, 3):
            self._flight.gimbal.release()
        elif order.p7 == 2:
            self._flight.gimbal.point(pitch, yaw, locked=False)
        else:
            return FAILED
        return ACCEPTED

    def _image_stop(self, _: Order) -> int:
        self._flight.camera.stop()
        return ACCEPTED

    def _fence(self, order: Order) -> int:
        if order.params[0] not in (0, 1, 2):
            return FAILED
        self._flight.fence.enable(order.params[0] == 1)
        return ACCEPTED

    def _set_current(self, order: Order) -> int:
        index = order.params[0]
        if not math.isfinite(index) or not self._flight.sequence.set_current(int(min(max(index, -1), 65535))):
            return FAILED
        return ACCEPTED

    def _reboot(self, order: Order) -> int:
        if self._board.armed:
            return FAILED
        self.reboot = order.params[0] in (1, 3)
        return ACCEPTED

    def _mission_start(self, _: Order) -> int:
        flight, board = self._flight, self._board
        if not board.is_copter:
            return _done(flight.set_mode(PlaneMode.AUTO))
        if not board.armed:
            return FAILED
        flight.auto_armed = True
        running = flight.sequence.running
        if not flight.set_mode(CopterMode.AUTO):
            return FAILED
        if not running and not flight.sequence.running:
            flight.sequence.start()
        return ACCEPTED

    def _arm(self, order: Order) -> int:
        flight, force = self._flight, order.params[1] == _FORCE
        if order.params[0] == 1:
            return _done(flight.arm(force=force))
        if order.params[0] == 0:
            return _done(flight.disarm(force=force))
        return UNSUPPORTED

    def _home_position(self, order: Order) -> int:
        if self._board.home is None:
            return FAILED
        return self._ask_for(242, order)

    def _ask_for(self, message_id: int, _: Order) -> int:
        if not self._streams.knows(message_id):
            return FAILED
        self.requested.append(message_id)
        return ACCEPTED

    def _request(self, order: Order) -> int:
        wanted = order.params[0]
        if not math.isfinite(wanted) or not 0 <= wanted < 2**24:
            return FAILED
        return self._ask_for(int(wanted), order)

    def _set_interval(self, order: Order) -> int:
        message_id, interval_us = order.params[0], order.params[1]
        if not (math.isfinite(message_id) and math.isfinite(interval_us)) or not 0 <= message_id < 2**24:
            return DENIED
        return ACCEPTED if self._streams.set_interval(int(message_id), interval_us) else DENIED

    def _get_interval(self, order: Order) -> int:
        wanted = order.params[0]
        if not math.isfinite(wanted) or not 0 <= wanted < 65536:
            return DENIED
        self._board.send(self._streams.interval_message(int(wanted)))
        return ACCEPTED


def _done(ok: bool) -> int:
    return ACCEPTED if ok else FAILED
