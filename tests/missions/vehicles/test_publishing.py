from types import SimpleNamespace

import pytest

from fusion.bus import ENTITIES, EVENTS, VEHICLES, Bus
from maps.instants import Instant
from missions.vehicles.dialect import Encoder, Framer, mavlink
from missions.vehicles.publishing import VehiclePublisher
from missions.vehicles.telemetry import Telemetry


def give(telemetry, now, *bodies):
    encoder = Encoder(1, 1)
    for body in bodies:
        (packet,) = Framer().feed(encoder.encode(body))
        telemetry.receive(packet.message, Instant(now))


def heartbeat(armed=False):
    return mavlink.MAVLink_heartbeat_message(2, 3, 81 | (128 if armed else 0), 4, 3, 3)


def position(boot_ms):
    return mavlink.MAVLink_global_position_int_message(boot_ms, 438600000, 1253000000, 250000, 30000, 100, 200, -50, 0)


FIX = mavlink.MAVLink_gps_raw_int_message(0, 3, 438600000, 1253000000, 250000, 1, 1, 0, 0, 10)


def test_states_go_out_with_every_position_and_entities_five_times_a_second_with_height_above_ground():
    bus, telemetry = Bus(), Telemetry("uav-1")
    ground = SimpleNamespace(height_amsl_m=lambda lat, lon: 221.5)
    publisher = VehiclePublisher(bus, telemetry, camera="uav-1-eo", ground=ground)
    with bus.subscribe(VEHICLES) as states, bus.subscribe(ENTITIES) as entities:
        shown = []
        states.put, entities.put = shown.append, shown.append
        give(telemetry, 100.0, heartbeat(), FIX)
        for step in range(100):
            give(telemetry, 100.0 + step / 10, position(1000 + step * 100))
            publisher.publish(Instant(100.0 + step / 10))
    kinds = [type(each).__name__ for each in shown]
    assert kinds.count("VehicleState") == 100
    assert kinds.count("Entity") == pytest.approx(50, abs=2)
    entity = next(each for each in reversed(shown) if type(each).__name__ == "Entity")
    assert entity.position.alt_agl_m == pytest.approx(28.5)
    assert entity.velocity_enu_mps == (2.0, 1.0, 0.5)
    assert entity.properties["sensor_id"] == "uav-1-eo"
    assert "battery_fraction" not in entity.properties  # unknown, so left out


def test_people_are_told_once_of_a_lost_link_of_arming_and_of_the_vehicles_words():
    bus, telemetry = Bus(), Telemetry("uav-1")
    publisher = VehiclePublisher(bus, telemetry)
    with bus.subscribe(EVENTS) as events:
        give(telemetry, 100.0, heartbeat(armed=True), mavlink.MAVLink_statustext_message(2, b"Crash: Disarming"))
        for now in (100.5, 101.6, 106.0, 107.5, 109.0):
            publisher.publish(Instant(now))
        give(telemetry, 110.0, heartbeat(armed=True))
        publisher.publish(Instant(110.5))
        told = [(event.code, event.severity) for event in events.take()]
    assert told == [
        ("vehicle.armed", "info"),
        ("vehicle.text", "critical"),
        ("vehicle.link_lost", "critical"),
        ("vehicle.link_back", "info"),
    ]
