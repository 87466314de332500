"""Missions from request to landing, over real sockets with small vehicles."""

import asyncio
import contextlib
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from fusion.bus import ENTITIES, EVENTS
from fusion.messages import Position
from maps.instants import Instant, utc_now
from missions.errors import MissionError
from missions.execution.mission import MemoryStore
from missions.execution.missions import BlockedError, Missions
from missions.execution.operation import ExecutionPolicy
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety import Finding
from missions.vehicles.dialect import mavlink
from missions.vehicles.vehicle import VehicleSettings
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

HOME = Position(43.86, 125.30, 220.0)
REQUEST = {"kind": "route", "geometry": {"type": "LineString", "coordinates": [[125.3, 43.86], [125.301, 43.861]]}}
DISTRICT = SimpleNamespace(folder=Path("nowhere"))
NAMES = (VehicleSettings("uav-1", 1), VehicleSettings("uav-2", 2))


def plan(vehicle_id):
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 30.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.861, 125.301, 40.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.862, 125.301, 40.0),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
    )
    return Plan(vehicle_id, "rotorcraft", HOME, items, 8.0)


@contextlib.asynccontextmanager
async def service(*vehicles, store=None, findings=(), planned=None, run=True, checker=None):
    """Missions over a fleet with these vehicles, all heard of and with a position."""

    def planner(_request, _district, states, _now):
        return tuple(plan(name) for name in (planned or sorted(state.id for state in states)))

    async with flying(*vehicles, names=NAMES) as (fleet, bus):
        await until(lambda: len(fleet.vehicles) == len(vehicles))
        await until(lambda: all(each.state.position for each in fleet.vehicles.values()))
        missions = Missions(
            DISTRICT, fleet, bus, store or MemoryStore(), utc_now, ExecutionPolicy(arm_within_s=3.0),
            planner=planner, checker=checker or (lambda *_: findings),
        )  # fmt: skip
        task = asyncio.create_task(missions.run())
        await asyncio.sleep(0)
        try:
            yield missions, fleet, bus
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def cleared(missions):
    mission = await missions.draft(REQUEST, "pilot")
    return (await missions.clear(mission.id, "pilot")).id


async def test_two_vehicles_fly_a_cleared_mission_to_its_end():
    store = MemoryStore()
    async with service(SmallVehicle(1), SmallVehicle(2), store=store) as (missions, _fleet, bus):
        with bus.subscribe(EVENTS) as events, bus.subscribe(ENTITIES) as entities:
            mission_id = await cleared(missions)
            await missions.launch(mission_id, "pilot")
            await until(lambda: missions.get(mission_id).state == "done", 15)
            await asyncio.sleep(0.3)
            codes = [event.code for event in events.take()]
            shown = {entity.id: entity for entity in entities.take()}
    mission = missions.get(mission_id)
    assert [(f.vehicle_id, f.state, f.items_reached, f.items) for f in mission.flights] == [
        ("uav-1", "done", 4, 4),
        ("uav-2", "done", 4, 4),
    ]
    assert all(flight.read_back_equal for flight in mission.flights)
    for code in ("mission.cleared", "mission.launched", "flight.uploaded", "flight.flying", "flight.done"):
        assert code in codes
    assert codes.index("mission.launched") < codes.index("flight.uploaded") < codes.index("flight.flying")
    assert shown[f"mission/{mission_id}"].properties["state"] == "done"
    assert shown[f"mission/{mission_id}"].geometry["type"] == "MultiLineString"
    (kept,) = store.load_all()
    assert kept.state == "done"


async def test_no_vehicle_starts_when_one_upload_fails():
    good, bad = SmallVehicle(1), SmallVehicle(2)
    bad.receiver.unsupported = frozenset({Command.WAYPOINT})
    async with service(good, bad) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        await missions.launch(mission_id, "pilot")
        await until(lambda: missions.get(mission_id).state == "failed", 15)
        flights = {flight.vehicle_id: flight for flight in missions.get(mission_id).flights}
    assert not good.armed
    assert "another vehicle's upload failed" in flights["uav-1"].reason_en
    assert "cleared" in flights["uav-2"].reason_en
    assert flights["uav-2"].reason_zh


async def test_hold_resume_and_return_reach_every_vehicle():
    first, second = SmallVehicle(1), SmallVehicle(2)
    first.item_s = second.item_s = 0.6
    async with service(first, second) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        await missions.launch(mission_id, "pilot")
        await until(lambda: all(flight.state == "flying" for flight in missions.get(mission_id).flights), 10)
        await missions.pause(mission_id, "pilot")
        assert (first.mode, second.mode) == (17, 17)
        assert missions.get(mission_id).state == "paused"
        await missions.resume(mission_id, "pilot")
        assert missions.get(mission_id).state == "flying"
        await missions.abort(mission_id, "pilot")
        assert (first.mode, second.mode) == (6, 6)
        await until(lambda: missions.get(mission_id).state == "aborted", 10)


async def test_a_blocked_mission_is_not_cleared_and_says_why():
    finding = Finding("no_fly", "blocking", "enters zone school by 12 m", "进入禁飞区 12 米")
    async with service(SmallVehicle(1), findings=(finding,)) as (missions, _fleet, _bus):
        mission = await missions.draft(REQUEST, "pilot")
        assert mission.findings[0].vehicle_id == "uav-1"
        with pytest.raises(BlockedError, match="enters zone school") as caught:
            await missions.clear(mission.id, "pilot")
        assert caught.value.findings[0].rule == "no_fly"
        with pytest.raises(MissionError, match="needs it to be cleared"):
            await missions.launch(mission.id, "pilot")


async def test_a_malformed_request_names_the_field():
    async with service(SmallVehicle(1)) as (missions, _fleet, _bus):
        with pytest.raises(MissionError) as caught:
            await missions.draft({**REQUEST, "altitude": {"value_m": "high"}}, "pilot")
        assert caught.value.field == "altitude.value_m"
        with pytest.raises(MissionError) as caught:
            missions.get("m-nothing")
        assert caught.value.code == "mission.not_found"


async def test_a_vehicle_flies_one_mission_at_a_time():
    vehicle = SmallVehicle(1)
    vehicle.item_s = 2.0
    async with service(vehicle) as (missions, _fleet, _bus):
        first, second = await cleared(missions), await cleared(missions)
        await missions.launch(first, "pilot")
        with pytest.raises(MissionError, match="abort that first"):
            await missions.launch(second, "pilot")


async def test_a_vehicle_that_does_not_arm_fails_its_flight_with_its_reason():
    vehicle = SmallVehicle(1)
    vehicle.refuse_arming = 10**6
    async with service(vehicle) as (missions, _fleet, bus):
        with bus.subscribe(EVENTS) as events:
            mission_id = await cleared(missions)
            await missions.launch(mission_id, "pilot")
            await until(lambda: missions.get(mission_id).state == "failed", 15)
            notices = [event.message_en for event in events.take() if event.code == "flight.notice"]
    assert any("Need Position Estimate" in notice for notice in notices)
    assert "Need Position Estimate" in missions.get(mission_id).flights[0].reason_en


async def test_aborting_while_it_waits_to_arm_keeps_it_on_the_ground():
    vehicle = SmallVehicle(1)
    vehicle.refuse_arming = 1
    async with service(vehicle) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        await missions.launch(mission_id, "pilot")
        await until(lambda: mavlink.MAV_CMD_COMPONENT_ARM_DISARM in vehicle.commands)
        await missions.abort(mission_id, "pilot")
        assert missions.get(mission_id).state == "aborted"
        await asyncio.sleep(2.0)
        assert not vehicle.armed
        assert mavlink.MAV_CMD_MISSION_START not in vehicle.commands


async def test_cancelling_during_the_upload_leaves_nothing_on_the_vehicle():
    vehicle = SmallVehicle(1)
    receive = vehicle.receiver.receive
    stuck = {"items": 0}

    def slow(message, now):
        if message.get_type() == "MISSION_ITEM_INT":
            stuck["items"] += 1
            return [] if stuck["items"] > 1 else receive(message, now)
        return receive(message, now)

    vehicle.receiver.receive = slow
    async with service(vehicle) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        await missions.launch(mission_id, "pilot")
        await until(lambda: stuck["items"] > 1)
        await missions.abort(mission_id, "pilot")
        await until(lambda: missions.get(mission_id).state == "aborted", 10)
        reason = missions.get(mission_id).flights[0].reason_en
    assert "cancelled" in reason
    assert "cleared" in reason
    assert vehicle.receiver.held[0] == []


async def test_clearance_is_told_how_high_each_vehicle_returns_by_itself():
    told = {}

    def checker(plan, _district, given):
        told[plan.vehicle_id] = given.return_height_m
        return ()

    one, other = SmallVehicle(1), SmallVehicle(2)
    one.parameters, other.parameters = {"RTL_ALT": 4200.0}, {"RTL_ALT_M": 33.0}
    async with service(one, other, checker=checker) as (missions, _fleet, _bus):
        await missions.draft(REQUEST, "pilot")
    assert told == {"uav-1": pytest.approx(42.0), "uav-2": pytest.approx(33.0)}


async def test_after_a_restart_a_flight_is_found_again_and_followed_to_its_end():
    store, vehicle = MemoryStore(), SmallVehicle(1)
    vehicle.item_s = 1.0
    async with flying(vehicle, names=NAMES) as (fleet, bus):
        await until(lambda: fleet.vehicles and fleet.vehicles["uav-1"].state.position)

        def missions():
            return Missions(
                DISTRICT, fleet, bus, store, utc_now,
                planner=lambda *_: (plan("uav-1"),), checker=lambda *_: (),
            )  # fmt: skip

        before = missions()
        task = asyncio.create_task(before.run())
        await asyncio.sleep(0)
        mission_id = await cleared(before)
        await before.launch(mission_id, "pilot")
        await until(lambda: before.get(mission_id).flights[0].items_reached >= 1, 10)
        task.cancel()
        fleet.vehicles["uav-1"].plan = None
        after = missions()
        after.recover()
        assert after.get(mission_id).state == "flying"
        task = asyncio.create_task(after.run())
        await until(lambda: after.get(mission_id).state == "done", 10)
        assert after.get(mission_id).flights[0].items_reached == 4
        task.cancel()


async def test_what_has_come_up_since_the_clearance_stops_the_launch_before_anything_is_uploaded():
    found, vehicle = [], SmallVehicle(1)
    async with service(vehicle, findings=found) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        found.append(Finding("separation", "blocking", "another flight is in the way", "有其他飞行器"))
        with pytest.raises(BlockedError, match="another flight"):
            await missions.launch(mission_id, "pilot")
        mission = missions.get(mission_id)
        assert (mission.state, mission.findings[0].rule) == ("draft", "separation")
        assert not vehicle.receiver.held[0]
        found.clear()
        await missions.clear(mission_id, "pilot")
        await missions.launch(mission_id, "pilot")


async def test_launched_twice_at_once_it_flies_once():
    async with service(SmallVehicle(1)) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        launches = await asyncio.gather(
            missions.launch(mission_id, "pilot"), missions.launch(mission_id, "pilot"), return_exceptions=True
        )
        refused = [each for each in launches if isinstance(each, MissionError)]
        assert [each.code for each in refused] == ["mission.wrong_state"]


async def test_of_two_cleared_at_once_the_second_is_judged_when_the_first_is_cleared():
    def checker(*_):
        rivals = [each for each in missions.all() if each.state == "cleared"]
        time.sleep(0.05)
        return [Finding("separation", "blocking", "another flight is cleared", "")] if rivals else []

    async with service(SmallVehicle(1), checker=checker) as (missions, _fleet, _bus):
        drafts = [(await missions.draft(REQUEST, "pilot")).id for _ in range(2)]
        answers = await asyncio.gather(*(missions.clear(each, "pilot") for each in drafts), return_exceptions=True)
        assert [isinstance(each, BlockedError) for each in answers] == [False, True]


async def test_a_clearance_expires(monkeypatch):
    async with service(SmallVehicle(1)) as (missions, _fleet, _bus):
        mission_id = await cleared(missions)
        missions._clock = lambda: Instant(utc_now() + 3600)
        with pytest.raises(MissionError, match="expired"):
            await missions.launch(mission_id, "pilot")
