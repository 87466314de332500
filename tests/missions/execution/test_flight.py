"""The flight as a state machine, fed with recorded flights of real autopilots."""

from pathlib import Path

import msgspec
import pytest

from fusion.messages import Position, VehicleState
from maps.instants import Instant
from missions.execution.flight import Flight
from missions.execution.mission import FlightRecord, state_of
from missions.plan import Command, Frame, Plan, PlanItem
from missions.vehicles.dialect import Framer
from missions.vehicles.modes import MISSION
from missions.vehicles.telemetry import Telemetry
from missions.vehicles.tlog import read_tlog

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"
HOME = Position(43.86, 125.30, 220.0)
PLACELESS = (Command.RETURN_TO_LAUNCH, Command.CHANGE_SPEED)


def plan(*commands):
    items = [
        PlanItem(c, Frame.MISSION) if c in PLACELESS else PlanItem(c, Frame.HOME, 43.86, 125.30, 30.0) for c in commands
    ]
    return Plan("uav-1", "rotorcraft", HOME, tuple(items), 8.0)


QUAD_PLAN = plan(Command.TAKEOFF, *[Command.WAYPOINT] * 3, Command.RETURN_TO_LAUNCH)
_PLANE_ITEMS = plan(Command.TAKEOFF, *[Command.WAYPOINT] * 3, Command.LOITER_TO_ALT, Command.LAND).items
_LANDING = [msgspec.structs.replace(item, purpose="land") for item in _PLANE_ITEMS[4:]]
PLANE_PLAN = Plan("uav-1", "fixed_wing", HOME, (*_PLANE_ITEMS[:4], *_LANDING), 18.0)
RECORDED = {
    "arducopter_flight.tlog": (QUAD_PLAN, 490),
    "arduplane_flight.tlog": (plan(Command.TAKEOFF, 16, Command.LOITER_TURNS, 16, Command.LAND), 3530),
    "px4quad_flight.tlog": (plan(Command.TAKEOFF, 16, 16, 16, Command.CHANGE_SPEED, Command.RETURN_TO_LAUNCH), 570),
}


def followed(name, of, flight=None):
    """The flight after a recording, and its (state, items reached) as they changed."""
    telemetry, framer = Telemetry("uav-1"), Framer()
    flight = flight or Flight(of, FlightRecord("uav-1", state="flying", items=len(of.items)))
    flight.told("start")
    steps = []
    for recorded in read_tlog(FLIGHTS / name):
        for packet in framer.feed(recorded.data, whole=True):
            if packet.message is not None and packet.system_id != 255:
                telemetry.receive(packet.message, recorded.time)
        if not steps and not (telemetry.armed and telemetry.mode in MISSION):
            continue
        now = recorded.time
        words = telemetry.texts.since(Instant(now - 5), worst=5)
        flight.observe(telemetry.state(now), tuple(telemetry.reached), now, words)
        step = (flight.record.state, flight.record.items_reached)
        if not steps or steps[-1] != step:
            steps.append(step)
    return flight, steps


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_flight_is_followed_item_by_item_until_it_has_landed(name):
    of, distance_m = RECORDED[name]
    flight, steps = followed(name, of)
    assert flight.record.state == "done"
    assert flight.record.items_reached == len(of.items)
    assert flight.record.distance_m == pytest.approx(distance_m, rel=0.05)
    counts = [count for _, count in steps]
    assert counts == sorted(counts)
    assert len(set(counts)) >= len(of.items) - 1
    assert {state for state, _ in steps[:-1]} == {"flying"}


def test_a_breach_of_the_fence_is_a_return_by_itself_and_a_failed_flight_with_the_vehicles_words():
    flight, steps = followed("arducopter_fence_breach.tlog", QUAD_PLAN)
    assert [state for state, _ in steps][-2:] == ["returning", "failed"]
    assert flight.record.items_reached == 2
    assert "Circle fence breached" in flight.record.reason_en


def state(**changes):
    base = VehicleState("uav-1", "rotorcraft", "ardupilot", 0.0, 0.0, "up", armed=True, mode="AUTO", in_air=True)
    return msgspec.structs.replace(base, **changes)


def flying(commanded="start"):
    flight = Flight(QUAD_PLAN, FlightRecord("uav-1", state="flying", items=5))
    flight.told(commanded)
    return flight


def test_numbers_that_are_zero_are_written_and_what_is_unknown_is_left_out():
    written = msgspec.to_builtins(FlightRecord("uav-1"))
    assert (written["state"], written["items_reached"], written["distance_m"]) == ("waiting", 0, 0.0)
    assert "item" not in written
    assert "started_time" not in written


def test_holding_and_resuming_are_followed_whoever_ordered_them():
    flight = flying()
    flight.observe(state(mode="BRAKE", mission_item=2), (), Instant(1.0))
    assert flight.record.state == "paused"
    assert "by itself" in flight.record.reason_en
    flight.observe(state(mission_item=2), (), Instant(2.0))
    assert flight.record.state == "flying"
    flight.told("hold")
    flight.observe(state(mode="BRAKE", mission_item=2), (), Instant(3.0))
    assert (flight.record.state, flight.record.reason_en) == ("paused", "")


def test_a_flight_brought_home_is_aborted_not_done():
    flight = flying("return")
    flight.observe(state(mode="RTL", mission_item=2), (), Instant(1.0))
    assert flight.record.state == "returning"
    flight.observe(state(mode="RTL", armed=False, in_air=False), (), Instant(2.0))
    assert flight.record.state == "aborted"


@pytest.mark.parametrize("order", ["return", "land"])
def test_items_that_a_plane_skips_on_its_way_to_its_landing_are_not_counted(order):
    flight = Flight(PLANE_PLAN, FlightRecord("uav-1", state="flying", items=6))
    flight.told("start")
    flight.observe(state(kind="fixed_wing", mission_item=2), (), Instant(1.0))
    flight.told(order)
    flight.observe(state(kind="fixed_wing", mission_item=4), (), Instant(2.0))  # RTL_AUTOLAND: in AUTO again at once
    assert (flight.record.state, flight.record.items_reached) == ("returning", 2)
    flight.observe(state(kind="fixed_wing", mission_item=5), (4,), Instant(3.0))
    flight.observe(state(kind="fixed_wing", armed=False, in_air=False), (4,), Instant(4.0))
    assert (flight.record.state, flight.record.items_reached) == ("aborted", 2)


def test_a_plane_that_is_resumed_after_its_return_counts_on():
    flight = Flight(PLANE_PLAN, FlightRecord("uav-1", state="flying", items=6))
    flight.told("return")
    flight.observe(state(kind="fixed_wing", mission_item=4), (), Instant(1.0))
    flight.observe(state(kind="fixed_wing", mission_item=2), (), Instant(2.0))
    flight.told("resume")
    flight.observe(state(kind="fixed_wing", mission_item=3), (), Instant(3.0))
    assert (flight.record.state, flight.record.items_reached) == ("flying", 3)


def test_the_plans_own_return_is_no_interruption():
    flight = flying()
    flight.observe(state(mode="RTL", mission_item=4), (0, 1, 2, 3), Instant(1.0))
    assert flight.record.state == "flying"


def test_disarming_before_the_end_is_a_failure_that_says_how_far_it_came():
    flight = flying()
    flight.observe(state(mission_item=2), (0, 1), Instant(1.0))
    flight.observe(state(armed=False, in_air=False), (0, 1), Instant(2.0), ("Crash: Disarming",))
    assert flight.record.state == "failed"
    assert flight.record.reason_en == "disarmed after 2 of 5 items: Crash: Disarming"
    assert "2/5" in flight.record.reason_zh


def test_lost_reports_of_items_are_made_up_for_by_the_current_item():
    flight = flying()
    flight.observe(state(mission_item=3), (0,), Instant(1.0))
    assert flight.record.items_reached == 3


def test_nothing_is_concluded_while_the_link_is_lost():
    flight = flying()
    flight.observe(state(armed=False, link="lost"), (), Instant(1.0))
    assert flight.record.state == "flying"


def test_a_flight_found_again_in_the_air_goes_on_and_one_found_landed_has_ended_unwatched():
    record = FlightRecord("uav-1", state="flying", items=5, item=2, items_reached=2)
    flight = Flight(QUAD_PLAN, record)
    flight.recover(Instant(0.0))
    flight.observe(state(mission_item=3), (), Instant(1.0))
    assert (flight.record.state, flight.record.items_reached) == ("flying", 3)
    landed = Flight(QUAD_PLAN, record)
    landed.recover(Instant(0.0))
    landed.observe(state(armed=False, in_air=False), (), Instant(1.0))
    assert landed.record.state == "failed"
    assert "nobody watched" in landed.record.reason_en


@pytest.mark.parametrize(
    ("flights", "mission"),
    [
        (("flying", "done"), "flying"),
        (("paused", "done"), "paused"),
        (("returning", "paused"), "paused"),
        (("uploading", "uploaded"), "uploading"),
        (("done", "done"), "done"),
        (("done", "aborted"), "aborted"),
        (("failed", "aborted"), "failed"),
    ],
)
def test_the_missions_state_follows_from_its_flights(flights, mission):
    assert state_of([FlightRecord(str(index), state=each) for index, each in enumerate(flights)]) == mission
