"""Tracking on the bus: from observations of several sensors to entities of the picture."""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

from fusion.bus import ENTITIES, OBSERVATIONS, TRACKS, Bus
from fusion.messages import Observation, ObservationBatch, Position
from fusion.picture import Picture
from fusion.tracking.service import TrackingService
from maps.instants import Instant
from maps.positions import Geodetic, LocalFrame
from maps.terrain import Terrain

HOME = Geodetic(43.86, 125.32, 220.0)
SQUARE = [(-200.0, -200.0), (200.0, -200.0), (200.0, 200.0), (-200.0, 200.0)]


@dataclass
class Place:
    frame: LocalFrame
    terrain: Terrain


FRAME = LocalFrame(HOME)
PLACE = Place(FRAME, Terrain.flat(FRAME))


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> Instant:
        return Instant(self.now)


def batch(time: float, sensor: str, *spots: tuple[float, float], sigma: float = 1.0) -> ObservationBatch:
    seen = []
    for east, north in spots:
        at = FRAME.to_geodetic([east, north, 0.0])
        position = Position(at.lat_deg, at.lon_deg, at.alt_amsl_m)
        seen.append(Observation(position, ((sigma**2, 0.0), (0.0, sigma**2)), "vehicle", (0, 0, 8, 8)))
    ring = []
    for east, north in SQUARE:
        corner = FRAME.to_geodetic([east, north, 0.0])
        ring.append((corner.lon_deg, corner.lat_deg))
    return ObservationBatch(time, time + 0.1, sensor, tuple(seen), tuple(ring))


def drive(service: TrackingService, clock: Time, steps: int, sensors: tuple[str, ...] = ("cam-001", "cam-002")) -> None:
    rng = np.random.default_rng(4)
    for _ in range(steps):
        clock.now += 0.125
        for number, sensor in enumerate(sensors):
            time = clock.now - 0.1 - 0.03 * number
            east = 5.0 * (time - 1_000.0)
            noise = rng.normal(0, 0.7, 2)
            service.take_in([batch(time, sensor, (east + noise[0], 10.0 + noise[1]))])


def test_one_car_seen_by_two_cameras_is_one_entity_that_says_who_saw_it() -> None:
    bus, clock = Bus(), Time()
    picture = Picture(bus, clock)
    service = TrackingService(PLACE, bus, clock)
    drive(service, clock, 40)
    service.publish()
    (entity,) = picture.of_kind("track")
    assert entity.position is not None and entity.velocity_enu_mps is not None
    east, north, _ = FRAME.enu_from_geodetic(entity.position.lat_deg, entity.position.lon_deg, 220.0)
    assert np.hypot(east - 5.0 * (entity.time - 1_000.0), north - 10.0) < 1.5
    assert entity.position.alt_amsl_m == pytest.approx(220.0, abs=0.1)
    assert entity.velocity_enu_mps[0] == pytest.approx(5.0, abs=1.0)
    assert entity.properties["sensors"] == ["cam-001", "cam-002"]
    assert entity.properties["kind"] == "vehicle"
    assert entity.properties["status"] == "confirmed"
    assert entity.stale_time > entity.time
    assert entity.time == pytest.approx(clock.now - 0.1)


def test_a_track_keeps_its_name_and_leaves_the_picture_when_it_ends() -> None:
    bus, clock = Bus(), Time()
    picture = Picture(bus, clock)
    service = TrackingService(PLACE, bus, clock)
    drive(service, clock, 20)
    service.publish()
    (first,) = picture.of_kind("track")
    drive(service, clock, 20)
    service.publish()
    assert [entity.id for entity in picture.of_kind("track")] == [first.id]
    statuses = set()
    for _ in range(200):
        clock.now += 0.125
        service.take_in([batch(clock.now - 0.1, "cam-001")])
        published = service.publish()
        assert published is not None
        statuses |= {track.status for track in published.tracks}
    assert picture.of_kind("track") == []
    assert statuses >= {"coasting", "dropped"}


def test_when_all_sensors_fall_silent_tracks_end_by_the_clock() -> None:
    bus, clock = Bus(), Time()
    picture = Picture(bus, clock)
    service = TrackingService(PLACE, bus, clock)
    drive(service, clock, 20)
    service.publish()
    assert len(picture) == 1
    for _ in range(30):
        clock.now += 1.0
        service.grow_older()
        service.publish()
    assert len(picture) == 0


def test_a_sensor_whose_clock_is_ahead_disturbs_nobody() -> None:
    bus, clock = Bus(), Time()
    service = TrackingService(PLACE, bus, clock)
    drive(service, clock, 20)
    service.take_in([batch(clock.now + 3_600.0, "cam-009", (0.0, 0.0))])
    assert service.refused == 1
    drive(service, clock, 20)
    published = service.publish()
    assert published is not None and len(published.tracks) == 1


async def test_running_it_publishes_what_arrives_on_the_bus() -> None:
    bus, clock = Bus(), Time()
    service = TrackingService(PLACE, bus, clock)
    with bus.subscribe(TRACKS) as tracks, bus.subscribe(ENTITIES) as entities:
        task = asyncio.create_task(service.run())
        try:
            async with asyncio.timeout(20):
                for step in range(40):
                    clock.now += 0.125
                    bus.publish(OBSERVATIONS, batch(clock.now, "cam-001", (0.1 * step, 0.0)))
                    await asyncio.sleep(0.01)
                while not len(entities):
                    await tracks.batch()
        finally:
            task.cancel()
        assert entities.take()[0].id == "track/1"
