"""STATUSTEXT: messages that may come in chunks, and what a pilot must know of them."""

from collections import OrderedDict
from dataclasses import dataclass

from maps.instants import Instant
from missions.vehicles.dialect import Message

_CHUNK_CHARACTERS = 50
_PENDING = 8
_KEPT = 20


@dataclass(frozen=True, slots=True)
class StatusText:
    """What a vehicle said.

    Attributes:
        time: when it was complete here.
        severity: MAV_SEVERITY, 0 emergency to 7 debug.
        text: without padding, tabs and line ends.
    """

    time: Instant
    severity: int
    text: str


class StatusTexts:
    """Puts chunks together and keeps the newest texts, a bounded number.

    A chunked text has an id other than 0; its last chunk is the first that does not fill all 50 characters. PX4 also
    cuts long texts in two under that rule; a chunk that never comes is left out when the next text begins.
    """

    def __init__(self) -> None:
        self.texts: list[StatusText] = []
        self._pending: OrderedDict[int, tuple[int, dict[int, str]]] = OrderedDict()

    def receive(self, message: Message, now: Instant) -> StatusText | None:
        """Take one STATUSTEXT; the whole text when this completes one."""
        raw = message.text
        part = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        identity, chunk = int(getattr(message, "id", 0)), int(getattr(message, "chunk_seq", 0))
        if identity == 0:
            return self._keep(now, int(message.severity), part)
        severity, chunks = self._pending.setdefault(identity, (int(message.severity), {}))
        chunks[chunk] = part
        if len(part) < _CHUNK_CHARACTERS:
            del self._pending[identity]
            return self._keep(now, severity, "".join(chunks[key] for key in sorted(chunks)))
        while len(self._pending) > _PENDING:
            self._pending.popitem(last=False)
        return None

    def since(self, time: Instant, worst: int = 4) -> tuple[str, ...]:
        """Texts since a moment of that severity or worse, oldest first, each once."""
        texts = [text.text for text in self.texts if text.time >= time and text.severity <= worst]
        return tuple(dict.fromkeys(texts))

    def _keep(self, now: Instant, severity: int, text: str) -> StatusText:
        status = StatusText(now, severity, text.rstrip("\0\t\r\n "))
        self.texts = [*self.texts[-_KEPT + 1 :], status]
        return status
