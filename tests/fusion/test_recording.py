import asyncio
from pathlib import Path

import pytest

from fusion.bus import ENTITIES, OBSERVATIONS, REMOVALS, SENSORS, TRACKS, Bus
from fusion.messages import (
    CameraPose,
    Entity,
    Observation,
    ObservationBatch,
    Position,
    Removal,
    SensorState,
    TrackBatch,
)
from fusion.picture import Picture
from fusion.recording import MAGIC, Recorder, RecordingError, play, read_recording
from maps.instants import Instant

HERE = Position(43.86, 125.32, 220.0)


def entity(name: str, time: float) -> Entity:
    return Entity(name, "track", time, time + 2, "t", position=HERE, properties={"kind": "person"})


async def record(path: Path, picture: Picture | None = None) -> list[object]:
    now = 1_000.0
    bus = Bus()
    recorder = Recorder(bus, path, lambda: Instant(now), picture=picture)
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    pose = CameraPose(now, HERE, 10.0, -20.0, 0.0, 60.0, 40.0)
    seen = Observation(HERE, ((1.0, 0.0), (0.0, 1.0)), "person", (1, 2, 3, 4))
    values: list[tuple[object, object]] = [
        (ENTITIES, entity("track/1", 1_000.0)),
        (OBSERVATIONS, ObservationBatch(1_000.1, 1_000.2, "cam-001", (seen,), ((125.0, 43.0),))),
        (SENSORS, SensorState("cam-001", 1_000.2, "ok", pose=pose)),
        (REMOVALS, Removal("track/1", 1_000.3)),
        (ENTITIES, entity("track/2", 1_000.4)),
    ]
    for topic, value in values:
        now += 0.1
        bus.publish(topic, value)  # type: ignore[arg-type]
    bus.publish(TRACKS, TrackBatch(1_000.0, ()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorder.frames == len(values) + len(picture or ())
    return [value for _, value in values]


async def test_what_was_recorded_is_read_back_in_order_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.liti"
    values = await record(path)
    found = list(read_recording(path))
    assert [recorded.value for recorded in found] == values
    assert [recorded.topic.name for recorded in found] == [
        "entities",
        "observations",
        "sensors",
        "removals",
        "entities",
    ]
    assert [recorded.time for recorded in found] == pytest.approx([1_000.1, 1_000.2, 1_000.3, 1_000.4, 1_000.5])


async def test_a_recording_begins_with_the_picture_as_it_is(tmp_path: Path) -> None:
    picture = Picture()
    picture.put(entity("site/1", 900.0))
    await record(tmp_path / "a.liti", picture)
    assert next(read_recording(tmp_path / "a.liti")).value.id == "site/1"


@pytest.mark.parametrize("lost", [1, 7, 40])
async def test_a_recording_that_was_cut_off_is_good_up_to_there_and_can_be_continued(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "a.liti"
    values = await record(path)
    path.write_bytes(path.read_bytes()[:-lost])
    assert [recorded.value for recorded in read_recording(path)] == values[:-1]
    await record(path)
    assert [recorded.value for recorded in read_recording(path)] == values[:-1] + values


async def test_damage_ends_a_recording_and_never_gives_wrong_values(tmp_path: Path) -> None:
    path = tmp_path / "a.liti"
    values = await record(path)
    data = bytearray(path.read_bytes())
    for place in range(len(MAGIC), len(data), 3):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        found = [recorded.value for recorded in read_recording(path)]
        assert found == values[: len(found)]
        assert len(found) < len(values)


async def test_another_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(RecordingError):
        list(read_recording(path))
    with pytest.raises(RecordingError):
        await Recorder(Bus(), path).run()
    assert path.read_text() == "mine"


async def test_playing_gives_the_same_picture_at_the_present_and_at_its_pace(tmp_path: Path) -> None:
    path = tmp_path / "a.liti"
    await record(path)
    bus = Bus()
    picture = Picture(bus)
    loop = asyncio.get_running_loop()
    with bus.subscribe(SENSORS) as sensors:
        began = loop.time()
        assert await play(path, bus, speed=2.0, clock=lambda: Instant(5_000.0)) == 5
        assert loop.time() - began >= 0.19
        (sensor,) = sensors.take()
    assert [found.id for found in picture] == ["track/2"]
    (found,) = picture
    assert found.time == pytest.approx(5_000.0 + 0.3 / 2)
    assert found.stale_time == pytest.approx(5_000.0 + 2.3 / 2)
    assert sensor.pose is not None and sensor.pose.time == pytest.approx(5_000.0 - 0.1 / 2)


async def test_values_can_be_chosen_and_kept_at_their_own_time(tmp_path: Path) -> None:
    path = tmp_path / "a.liti"
    await record(path)
    bus = Bus()
    with bus.subscribe(OBSERVATIONS) as observations, bus.subscribe(ENTITIES) as entities:
        count = await play(
            path, bus, speed=float("inf"), wanted=lambda recorded: recorded.topic is OBSERVATIONS, as_present=False
        )
        assert count == 1
        assert observations.take()[0].time == 1_000.1
        assert entities.take() == []
    with pytest.raises(ValueError, match="positive"):
        await play(path, bus, speed=0.0)
