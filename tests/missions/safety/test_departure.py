"""The heading in which an aircraft with wings stands, against the direction in which its plan begins."""

import msgspec
import pytest

from fusion.messages import Attitude, Position, VehicleState
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety.departure import departure_findings

HOME = Position(43.86, 125.32, 220.0)
EASTWARD = Plan(
    "uav-1",
    "fixed_wing",
    HOME,
    (
        PlanItem(Command.TAKEOFF, Frame.HOME, 43.86, 125.323, 50.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.87, 125.33, 80.0),
    ),
    18.0,
)


def standing(heading_deg: float, **more: object) -> VehicleState:
    state = VehicleState("uav-1", "fixed_wing", "ardupilot", 1.0, 1.0, "up", attitude=Attitude(0.0, 0.0, heading_deg))
    return msgspec.structs.replace(state, **more)


@pytest.mark.parametrize(("heading_deg", "warned"), [(90, False), (46, False), (134, False), (40, True), (270, True)])
def test_a_plane_that_looks_more_than_45_degrees_away_is_warned_of(heading_deg: float, warned: bool) -> None:
    found = list(departure_findings(EASTWARD, standing(heading_deg)))
    assert [finding.rule for finding in found] == ["departure"] * warned
    for finding in found:
        assert finding.severity == "warning"
        assert f"{heading_deg}°" in finding.message
        assert "90°" in finding.message_zh


def test_directions_on_both_sides_of_north_are_near_each_other() -> None:
    places = (msgspec.structs.replace(EASTWARD.items[0], lat_deg=43.865, lon_deg=125.3205), EASTWARD.items[1])
    northward = msgspec.structs.replace(EASTWARD, items=places)
    assert not list(departure_findings(northward, standing(330)))
    assert list(departure_findings(northward, standing(310)))


def test_nothing_is_said_where_the_heading_is_unknown_or_does_not_matter() -> None:
    for vehicle in (None, standing(270, attitude=None), standing(270, armed=True), standing(270, autopilot="px4")):
        assert not list(departure_findings(EASTWARD, vehicle))
    assert not list(departure_findings(msgspec.structs.replace(EASTWARD, vehicle_kind="rotorcraft"), standing(270)))
