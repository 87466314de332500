"""Limits how often somebody may try to sign in."""

from collections import OrderedDict, deque

from maps.instants import Clock

KEYS_KEPT = 10_000


class Attempts:
    """Counts failed attempts by key (a name, an address) in a sliding window; remembers a bounded number of keys."""

    def __init__(self, most: int, window_s: float, clock: Clock) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Seconds until another attempt is allowed; 0 when it is now."""
        now = self._clock()
        times = self._recent(key, now)
        return times[0] + self._window_s - now if len(times) >= self._most else 0.0

    def failed(self, key: str) -> None:
        """Count a failed attempt."""
        self._failed.setdefault(key, deque(maxlen=self._most)).append(self._clock())
        self._failed.move_to_end(key)
        while len(self._failed) > KEYS_KEPT:
            self._failed.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failed.pop(key, None)

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._failed.get(key, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        return times
