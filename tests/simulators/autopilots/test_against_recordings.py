"""The simulated autopilots against conversations recorded from real ArduPilot: the same questions, the same answers."""

import pytest

from simulators.autopilots import Kind
from tests.simulators.autopilots import recorded as rec
from tests.simulators.autopilots.recorded import Said


@pytest.fixture(scope="module")
def copter() -> tuple[list[Said], list[Said]]:
    return rec.recorded("arducopter_dialogue"), rec.replay("arducopter_dialogue", Kind.ROTORCRAFT, 1, extra_s=30)


@pytest.fixture(scope="module")
def plane() -> tuple[list[Said], list[Said]]:
    return rec.recorded("arduplane_dialogue"), rec.replay(
        "arduplane_dialogue", Kind.FIXED_WING, 2, arming_delay_s=20, extra_s=220
    )


@pytest.fixture(scope="module")
def gimbal() -> tuple[list[Said], list[Said]]:
    return rec.recorded("arducopter_gimbal_dialogue"), rec.replay("arducopter_gimbal_dialogue", Kind.ROTORCRAFT, 6)


def test_copter_acknowledges_as_recorded(copter: tuple[list[Said], list[Said]]) -> None:
    real, simulated = map(rec.acknowledged, copter)
    assert simulated == real


def test_copter_asks_and_answers_in_the_recorded_order(copter: tuple[list[Said], list[Said]]) -> None:
    real, simulated = map(rec.mission_dialogue, copter)
    assert simulated == real


def test_copter_reads_items_back_as_recorded(copter: tuple[list[Said], list[Said]]) -> None:
    real, simulated = map(rec.items_read_back, copter)
    assert len(real) == 11
    assert simulated == real


def test_copter_flies_the_recorded_mission(copter: tuple[list[Said], list[Said]]) -> None:
    real, simulated = copter
    assert rec.reached(simulated) == rec.reached(real)
    assert rec.modes(simulated)[-6:] == rec.modes(real)[-6:]
    said = ("Mission:", "Reached", "Flight plan", "Fence", "No such mode", "Disarming")
    assert rec.texts(simulated, *said) == rec.texts(real, *said)


def test_copter_needs_about_the_recorded_time(copter: tuple[list[Said], list[Said]]) -> None:
    def flown_s(conversation: list[Said]) -> float:
        at = [s.time_s for s in conversation if s.message.get_type() == "MISSION_ITEM_REACHED"]
        return at[-1] - at[0]

    real, simulated = map(flown_s, copter)
    assert simulated == pytest.approx(real, rel=0.15)


def test_copter_wakes_up_with_the_recorded_words(copter: tuple[list[Said], list[Said]]) -> None:
    said = ("EKF3", "GPS 1", "Barometer", "ArduPilot", "Field Elevation", "Arm:", "Arming")
    real, simulated = (sorted(set(rec.texts(c, *said))) for c in copter)
    assert set(simulated) >= {text for text in real if "in-flight" not in text}


def test_plane_acknowledges_as_recorded(plane: tuple[list[Said], list[Said]]) -> None:
    real, simulated = map(rec.acknowledged, plane)
    assert simulated == real


def test_plane_asks_and_reads_back_as_recorded(plane: tuple[list[Said], list[Said]]) -> None:
    real, simulated = plane
    assert rec.mission_dialogue(simulated) == rec.mission_dialogue(real)
    assert rec.items_read_back(simulated) == rec.items_read_back(real)


def test_plane_flies_and_lands_the_recorded_mission(plane: tuple[list[Said], list[Said]]) -> None:
    real, simulated = plane
    assert rec.reached(simulated) == rec.reached(real)
    assert [text for text, _ in rec.modes(simulated)][-5:] == [text for text, _ in rec.modes(real)][-5:]
    assert rec.modes(simulated)[-1] == (10, False)
    said = ("Mission:", "Throttle armed", "Auto disarmed")
    assert rec.texts(simulated, *said) == rec.texts(real, *said)


def test_gimbal_and_camera_acknowledge_as_recorded(gimbal: tuple[list[Said], list[Said]]) -> None:
    real, simulated = map(rec.acknowledged, gimbal)
    assert simulated == real


def test_what_is_acknowledged_but_never_sent(gimbal: tuple[list[Said], list[Said]]) -> None:
    names = {s.message.get_type() for s in gimbal[1] if not s.by_station}
    assert "GIMBAL_MANAGER_INFORMATION" not in names
    assert {"GIMBAL_MANAGER_STATUS", "CAMERA_INFORMATION", "CAMERA_FOV_STATUS", "CAMERA_FEEDBACK"} <= names
