"""The picture stream on the wire: what clients may say, and messages joined from entities that are already encoded.

In the JSON encoding a message is one text frame; in MessagePack (subprotocol ``liti.picture.v1+msgpack``) one binary
frame. Both carry the same maps.
"""

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from fusion.extents import Box
from fusion.messages import EntityKind
from fusion.picture import Encoding

SUBPROTOCOL = "liti.picture.v1+msgpack"
"""The WebSocket subprotocol under which messages are MessagePack."""

MAX_MESSAGE_BYTES = 16_384
"""A client's message may not be longer."""


class ProtocolError(ValueError):
    """A client's message that cannot be understood.

    Attributes:
        message: what is wrong and what would be right.
        field: where in the message, as a path; None for the message as a whole.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last thing a client had: ``epoch`` and ``seq`` as the server gave them."""

    epoch: str
    seq: int


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="subscribe"):
    """What a client wants to see; sent again at any time to change it.

    Attributes:
        area: west, south, east, north in degrees; None for everything.
        layers: kinds of entities; None for all.
        rate_hz: at most so many deltas a second.
        resume: go on from there; without it, or when that is too long ago, a snapshot comes first.
    """

    area: Box | None = None
    layers: list[EntityKind] | None = None
    rate_hz: Annotated[float, msgspec.Meta(ge=0.1, le=20.0)] = 5.0
    resume: Resume | None = None


class Acknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="ack"):
    """A client has taken in everything up to ``seq``.

    Optional. A client that acknowledges is never sent more than a few messages ahead, so that what it gets stays fresh
    on a slow link even when the network buffers much.
    """

    seq: int


ClientMessage = Subscribe | Acknowledge

_JSON = msgspec.json.Decoder(ClientMessage)
_MSGPACK = msgspec.msgpack.Decoder(ClientMessage)
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


def read(data: str | bytes) -> ClientMessage:
    """A client's message: text is JSON, bytes are MessagePack.

    Raises:
        ProtocolError: saying what is wrong.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"the message is longer than {MAX_MESSAGE_BYTES} bytes")
    try:
        message: ClientMessage = _JSON.decode(data) if isinstance(data, str) else _MSGPACK.decode(data)
    except msgspec.ValidationError as error:
        found = _PATH.search(str(error))
        raise ProtocolError(_PATH.sub("", str(error)), (found["path"] or None) if found else None) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        form = "JSON" if isinstance(data, str) else "MessagePack"
        raise ProtocolError(f'not {form} ({error}); send for instance {{"type": "subscribe"}}') from error
    if isinstance(message, Subscribe) and message.area is not None:
        _check_area(message.area)
    return message


def _check_area(area: Box) -> None:
    west, south, east, north = area
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise ProtocolError("west and east must lie between -180 and 180 degrees", "area")
    if not (-90 <= south <= 90 and -90 <= north <= 90):
        raise ProtocolError("south and north must lie between -90 and 90 degrees", "area")
    if west > east or south > north:
        raise ProtocolError("the order is [west, south, east, north], west <= east and south <= north", "area")


def message(encoding: Encoding, fields: Mapping[str, object]) -> bytes:
    """A whole message without entities, such as ``status`` and ``error``."""
    return msgspec.json.encode(fields) if encoding == "json" else msgspec.msgpack.encode(fields)


def with_entities(
    encoding: Encoding,
    fields: Mapping[str, object],
    name: str,
    entities: Sequence[bytes],
    removed: Sequence[str] | None = None,
) -> bytes:
    """A message whose array ``name`` holds entities that are already encoded.

    Args:
        encoding: of the message and of the entities.
        fields: the other fields; at least one.
        name: of the array.
        entities: encoded.
        removed: ids for the field ``removed``; None for a message without it.
    """
    if encoding == "json":
        head = msgspec.json.encode(fields)[:-1]
        tail = b"]}" if removed is None else b'],"removed":' + msgspec.json.encode(removed) + b"}"
        return b"".join([head, b',"', name.encode(), b'":[', b",".join(entities), tail])
    encode = msgspec.msgpack.encode
    parts = [struct.pack(">BH", 0xDE, len(fields) + (1 if removed is None else 2))]
    for key, value in fields.items():
        parts += [encode(key), encode(value)]
    parts += [encode(name), struct.pack(">BI", 0xDD, len(entities)), *entities]
    if removed is not None:
        parts += [encode("removed"), encode(removed)]
    return b"".join(parts)
