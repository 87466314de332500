"""Instants: moments in UTC, and the clocks that tell them.

In code a moment is an `Instant` (seconds since the Unix epoch, UTC); on the wire it is the same number. Code never asks
the operating system for the time by itself: it is given a `Clock`, so that tests and replays can be at any moment.
"""

import time
from collections.abc import Callable
from typing import NewType

Instant = NewType("Instant", float)
"""Seconds since 1970-01-01T00:00:00 UTC."""

Clock = Callable[[], Instant]
"""Tells the present instant."""


def utc_now() -> Instant:
    """The operating system's clock, as an `Instant`."""
    return Instant(time.time())
