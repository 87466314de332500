"""Targets for GUIDED mode that come as messages of their own: SET_POSITION_TARGET_* and guided mission items."""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.board import Board
from simulators.autopilots.flight import Flight
from simulators.autopilots.modes import CopterMode, PlaneMode
from simulators.autopilots.places import Place

_NO_X, _NO_Y, _NO_Z = 1, 2, 4
_NO_VX, _NO_VY, _NO_VZ = 8, 16, 32
_NO_YAW = 1024
_LOCAL_NED, _LOCAL_OFFSET, _BODY, _BODY_OFFSET = 1, 7, 8, 9
_ALTITUDE_ONLY = 0b1111_1111_1111_1011


class Guided:
    """Turns them into what the pilots do."""

    def __init__(self, board: Board, flight: Flight) -> None:
        self._board, self._flight = board, flight

    def receive(self, message: mavlink.MAVLink_message) -> bool:
        """Whether the message was one of these; it is ignored when GUIDED is not flown, or it makes no sense."""
        match message.get_type():
            case "SET_POSITION_TARGET_GLOBAL_INT":
                self._global(message)
            case "SET_POSITION_TARGET_LOCAL_NED":
                self._local(message)
            case _:
                return False
        return True

    def mission_item(self, message: mavlink.MAVLink_message) -> None:
        """A mission item with current 2 (fly there) or 3 (change the height), answered with MISSION_ACK."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        result = items.FAILED
        if self._flying_guided():
            scale = 1e7 if message.get_type() == "MISSION_ITEM" else 1
            if all(map(math.isfinite, (message.x, message.y, message.z))):
                x, y = round(message.x * scale), round(message.y * scale)
                place = self._flight.targets.place(message.frame, x, y, message.z)
                if place is not None and message.current == 3:
                    here = self._board.body.place
                    place = Place(here.east, here.north, place.amsl)
                if place is not None and self._flight.guided_to(place):
                    result = items.ACCEPTED
        self._board.send(mavlink.MAVLink_mission_ack_message(*source, result, 0))

    def _flying_guided(self) -> bool:
        return self._board.mode in (CopterMode.GUIDED, PlaneMode.GUIDED) and self._board.armed

    def _global(self, message: mavlink.MAVLink_message) -> None:
        if not self._flying_guided() or not math.isfinite(message.alt):
            return
        place = self._flight.targets.place(message.coordinate_frame, message.lat_int, message.lon_int, message.alt)
        if self._flight.plane is not None:
            if place is not None and message.type_mask == _ALTITUDE_ONLY:
                self._flight.plane.change_height(place.amsl)
            return
        if not message.type_mask & (_NO_X | _NO_Y | _NO_Z):
            if place is not None:
                self._yaw(message)
                self._flight.guided_to(place)
        else:
            self._velocity(message, 0.0)

    def _local(self, message: mavlink.MAVLink_message) -> None:
        if not self._flying_guided() or self._flight.copter is None:
            return
        body = self._board.body
        turn = body.yaw if message.coordinate_frame in (_BODY, _BODY_OFFSET) else 0.0
        if message.type_mask & (_NO_X | _NO_Y | _NO_Z):
            self._velocity(message, turn)
            return
        if (
            not all(map(math.isfinite, (message.x, message.y, message.z)))
            or max(abs(message.x), abs(message.y), abs(message.z)) > 1e5
        ):
            return
        offset = message.coordinate_frame in (_LOCAL_OFFSET, _BODY_OFFSET)
        base = body.place if offset else self._flight.targets.home()
        north = message.x * math.cos(turn) - message.y * math.sin(turn)
        east = message.x * math.sin(turn) + message.y * math.cos(turn)
        self._yaw(message)
        self._flight.guided_to(base.moved(east, north, -message.z))

    def _velocity(self, message: mavlink.MAVLink_message, turn: float) -> None:
        copter = self._flight.copter
        if copter is None or message.type_mask & (_NO_VX | _NO_VY | _NO_VZ) or self._board.body.on_ground:
            return
        velocity = (message.vx, message.vy, message.vz)
        if not all(map(math.isfinite, velocity)):
            return
        north = velocity[0] * math.cos(turn) - velocity[1] * math.sin(turn)
        east = velocity[0] * math.sin(turn) + velocity[1] * math.cos(turn)
        yaw = None if message.type_mask & _NO_YAW or not math.isfinite(message.yaw) else message.yaw
        copter.fly_velocity((east, north, -velocity[2]), yaw)

    def _yaw(self, message: mavlink.MAVLink_message) -> None:
        if self._flight.copter is not None and not message.type_mask & _NO_YAW and math.isfinite(message.yaw):
            self._flight.copter.turn_to(math.remainder(message.yaw, math.tau))
