"""From a vehicle's time since boot to UTC.

Telemetry says ``time_boot_ms``. Three things tell where that stands in UTC:

1. The vehicle's own UTC (SYSTEM_TIME, from its GPS), believed only while it agrees with our clock: a message cannot
   have been sent after it arrived, nor long before. A simulator that lags and a receiver without leap seconds fail.
2. TIMESYNC round trips: the vehicle's clock read between our sending and our receiving, known to half the round trip.
3. Otherwise the arrival of messages: the one that travelled fastest within a few seconds bounds the offset.

It follows a vehicle whose clock drifts (simulated ones drift by 10 ms a second) and begins anew when it reboots.
"""

from collections import deque

from maps.instants import Instant

WINDOW_S = 5.0
"""Over which the fastest message is looked for: long enough to meet one, short enough for drifting clocks."""

LATEST_UTC_LEAD_S = 0.25
EARLIEST_UTC_LAG_S = 1.0
"""How far the vehicle's own UTC may be ahead of, or behind, the arrival of the message that states it."""

_REBOOT_S = 2.0


class BootTime:
    """Brings ``time_boot_ms`` of one vehicle to UTC.

    Attributes:
        reboots: times the vehicle's clock began anew.
    """

    def __init__(self) -> None:
        self.reboots = 0
        self._newest_boot_s: float | None = None
        self._arrivals: deque[tuple[float, float]] = deque()
        self._round_trips: deque[tuple[float, float, float]] = deque()
        self._own_utc_offset_s: float | None = None

    def observe(self, time_boot_ms: int, arrival: Instant) -> Instant:
        """UTC of a message with this time since boot that arrived now; never later than its arrival."""
        boot_s = time_boot_ms / 1e3
        if self._newest_boot_s is not None and boot_s < self._newest_boot_s - _REBOOT_S:
            self._begin_anew()
        self._newest_boot_s = max(boot_s, self._newest_boot_s or 0.0)
        offset_s = arrival - boot_s
        while self._arrivals and (
            self._arrivals[0][0] < arrival - WINDOW_S or abs(self._arrivals[0][0] - arrival) > 60.0
        ):
            self._arrivals.popleft()
        # Only offsets that can still become the smallest are kept, so the window stays short.
        while self._arrivals and self._arrivals[-1][1] >= offset_s:
            self._arrivals.pop()
        self._arrivals.append((arrival, offset_s))
        return min(self.utc(time_boot_ms), arrival)

    def own_utc(self, time_unix_usec: int, time_boot_ms: int, arrival: Instant) -> None:
        """Take a SYSTEM_TIME message; what disagrees with our clock is not believed."""
        unix_s = time_unix_usec / 1e6
        if -LATEST_UTC_LEAD_S <= arrival - unix_s <= EARLIEST_UTC_LAG_S:
            self._own_utc_offset_s = unix_s - time_boot_ms / 1e3
        else:
            self._own_utc_offset_s = None

    def round_trip(self, sent: Instant, vehicle_s: float, received: Instant) -> None:
        """Take the answer to a TIMESYNC request: the vehicle's time since boot between ``sent`` and ``received``."""
        if not 0 <= received - sent <= 1.0:
            return
        while self._round_trips and self._round_trips[0][0] < received - 2 * WINDOW_S:
            self._round_trips.popleft()
        self._round_trips.append((received, received - sent, (sent + received) / 2 - vehicle_s))
        if len(self._round_trips) > 64:
            self._round_trips.popleft()

    def utc(self, time_boot_ms: int) -> Instant:
        """UTC of a time since boot by the present estimate; `observe` must have been called before."""
        return Instant(time_boot_ms / 1e3 + self._offset_s())

    def _offset_s(self) -> float:
        if self._own_utc_offset_s is not None:
            return self._own_utc_offset_s
        arrival_offset_s = self._arrivals[0][1]
        if self._round_trips:
            _, delay_s, offset_s = min(self._round_trips, key=lambda trip: trip[1])
            if abs(offset_s - arrival_offset_s) <= delay_s + 0.05:
                return min(offset_s, arrival_offset_s)
        return arrival_offset_s

    def _begin_anew(self) -> None:
        self.reboots += 1
        self._newest_boot_s = None
        self._own_utc_offset_s = None
        self._arrivals.clear()
        self._round_trips.clear()
