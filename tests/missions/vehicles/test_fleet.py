"""The fleet over real sockets on the loopback, with small vehicles that know heartbeat, commands and missions."""

import asyncio
import contextlib
import random

import msgspec
import pytest

from fusion.bus import EVENTS, VEHICLES, Bus
from fusion.messages import Position
from maps.instants import Instant, utc_now
from missions.errors import MissionError
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety import clear
from missions.vehicles.dialect import Encoder, Framer, mavlink
from missions.vehicles.fleet import Fleet, FleetSettings
from missions.vehicles.link import LinkError, LinkSettings
from missions.vehicles.tlog import read_tlog
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

HOME = Position(43.86, 125.30, 220.0)


def plan(vehicle_id="uav-1"):
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 30.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.861, 125.301, 40.0),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
    )
    return Plan(vehicle_id, "rotorcraft", HOME, items, 8.0)


def cleared(of):
    return clear(of, (), utc_now())


async def test_vehicles_are_told_apart_by_system_id_and_unknown_ones_get_a_name():
    async with flying(SmallVehicle(1), SmallVehicle(7)) as (fleet, bus):
        with bus.subscribe(VEHICLES) as states:
            await until(lambda: len(fleet.vehicles) == 2 and all(v.state.position for v in fleet.vehicles.values()))
            assert set(fleet.vehicles) == {"uav-1", "sys-7"}
            assert fleet.vehicles["sys-7"].state.position.lat_deg == pytest.approx(43.8600007)
            await asyncio.sleep(0.2)
            assert {state.id for state in states.take()} == {"uav-1", "sys-7"}


async def test_two_vehicles_with_one_system_id_are_kept_apart_and_people_are_told():
    bus_events = []
    first, second = SmallVehicle(1), SmallVehicle(1)
    async with flying(first) as (fleet, bus):
        await until(lambda: "uav-1" in fleet.vehicles)
        with bus.subscribe(EVENTS) as events:
            task = asyncio.create_task(second.run(fleet.links[0].local[1]))
            await until(lambda: len(fleet.vehicles) == 2)
            bus_events = [event.code for event in events.take()]
            await fleet.vehicles["uav-1-2"].hold()
            task.cancel()
    assert "vehicle.duplicate_id" in bus_events
    assert (first.mode, second.mode) == (0, 17)


async def test_a_vehicle_that_restarts_on_another_port_is_the_same_vehicle():
    first, second = SmallVehicle(1), SmallVehicle(1)
    async with flying() as (fleet, _bus):
        port = fleet.links[0].local[1]
        task = asyncio.create_task(first.run(port))
        await until(lambda: "uav-1" in fleet.vehicles)
        task.cancel()
        again = asyncio.create_task(second.run(port))
        await until(lambda: second.commands, 10)
        await fleet.vehicles["uav-1"].hold()
        assert set(fleet.vehicles) == {"uav-1"}
        assert second.mode == 17
        again.cancel()


async def test_nothing_is_sent_to_an_address_that_sent_only_noise():
    heard = []

    class Noisy(asyncio.DatagramProtocol):
        def datagram_received(self, data, _address):
            heard.append(data)

    async with flying(SmallVehicle(1)) as (fleet, _bus):
        loop = asyncio.get_running_loop()
        noise, _ = await loop.create_datagram_endpoint(Noisy, remote_addr=("127.0.0.1", fleet.links[0].local[1]))
        noise.sendto(b"who is there?")
        await asyncio.sleep(1.3)
        noise.close()
    assert heard == []


async def test_random_bytes_on_the_port_disturb_nobody_and_are_counted():
    vehicle = SmallVehicle(1)
    async with flying(vehicle) as (fleet, _bus):
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", fleet.links[0].local[1])
        noise, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
        for size in range(1, 400):
            noise.sendto(random.Random(size).randbytes(size))
        await until(lambda: fleet.links[0].bad_bytes > 10_000 and "uav-1" in fleet.vehicles)
        noise.close()
        await fleet.vehicles["uav-1"].hold()
        assert set(fleet.vehicles) == {"uav-1"}
    assert vehicle.mode == 17


async def test_a_plan_is_uploaded_only_with_a_valid_clearance():
    vehicle = SmallVehicle(1)
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.position)
        flown = fleet.vehicles["uav-1"]
        with pytest.raises(TypeError):
            await flown.upload(plan())
        with pytest.raises(MissionError, match="expired"):
            await flown.upload(clear(plan(), (), Instant(utc_now() - 3600)))
        with pytest.raises(MissionError, match="the plan is for uav-2"):
            await flown.upload(cleared(plan("uav-2")))
        assert vehicle.receiver.uploads == 0
        shares = []
        await flown.upload(cleared(plan()), shares.append)
        assert shares[-1] == 1.0
    assert [item.command for item in vehicle.receiver.held[0]] == [16, 22, 16, 20]


async def test_rally_points_of_an_earlier_plan_do_not_stay_behind():
    vehicle = SmallVehicle(1)
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.position)
        flown = fleet.vehicles["uav-1"]
        await flown.upload(cleared(msgspec.structs.replace(plan(), rally=(HOME,))))
        assert len(vehicle.receiver.held[2]) == 1
        await flown.upload(cleared(plan()))
    assert vehicle.receiver.held[2] == []


async def test_arming_is_tried_again_with_the_vehicles_reason_shown_and_the_mission_starts():
    vehicle = SmallVehicle(1)
    vehicle.refuse_arming = 1
    said = []
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.position)
        flown = fleet.vehicles["uav-1"]
        await flown.upload(cleared(plan()))
        await flown.start_mission(lambda english, _chinese: said.append(english))
    assert any("Need Position Estimate" in words for words in said)
    assert vehicle.armed
    assert vehicle.mode == 3
    assert vehicle.commands[-1] == mavlink.MAV_CMD_MISSION_START


async def test_hold_does_not_wait_for_an_upload_and_survives_a_lost_command():
    vehicle = SmallVehicle(1)
    vehicle.deaf = {mavlink.MAV_CMD_DO_SET_MODE}
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.position)
        flown = fleet.vehicles["uav-1"]
        vehicle.receiver.receive = lambda message, now: []  # the upload hangs
        upload = asyncio.create_task(flown.upload(cleared(plan())))
        await asyncio.sleep(0.1)
        await flown.hold()
        assert vehicle.mode == 17
        assert not upload.done()
        upload.cancel()


class LandingPlane(SmallVehicle):
    """An ArduPlane that goes from RTL to its landing, item 3, in AUTO before it says that it was in RTL."""

    def command(self, message):
        if message.command == mavlink.MAV_CMD_DO_SET_MISSION_CURRENT:
            self.seq = int(message.param1)
        super().command(message)
        if self.mode == 11:
            self.mode, self.seq = 10, 3
            self.tell()

    def tell(self):
        if self.mode != 11:
            super().tell()


async def test_a_plane_that_returns_by_its_landing_has_returned_and_resumes_where_it_was():
    vehicle = LandingPlane(1)
    vehicle.mav_type = mavlink.MAV_TYPE_FIXED_WING
    vehicle.mode, vehicle.armed, vehicle.seq = 10, True, 1
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, 43.861, 125.301, 30.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.862, 125.301, 40.0),
        PlanItem(Command.LAND, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 0.0, purpose="land"),
    )
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.position)
        flown = fleet.vehicles["uav-1"]
        flown.plan = Plan("uav-1", "fixed_wing", HOME, items, 18.0)
        vehicle.receiver.held[0] = [None] * 4
        await until(lambda: flown.state.mission_item == 0)
        async with asyncio.timeout(3):
            await flown.return_home()
        assert flown.state.mission_item == 2
        await flown.hold()
        await flown.resume()
        assert (vehicle.mode, vehicle.seq) == (10, 1)


class PicturingQuad(SmallVehicle):
    """A PX4 quad taking pictures: told to go on, it goes back to its first item."""

    def command(self, message):
        if message.command == mavlink.MAV_CMD_MISSION_START:
            self.seq = int(message.param1)
            self.send(mavlink.MAVLink_command_ack_message(message.command, 0, 0, 0, 255, 190))
            return
        super().command(message)
        if message.command == mavlink.MAV_CMD_DO_SET_MODE:
            self.mode = int(message.param2) << 16 | int(message.param3) << 24
            self.seq = 0 if message.param3 == 4 else self.seq
            self.tell()


async def test_a_px4_that_goes_back_on_resuming_is_sent_on_to_the_item_it_left():
    vehicle = PicturingQuad(1)
    vehicle.autopilot, vehicle.armed, vehicle.mode, vehicle.seq = 12, True, 0x04040000, 3
    vehicle.receiver.held[0] = [None] * 6
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].telemetry.mission_seq == 3)
        flown = fleet.vehicles["uav-1"]
        await flown.hold()
        assert (vehicle.mode, vehicle.seq) == (0x03040000, 3)
        await flown.resume()
        assert (vehicle.mode, vehicle.seq) == (0x04040000, 3)


async def test_a_refused_command_carries_the_vehicles_own_words():
    vehicle = SmallVehicle(1)
    vehicle.refuse_arming = 10**6
    async with flying(vehicle) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles)
        with pytest.raises(MissionError, match="Need Position Estimate") as caught:
            await fleet.vehicles["uav-1"].arm(within_s=0.5)
    assert caught.value.code == "vehicle.not_armed"
    assert "未能解锁" in caught.value.message_zh


async def test_every_link_is_recorded_in_both_directions(tmp_path):
    async with flying(SmallVehicle(1), record_folder=tmp_path) as (fleet, _bus):
        await until(lambda: "uav-1" in fleet.vehicles)
        await fleet.vehicles["uav-1"].hold()
    (path,) = tmp_path.glob("*.tlog")
    senders = {Framer().feed(each.data)[0].system_id for each in read_tlog(path)}
    assert senders == {1, 255}


async def test_streams_are_asked_for_and_our_heartbeat_is_sent():
    vehicle = SmallVehicle(1)
    heard = []
    receive = vehicle.receiver.receive
    vehicle.receiver.receive = lambda message, now: [heard.append(message.get_type()), *receive(message, now)][1:]
    async with flying(vehicle) as (_fleet, _bus):
        await until(lambda: mavlink.MAV_CMD_SET_MESSAGE_INTERVAL in vehicle.commands and "HEARTBEAT" in heard)


async def test_a_vehicle_behind_tcp_is_found_and_found_again_after_the_connection_breaks():
    encoder, connections = Encoder(3, 1), []

    async def serve(_reader, writer):
        connections.append(writer)
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(encoder.encode(mavlink.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3)))
                await writer.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fleet = Fleet(FleetSettings((LinkSettings(f"tcp:127.0.0.1:{port}"),)), Bus(), utc_now, None)
    task = asyncio.create_task(fleet.run())
    await until(lambda: "sys-3" in fleet.vehicles)
    connections[0].close()
    await until(lambda: len(connections) == 2, 10)
    before = fleet.links[0].packets
    await until(lambda: fleet.links[0].packets > before)
    assert set(fleet.vehicles) == {"sys-3"}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    server.close()


@pytest.mark.parametrize("url", ["14550", "udp:127.0.0.1:14550", "udpin:host", "tcp:host:99999"])
def test_a_wrong_link_address_says_what_to_write(url):
    with pytest.raises(LinkError, match="udpin:HOST:PORT"):
        LinkSettings(url).parts()
