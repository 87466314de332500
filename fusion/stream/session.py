"""One client of the picture stream, without I/O: what it says goes in, what it is to be sent comes out.

The shell that owns the connection calls `receive` with the client's frames, asks `outgoing` for frames when `due_s` has
come, and calls `sent` when the connection has taken them. While a slow connection has not, the shell does not ask, and
the client misses ticks: its next delta covers all of them at once, since a delta is always made from the picture as it
is at that moment. `now_s` is a monotonic clock; the time told to clients is the picture's.
"""

import math
from collections import deque
from dataclasses import dataclass

from fusion.picture import Encoding, Picture
from fusion.stream import wire
from fusion.stream.view import Content, Lens, View, Views

STATUS_EVERY_S = 1.0
"""A status goes out this often (the door promises 2 s)."""
SNAPSHOT_EVERY_S = 0.1
"""Snapshots go out no more often than this, whatever a client asks."""
DEGRADED_FOR_S = 5.0
"""A client is called degraded for so long after it was last too slow for its rate."""
MAX_UNACKNOWLEDGED = 4
"""Messages a client that acknowledges may be behind before it is spared the next one."""
MAX_ERRORS = 20
"""Messages that cannot be understood, in a row, before the connection is given up."""


@dataclass(slots=True)
class StreamMetrics:
    """Counts over all clients since the start.

    Attributes:
        clients: connected now.
        snapshots: sent.
        deltas: sent.
        dropped: ticks that slow clients missed.
        resumed: resumes answered from the history.
        resyncs: resumes, or running clients, that had to be given a snapshot because the history did not reach back.
        errors: messages that could not be understood.
        bytes: handed to connections.
    """

    clients: int = 0
    snapshots: int = 0
    deltas: int = 0
    dropped: int = 0
    resumed: int = 0
    resyncs: int = 0
    errors: int = 0
    bytes: int = 0


class PictureSession:
    """One client.

    Attributes:
        closing: set when the client has sent nothing sensible for too long: say goodbye with this reason.
        dropped: ticks it missed because it was slow.
        lag_ms: how late the newest message was handed over, measured from when it was due.
    """

    def __init__(
        self, picture: Picture, views: Views, *, encoding: Encoding, now_s: float, metrics: StreamMetrics | None = None
    ) -> None:
        self.encoding = encoding
        self.metrics = metrics or StreamMetrics()
        self.closing: str | None = None
        self.dropped = 0
        self.lag_ms = 0.0
        self._picture = picture
        self._views = views
        self._view: View | None = None
        self._period_s = 0.2
        self._seq = 0
        self._snapshot_s: float | None = None
        self._snapshot_sent_s = -math.inf
        self._answer = False
        self._next_s = now_s
        self._status_s = now_s
        self._ready_s = now_s
        self._degraded_until_s = -math.inf
        self._offered_s: float | None = None
        self._errors: deque[bytes] = deque(maxlen=MAX_ERRORS)
        self._errors_in_a_row = 0
        self._in_flight: deque[int] = deque()
        self._acknowledges = False

    def receive(self, data: str | bytes, now_s: float) -> None:
        """Take in a client's message; what cannot be understood is answered and otherwise changes nothing."""
        try:
            message = wire.read(data)
        except wire.ProtocolError as error:
            self._refuse(error)
            return
        self._errors_in_a_row = 0
        if isinstance(message, wire.Subscribe):
            self._subscribe(message, now_s)
        else:
            self._acknowledges = True
            while self._in_flight and self._in_flight[0] <= message.seq:
                self._in_flight.popleft()

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is to be sent before the picture changes or a status is due."""
        return self.due_s() == self._status_s

    def due_s(self) -> float:
        """When to ask `outgoing` next: at the next tick if there is news, else at the next status."""
        if self._errors:
            return -math.inf
        if self._view is None:
            return self._status_s
        if self._snapshot_s is not None:
            return min(self._snapshot_s, self._status_s)
        if self._answer or (self._picture.seq > self._seq and not self._held):
            return min(self._next_s, self._status_s)
        return self._status_s

    def outgoing(self, now_s: float) -> list[bytes]:
        """Messages to be sent now, in order; empty when nothing is due."""
        frames = list(self._errors)
        self._errors.clear()
        due_s = self._next_s
        frame = self._news(now_s)
        if frame is not None:
            self._offered_s = due_s if due_s < self._ready_s else now_s
            frames.append(frame)
        if now_s >= self._status_s:
            frames.append(self._status(now_s))
            self._status_s = now_s + STATUS_EVERY_S
        self.metrics.bytes += sum(map(len, frames))
        return frames

    def sent(self, now_s: float) -> None:
        """The connection has taken what `outgoing` gave."""
        self._ready_s = now_s
        if self._offered_s is None:
            return
        late_s = now_s - self._offered_s
        self._offered_s = None
        self.lag_ms = max(0.0, late_s * 1e3)
        missed = int(late_s / self._period_s)
        if missed > 0:
            self._miss(missed, now_s)

    def _subscribe(self, wanted: wire.Subscribe, now_s: float) -> None:
        layers = None if wanted.layers is None else frozenset(wanted.layers)
        self._view = self._views.get(Lens(wanted.area, layers))
        self._period_s = 1.0 / wanted.rate_hz
        self._next_s = now_s
        self._status_s = now_s
        self._in_flight.clear()
        resume = wanted.resume
        if resume and resume.epoch == self._view.epoch and self._view.reaches(resume.seq):
            self._snapshot_s = None
            self._answer = True
            self._seq = resume.seq
            self.metrics.resumed += 1
            return
        self.metrics.resyncs += resume is not None
        self._snapshot_s = max(now_s, self._snapshot_sent_s + SNAPSHOT_EVERY_S)

    @property
    def _held(self) -> bool:
        return self._acknowledges and len(self._in_flight) >= MAX_UNACKNOWLEDGED

    def _news(self, now_s: float) -> bytes | None:
        view = self._view
        if view is None:
            return None
        if self._snapshot_s is not None:
            return self._snapshot_of(view, now_s) if now_s >= self._snapshot_s else None
        if now_s < self._next_s or (self._picture.seq == self._seq and not self._answer):
            return None
        if self._held:
            missed = 1 + int((now_s - self._next_s) / self._period_s)
            self._miss(missed, now_s)
            self._next_s += missed * self._period_s
            return None
        content = view.since(self._seq, self.encoding)
        if content is None:
            self.metrics.resyncs += 1
            return self._snapshot_of(view, now_s)
        answer, self._answer = self._answer, False
        self._take(content, now_s)
        if content.empty and not answer:
            return None
        self.metrics.deltas += 1
        fields = {"type": "delta", "seq": content.seq, "time": self._picture.clock()}
        return wire.with_entities(self.encoding, fields, "changed", content.changed, content.removed)

    def _snapshot_of(self, view: View, now_s: float) -> bytes:
        content = view.snapshot(self.encoding)
        self._snapshot_s = None
        self._snapshot_sent_s = now_s
        self._take(content, now_s)
        self.metrics.snapshots += 1
        fields = {"type": "snapshot", "epoch": view.epoch, "seq": content.seq, "time": self._picture.clock()}
        return wire.with_entities(self.encoding, fields, "entities", content.changed)

    def _take(self, content: Content, now_s: float) -> None:
        self._seq = content.seq
        self._next_s = (
            now_s + self._period_s if now_s - self._next_s > self._period_s else self._next_s + self._period_s
        )
        if not content.empty and self._acknowledges:
            self._in_flight.append(content.seq)

    def _status(self, now_s: float) -> bytes:
        fields = {
            "type": "status",
            "time": self._picture.clock(),
            "lag_ms": round(self.lag_ms, 1),
            "dropped": self.dropped,
            "degraded": now_s < self._degraded_until_s,
        }
        if self._view is not None:
            fields |= {"epoch": self._view.epoch, "seq": self._seq}
        return wire.message(self.encoding, fields)

    def _miss(self, ticks: int, now_s: float) -> None:
        self.dropped += ticks
        self.metrics.dropped += ticks
        self._degraded_until_s = now_s + DEGRADED_FOR_S

    def _refuse(self, error: wire.ProtocolError) -> None:
        self.metrics.errors += 1
        self._errors_in_a_row += 1
        fields: dict[str, object] = {"type": "error", "message": error.message}
        if error.field is not None:
            fields["field"] = error.field
        self._errors.append(wire.message(self.encoding, fields))
        if self._errors_in_a_row >= MAX_ERRORS:
            self.closing = f"{MAX_ERRORS} messages in a row could not be understood"
