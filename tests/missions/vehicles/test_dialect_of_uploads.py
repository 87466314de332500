"""The same plan uploaded to ArduPilot and to PX4: what each is told in its own dialect."""

import math

from fusion.messages import Position
from missions.plan import Plan, PlanItem
from missions.vehicles.wire_items import mission_items

HOME = Position(43.86, 125.32, 220.0)
ITEMS = (
    PlanItem(22, 3, 0.0, 0.0, 40.0, (0.0, 0.0, 0.0, None)),
    PlanItem(18, 3, 43.87, 125.32, 60.0, (2.0, 0.0, 50.0, None)),
    PlanItem(177, 2, params=(2.0, 1.0, 0.0, 0.0)),
    PlanItem(189, 2),
    PlanItem(21, 3, 43.861, 125.321, 0.0),
)
PLAN = Plan("uav-1", "rotorcraft", HOME, ITEMS, 10.0)


def test_ardupilot_counts_from_home_takes_turns_and_wants_its_landing_placed() -> None:
    home, takeoff, turns, jump, start, _ = mission_items(PLAN, "ardupilot")
    assert (home.x, home.z) == (438_600_000, 220.0)
    assert takeoff.params[3] == 0.0
    assert (turns.command, turns.params[0]) == (18, 2.0)
    assert jump.params[0] == 2.0
    assert (start.x, start.frame) == (438_610_000, 3)


def test_px4_counts_from_the_first_item_and_waits_where_the_circle_was() -> None:
    takeoff, wait, jump, start, _ = mission_items(PLAN, "px4")
    assert (takeoff.x, takeoff.y) == (438_600_000, 1_253_200_000)
    assert math.isnan(takeoff.params[3])
    assert (wait.command, wait.params[0]) == (19, 62.8)
    assert abs((438_700_000 - wait.x) * 0.0111195 - 50.0) < 0.1  # metres south of the middle
    assert jump.params[0] == 1.0
    assert (start.x, start.frame) == (0, 2)


def test_an_unknown_autopilot_is_told_the_plan_as_it_is() -> None:
    assert [item.command for item in mission_items(PLAN, "unknown")] == [22, 18, 177, 189, 21]
