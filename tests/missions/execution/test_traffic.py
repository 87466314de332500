"""Traffic: a mission is kept apart from what else is cleared or flies, over real sockets."""

import asyncio
import contextlib
from dataclasses import replace

import msgspec
import pytest

from fusion.messages import Position
from maps.instants import utc_now
from maps.terrain import Terrain
from missions.execution.mission import MemoryStore
from missions.execution.missions import BlockedError, Missions
from missions.execution.operation import ExecutionPolicy
from missions.plan import Command, Frame, Plan, PlanItem
from tests.missions.execution.test_missions import NAMES, REQUEST
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

HOME = Position(43.86, 125.30, 220.0)


def plan(vehicle_id, height_m=60.0, north_deg=0.0):
    """Up, 900 m east, and back; in a lane of its own where that is asked for."""
    home = msgspec.structs.replace(HOME, lat_deg=HOME.lat_deg + north_deg)
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, height_m, purpose="takeoff"),
        PlanItem(Command.WAYPOINT, Frame.HOME, home.lat_deg, home.lon_deg + 0.011, height_m),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION, purpose="return"),
    )
    return Plan(vehicle_id, "rotorcraft", home, items, 8.0)


@contextlib.asynccontextmanager
async def service(nanling, *vehicles):
    """Missions over flat ground; a request's name says which vehicle is to fly, how high and in which lane."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    district = replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)

    def planner(request, *_):
        name, height, lane = request.name.split()
        if name == "both":
            later = msgspec.structs.replace(plan("uav-2", float(height)), takeoffs_s=(900.0,))
            return plan("uav-1", float(height)), later
        return (plan(name, float(height), float(lane) * 1e-3),)

    async with flying(*vehicles, names=NAMES) as (fleet, bus):
        await until(lambda: len(fleet.vehicles) == len(vehicles))
        await until(lambda: all(each.state.position for each in fleet.vehicles.values()))
        missions = Missions(
            district, fleet, bus, MemoryStore(), utc_now, ExecutionPolicy(arm_within_s=3.0), planner=planner
        )
        task = asyncio.create_task(missions.run())
        await asyncio.sleep(0)
        try:
            yield missions
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def draft(missions, name):
    return (await missions.draft({**REQUEST, "name": name}, "pilot")).id


async def refused(missions, mission_id):
    with pytest.raises(BlockedError) as caught:
        await missions.clear(mission_id, "pilot")
    return [finding for finding in caught.value.findings if finding.rule == "separation"]


async def test_of_two_missions_through_the_same_air_only_one_is_cleared(nanling):
    async with service(nanling, SmallVehicle(1), SmallVehicle(2)) as missions:
        first = await draft(missions, "uav-1 60 0")
        await missions.clear(first, "pilot")
        second = await draft(missions, "uav-2 60 0")
        (found,) = await refused(missions, second)
        assert f"uav-1 ({first})" in found.message and "withdraw it" in found.message
        assert "撤回" in found.message_zh
        assert found.vehicle_id == "uav-2"
        for other in ("uav-2 75 2", "uav-2 60 3"):
            free = await missions.clear(await draft(missions, other), "pilot")
            assert free.state == "cleared"
            await missions.abort(free.id, "pilot")
        await missions.abort(first, "pilot")
        assert (await missions.clear(second, "pilot")).state == "cleared"


async def test_a_mission_is_kept_apart_from_what_flies_and_from_the_way_home_of_what_returns(nanling):
    one, two = SmallVehicle(1), SmallVehicle(2)
    one.item_s = 20.0
    async with service(nanling, one, two) as missions:
        first = await draft(missions, "uav-1 60 0")
        await missions.clear(first, "pilot")
        await missions.launch(first, "pilot")
        await until(lambda: missions.get(first).state == "flying", 10)
        second = await draft(missions, "uav-2 60 0")
        (found,) = await refused(missions, second)
        assert f"uav-1 ({first})" in found.message
        await missions.abort(first, "pilot")
        await until(lambda: missions.get(first).flights[0].state == "returning", 10)
        assert await refused(missions, second)


async def test_a_vehicle_that_flies_without_a_plan_is_kept_away_from_where_it_is(nanling):
    one, two = SmallVehicle(1), SmallVehicle(2)
    async with service(nanling, one, two) as missions:
        second = await draft(missions, "uav-2 20 0")
        assert not [each for each in missions.get(second).findings if each.rule == "separation"]
        one.armed, one.seq = True, 1
        await until(lambda: missions._fleet.vehicles["uav-1"].state.in_air, 5)
        (found,) = await refused(missions, second)
        assert "uav-1 (in the air without a plan)" in found.message
        far = await draft(missions, "uav-2 20 9")
        assert not [each for each in missions.get(far).findings if each.rule == "separation"]


async def test_a_vehicle_in_the_air_that_is_not_heard_any_more_is_told_of(nanling):
    one, two = SmallVehicle(1), SmallVehicle(2)
    async with service(nanling, one, two) as missions:
        one.armed, one.seq = True, 1
        await until(lambda: missions._fleet.vehicles["uav-1"].state.in_air, 5)
        one.send = lambda *_: None
        await until(lambda: missions._fleet.vehicles["uav-1"].state.link == "lost", 10)
        second = await draft(missions, "uav-2 60 9")
        (found,) = [each for each in missions.get(second).findings if each.rule == "separation"]
        assert (found.severity, found.about) == ("warning", "uav-1")
        assert "位置未知" in found.message_zh


async def test_the_others_of_its_own_mission_are_no_strangers(nanling):
    """The first flies by its plan while the second, which takes off later, is judged alone."""
    one, two = SmallVehicle(1), SmallVehicle(2)
    one.item_s = 20.0
    async with service(nanling, one, two) as missions:
        pair = await missions.draft({**REQUEST, "name": "both 60 0"}, "pilot")
        await missions.clear(pair.id, "pilot")
        await missions.launch(pair.id, "pilot")
        await until(lambda: missions.get(pair.id).flights[0].state == "flying", 10)
        await asyncio.sleep(1.0)
        assert missions._fleet.vehicles["uav-1"].state.in_air
        others, unplaced = missions._drafts._traffic.beside(pair.plans[1:], missions._drafts.district)
        assert (others(), unplaced) == ([], ())
        assert missions.get(pair.id).flights[1].state == "uploaded"
