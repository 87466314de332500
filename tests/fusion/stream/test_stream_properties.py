"""Whatever happens to the picture, a client that applies what it is sent has the picture through its lens."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Entity, Position
from fusion.picture import LAYERS, Picture
from fusion.stream import PictureSession, Views

NAMES = [f"x/{number}" for number in range(8)]
KINDS = ["track", "vehicle", "camera"]
AREAS: list[list[float] | None] = [None, [125.0, 43.0, 125.5, 43.5], [125.4, 43.4, 126.0, 44.0]]
degrees = st.sampled_from([0.0, 0.25, 0.45, 0.75, 1.5])

put = st.tuples(st.just("put"), st.sampled_from(NAMES), st.sampled_from(KINDS), degrees, degrees)
remove = st.tuples(st.just("remove"), st.sampled_from(NAMES))
tick = st.tuples(st.just("tick"), st.sampled_from([0.05, 0.2, 1.0]), st.sampled_from([0.0, 0.0, 0.7]))
drop = st.tuples(st.just("reconnect"), st.booleans())
look = st.tuples(
    st.just("look"), st.sampled_from(AREAS), st.sampled_from([None, ["track"], ["vehicle", "camera"]]), st.booleans()
)
steps = st.lists(st.one_of(put, put, remove, tick, drop, look), max_size=60)


class Client:
    """Applies what it is sent, as the door says."""

    def __init__(self, picture: Picture, views: Views) -> None:
        self.picture, self.views = picture, views
        self.now_s = 0.0
        self.entities: dict[str, Any] = {}
        self.epoch: str | None = None
        self.seq = 0
        self.area: list[float] | None = None
        self.layers: list[str] | None = None
        self.connect(resume=False)

    def connect(self, resume: bool) -> None:
        self.session = PictureSession(self.picture, self.views, encoding="json", now_s=self.now_s)
        self.subscribe(resume)

    def subscribe(self, resume: bool) -> None:
        message: dict[str, Any] = {"type": "subscribe", "area": self.area, "layers": self.layers}
        if resume and self.epoch is not None:
            message["resume"] = {"epoch": self.epoch, "seq": self.seq}
        self.session.receive(json.dumps(message), self.now_s)

    def tick(self, after_s: float, busy_s: float) -> None:
        self.now_s += after_s
        for frame in self.session.outgoing(self.now_s):
            self.apply(msgspec.json.decode(frame))
        self.now_s += busy_s
        self.session.sent(self.now_s)

    def apply(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.entities = {entity["id"]: entity for entity in message["entities"]}
            self.epoch, self.seq = message["epoch"], message["seq"]
        elif message["type"] == "delta":
            assert message["seq"] >= self.seq
            assert not {entity["id"] for entity in message["changed"]} & set(message["removed"])
            self.entities |= {entity["id"]: entity for entity in message["changed"]}
            for name in message["removed"]:
                self.entities.pop(name, None)
            self.seq = message["seq"]

    def expected(self) -> dict[str, Any]:
        area = None if self.area is None else tuple(self.area)
        layers = None if self.layers is None else frozenset(self.layers)
        found = self.picture.within(area, layers)  # type: ignore[arg-type]
        return {entity.id: msgspec.to_builtins(entity) | {"properties": {}} for entity in found}


@settings(max_examples=150, deadline=None)
@given(steps, st.sampled_from([3, 1000]))
def test_a_client_has_the_picture_through_its_lens(actions: list[tuple[Any, ...]], history: int) -> None:
    picture = Picture(history=history)
    views = Views(picture, limit=3)
    client = Client(picture, views)
    other = Client(picture, views)
    for time, action in enumerate(actions):
        match action:
            case ("put", name, kind, lat, lon):
                position = Position(43.0 + lat, 125.0 + lon, 200.0)
                picture.put(Entity(name, kind, float(time), time + 2.0, "t", position=position))
            case ("remove", name):
                picture.remove(name)
            case ("tick", after_s, busy_s):
                client.tick(after_s, busy_s)
            case ("reconnect", resume):
                client.connect(resume)
            case ("look", area, layers, resume):
                client.area, client.layers = area, layers
                client.subscribe(resume)
    for one in (client, other):
        one.tick(1.0, 0.0)
        assert one.entities == one.expected()


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_no_message_disturbs_the_session(message: str | bytes) -> None:
    session = PictureSession(Picture(), Views(Picture()), encoding="json", now_s=0.0)
    session.receive(message, 0.0)
    frames = [json.loads(frame) for frame in session.outgoing(0.0)]
    assert {frame["type"] for frame in frames} <= {"error", "status"}


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=8,
    ),
    st.sampled_from(["area", "layers", "rate_hz", "resume"]),
)
def test_a_subscription_with_any_value_is_taken_or_answered(value: Any, key: str) -> None:
    picture = Picture()
    session = PictureSession(picture, Views(picture), encoding="msgpack", now_s=0.0)
    session.receive(msgspec.msgpack.encode({"type": "subscribe", key: value}), 0.0)
    kinds = [msgspec.msgpack.decode(frame)["type"] for frame in session.outgoing(0.0)]
    assert kinds[0] in ("snapshot", "error")
    assert len(LAYERS) > 1
