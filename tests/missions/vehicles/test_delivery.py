import math
from dataclasses import replace

import pytest

from fusion.messages import Position
from maps.instants import Instant
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.vehicles.delivery import Delivery, Recipient
from missions.vehicles.transfer import Download, Upload
from missions.vehicles.wire_items import MissionType, WireItem, differences, fence_items, mission_items, rally_items
from tests.missions.vehicles.receivers import SYSTEM, ArduPilotReceiver, LossyLink, Px4Receiver

HOME = Position(43.86, 125.30, 220.0)


def plan(waypoints: int) -> Plan:
    items = [PlanItem(Command.TAKEOFF, Frame.HOME, HOME.lat_deg, HOME.lon_deg, 30.0, (0.0, 0.0, 0.0, None))]
    items += [
        PlanItem(Command.WAYPOINT, Frame.HOME, 43.86 + 1e-5 * i, 125.30 + 2e-5 * i, 40.0, (0.0, 0.0, 0.0, None))
        for i in range(waypoints)
    ]
    items.append(PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION))
    return Plan("uav-1", "rotorcraft", HOME, tuple(items), 8.0)


def delivery(autopilot, items=None, mission_type=MissionType.MISSION):
    items = mission_items(plan(6), autopilot) if items is None else items
    return Delivery(items, mission_type, Recipient(SYSTEM, autopilot, "rotorcraft"))


MANNERS = [("ardupilot", ArduPilotReceiver), ("px4", Px4Receiver)]


@pytest.mark.parametrize(("autopilot", "receiver_type"), MANNERS)
def test_a_mission_arrives_whole_and_is_read_back(autopilot, receiver_type):
    receiver = receiver_type()
    exchange = delivery(autopilot)
    LossyLink(0.0).run(exchange, receiver)
    assert exchange.error is None
    assert exchange.attempts == 1
    assert len(receiver.held[0]) == (9 if autopilot == "ardupilot" else 8)
    assert receiver.held[0][-1].command == Command.RETURN_TO_LAUNCH


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("autopilot", "receiver_type"), MANNERS)
def test_a_hundred_and_twenty_items_arrive_over_a_link_that_loses_a_fifth_both_ways(autopilot, receiver_type, seed):
    receiver = receiver_type()
    exchange = delivery(autopilot, mission_items(plan(120), autopilot))
    took_s = LossyLink(0.2, seed=seed).run(exchange, receiver)
    assert exchange.error is None
    assert took_s < 180
    assert not differences(
        mission_items(plan(120), autopilot), tuple(receiver.held[0]), MissionType.MISSION, autopilot, "rotorcraft"
    )


@pytest.mark.parametrize(("autopilot", "receiver_type"), MANNERS)
def test_eight_hundred_items_arrive_over_the_same_link(autopilot, receiver_type):
    receiver = receiver_type()
    exchange = delivery(autopilot, mission_items(plan(800), autopilot))
    LossyLink(0.2, seed=11).run(exchange, receiver)
    assert exchange.error is None
    assert len(receiver.held[0]) == len(mission_items(plan(800), autopilot))


@pytest.mark.parametrize(("autopilot", "receiver_type"), MANNERS)
def test_a_rejected_item_leaves_no_mixture_of_old_and_new(autopilot, receiver_type):
    receiver = receiver_type(unsupported=frozenset({Command.LOITER_TO_ALT}))
    LossyLink(0.0).run(delivery(autopilot), receiver)
    bad = plan(3)
    items = (*bad.items[:2], PlanItem(Command.LOITER_TO_ALT, Frame.HOME, 43.861, 125.301, 40.0), *bad.items[2:])
    exchange = delivery(autopilot, mission_items(Plan("uav-1", "rotorcraft", HOME, items, 8.0), autopilot))
    LossyLink(0.0).run(exchange, receiver)
    assert exchange.attempts == 1
    assert exchange.error is not None
    assert exchange.error.left == "cleared"
    assert "not supported" in str(exchange.error)
    assert "cleared" in str(exchange.error)
    assert len(receiver.held[0]) <= 1


def test_a_vehicle_that_never_answers_keeps_its_earlier_mission_and_the_error_says_so():
    class Deaf(Px4Receiver):
        def receive(self, message, now):
            return []

    exchange = delivery("px4")
    LossyLink(0.0).run(exchange, Deaf())
    assert exchange.error is not None
    assert exchange.error.left == "earlier"


def test_a_vehicle_lost_in_the_middle_is_reported_as_unknown():
    class Dies(Px4Receiver):
        def receive(self, message, now):
            return [] if len(self._incoming) >= 3 else super().receive(message, now)

        def tick(self, now):
            return []

    exchange = delivery("px4")
    LossyLink(0.0).run(exchange, Dies())
    assert exchange.error is not None
    assert exchange.error.left == "unknown"


def test_a_lost_final_acknowledgement_is_no_failure_when_reading_back_shows_all():
    class MuteAtTheEnd(ArduPilotReceiver):
        def ack(self, result, mission_type):
            message = super().ack(result, mission_type)
            if result == 0:
                message.target_system = 42  # goes to nobody
            return message

    receiver = MuteAtTheEnd()
    exchange = delivery("ardupilot")
    LossyLink(0.0).run(exchange, receiver)
    assert exchange.error is None
    assert exchange.attempts == 1


def test_a_vehicle_that_alters_an_item_is_found_out():
    class Alters(Px4Receiver):
        def stored(self, seq, item, mission_type):
            return WireItem(item.frame, item.command, item.params, item.x, item.y, item.z + 20.0) if seq == 2 else item

    receiver = Alters()
    exchange = delivery("px4")
    LossyLink(0.0).run(exchange, receiver)
    assert exchange.error is not None
    assert "item 2: altitude" in str(exchange.error)
    assert receiver.held[0] == []


def test_an_upload_refused_for_a_while_is_tried_again():
    receiver = ArduPilotReceiver()
    receiver.refuse_until = 1004.0
    exchange = delivery("ardupilot")
    LossyLink(0.0).run(exchange, receiver)
    assert exchange.error is None
    assert exchange.attempts > 1


@pytest.mark.parametrize(("autopilot", "receiver_type"), MANNERS)
def test_fence_and_rally_points_are_delivered_too(autopilot, receiver_type):
    ring = ((43.85, 125.29), (43.85, 125.31), (43.87, 125.31), (43.87, 125.29))
    hole = ((43.861, 125.301), (43.861, 125.302), (43.862, 125.302))
    receiver = receiver_type()
    fence = fence_items(Fence(inclusions=(ring,), exclusions=(hole,)))
    for items, mission_type in (
        (fence, MissionType.FENCE),
        (rally_items((Position(43.861, 125.301, 240.0),), HOME), MissionType.RALLY),
    ):
        exchange = delivery(autopilot, items, mission_type)
        LossyLink(0.1, seed=3).run(exchange, receiver)
        assert exchange.error is None
    assert [item.params[0] for item in receiver.held[1]] == [4, 4, 4, 4, 3, 3, 3]
    assert receiver.held[2][0].z == pytest.approx(20.0)


def test_ardupilot_gets_home_in_front_and_no_nan():
    items = mission_items(plan(1), "ardupilot")
    assert (items[0].command, items[0].frame, items[0].z) == (Command.WAYPOINT, Frame.AMSL, 220.0)
    assert not any(math.isnan(value) for item in items for value in item.params)
    assert math.isnan(mission_items(plan(1), "px4")[0].params[3])


def test_messages_of_others_and_of_other_types_do_not_disturb_a_transfer():
    upload = Upload(mission_items(plan(2), "px4"), SYSTEM, MissionType.MISSION)
    upload.start(Instant(0.0))
    from missions.vehicles.dialect import Encoder, Framer, mavlink

    def arrives(message, system_id):
        (packet,) = Framer().feed(Encoder(system_id, 1).encode(message))
        return upload.receive(packet.message, Instant(0.1))

    assert arrives(mavlink.MAVLink_mission_request_int_message(255, 190, 0, 0), 2) == []
    assert arrives(mavlink.MAVLink_mission_request_int_message(255, 190, 0, 1), 1) == []
    assert arrives(mavlink.MAVLink_mission_request_int_message(250, 190, 0, 0), 1) == []
    assert len(arrives(mavlink.MAVLink_mission_request_int_message(255, 190, 0, 0), 1)) == 1
    assert not upload.done


def test_an_empty_vehicle_downloads_as_no_items():
    download = Download(SYSTEM, MissionType.MISSION)
    LossyLink(0.2, seed=5).run(download, Px4Receiver())
    assert download.failure is None
    assert download.items == []


def test_ardupilot_gets_a_place_for_the_start_of_a_landing():
    items = (
        PlanItem(Command.LAND_START, Frame.MISSION),
        PlanItem(Command.LOITER_TO_ALT, Frame.HOME, 43.861, 125.301, 60.0),
        PlanItem(Command.LAND, Frame.HOME, 43.86, 125.30),
    )
    landing = Plan("uav-3", "fixed_wing", HOME, items, 18.0)
    _, start, approach, _ = mission_items(landing, "ardupilot")
    assert (start.command, start.frame, start.x, start.y) == (Command.LAND_START, Frame.HOME, approach.x, approach.y)
    assert mission_items(landing, "px4")[0].x == 0


def test_the_climb_out_pitch_that_px4_does_not_keep_is_no_difference():
    sent = (WireItem(Frame.HOME, Command.TAKEOFF, (12.0, 0.0, 0.0, 90.0), 438600000, 1253200000, 50.0),)
    held = (replace(sent[0], params=(0.0, 0.0, 0.0, 90.0)),)
    assert differences(sent, held, MissionType.MISSION, "px4", "fixed_wing") == ()
    turned = (replace(sent[0], params=(12.0, 0.0, 0.0, 45.0)),)
    assert len(differences(sent, turned, MissionType.MISSION, "px4", "fixed_wing")) == 1
