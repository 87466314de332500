"""A small copter on its own UDP socket, and a fleet to follow it: real sockets on the loopback, no autopilot."""

import asyncio
import contextlib

from fusion.bus import Bus
from maps.instants import utc_now
from missions.vehicles.dialect import Encoder, Framer, mavlink
from missions.vehicles.fleet import Fleet, FleetSettings
from missions.vehicles.link import LinkSettings
from missions.vehicles.vehicle import VehicleSettings
from tests.missions.vehicles.receivers import ArduPilotReceiver


class SmallVehicle(asyncio.DatagramProtocol):
    """A copter on its own UDP socket: heartbeat and position at 20 Hz, commands, missions."""

    def __init__(self, system_id):
        self.system_id, self.mode, self.armed, self.refuse_arming = system_id, 0, False, 0
        self.commands, self.deaf = [], set()
        self.parameters = {"RTL_ALT": 1500.0}
        self.mav_type, self.autopilot = mavlink.MAV_TYPE_QUADROTOR, mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA
        self.receiver = ArduPilotReceiver()
        self._encoder, self._framer = Encoder(system_id, 1), Framer()
        self.transport = None
        self.seq, self.item_s, self.lands, self.alt_amsl_m = 0, 0.1, True, 220.0
        self._flying = None

    def connection_made(self, transport):
        self.transport = transport

    def send(self, *messages):
        for message in messages:
            self.transport.sendto(self._encoder.encode(message))

    def datagram_received(self, data, _address):
        for packet in self._framer.feed(data, whole=True):
            message = packet.message
            if getattr(message, "target_system", self.system_id) != self.system_id:
                continue
            if message.get_type() in ("COMMAND_LONG", "COMMAND_INT"):
                self.command(message)
            elif message.get_type() == "PARAM_REQUEST_READ":
                if (value := self.parameters.get(message.param_id)) is not None:
                    self.send(mavlink.MAVLink_param_value_message(message.param_id.encode(), value, 6, 1, 0))
            else:
                self.send(*self.receiver.receive(message, utc_now()))

    def error_received(self, _error):
        pass

    def command(self, message):
        self.commands.append(message.command)
        if message.command in self.deaf:
            self.deaf.discard(message.command)
            return
        result = 0
        if message.command == mavlink.MAV_CMD_DO_SET_MODE:
            self.mode = int(message.param2)
        elif message.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM:
            if self.refuse_arming:
                self.refuse_arming -= 1
                result = 4
                self.send(mavlink.MAVLink_statustext_message(2, b"Arm: Need Position Estimate"))
            else:
                self.armed = message.param1 == 1
        elif message.command == mavlink.MAV_CMD_MISSION_START:
            self._flying = asyncio.get_running_loop().create_task(self.fly())
        self.send(mavlink.MAVLink_command_ack_message(message.command, result, 0, 0, 255, 190))
        self.tell()

    async def fly(self):
        """Fly the items as ArduCopter reports them, a moment each; mode 3 is AUTO, 6 RTL, 17 BRAKE."""
        for seq in range(1, len(self.receiver.held[0])):
            self.seq = seq
            await asyncio.sleep(self.item_s)
            while self.mode == 17:  # noqa: ASYNC110 - the mode has no event
                await asyncio.sleep(0.02)
            if self.mode == 6:
                break
            self.send(mavlink.MAVLink_mission_item_reached_message(self.seq))
        await asyncio.sleep(self.item_s)
        if self.lands:
            self.seq, self.armed = 0, False

    def tell(self):
        base = 81 | (128 if self.armed else 0)
        self.send(
            mavlink.MAVLink_heartbeat_message(self.mav_type, self.autopilot, base, self.mode, 4, 3),
            mavlink.MAVLink_mission_current_message(self.seq, max(0, len(self.receiver.held[0]) - 1)),
            mavlink.MAVLink_extended_sys_state_message(0, 2 if self.seq else 1),
            mavlink.MAVLink_gps_raw_int_message(
                0, 3, 438600000, 1253000000, int(self.alt_amsl_m * 1e3), 1, 1, 0, 0, 10
            ),
            mavlink.MAVLink_global_position_int_message(
                int(utc_now() * 1e3) % 10**9,
                438600000 + self.system_id,
                1253000000,
                int(self.alt_amsl_m * 1e3),
                0,
                0,
                0,
                0,
                0,
            ),
        )

    async def run(self, port):
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=("127.0.0.1", port))
        try:
            while True:
                self.tell()
                self.send(*self.receiver.tick(utc_now()))
                await asyncio.sleep(0.05)
        finally:
            self.transport.close()
            if self._flying is not None:
                self._flying.cancel()


@contextlib.asynccontextmanager
async def flying(*vehicles, record_folder=None, names=(VehicleSettings("uav-1", 1),)):
    """A fleet on a port that the system chose, with these vehicles sending to it."""
    bus = Bus()
    fleet = Fleet(FleetSettings((LinkSettings("udpin:127.0.0.1:0"),), names), bus, utc_now, record_folder)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fleet.run())]
        await fleet.links[0].connected.wait()
        port = fleet.links[0].local[1]
        tasks += [group.create_task(vehicle.run(port)) for vehicle in vehicles]
        try:
            yield fleet, bus
        finally:
            for task in tasks:
                task.cancel()


async def until(holds, within_s=5.0):
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
