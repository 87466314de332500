"""The simulated autopilot: bytes in, bytes out, and a body that flies; no I/O, and no time but the clock's.

One vehicle has one set of streams, whoever listens; each that talks to it is a source with a parser of its own.
"""

import math
import random
from collections.abc import Hashable

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.instants import Clock, utc_now
from maps.positions import LocalFrame
from simulators.autopilots import items
from simulators.autopilots.board import INFO, Board
from simulators.autopilots.commands import Commands
from simulators.autopilots.fence import shapes_fit
from simulators.autopilots.files import no_files
from simulators.autopilots.flight import Flight
from simulators.autopilots.guided import Guided
from simulators.autopilots.items import Item
from simulators.autopilots.orders import order_of
from simulators.autopilots.parameters import ParameterProtocol
from simulators.autopilots.places import Chart, Ground
from simulators.autopilots.settings import VehicleSettings
from simulators.autopilots.startup import Startup
from simulators.autopilots.state import State
from simulators.autopilots.streams import Builder, Streams
from simulators.autopilots.telemetry_health import HealthTelemetry
from simulators.autopilots.telemetry_motion import MotionTelemetry
from simulators.autopilots.transfer import StoredList, Transfer
from simulators.autopilots.wind import Wind, WindSettings
from simulators.autopilots.wire import Wire

STEP_S = 0.02
"""The physics' step: 50 Hz."""
_GROUND_EVERY_S = 0.1
_PARAMETER_TYPES = frozenset({"PARAM_REQUEST_LIST", "PARAM_REQUEST_READ", "PARAM_SET"})
_MISSION_TYPES = frozenset(
    {
        "MISSION_COUNT",
        "MISSION_ITEM",
        "MISSION_ITEM_INT",
        "MISSION_REQUEST",
        "MISSION_REQUEST_INT",
        "MISSION_REQUEST_LIST",
        "MISSION_CLEAR_ALL",
        "MISSION_WRITE_PARTIAL_LIST",
    }
)
_TOTALS = {items.MISSION: "MIS_TOTAL", items.FENCE: "FENCE_TOTAL", items.RALLY: "RALLY_TOTAL"}


class Autopilot:
    """One simulated vehicle.

    Args:
        settings: what it is.
        frame: the district's local frame, in which `state` tells its position.
        terrain: the ground; a level plane at the frame's origin when None.
        wind: that it flies in.
        clock: tells UTC, for time stamps only.
        rng: makes gusts and noise repeatable.
    """

    def __init__(
        self,
        settings: VehicleSettings,
        *,
        frame: LocalFrame | None = None,
        terrain: Ground | None = None,
        wind: WindSettings | None = None,
        clock: Clock = utc_now,
        rng: random.Random | None = None,
    ) -> None:
        self.settings = settings
        rng = random.Random(settings.system_id) if rng is None else rng
        chart = Chart(frame or LocalFrame(settings.position), terrain)
        self._board = Board(settings, chart, Wind(wind or WindSettings(), rng), clock, rng)
        self._lists = {kind: StoredList(kind) for kind in (items.MISSION, items.FENCE, items.RALLY)}
        self._flight = Flight(self._board, *self._lists.values())
        self._streams = Streams(self._board.parameters)
        self._motion, self._health = MotionTelemetry(self._flight), HealthTelemetry(self._flight)
        self._streams.offer(self._motion.builders() | self._health.builders() | self._camera_builders())
        self._commands = Commands(self._board, self._flight, self._streams)
        self._guided = Guided(self._board, self._flight)
        self._parameters = ParameterProtocol(self._board.parameters)
        self._transfers = {kind: self._transfer(kind) for kind in self._lists}
        self._wire = Wire()
        self._next_heartbeat_s = 0.0
        self._next_ground_s = 0.0
        self._sync_s = 10.0

    # The world's side

    def step(self, dt: float = STEP_S) -> None:
        """Let dt seconds pass (at most 0.1 s at once; more is refused).

        Raises:
            ValueError: dt is not in 0 to 0.1 s.
        """
        if not 0 < dt <= 0.1:
            raise ValueError(f"step of {dt} s; the simulation takes steps of at most 0.1 s")
        board = self._board
        board.boot_s += dt
        self._look_down()
        board.wind.step(dt, board.body.height_m)
        self._flight.step(dt)
        for transfer in self._transfers.values():
            transfer.step(board.boot_s)
        if self._flight.startup.beating:
            self._send_due()
        board.flush_texts()

    def receive(self, data: bytes, source: Hashable = 0) -> None:
        """Take bytes from a link; answers go to the outbox."""
        for message in self._wire.receive(data, source):
            self._handle(message)
            self._board.flush_texts()

    def forget(self, source: Hashable) -> None:
        """A source of bytes is gone."""
        self._wire.forget(source)

    def outgoing(self) -> list[bytes]:
        """MAVLink packets to send to all that listen, one in each element."""
        return self._board.take()

    @property
    def state(self) -> State:
        """The truth about it now."""
        board, body, gimbal = self._board, self._board.body, self._flight.gimbal
        with_camera = board.settings.camera is not None
        return State(
            id=self.settings.id,
            kind=self.settings.kind,
            time_s=board.boot_s,
            position_enu_m=(body.place.east, body.place.north, board.chart.up(body.place)),
            geodetic=self._motion.position,
            velocity_enu_mps=(body.east_mps, body.north_mps, body.up_mps),
            roll_deg=math.degrees(body.roll),
            pitch_deg=math.degrees(body.pitch),
            heading_deg=math.degrees(body.yaw) % 360,
            gimbal_azimuth_deg=math.degrees(gimbal.azimuth if with_camera else body.yaw) % 360,
            gimbal_tilt_deg=math.degrees(gimbal.tilt if with_camera else body.pitch),
            gimbal_roll_deg=0.0 if with_camera else math.degrees(body.roll),
            armed=board.armed,
            on_ground=body.on_ground,
            mode=board.mode.name,
            airspeed_mps=body.airspeed_mps,
            battery_fraction=self._flight.battery.fraction,
            frames_taken=self._flight.camera.taken,
        )

    # Inside

    def _camera_builders(self) -> dict[int, Builder]:
        gimbal, camera, settings = self._flight.gimbal, self._flight.camera, self.settings
        if settings.camera is None:
            return {}
        known = {283: gimbal.device_information} if settings.announces_gimbal else {}
        return known | {
            285: gimbal.attitude,
            281: gimbal.status,
            280: gimbal.information if settings.announces_gimbal else lambda: None,
            259: camera.information,
            260: camera.settings,
            262: camera.capture_status,
            271: camera.fov_status,
            269: lambda: mavlink.MAVLink_video_stream_information_message(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b"", b""),
            277: lambda: None,
        }

    def _transfer(self, kind: int) -> Transfer:
        sequence = self._flight.sequence
        return Transfer(
            self._lists[kind],
            copter=self._board.is_copter,
            send=self._board.send,
            home=self._flight.targets.home_item,
            current=lambda: sequence.index,
            complete=lambda received: self._stored(kind, received),
        )

    def _stored(self, kind: int, received: list[Item]) -> int:
        """An upload is complete (or a list was cleared); the MAV_MISSION_RESULT of its acknowledgement."""
        if kind == items.FENCE and not shapes_fit(received):
            return items.FAILED
        self._lists[kind].replace_all(received)
        self._board.put_parameter(_TOTALS[kind], len(received))
        if kind == items.MISSION:
            self._flight.sequence.changed()
            if received:
                self._board.say(INFO, "Flight plan received")
        elif kind == items.FENCE and received:
            self._flight.fence.indexed()
        return items.ACCEPTED

    def _look_down(self) -> None:
        board = self._board
        if board.boot_s >= self._next_ground_s:
            self._next_ground_s = board.boot_s + _GROUND_EVERY_S
            board.body.ground_amsl = board.chart.ground_amsl(board.body.place.east, board.body.place.north)

    def _send_due(self) -> None:
        board = self._board
        if board.boot_s >= self._next_heartbeat_s or self._flight.mode_changed:
            if board.boot_s >= self._next_heartbeat_s:
                self._next_heartbeat_s = max(self._next_heartbeat_s, board.boot_s - 0.5) + 1.0
            self._flight.mode_changed = False
            board.send(self._health.heartbeat())
        if board.boot_s >= self._sync_s:
            self._sync_s += 10.0
            board.send(mavlink.MAVLink_timesync_message(0, board.boot_us * 1000 + self.settings.system_id))
        for message in (*self._streams.due(board.boot_s), *self._parameters.step()):
            board.send(message)

    def _handle(self, message: mavlink.MAVLink_message) -> None:
        if message.get_srcSystem() == self.settings.system_id or not self._is_for_me(message):
            return
        name = message.get_type()
        if name in _PARAMETER_TYPES:
            for answer in self._parameters.receive(message):
                self._board.send(answer)
            if name == "PARAM_REQUEST_LIST":
                for line in self._health.banner():
                    self._board.say(INFO, line)
        elif name in _MISSION_TYPES:
            self._handle_mission(message)
        elif name in ("COMMAND_LONG", "COMMAND_INT"):
            self._handle_command(message)
        elif not self._guided.receive(message):
            self._handle_other(name, message)

    def _is_for_me(self, message: mavlink.MAVLink_message) -> bool:
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self.settings.system_id) and component in (0, 1)

    def _handle_mission(self, message: mavlink.MAVLink_message) -> None:
        kind = message.mission_type
        if message.get_type() in ("MISSION_ITEM_INT", "MISSION_ITEM") and message.current in (2, 3):
            self._guided.mission_item(message)
            return
        if kind == 255 and message.get_type() == "MISSION_CLEAR_ALL":
            for transfer in self._transfers.values():
                transfer.receive(message, self._board.boot_s)
        elif (chosen := self._transfers.get(kind)) is not None:
            chosen.receive(message, self._board.boot_s)

    def _handle_command(self, message: mavlink.MAVLink_message) -> None:
        order = order_of(message)
        result = self._commands.handle(order)
        self._board.send(mavlink.MAVLink_command_ack_message(order.command, result, 0, 0, *order.source))
        self._after_command()

    def _after_command(self) -> None:
        """What follows an acknowledgement: messages that were asked for, a heartbeat with the new mode, a restart."""
        board = self._board
        for message_id in self._commands.requested:
            if (wanted := self._streams.build(message_id)) is not None:
                board.send(wanted)
        self._commands.requested.clear()
        if self._flight.mode_changed and self._flight.startup.beating:
            self._flight.mode_changed = False
            board.send(self._health.heartbeat())
        if self._commands.reboot:
            self._commands.reboot = False
            board.boot_s, board.home = 0.0, None
            self._next_heartbeat_s, self._next_ground_s, self._sync_s = 0.0, 0.0, 10.0
            self._flight.startup = Startup(board)
            self._streams.restart()

    def _handle_other(self, name: str, message: mavlink.MAVLink_message) -> None:
        board, flight = self._board, self._flight
        match name:
            case "HEARTBEAT":
                if message.get_srcSystem() == int(board.parameters["SYSID_MYGCS"]):
                    flight.failsafes.station_heard()
            case "REQUEST_DATA_STREAM":
                self._streams.request(message.req_stream_id, message.req_message_rate, message.start_stop == 1)
            case "SET_MODE":
                result = self._commands.set_mode_number(message.custom_mode)
                target = (message.get_srcSystem(), message.get_srcComponent())
                board.send(mavlink.MAVLink_command_ack_message(11, result, 0, 0, *target))
                self._after_command()
            case "MISSION_SET_CURRENT":
                flight.sequence.set_current(message.seq)
            case "TIMESYNC" if message.tc1 == 0:
                board.send(mavlink.MAVLink_timesync_message(board.boot_us * 1000, message.ts1))
            case "RC_CHANNELS_OVERRIDE":
                flight.sticks.receive(message, board.boot_s, board.parameters["RC_OVERRIDE_TIME"])
            case "MANUAL_CONTROL":
                flight.sticks.control(message, board.boot_s, board.parameters["RC_OVERRIDE_TIME"])
            case "FILE_TRANSFER_PROTOCOL":
                board.send(no_files(message))
            case "GIMBAL_MANAGER_SET_PITCHYAW":
                rates = (math.degrees(message.pitch_rate), math.degrees(message.yaw_rate))
                angles = (math.degrees(message.pitch), math.degrees(message.yaw))
                flight.gimbal.pitch_yaw(*angles, *rates, message.flags)
