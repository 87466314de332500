"""The picture stream's protocol, with a clock of the test's own."""

import json
from typing import Any

import msgspec
import pytest

from fusion.messages import Entity, Position
from fusion.picture import Encoding, Picture
from fusion.stream import PictureSession, Views

AREA = [125.30, 43.85, 125.34, 43.87]


def at(name: str, lat_deg: float = 43.86, lon_deg: float = 125.32, kind: Any = "track") -> Entity:
    return Entity(name, kind, 100.0, 102.0, "test", position=Position(lat_deg, lon_deg, 210.0))


class Client:
    """A client and its session, at an instant that the test moves on."""

    def __init__(self, picture: Picture, views: Views | None = None, encoding: Encoding = "json") -> None:
        self.now_s = 0.0
        self.encoding = encoding
        self.session = PictureSession(picture, Views(picture) if views is None else views, encoding=encoding, now_s=0.0)

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        self.session.receive(text, self.now_s)

    def hear(self, after_s: float = 0.0, busy_s: float = 0.0) -> list[dict[str, Any]]:
        self.now_s += after_s
        frames = self.session.outgoing(self.now_s)
        self.now_s += busy_s
        self.session.sent(self.now_s)
        decode = msgspec.json.decode if self.encoding == "json" else msgspec.msgpack.decode
        return [decode(frame) for frame in frames]

    def news(self, after_s: float = 0.0, busy_s: float = 0.0) -> list[dict[str, Any]]:
        return [message for message in self.hear(after_s, busy_s) if message["type"] != "status"]

    def status(self, after_s: float = 0.0) -> dict[str, Any]:
        return next(message for message in self.hear(after_s) if message["type"] == "status")


def ids(entities: list[dict[str, Any]]) -> list[str]:
    return [entity["id"] for entity in entities]


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_snapshot_comes_first_and_then_what_changes(encoding: Encoding) -> None:
    picture = Picture()
    picture.put(at("track/1"))
    client = Client(picture, encoding=encoding)
    client.say({"type": "subscribe"})
    (snapshot,) = client.news()
    assert snapshot["type"] == "snapshot"
    assert ids(snapshot["entities"]) == ["track/1"]
    assert snapshot["seq"] == 1
    assert isinstance(snapshot["epoch"], str) and isinstance(snapshot["time"], float)
    assert client.news(1.0) == []
    picture.put(at("track/2"))
    picture.remove("track/1")
    (delta,) = client.news(0.2)
    assert delta["type"] == "delta"
    assert ids(delta["changed"]) == ["track/2"]
    assert delta["removed"] == ["track/1"]
    assert delta["seq"] == 3


def test_messages_may_come_as_messagepack_too() -> None:
    client = Client(Picture())
    client.say(msgspec.msgpack.encode({"type": "subscribe", "rate_hz": 10}))
    assert client.news()[0]["type"] == "snapshot"


def test_deltas_keep_to_the_rate_and_hold_the_newest_of_each() -> None:
    picture = Picture()
    client = Client(picture)
    client.say({"type": "subscribe", "rate_hz": 2})
    client.news()
    heard = []
    for step in range(40):
        picture.put(at("track/1", 43.86 + step * 1e-5))
        heard += client.news(0.05)
    assert 3 <= len(heard) <= 5
    assert all(len(delta["changed"]) == 1 for delta in heard)


def test_leaving_the_area_is_removed_and_entering_is_changed() -> None:
    picture = Picture()
    picture.put(at("track/in"))
    picture.put(at("track/out", 43.95))
    client = Client(picture)
    client.say({"type": "subscribe", "area": AREA})
    assert ids(client.news()[0]["entities"]) == ["track/in"]
    picture.put(at("track/in", 43.95))
    picture.put(at("track/out"))
    (delta,) = client.news(0.2)
    assert ids(delta["changed"]) == ["track/out"]
    assert delta["removed"] == ["track/in"]
    picture.put(at("track/in", 43.951))
    assert client.news(0.2) == []


def test_layers_choose_kinds() -> None:
    picture = Picture()
    client = Client(picture)
    client.say({"type": "subscribe", "layers": ["vehicle"]})
    client.news()
    picture.put(at("track/1"))
    picture.put(at("vehicle/uav-1", kind="vehicle"))
    assert ids(client.news(0.2)[0]["changed"]) == ["vehicle/uav-1"]


def test_a_resume_gives_only_what_was_missed() -> None:
    picture = Picture()
    views = Views(picture)
    picture.put(at("track/1"))
    picture.put(at("track/2"))
    first = Client(picture, views)
    first.say({"type": "subscribe", "area": AREA})
    (snapshot,) = first.news()
    picture.put(at("track/2", 43.8601))
    picture.remove("track/1")
    again = Client(picture, views)
    resume = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    again.say({"type": "subscribe", "area": AREA, "resume": resume})
    (delta,) = again.news()
    assert delta["type"] == "delta"
    assert ids(delta["changed"]) == ["track/2"]
    assert delta["removed"] == ["track/1"]


def test_a_resume_is_answered_even_when_nothing_was_missed() -> None:
    picture = Picture()
    views = Views(picture)
    first = Client(picture, views)
    first.say({"type": "subscribe"})
    (snapshot,) = first.news()
    again = Client(picture, views)
    again.say({"type": "subscribe", "resume": {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}})
    (delta,) = again.news()
    assert (delta["type"], delta["changed"], delta["removed"]) == ("delta", [], [])


@pytest.mark.parametrize("fault", ["another epoch", "the future", "another area", "forgotten"])
def test_a_resume_that_cannot_be_exact_gives_a_snapshot(fault: str) -> None:
    picture = Picture(history=5)
    views = Views(picture)
    picture.put(at("track/1"))
    first = Client(picture, views)
    first.say({"type": "subscribe", "area": AREA})
    (snapshot,) = first.news()
    resume = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    area = AREA
    if fault == "another epoch":
        resume["epoch"] = "of last week"
    elif fault == "the future":
        resume["seq"] += 1000
    elif fault == "another area":
        area = [125.0, 43.0, 126.0, 44.0]
    else:
        for number in range(20):
            picture.put(at(f"track/x{number}"))
            picture.remove(f"track/x{number}")
    again = Client(picture, views)
    again.say({"type": "subscribe", "area": area, "resume": resume})
    assert again.news()[0]["type"] == "snapshot"


def test_a_running_client_whose_history_is_gone_gets_a_snapshot() -> None:
    picture = Picture(history=5)
    client = Client(picture)
    client.say({"type": "subscribe"})
    client.news()
    for number in range(20):
        picture.put(at(f"track/{number}"))
        picture.remove(f"track/{number}")
    (message,) = client.news(0.2)
    assert message["type"] == "snapshot"
    assert client.session.metrics.resyncs == 1


def test_a_status_comes_at_least_every_two_seconds_with_and_without_a_subscription() -> None:
    picture = Picture()
    client = Client(picture)
    for _ in range(3):
        assert client.session.due_s() - client.now_s <= 2.0
        client.now_s = max(client.now_s, client.session.due_s())
        assert {"time", "lag_ms", "dropped", "degraded"} <= client.status().keys()
    client.say({"type": "subscribe"})
    client.hear()
    assert client.session.due_s() - client.now_s <= 2.0


def test_a_slow_client_misses_ticks_and_is_told() -> None:
    picture = Picture()
    client = Client(picture)
    client.say({"type": "subscribe", "rate_hz": 10})
    client.news()
    picture.put(at("track/1"))
    client.news(0.1, busy_s=1.05)
    for _ in range(10):
        picture.put(at("track/1"))
    (message, status) = client.hear()
    assert len(message["changed"]) == 1
    assert status["dropped"] == 10
    assert status["degraded"] is True
    assert status["lag_ms"] > 900
    for _ in range(60):
        picture.put(at("track/1"))
        client.hear(0.1)
    assert client.status(1.1)["degraded"] is False


def test_a_client_that_acknowledges_is_never_sent_far_ahead() -> None:
    picture = Picture()
    client = Client(picture)
    client.say({"type": "subscribe", "rate_hz": 10})
    client.news()
    client.say({"type": "ack", "seq": 0})
    heard = []
    for _ in range(20):
        picture.put(at("track/1"))
        heard += client.news(0.1)
    assert len(heard) == 4
    assert client.session.dropped > 0
    client.say({"type": "ack", "seq": heard[-1]["seq"]})
    picture.put(at("track/1"))
    assert client.news(0.1)[0]["seq"] == picture.seq


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("not json", None),
        ("[]", None),
        ("{}", None),
        ('{"type": "nonsense"}', "type"),
        ('{"type": "subscribe", "rate": 5}', None),
        ('{"type": "subscribe", "rate_hz": "fast"}', "rate_hz"),
        ('{"type": "subscribe", "rate_hz": 0}', "rate_hz"),
        ('{"type": "subscribe", "area": [1, 2, 3]}', "area"),
        ('{"type": "subscribe", "area": [10, 0, 5, 1]}', "area"),
        ('{"type": "subscribe", "area": [0, 0, 500, 1]}', "area"),
        ('{"type": "subscribe", "layers": ["trucks"]}', "layers[0]"),
        ('{"type": "subscribe", "resume": {"epoch": "x"}}', "resume"),
        (b"\xc1\xff", None),
        (msgspec.msgpack.encode({"type": "subscribe", "area": [float("nan"), 0.0, 1.0, 1.0]}), "area"),
        ("[" * 10_000, None),
        ('{"type": "subscribe", "note": "' + "x" * 20_000 + '"}', None),
    ],
)
def test_a_message_that_cannot_be_understood_is_answered_and_changes_nothing(message: Any, field: str | None) -> None:
    picture = Picture()
    client = Client(picture)
    client.say({"type": "subscribe"})
    client.news()
    client.say(message)
    (error,) = client.news()
    assert error["type"] == "error"
    assert error["message"]
    assert error.get("field") == field
    picture.put(at("track/1"))
    assert ids(client.news(0.2)[0]["changed"]) == ["track/1"]
    assert client.session.closing is None


def test_a_client_that_sends_nothing_but_nonsense_is_let_go() -> None:
    client = Client(Picture())
    for _ in range(100):
        client.say("nonsense")
    assert client.session.closing is not None
    assert len(client.news()) <= 20


def test_a_client_cannot_have_snapshots_faster_than_is_good_for_the_others() -> None:
    client = Client(Picture())
    heard = []
    for _ in range(100):
        client.say({"type": "subscribe"})
        heard += client.news(0.01)
    assert len(heard) <= 12
