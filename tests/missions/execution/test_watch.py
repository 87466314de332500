"""What waits and what flies is judged again when circumstances change: small vehicles, findings set by the tests."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from fusion.bus import EVENTS, SENSORS
from fusion.messages import Position, SensorState
from maps.instants import utc_now
from maps.terrain import Terrain
from missions.errors import MissionError
from missions.execution.contingency import CONTINGENCIES
from missions.execution.mission import MemoryStore, mission_entity
from missions.execution.missions import Missions
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety import Finding
from missions.vehicles.dialect import mavlink
from missions.vehicles.vehicle import VehicleSettings
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

HOME = Position(43.86, 125.30, 220.0)
REQUEST = {"kind": "route", "geometry": {"type": "LineString", "coordinates": [[125.3, 43.86], [125.301, 43.861]]}}
NAMES = (VehicleSettings("uav-1", 1, camera="uav-1-eo"), VehicleSettings("uav-2", 2))
SCHOOL = Finding("no_fly", "blocking", "enters zone school", "进入禁飞区“学校”", about="school")
MARKET = Finding("no_fly", "blocking", "enters zone market", "进入禁飞区“集市”", about="market")
BATTERY = Finding("endurance", "blocking", "the battery is short", "电量不足")
AUTO, RTL, BRAKE = 3, 6, 17


@pytest.fixture
def plain(nanling):
    """The demonstration district with flat ground and nothing on it."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def plan(vehicle_id, delay_s=0.0):
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 30.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.861, 125.301, 40.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.862, 125.301, 40.0),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
    )
    return Plan(vehicle_id, "rotorcraft", HOME, items, 8.0, takeoffs_s=(delay_s,))


@dataclass
class World:
    """Missions of small vehicles, and the findings that every check gives now."""

    district: object
    findings: tuple[Finding, ...] = ()
    checks: list[str] = field(default_factory=list)
    stuck: threading.Event | None = None
    missions: Missions | None = None
    bus: object = None
    events: list = field(default_factory=list)

    def check(self, plan, _district, _given):
        self.checks.append(plan.vehicle_id)
        if self.stuck is not None:
            self.stuck.wait(30)
        return self.findings

    def now(self, *findings, about=()):
        self.findings = findings
        self.missions.watch.changed("the test says so", about)

    def told(self, code):
        return [event for event in self.events if event.code == code]

    def flight(self, mission_id, number=0):
        return self.missions.get(mission_id).flights[number]

    async def cleared(self):
        mission = await self.missions.draft(REQUEST, "pilot")
        return (await self.missions.clear(mission.id, "pilot")).id

    async def launched(self):
        mission_id = await self.cleared()
        await self.missions.launch(mission_id, "pilot")
        await until(lambda: self.flight(mission_id).state == "flying", 10)
        return mission_id


@contextlib.asynccontextmanager
async def watched(district, *vehicles, plans=(), policy=CONTINGENCIES, store=None):
    """Missions that are watched, over vehicles that stay in the air for long."""
    world = World(district)
    for vehicle in vehicles:
        vehicle.item_s = 3.0
    async with flying(*vehicles, names=NAMES) as (fleet, bus):
        await until(lambda: len(fleet.vehicles) == len(vehicles))
        await until(lambda: all(each.state.position for each in fleet.vehicles.values()))
        world.bus = bus
        bus.listen(EVENTS, world.events.append)
        plans = plans or tuple(plan(name) for name in fleet.vehicles)
        world.missions = Missions(
            district, fleet, bus, store or MemoryStore(), utc_now,
            planner=lambda *_: plans, checker=world.check, contingencies=policy,
        )  # fmt: skip
        tasks = [asyncio.create_task(world.missions.run()), asyncio.create_task(world.missions.watch.run())]
        await asyncio.sleep(0)
        try:
            yield world
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def test_a_mission_that_waits_loses_its_clearance_and_its_pilot_is_told(plain):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        mission_id = await world.cleared()
        world.now(SCHOOL)
        await until(lambda: world.missions.get(mission_id).state == "draft")
        (event,) = world.told("mission.clearance_withdrawn")
        assert event.subject == f"mission/{mission_id}"
        assert "school" in event.message_en
        assert "学校" in event.message_zh
        assert [each.rule for each in world.missions.get(mission_id).findings] == ["no_fly"]
        shown = mission_entity(world.missions.get(mission_id), utc_now()).properties
        assert shown["blocked_by"] == {"en": SCHOOL.message, "zh": SCHOOL.message_zh}
        with pytest.raises(MissionError, match="needs it to be cleared"):
            await world.missions.launch(mission_id, "pilot")
        world.now()
        await world.missions.clear(mission_id, "pilot")
        await world.missions.launch(mission_id, "pilot")


async def test_what_only_warns_is_told_once_and_the_clearance_stays(plain):
    async with watched(plain, SmallVehicle(1)) as world:
        mission_id = await world.cleared()
        for _ in range(2):
            world.now(msgspec.structs.replace(SCHOOL, severity="warning"))
            await until(lambda: world.missions.get(mission_id).findings)
            await asyncio.sleep(0.1)
        assert world.missions.get(mission_id).state == "cleared"
        assert len(world.told("mission.warning")) == 1


async def test_what_takes_off_later_stays_on_the_ground_and_what_flies_holds(plain):
    vehicles = SmallVehicle(1), SmallVehicle(2)
    async with watched(plain, *vehicles, plans=(plan("uav-1"), plan("uav-2", 2.0))) as world:
        mission_id = await world.launched()
        world.now(SCHOOL)
        await until(lambda: vehicles[0].mode == BRAKE)
        await until(lambda: world.flight(mission_id, 1).state == "failed")
        assert "zone school" in world.flight(mission_id, 1).reason_en
        assert "学校" in world.flight(mission_id, 1).reason_zh
        await asyncio.sleep(2.5)
        assert not vehicles[1].armed


async def test_a_vehicle_that_waits_to_arm_is_not_started(plain):
    vehicle = SmallVehicle(1)
    vehicle.refuse_arming = 1
    async with watched(plain, vehicle) as world:
        mission_id = await world.cleared()
        await world.missions.launch(mission_id, "pilot")
        await until(lambda: mavlink.MAV_CMD_COMPONENT_ARM_DISARM in vehicle.commands)
        world.now(SCHOOL)
        await until(lambda: world.flight(mission_id).state == "failed")
        await asyncio.sleep(2.0)
        assert not vehicle.armed
        assert mavlink.MAV_CMD_MISSION_START not in vehicle.commands


async def test_a_cause_is_acted_on_once_and_a_changed_or_another_one_again(plain):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        mission_id = await world.launched()
        for count, (findings, about) in enumerate(
            (((SCHOOL,), ()), ((SCHOOL, MARKET), ()), ((SCHOOL,), ["school"])), 1
        ):
            world.now(*findings, about=about)
            await until(lambda count=count: len(world.flight(mission_id).contingencies) == count)
            assert vehicle.mode == BRAKE
            await world.missions.resume(mission_id, "pilot")
            world.now(*findings)
            checks = len(world.checks)
            await until(lambda checks=checks: len(world.checks) > checks)
            await asyncio.sleep(0.3)
            assert vehicle.mode == AUTO
        assert [each.about for each in world.flight(mission_id).contingencies] == ["school", "market", "school"]
        assert len(world.told("flight.contingency")) == 3


async def test_what_was_known_at_clearance_is_no_reason_in_the_air(plain):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        warning = msgspec.structs.replace(SCHOOL, severity="warning")
        world.findings = (warning,)
        mission_id = await world.launched()
        world.now(warning)
        await asyncio.sleep(0.3)
        assert not world.flight(mission_id).contingencies
        world.now(SCHOOL)
        await until(lambda: vehicle.mode == BRAKE)


@pytest.mark.parametrize("order", ["pause", "abort"])
async def test_a_pilots_order_stands_and_people_are_only_told(plain, order):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        mission_id = await world.launched()
        await getattr(world.missions, order)(mission_id, "pilot")
        mode = vehicle.mode
        world.bus.publish(SENSORS, SensorState("uav-1-eo", utc_now(), "offline", vehicle_id="uav-1"))
        world.now(BATTERY)
        await until(lambda: world.told("flight.ahead"))
        assert vehicle.mode == mode
        assert not world.told("flight.contingency")


async def test_its_own_hold_gives_way_to_a_return(plain):
    vehicle = SmallVehicle(1)
    vehicle.alt_amsl_m = 270.0
    async with watched(plain, vehicle) as world:
        mission_id = await world.launched()
        world.now(SCHOOL)
        await until(lambda: world.flight(mission_id).contingencies)
        world.now(SCHOOL, BATTERY)
        await until(lambda: vehicle.mode == RTL)
        await until(lambda: len(world.flight(mission_id).contingencies) == 2)
        assert [each.action for each in world.flight(mission_id).contingencies] == ["hold", "return"]


async def test_policy_may_ask_to_land_or_only_to_tell(plain):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle, policy={"no_fly": "tell", "endurance": "land"}) as world:
        mission_id = await world.launched()
        world.now(SCHOOL)
        await until(lambda: world.told("flight.ahead"))
        assert vehicle.mode == AUTO
        world.now(SCHOOL, BATTERY)
        await until(lambda: vehicle.mode == 9)
        await until(lambda: len(world.flight(mission_id).contingencies) == 2)


async def test_a_camera_that_shows_nothing_is_told_again_only_when_it_was_well_meanwhile(plain):
    async with watched(plain, SmallVehicle(1)) as world:
        mission_id = await world.launched()
        for count in (1, 2):
            for health in ("offline", "frozen"):
                world.bus.publish(SENSORS, SensorState("uav-1-eo", utc_now(), health, vehicle_id="uav-1"))
                await until(lambda count=count: len(world.told("flight.ahead")) == count)
                world.now()
                await asyncio.sleep(0.2)
            world.bus.publish(SENSORS, SensorState("uav-1-eo", utc_now(), "ok", vehicle_id="uav-1"))
        assert len(world.told("flight.ahead")) == 2
        assert "离线" in world.told("flight.ahead")[0].message_zh
        assert world.flight(mission_id).state == "flying"


async def test_an_order_that_is_not_taken_is_told_and_given_again(plain, monkeypatch):
    monkeypatch.setattr("missions.execution.responses.AGAIN_S", 0.1)
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        mission_id = await world.launched()
        obey, refused = vehicle.command, []

        def refuse(message):
            if message.command == mavlink.MAV_CMD_DO_SET_MODE and len(refused) < 2:  # BRAKE, then LOITER
                refused.append(message.param2)
                vehicle.send(mavlink.MAVLink_command_ack_message(message.command, 4, 0, 0, 255, 190))
            else:
                obey(message)

        vehicle.command = refuse
        world.now(SCHOOL)
        await until(lambda: vehicle.mode == BRAKE, 10)
        assert len(world.told("flight.contingency_failed")) == 1
        await until(lambda: len(world.flight(mission_id).contingencies) == 1)


async def test_orders_do_not_wait_for_judging_and_a_flood_of_changes_is_judged_a_few_times(plain):
    vehicle = SmallVehicle(1)
    async with watched(plain, vehicle) as world:
        mission_id = await world.launched()
        world.stuck, before = threading.Event(), len(world.checks)
        for number in range(1000):
            world.missions.use(plain, [f"zone-{number}"])
            if number % 100 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(world.checks) > before)
        await world.missions.pause(mission_id, "pilot")
        assert vehicle.mode == BRAKE
        assert not world.stuck.is_set()
        world.stuck.set()
        await asyncio.sleep(0.5)
        assert len(world.checks) - before <= 3


async def test_what_came_up_is_known_after_a_restart(plain):
    store, vehicle = MemoryStore(), SmallVehicle(1)
    async with watched(plain, vehicle, store=store) as world:
        mission_id = await world.launched()
        world.now(SCHOOL)
        await until(lambda: world.flight(mission_id).contingencies)
        (kept,) = store.load_all()
    again = msgspec.json.decode(msgspec.json.encode(kept), type=type(kept))
    (contingency,) = again.flights[0].contingencies
    assert mission_entity(kept, utc_now()).properties["flights"][0]["contingencies"][0]["about"] == "school"
    assert (contingency.rule, contingency.about, contingency.action) == ("no_fly", "school", "hold")
    assert contingency.message_zh == SCHOOL.message_zh
