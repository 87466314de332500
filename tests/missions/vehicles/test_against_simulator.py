"""Orders to simulated ArduPilot vehicles over UDP, several times faster than life."""

import asyncio
import contextlib

import numpy as np
import pytest

from fusion.bus import Bus
from fusion.messages import Position
from maps.instants import utc_now
from maps.positions import Geodetic, LocalFrame
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.safety import clear
from missions.vehicles.fleet import Fleet, FleetSettings
from missions.vehicles.link import LinkSettings
from missions.vehicles.vehicle import VehicleSettings
from simulators.autopilots import Autopilot, Kind
from simulators.autopilots import VehicleSettings as Simulated
from simulators.autopilots.link import Link as SimulatedLink
from simulators.autopilots.shell import fly
from tests.missions.vehicles.small_vehicle import until

HOME = Geodetic(43.86, 125.32, 220.0)
FRAME = LocalFrame(HOME)
SPEED = 8.0
AROUND = ((43.85, 125.31), (43.85, 125.33), (43.87, 125.33), (43.87, 125.31))


def place(command, east, north, height, *params, purpose=""):
    lat, lon, _ = FRAME.geodetic_from_enu(np.array([east, north, 0.0]))
    padded = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem(command, Frame.HOME, float(lat), float(lon), height, padded, purpose=purpose)


def plan(kind, *items):
    home = Position(HOME.lat_deg, HOME.lon_deg, HOME.alt_amsl_m)
    return Plan("uav-1", kind, home, items, 8.0, Fence(inclusions=(AROUND,), ceiling_home_m=120.0))


COPTER_PLAN = plan(
    "rotorcraft",
    place(Command.TAKEOFF, 0, 0, 20.0),
    PlanItem(Command.CHANGE_SPEED, Frame.MISSION, params=(1.0, 8.0, -1.0, 0.0)),
    place(Command.WAYPOINT, 150, 0, 25.0),
    place(Command.WAYPOINT, 150, 60, 25.0),
    PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
)
PLANE_PLAN = plan(
    "fixed_wing",
    place(Command.TAKEOFF, 0, 200, 40.0, 15.0),
    place(Command.WAYPOINT, 400, 400, 70.0),
    place(Command.WAYPOINT, -600, 500, 70.0),
    PlanItem(Command.LAND_START, Frame.MISSION, purpose="land"),
    place(Command.WAYPOINT, -100, -500, 50.0, purpose="land"),
    place(Command.LAND, 0, 0, 0.0, purpose="land"),
)


@contextlib.asynccontextmanager
async def simulated(kind):
    bus = Bus()
    names = (VehicleSettings("uav-1", 1),)
    fleet = Fleet(FleetSettings((LinkSettings("udpin:127.0.0.1:0"),), names), bus, utc_now, None)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fleet.run())]
        await fleet.links[0].connected.wait()
        settings = Simulated(id="uav-1", kind=kind, position=HOME, arming_delay_s=6)
        link = SimulatedLink(Autopilot(settings, frame=FRAME), f"udpout:127.0.0.1:{fleet.links[0].local[1]}")
        await link.open()
        tasks.append(group.create_task(fly([link], asyncio.Event(), speed=SPEED)))
        try:
            await until(lambda: "uav-1" in fleet.vehicles and fleet.vehicles["uav-1"].state.home is not None, 90)
            yield fleet.vehicles["uav-1"]
        finally:
            link.close()
            for task in tasks:
                task.cancel()


def speed_mps(vehicle):
    return float(np.hypot(*vehicle.state.velocity_enu_mps[:2]))


async def test_a_rotorcraft_starts_holds_resumes_goes_looks_and_lands():
    said = []
    async with simulated(Kind.ROTORCRAFT) as vehicle:
        await vehicle.upload(clear(COPTER_PLAN, (), utc_now()), say=lambda en, _zh: said.append(en))
        await vehicle.start_mission()
        await until(lambda: vehicle.state.mission_item == 2 and speed_mps(vehicle) > 4, 90)
        await vehicle.hold()
        await until(lambda: speed_mps(vehicle) < 0.5, 90)
        assert vehicle.state.mode == "BRAKE"
        await vehicle.resume()
        await until(lambda: vehicle.state.mission_item == 3, 90)
        target = Position(HOME.lat_deg, HOME.lon_deg + 0.0005, 250.0)
        await vehicle.goto(target)
        await until(lambda: abs(vehicle.state.position.lon_deg - target.lon_deg) < 3e-5, 90)
        await vehicle.look_at(Position(HOME.lat_deg + 0.01, target.lon_deg, 220.0))
        await until(lambda: abs((vehicle.state.camera_azimuth_deg + 180) % 360 - 180) < 5, 90)
        await vehicle.look_at(None)
        await vehicle.land()
        await until(lambda: not vehicle.state.armed and vehicle.state.in_air is False, 90)
        assert vehicle.state.alt_home_m == pytest.approx(0.0, abs=1.0)
    assert not said, "the fence was taken as a whole"


async def test_a_fixed_wing_takes_off_in_auto_circles_on_hold_and_lands_by_its_plan():
    async with simulated(Kind.FIXED_WING) as vehicle:
        assert await vehicle.return_height_m() == pytest.approx(100.0)
        await vehicle.upload(clear(PLANE_PLAN, (), utc_now()))
        await vehicle.start_mission()
        await until(lambda: vehicle.state.mission_item == 1, 90)
        await vehicle.hold()
        assert vehicle.state.mode == "LOITER"
        assert vehicle.state.in_air
        await vehicle.resume()
        await until(lambda: vehicle.state.mode == "AUTO", 90)
        await vehicle.return_home()
        assert vehicle.state.mode == "RTL"
        await vehicle.land()
        await until(lambda: vehicle.state.mission_item >= 4, 90)
        await until(lambda: not vehicle.state.armed, 90)
        assert vehicle.state.alt_home_m == pytest.approx(0.0, abs=2.0)


async def test_mavsdk_reads_and_sets_parameters_over_the_same_link():
    async with simulated(Kind.ROTORCRAFT) as vehicle:
        parameters = await vehicle.parameters()
        assert len(parameters) > 100
        assert "RTL_ALT" in parameters
        assert await vehicle.return_height_m() == pytest.approx(parameters["RTL_ALT"] / 100)
        await vehicle.set_parameter("RTL_ALT", 2500.0)
        assert await vehicle.return_height_m() == pytest.approx(25.0)
        assert (await vehicle.parameters())["RTL_ALT"] == pytest.approx(2500.0)
