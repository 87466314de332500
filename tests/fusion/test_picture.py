import asyncio
import math

import msgspec
import pytest

from fusion.bus import ENTITIES, REMOVALS, Bus
from fusion.messages import Entity, Position, Removal
from fusion.picture import Picture
from maps.instants import Instant


def at(name: str, lat_deg: float, lon_deg: float, kind: str = "track", time: float = 100.0) -> Entity:
    return Entity(name, kind, time, time + 2, "test", position=Position(lat_deg, lon_deg, 210.0))  # type: ignore[arg-type]


def test_the_picture_keeps_what_the_bus_says_in_its_order() -> None:
    bus = Bus()
    picture = Picture(bus)
    bus.publish(ENTITIES, at("track/1", 43.86, 125.32))
    bus.publish(REMOVALS, Removal("track/1", 101.0))
    bus.publish(ENTITIES, at("track/1", 43.87, 125.33))
    bus.publish(REMOVALS, Removal("track/unknown", 101.0))
    assert len(picture) == 1
    assert picture.seq == 3
    found = picture.get("track/1")
    assert found is not None and found.position is not None and found.position.lat_deg == 43.87
    picture.close()
    bus.publish(REMOVALS, Removal("track/1", 102.0))
    assert "track/1" in picture


@pytest.mark.parametrize(
    "bad",
    [
        at("track/bad", math.nan, 125.0),
        at("track/bad", 43.0, math.inf),
        Entity("track/bad", "track", math.nan, 1.0, "test"),
        Entity("mission/bad", "mission", 0.0, 1.0, "test", geometry={"type": "Point"}),
        Entity("mission/bad", "mission", 0.0, 1.0, "test", geometry={"type": "Point", "coordinates": ["a", "b"]}),
        Entity("mission/bad", "mission", 0.0, 1.0, "test", geometry={"type": "LineString", "coordinates": [[1.0]]}),
    ],
)
def test_what_cannot_be_placed_is_refused_and_counted(bad: Entity) -> None:
    picture = Picture()
    picture.put(bad)
    assert len(picture) == 0
    assert picture.rejected == 1


def test_an_area_holds_what_touches_it_and_what_is_nowhere() -> None:
    picture = Picture()
    picture.put(at("track/in", 43.86, 125.32))
    picture.put(at("track/out", 43.96, 125.32))
    ring = [[125.30, 43.90], [125.33, 43.90], [125.33, 43.80], [125.30, 43.90]]
    picture.put(Entity("footprint/u", "footprint", 1, 2, "t", geometry={"type": "Polygon", "coordinates": [ring]}))
    picture.put(Entity("unit/1", "unit", 1, 2, "t"))
    area = (125.31, 43.85, 125.325, 43.87)
    assert {entity.id for entity in picture.within(area)} == {"track/in", "footprint/u", "unit/1"}
    assert {entity.id for entity in picture.within(area, frozenset({"track"}))} == {"track/in"}
    assert {entity.id for entity in picture.of_kind("track")} == {"track/in", "track/out"}


def test_fleeting_things_that_nobody_renews_go_and_the_others_stay() -> None:
    now = 100.0
    picture = Picture(clock=lambda: Instant(now))
    picture.put(at("track/1", 43.86, 125.32))
    picture.put(at("vehicle/uav-1", 43.86, 125.32, kind="vehicle"))
    assert picture.expire(111.9) == 0
    assert picture.expire(112.1) == 1
    assert [entity.id for entity in picture] == ["vehicle/uav-1"]


def test_an_entity_is_encoded_once_for_everybody_and_again_after_a_change() -> None:
    picture = Picture()
    picture.put(at("track/1", 43.86, 125.32))
    slot = int(picture.changed_since(0)[0])
    first = picture.encoded(slot, "json")
    assert picture.encoded(slot, "json") is first
    as_map = msgspec.json.decode(first)
    assert as_map["properties"] == {}
    assert "velocity_enu_mps" not in as_map
    assert msgspec.msgpack.decode(picture.encoded(slot, "msgpack")) == as_map
    picture.put(at("track/1", 43.87, 125.32))
    assert picture.encoded(slot, "json") != first


def test_properties_that_cannot_be_written_do_not_take_the_entity_with_them() -> None:
    picture = Picture()
    picture.put(Entity("unit/1", "unit", 1, 2, "t", properties={"what": object()}))
    slot = int(picture.changed_since(0)[0])
    assert msgspec.json.decode(picture.encoded(slot, "json"))["id"] == "unit/1"


def test_slots_are_used_again_once_their_tombstones_are_forgotten() -> None:
    picture = Picture(history=10)
    for number in range(5_000):
        picture.put(at(f"track/{number}", 43.86, 125.32))
        picture.remove(f"track/{number}")
    assert len(picture) == 0
    assert picture.capacity == 256
    assert picture.horizon == picture.seq - 2 * 10


async def test_a_sleeper_is_woken_by_the_next_change() -> None:
    picture = Picture()
    event = asyncio.Event()
    picture.wake(event)
    picture.put(at("track/1", 43.86, 125.32))
    assert event.is_set()
