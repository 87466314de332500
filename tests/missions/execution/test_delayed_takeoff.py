"""Take-offs later than the launch: kept to, given up when the mission is, held with it, and not lost by a restart."""

import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace

import msgspec

from fusion.messages import Position
from maps.instants import Instant, utc_now
from missions.execution.mission import MemoryStore, mission_entity
from missions.execution.missions import Missions
from missions.execution.operation import ExecutionPolicy
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety import Finding
from missions.vehicles.vehicle import VehicleSettings
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

HOME = Position(43.86, 125.30, 220.0)
REQUEST = {"kind": "route", "geometry": {"type": "LineString", "coordinates": [[125.3, 43.86], [125.301, 43.861]]}}
NAMES = (VehicleSettings("uav-1", 1), VehicleSettings("uav-2", 2))
ITEMS = (
    PlanItem(Command.TAKEOFF, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 30.0),
    PlanItem(Command.WAYPOINT, Frame.HOME, 43.861, 125.301, 40.0),
    PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
)


def missions_of(fleet, bus, store, delay_s, clock=utc_now, findings=(), plans=()):
    """Missions of these plans, or of some that let uav-2 take off so much later than uav-1."""
    plans = plans or (
        Plan("uav-1", "rotorcraft", HOME, ITEMS, 8.0),
        Plan("uav-2", "rotorcraft", HOME, ITEMS, 8.0, takeoffs_s=(delay_s, delay_s + 900.0)),
    )
    return Missions(
        SimpleNamespace(folder=Path("nowhere")), fleet, bus, store, clock, ExecutionPolicy(arm_within_s=3.0),
        planner=lambda *_: plans, checker=lambda *_: findings,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def two_vehicles():
    vehicles = SmallVehicle(1), SmallVehicle(2)
    for vehicle in vehicles:
        vehicle.item_s = 1.0
    async with flying(*vehicles, names=NAMES) as (fleet, bus):
        await until(lambda: len(fleet.vehicles) == 2)
        await until(lambda: all(each.state.position for each in fleet.vehicles.values()))
        yield vehicles, fleet, bus


@contextlib.asynccontextmanager
async def running(missions):
    task = asyncio.create_task(missions.run())
    await asyncio.sleep(0)
    try:
        yield missions
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def service(delay_s):
    """Running missions of two vehicles of which the second takes off so much later."""
    async with (
        two_vehicles() as (vehicles, fleet, bus),
        running(missions_of(fleet, bus, MemoryStore(), delay_s)) as ours,
    ):
        yield ours, vehicles


async def launched(missions):
    mission_id = (await missions.draft(REQUEST, "planner")).id
    await missions.clear(mission_id, "pilot")
    await missions.launch(mission_id, "pilot")
    await until(lambda: missions.get(mission_id).flights[0].state == "flying", 10)
    return mission_id


async def test_a_vehicle_takes_off_at_its_time_and_not_before():
    async with service(3.0) as (missions, vehicles):
        mission_id = await launched(missions)
        second = missions.get(mission_id).flights[1]
        assert second.state == "uploaded"
        assert second.takeoff_time > utc_now()
        assert not vehicles[1].armed
        await until(lambda: vehicles[1].armed, 10)
        assert utc_now() >= second.takeoff_time
        await until(lambda: missions.get(mission_id).state == "done", 20)


async def test_a_mission_aborted_while_one_waits_never_starts_it():
    async with service(2.0) as (missions, vehicles):
        mission_id = await launched(missions)
        await missions.abort(mission_id, "pilot")
        assert missions.get(mission_id).flights[1].state == "aborted"
        await asyncio.sleep(3.0)
        assert not vehicles[1].armed


async def test_who_waits_on_the_ground_is_held_with_the_mission():
    async with service(1.5) as (missions, vehicles):
        mission_id = await launched(missions)
        await missions.pause(mission_id, "pilot")
        await asyncio.sleep(2.5)
        assert not vehicles[1].armed
        await missions.resume(mission_id, "pilot")
        await until(lambda: vehicles[1].armed, 10)


async def restarted(fleet, bus, store, mission_id, clock=utc_now, findings=()):
    """The missions of a service that ended while uav-2 waited, and began again."""
    for vehicle in fleet.vehicles.values():
        vehicle.plan = None
    after = missions_of(fleet, bus, store, 4.0, clock, findings)
    after.recover()
    return after


async def test_after_a_restart_it_still_takes_off_at_its_time():
    store = MemoryStore()
    async with two_vehicles() as (vehicles, fleet, bus):
        async with running(missions_of(fleet, bus, store, 4.0)) as before:
            mission_id = await launched(before)
            due = before.get(mission_id).flights[1].takeoff_time
        after = await restarted(fleet, bus, store, mission_id)
        async with running(after):
            assert after.get(mission_id).flights[1].state == "uploaded"
            assert after.get(mission_id).flights[1].takeoff_time == due
            await until(lambda: vehicles[1].armed, 15)
            assert utc_now() >= due
            await until(lambda: after.get(mission_id).state == "done", 20)


async def test_after_a_restart_what_is_no_longer_allowed_stays_on_the_ground():
    store = MemoryStore()
    async with two_vehicles() as (vehicles, fleet, bus):
        async with running(missions_of(fleet, bus, store, 3.0)) as before:
            mission_id = await launched(before)
        blocked = (Finding("no_fly", "blocking", "enters zone school"),)
        async with running(await restarted(fleet, bus, store, mission_id, findings=blocked)) as after:
            await until(lambda: after.get(mission_id).flights[1].state == "failed", 10)
            assert "zone school" in after.get(mission_id).flights[1].reason_en
            assert not vehicles[1].armed


async def test_a_take_off_missed_long_ago_is_not_made_up_for():
    store = MemoryStore()
    async with two_vehicles() as (vehicles, fleet, bus):
        async with running(missions_of(fleet, bus, store, 60.0)) as before:
            mission_id = await launched(before)
        later = await restarted(fleet, bus, store, mission_id, clock=lambda: Instant(utc_now() + 600.0))
        assert later.get(mission_id).flights[1].state == "failed"
        assert not vehicles[1].armed


def test_the_time_of_take_off_is_kept_with_the_flight():
    from missions.execution.mission import FlightRecord

    record = FlightRecord("uav-2", "uploaded", takeoff_time=1_790_000_030.0)
    assert msgspec.json.decode(msgspec.json.encode(record), type=FlightRecord) == record


async def test_flights_of_one_aircraft_in_turn_are_missions_of_their_own_with_their_schedules():
    first, second = (
        Plan("uav-1", "rotorcraft", HOME, ITEMS, 8.0, duration_s=500.0, takeoffs_s=(start,), sortie=sortie)
        for sortie, start in ((1, 0.0), (2, 800.0))
    )
    async with two_vehicles() as (_, fleet, bus):
        missions = missions_of(fleet, bus, MemoryStore(), 0.0, plans=(first, second))
        drafted = await missions.draft({**REQUEST, "name": "loop"}, "planner")
        later = next(each for each in missions.all() if each.id != drafted.id)
    assert (drafted.name, later.name) == ("loop 1/2", "loop 2/2")
    assert drafted.plans == (first,)
    assert later.plans == (msgspec.structs.replace(second, takeoffs_s=(0.0,)),)
    assert drafted.schedule.finish_s == 500.0
    assert mission_entity(drafted, utc_now()).properties["schedule"]["takeoffs"][0]["vehicle_id"] == "uav-1"
