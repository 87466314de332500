"""The weather as the service knows it: set by a pilot, or read from the feed that the configuration names.

The newest observation counts, whoever made it. What was set is kept in the storage folder, so that it is there again
after a restart. A feed that cannot be read is said in every check, until it can be; its last report stays.
"""

import asyncio
import logging
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from maps.instants import Clock
from service.weather_settings import WeatherSettings

if TYPE_CHECKING:
    from missions.safety.weather import Weather

log = logging.getLogger(__name__)

FETCH_WITHIN_S = 10.0
MOST_BYTES = 64 * 1024


class WeatherBoard:
    """Holds the newest weather.

    Args:
        settings: names the feed, if any.
        folder: where what was set is kept.
        clock: tells UTC.
        changed: called when the weather is another one.
    """

    def __init__(
        self, settings: WeatherSettings, folder: Path, clock: Clock, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._settings, self._file, self._clock, self._changed = settings, folder / "weather.json", clock, changed
        self._weather: Weather | None = None
        self._problem: tuple[str, str] | None = None

    @property
    def now(self) -> "Weather | None":
        """The newest weather; None when nobody has said anything."""
        if self._problem is None:
            return self._weather
        from missions.safety.weather import Weather

        known = self._weather or Weather(self._clock())
        return msgspec.structs.replace(known, problem=self._problem[0], problem_zh=self._problem[1])

    def load(self) -> None:
        """Take up what was set before a restart; what cannot be read is logged and left."""
        if not self._file.exists():
            return
        from missions.safety.weather import Weather

        try:
            self._weather = msgspec.json.decode(self._file.read_bytes(), type=Weather)
        except (OSError, msgspec.DecodeError) as error:
            log.error("the weather kept in %s cannot be read and is left out: %s", self._file, error)

    async def set(self, weather: "Weather") -> None:
        """Take the weather that somebody tells; on disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        await asyncio.to_thread(_write, self._file, msgspec.json.encode(weather))
        self._weather = weather
        self._changed()

    async def follow(self) -> None:
        """Read the feed every so often, until cancelled; return at once when there is none."""
        while self._settings.has_feed:
            await self.read_feed()
            await asyncio.sleep(self._settings.every_s)

    async def read_feed(self) -> None:
        """Read the feed once; what is wrong with it is logged once, and its end once."""
        from service.metar import MetarError, parse_metar

        before = self.now
        try:
            text = await asyncio.to_thread(_fetched, self._settings)
            told = parse_metar(text, self._clock())
        except MetarError as error:
            self._broken(str(error), error.message_zh)
        except (OSError, ValueError) as error:
            self._broken(str(error), f"读取失败：{error}")
        else:
            if self._problem is not None:
                log.info("the weather feed can be read again")
            self._problem = None
            if self._weather is None or told.observed_time > self._weather.observed_time:
                self._weather = told
        if self.now != before:
            self._changed()

    def _broken(self, why: str, why_zh: str) -> None:
        if self._problem is None:
            log.warning("the weather feed cannot be read: %s", why)
        self._problem = (why[:200], why_zh[:200])


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)


def _fetched(settings: WeatherSettings) -> str:
    """The text of the feed.

    Raises:
        OSError: it cannot be had.
        ValueError: it is no text, or too much of it.
    """
    if settings.metar_file is not None:
        with settings.metar_file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    else:
        with urllib.request.urlopen(str(settings.metar_url), timeout=FETCH_WITHIN_S) as answer:
            data = answer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES} bytes")
    return data.decode("ascii", "strict")
