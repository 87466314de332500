from fusion.bus import ENTITIES, EVENTS, OBSERVATIONS, REMOVALS, TOPICS, Bus
from fusion.messages import Entity, Event, ObservationBatch, Removal


def entity(name: str, time: float = 0.0) -> Entity:
    return Entity(name, "track", time, time + 1, "test")


def test_every_topic_has_its_own_name_and_a_bound() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert all(topic.depth > 0 for topic in TOPICS)


def test_a_slow_reader_of_latest_gets_only_the_newest_of_each() -> None:
    bus = Bus()
    with bus.subscribe(ENTITIES) as reader:
        for time in range(5):
            bus.publish(ENTITIES, entity("track/1", time))
            bus.publish(ENTITIES, entity("track/2", time))
        values = reader.take()
    assert [(value.id, value.time) for value in values] == [("track/1", 4), ("track/2", 4)]
    assert reader.dropped == 0


def test_a_slow_reader_of_a_queue_loses_its_oldest_and_counts_them() -> None:
    bus = Bus()
    depth = OBSERVATIONS.depth
    with bus.subscribe(OBSERVATIONS) as slow:
        for time in range(depth + 3):
            bus.publish(OBSERVATIONS, ObservationBatch(time, time, "cam-001", ()))
        values = slow.take()
        assert slow.dropped == 3
        assert bus.dropped()["observations"] == 3
    assert len(values) == depth
    assert values[0].time == 3


async def test_a_closed_reader_gives_what_waits_and_ends() -> None:
    bus = Bus()
    reader = bus.subscribe(EVENTS)
    bus.publish(EVENTS, Event(1.0, "a.b", "info", "x", "en", "zh"))
    reader.close()
    bus.publish(EVENTS, Event(2.0, "a.b", "info", "x", "en", "zh"))
    assert [event.time async for event in reader] == [1.0]


def test_a_listener_hears_topics_in_the_order_of_publication() -> None:
    bus = Bus()
    heard: list[str] = []
    end = bus.listen(ENTITIES, lambda value: heard.append(f"+{value.id}"))
    bus.listen(REMOVALS, lambda value: heard.append(f"-{value.id}"))
    bus.publish(ENTITIES, entity("track/1"))
    bus.publish(REMOVALS, Removal("track/1", 0.0))
    bus.publish(ENTITIES, entity("track/1"))
    end()
    bus.publish(ENTITIES, entity("track/9"))
    assert heard == ["+track/1", "-track/1", "+track/1"]
