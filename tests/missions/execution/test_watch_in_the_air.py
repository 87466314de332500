"""Zones that appear while simulated aircraft fly by their plans: who holds, who returns, and who flies on."""

import asyncio
import contextlib
from dataclasses import dataclass, field, replace

import geopandas
import pytest
from shapely.geometry import Point, box

from fusion.bus import EVENTS, Bus
from fusion.messages import Event, Position
from maps.district import District
from maps.instants import utc_now
from maps.terrain import Terrain
from missions.execution.mission import MemoryStore
from missions.execution.missions import Missions
from missions.plan import Command, Frame, Plan, PlanItem
from missions.vehicles.fleet import Fleet, FleetSettings
from missions.vehicles.link import LinkSettings
from missions.vehicles.vehicle import Vehicle, VehicleSettings
from simulators.autopilots import Autopilot, Kind
from simulators.autopilots import VehicleSettings as Simulated
from simulators.autopilots.link import Link as SimulatedLink
from simulators.autopilots.shell import fly
from tests.missions.vehicles.small_vehicle import until

REQUEST = {"kind": "route", "geometry": {"type": "LineString", "coordinates": [[125.32, 43.86], [125.321, 43.861]]}}
SPEED = 8.0
EAST_M = 600.0
ROUTE = ((Command.TAKEOFF, 0, 0, 30), (Command.WAYPOINT, 0, 60, 40), (Command.WAYPOINT, EAST_M, 60, 40))
"""East along a leg of 600 m, 60 m north of home; then it returns."""

AHEAD = box(400, -100, 480, 200)
"""Across the leg, far ahead of who has just begun it."""


@pytest.fixture
def plain(nanling: District) -> District:
    """The demonstration district with flat ground and nothing on it."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def with_zone(district: District, shape_m: object) -> District:
    columns = {"id": ["fire"], "name": ["火场"], "rule": ["no_fly"]}
    zones = geopandas.GeoDataFrame(columns, geometry=[shape_m], crs=district.frame.crs).to_crs(4326)
    return district.with_zones(zones)


def plan(district: District, kind: str, route, *ending: PlanItem) -> Plan:
    items = []
    for command, east, north, up, *params in route:
        there = district.frame.to_geodetic([east, north, up])
        values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
        purpose = "takeoff" if command == Command.TAKEOFF else ""
        items.append(PlanItem(command, Frame.HOME, there.lat_deg, there.lon_deg, up, values, True, purpose))
    home = district.home
    ending = ending or (PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION, purpose="return"),)
    cruise = 10.0 if kind == "rotorcraft" else 18.0
    return Plan("uav-1", kind, Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), (*items, *ending), cruise)


@dataclass
class Written:
    """Orders as they are written down: before they are given, and after."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def order(self, action: str, subject: str, detail: str):
        self.rows.append(("begun", action, subject))
        yield
        self.rows.append(("done", action, subject))


@dataclass
class Flying:
    """Missions with one simulated aircraft that flies its plan."""

    missions: Missions
    vehicle: Vehicle
    mission_id: str
    district: District
    ledger: Written
    events: list[Event]

    @property
    def flight(self):
        return self.missions.get(self.mission_id).flights[0]

    def place_m(self):
        place = self.vehicle.state.position
        return Point(*self.district.frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)[:2])

    def zone(self, shape_m) -> None:
        self.missions.use(with_zone(self.district, shape_m), ["fire"])

    def told(self, code: str) -> list[Event]:
        return [event for event in self.events if event.code == code]

    async def on_leg(self, beyond_m: float) -> None:
        await until(lambda: self.vehicle.state.mission_item == 2 and self.place_m().x > beyond_m, 60)


@contextlib.asynccontextmanager
async def flying(district: District, kind: Kind, its_plan: Plan, **simulated: object):
    """An aircraft that has begun the plan, watched."""
    bus, ledger, events = Bus(), Written(), []
    bus.listen(EVENTS, events.append)
    fleet = Fleet(
        FleetSettings((LinkSettings("udpin:127.0.0.1:0"),), (VehicleSettings("uav-1", 1),)), bus, utc_now, None
    )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fleet.run())]
        await fleet.links[0].connected.wait()
        settings = Simulated(id="uav-1", kind=kind, position=district.home, arming_delay_s=6, **simulated)
        link = SimulatedLink(Autopilot(settings, frame=district.frame), f"udpout:127.0.0.1:{fleet.links[0].local[1]}")
        await link.open()
        tasks.append(group.create_task(fly([link], asyncio.Event(), speed=SPEED)))
        missions = Missions(district, fleet, bus, MemoryStore(), utc_now, planner=lambda *_: (its_plan,), ledger=ledger)
        tasks += [group.create_task(missions.run()), group.create_task(missions.watch.run())]
        try:
            await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.home is not None, 60)
            drafted = await missions.draft(REQUEST, "planner")
            assert not [each for each in drafted.findings if each.severity == "blocking"], drafted.findings
            await missions.clear(drafted.id, "pilot")
            await missions.launch(drafted.id, "pilot")
            yield Flying(missions, fleet.vehicles["uav-1"], drafted.id, district, ledger, events)
        finally:
            link.close()
            for task in tasks:
                task.cancel()


async def test_a_rotorcraft_holds_before_a_zone_put_across_its_way_and_a_pilot_may_resume(plain):
    async with flying(plain, Kind.ROTORCRAFT, plan(plain, "rotorcraft", ROUTE)) as it:
        await it.on_leg(100)
        it.zone(AHEAD)
        await until(lambda: it.flight.state == "paused", 20)
        await until(lambda: it.flight.contingencies)
        await until(lambda: abs(it.vehicle.state.velocity_enu_mps[0]) < 0.3, 20)
        assert it.place_m().x < 390
        assert it.ledger.rows == [("begun", "vehicle.hold", "uav-1"), ("done", "vehicle.hold", "uav-1")]
        (event,) = it.told("flight.contingency")
        assert (event.severity, event.subject) == ("critical", "vehicle/uav-1")
        assert "hold" in event.message_en
        assert "火场" in event.message_en
        assert "悬停" in event.message_zh
        assert "禁飞区" in event.message_zh
        assert event.properties == {
            "mission": it.mission_id, "rule": "no_fly", "about": "fire", "action": "hold", "by": "liti",
        }  # fmt: skip
        await it.missions.resume(it.mission_id, "pilot")
        it.missions.watch.changed("once more")
        await until(lambda: it.place_m().within(AHEAD), 30)
        assert it.flight.state == "flying"
        assert len(it.told("flight.contingency")) == 1


async def test_a_zone_behind_it_changes_nothing_and_one_put_around_it_sends_it_home(plain):
    async with flying(plain, Kind.ROTORCRAFT, plan(plain, "rotorcraft", ROUTE)) as it:
        await it.on_leg(250)
        it.zone(box(20, 50, 100, 200))
        await asyncio.sleep(1.0)
        assert it.flight.state == "flying"
        assert not it.flight.contingencies
        assert not it.ledger.rows
        around = it.place_m().x
        it.zone(box(around - 60, 0, around + 200, 200))
        await until(lambda: it.flight.state == "returning", 20)
        (event,) = it.told("flight.contingency")
        assert "in there already" in event.message_en
        assert "已处于其中" in event.message_zh
        assert it.ledger.rows[-1] == ("done", "vehicle.return", "uav-1")


async def test_an_aircraft_with_wings_comes_home_from_a_zone_ahead_for_it_cannot_hover(plain):
    east = ((Command.TAKEOFF, 300, 0, 60, 12.0), (Command.WAYPOINT, 900, 0, 80), (Command.WAYPOINT, 2000, 0, 80))
    landing = [(Command.WAYPOINT, 400, -600, 60), (Command.LAND, 0, 0, 0)]
    items = plan(plain, "fixed_wing", landing).items[:2]
    items = tuple(replace_purpose(item) for item in items)
    async with flying(plain, Kind.FIXED_WING, plan(plain, "fixed_wing", east, *items), heading_deg=90.0) as it:
        await until(lambda: it.vehicle.state.mission_item == 1, 60)
        it.zone(box(1500, -300, 1700, 300))
        await until(lambda: it.flight.state == "returning", 20)
        (event,) = it.told("flight.contingency")
        assert event.properties["action"] == "return"
        assert "cannot hover" in event.message_en


def replace_purpose(item: PlanItem) -> PlanItem:
    return PlanItem(item.command, item.frame, item.lat_deg, item.lon_deg, item.alt_m, item.params, True, "land")


async def test_a_battery_that_would_not_last_brings_it_home(plain):
    async with flying(plain, Kind.ROTORCRAFT, plan(plain, "rotorcraft", ROUTE), battery_fraction=0.23) as it:
        await until(lambda: it.flight.state == "returning", 40)
        (event,) = it.told("flight.contingency")
        assert event.properties["rule"] == "endurance"
        assert "电量" in event.message_zh
