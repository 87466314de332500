"""The altitude profile: a path over the ground, roofs and zones below and around it, along distance or time.

The drawing is stretched to whatever room it gets; lines keep their width, and words stand beside it in HTML.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray
from maps.zones import Zone
from missions.plan import Command
from missions.planning.request import Altitude
from missions.safety import Finding
from service.plan_page.course import Course
from service.plan_page.overview import colour, runs
from service.plan_page.words import Words, both, clock, length, number

NEAR_M = 40.0
"""A zone is shown where the path comes within the aircraft's lateral error and this much of it."""

DRAWN_POINTS = 12_000
MAX_SIGNS = 60
WAITING = {Command.LOITER_TURNS, Command.LOITER_TIME, Command.LOITER_TO_ALT}
FLOWN_FOR_THE_TASK = {"survey", "corridor", "perimeter", "orbit", "search", "route", "watch", "follow"}


@dataclass(frozen=True)
class Axis:
    """What lies along the profile.

    Attributes:
        name: "distance" or "time".
        values: (N,) for each sample of the course, metres or seconds.
    """

    name: str
    values: FloatArray

    @property
    def end(self) -> float:
        """The last value, at least 1."""
        return max(1.0, float(self.values[-1]))

    def said(self, value: float) -> str:
        """A value for people."""
        if self.name == "time":
            return clock(value)
        return f"{value / 1000:g} km" if self.end >= 3000 else length(value)


@dataclass(frozen=True)
class Heights:
    """The heights AMSL between which a profile is drawn."""

    low_m: float
    high_m: float

    @classmethod
    def of(cls, course: Course) -> "Heights":
        """From below the lowest ground to above the highest of the path and the roofs."""
        low = float(course.ground_amsl_m.min())
        high = max(float(course.enu_m[:, 2].max()), float(course.roof_amsl_m.max()))
        room = max(12.0, (high - low) * 0.16)
        return cls(low - room * 0.5, high + room)

    @property
    def span_m(self) -> float:
        """From the lowest to the highest."""
        return self.high_m - self.low_m

    def percent(self, height_m: float) -> str:
        """Where a height lies, from the top, for CSS."""
        return number(100 * (self.high_m - height_m) / self.span_m, 2)


def profile(
    course: Course,
    zones: Sequence[Zone],
    names: dict[str, Words],
    findings: Sequence[Finding],
    altitude: Altitude | None,
    plans: int,
) -> str:
    """One vehicle's profile as HTML, once along the distance and once along the time."""
    if len(course.enu_m) < 2:
        return ""
    axes = (Axis("distance", course.distance_m), Axis("time", course.time_s))
    drawn = (_along(course, axis, zones, names, findings, altitude, plans) for axis in axes)
    return "".join(drawn)


def _along(
    course: Course,
    axis: Axis,
    zones: Sequence[Zone],
    names: dict[str, Words],
    findings: Sequence[Finding],
    altitude: Altitude | None,
    plans: int,
) -> str:
    heights = Heights.of(course)
    kept = course.drawn(DRAWN_POINTS // max(1, plans))
    dense = _thin(len(course.enu_m), DRAWN_POINTS // 2 // max(1, plans))
    touched = list(_touched(course, zones))
    drawn = [
        *(_band(axis, heights, course, zone, inside, near) for zone, inside, near in touched),
        _asked(axis, heights, course, altitude, dense),
        _ground("roofs", axis, heights, course.roof_amsl_m, dense),
        _ground("earth", axis, heights, course.ground_amsl_m, dense),
        _working(axis, heights, course, kept),
        _line("line", axis, heights, course.enu_m[:, 2], kept),
    ]
    words = [
        *_height_ticks(heights),
        *_axis_ticks(axis),
        *(_zone_word(axis, heights, course, zone, names, inside | near) for zone, inside, near in touched),
        *_ends(axis, heights, course),
        *_finding_words(axis, heights, course, findings),
    ]
    return (
        f'<div class="profile by-{axis.name} {colour(course.number - 1)}" data-plan="{course.number - 1}" '
        f'data-end="{number(axis.end)}" data-low="{number(heights.low_m)}" data-high="{number(heights.high_m)}">'
        f'<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'
        f'{"".join(words)}<i class="cursor" hidden></i><i class="spot" hidden></i></div>'
    )


def _thin(count: int, limit: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, max(limit, 2))).round().astype(np.int64))


def _xy(axis: Axis, heights: Heights, values_m: FloatArray, samples: NDArray[np.int64]) -> FloatArray:
    across = axis.values[samples] / axis.end * 1000
    up = (heights.high_m - np.clip(values_m[samples], heights.low_m - 50, heights.high_m + 50)) / heights.span_m * 100
    return np.column_stack([across, up])


def _d(points: FloatArray) -> str:
    """An SVG path through points that are already in the drawing's units."""
    tenths = np.rint(points * [10, 100]).astype(int)
    moved = np.concatenate([[True], (np.diff(tenths, axis=0) != 0).any(axis=1)])
    pairs = (f"{number(x / 10)} {number(y / 100, 2)}" for x, y in tenths[moved])
    return "M" + "L".join(pairs)


def _line(css: str, axis: Axis, heights: Heights, values_m: FloatArray, samples: NDArray[np.int64]) -> str:
    return f'<path class="{css}" d="{_d(_xy(axis, heights, values_m, samples))}"/>'


def _ground(css: str, axis: Axis, heights: Heights, values_m: FloatArray, samples: NDArray[np.int64]) -> str:
    points = _xy(axis, heights, values_m, samples)
    return f'<path class="{css}" d="{_d(points)}V110H{number(points[0][0])}z"/>'


def _working(axis: Axis, heights: Heights, course: Course, kept: NDArray[np.int64]) -> str:
    """Where pictures are taken, as a soft band along the path."""
    bands = (
        _d(_xy(axis, heights, course.enu_m[:, 2], samples))
        for on, samples in runs(course.imaging[kept], kept)
        if on and len(samples) > 1
    )
    return f'<path class="working" d="{"".join(bands)}"/>'


def _asked(axis: Axis, heights: Heights, course: Course, altitude: Altitude | None, samples: NDArray[np.int64]) -> str:
    """The height that was asked for, where the vehicle flies for its task."""
    if altitude is None or course.path is None:
        return ""
    tasks = np.array([item.purpose in FLOWN_FOR_THE_TASK for item in course.plan.items] or [False])
    there = tasks[np.clip(course.path.item, 0, len(tasks) - 1)]
    wanted = (
        altitude.value_m
        + {
            "agl": course.ground_amsl_m,
            "home": np.full(len(there), course.plan.home.alt_amsl_m),
            "amsl": np.zeros(len(there)),
        }[altitude.reference]
    )
    drawn = (_d(_xy(axis, heights, wanted, part)) for on, part in runs(there[samples], samples) if on and len(part) > 1)
    return f'<path class="asked" d="{"".join(drawn)}"/>'


def _touched(course: Course, zones: Sequence[Zone]) -> Iterator[tuple[Zone, NDArray[np.bool_], NDArray[np.bool_]]]:
    """The zones along the path: where the aircraft may drift into each, and where it is near."""
    points = shapely.points(course.enu_m[:, :2])
    for zone in zones:
        if zone.rule == "flight_area" and not math.isfinite(zone.ceiling_m):
            continue
        away = shapely.distance(points, zone.shape_m)
        inside = np.asarray(away <= (0 if zone.rule == "flight_area" else course.profile.position_error_m))
        near = np.asarray(~inside & (away <= course.profile.position_error_m + NEAR_M) & (zone.rule != "flight_area"))
        if inside.any() or near.any():
            yield zone, inside, near


def _limits(zone: Zone, course: Course) -> tuple[FloatArray, FloatArray]:
    """(N,) each: the heights AMSL between which a zone's rule forbids."""
    datum = course.ground_amsl_m if zone.reference == "agl" else np.zeros(len(course.enu_m))
    top = np.full(len(datum), 1e5)
    if zone.rule in {"ceiling", "flight_area"}:
        return datum + zone.ceiling_m, top
    floor = datum + zone.floor_m if math.isfinite(zone.floor_m) else np.full(len(datum), -1e5)
    return floor, datum + zone.ceiling_m if math.isfinite(zone.ceiling_m) else top


def _band(
    axis: Axis,
    heights: Heights,
    course: Course,
    zone: Zone,
    inside: NDArray[np.bool_],
    near: NDArray[np.bool_],
) -> str:
    low, high = _limits(zone, course)
    drawn = []
    for there, css in ((inside, ""), (near, " near")):
        for on, samples in runs(there, np.arange(len(there))):
            if not on:
                continue
            part = samples[_thin(len(samples), 400)]
            upper, lower = _xy(axis, heights, high, part), _xy(axis, heights, low, part)
            drawn.append(f'<path class="band {zone.rule}{css}" d="{_d(np.vstack([upper, lower[::-1]]))}z"/>')
            if zone.rule in {"ceiling", "flight_area"} and not css:
                drawn.append(f'<path class="limit {zone.rule}" d="{_d(lower)}"/>')
    return "".join(drawn)


def _zone_word(
    axis: Axis, heights: Heights, course: Course, zone: Zone, names: dict[str, Words], there: NDArray[np.bool_]
) -> str:
    samples = np.flatnonzero(there)
    longest = max((part for on, part in runs(there, np.arange(len(there))) if on), key=len)
    middle = longest[len(longest) // 2] if zone.rule != "flight_area" else samples[-1]
    left = number(100 * float(axis.values[min(middle, len(axis.values) - 1)]) / axis.end, 2)
    level = float(_limits(zone, course)[0][min(middle, len(axis.values) - 1)])
    if zone.rule in {"ceiling", "flight_area"}:
        if level > heights.high_m:
            return ""
        style = f"left:{left}%;top:{heights.percent(level)}%"
    else:
        style = f"left:{left}%;top:0"
    return f'<span class="zone-word {zone.rule}" style="{style}">{both(names[zone.id])}</span>'


def _height_ticks(heights: Heights) -> Iterator[str]:
    for value in steps(heights.low_m, heights.high_m, 4):
        top = heights.percent(value)
        yield f'<i class="rule" style="top:{top}%"></i><span class="tick y" style="top:{top}%">{value:.0f}</span>'


def _axis_ticks(axis: Axis) -> Iterator[str]:
    size = _round_time(axis.end / 8) if axis.name == "time" else _round(axis.end / 8)
    for count in range(int(axis.end / size) + 1):
        left = number(100 * count * size / axis.end, 2)
        if float(left) <= 97:
            minor = " minor" if count % 2 else ""
            yield f'<span class="tick x{minor}" style="left:{left}%">{axis.said(count * size)}</span>'


def steps(low: float, high: float, count: int) -> Iterator[float]:
    """Round values between two, about so many of them."""
    size = _round((high - low) / count)
    value = math.ceil(low / size) * size
    while value <= high:
        yield value
        value += size


def _round(size: float) -> float:
    """The nearest larger of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(size, 1e-6)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= size)


def _round_time(seconds: float) -> float:
    choices = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((each for each in choices if each >= seconds), 3600.0 * math.ceil(seconds / 3600))


def _ends(axis: Axis, heights: Heights, course: Course) -> Iterator[str]:
    """Take-off, the items that circle or wait, and the landing."""
    if course.path is None:
        return
    yield _sign(axis, heights, course, 0, "▲", "start")
    waiting = [index for index, item in enumerate(course.plan.items) if item.command in WAITING]
    for index in waiting[:MAX_SIGNS]:
        sample = course.at_item(index)
        if sample is not None:
            yield _sign(axis, heights, course, sample, str(index + 1), "number")
    yield _sign(axis, heights, course, len(course.enu_m) - 1, "▼", "end")


def _sign(axis: Axis, heights: Heights, course: Course, sample: int, text: str, css: str) -> str:
    left = number(100 * float(axis.values[sample]) / axis.end, 2)
    top = heights.percent(float(course.enu_m[sample, 2]))
    return f'<span class="sign {css}" style="left:{left}%;top:{top}%">{text}</span>'


def _finding_words(axis: Axis, heights: Heights, course: Course, findings: Sequence[Finding]) -> Iterator[str]:
    for each in findings:
        if each.position is None or course.path is None:
            continue
        frame = course.path.district.frame
        enu = frame.enu_from_geodetic(each.position.lat_deg, each.position.lon_deg, each.position.alt_amsl_m)
        away = np.hypot(course.enu_m[:, 0] - enu[0], course.enu_m[:, 1] - enu[1])
        away += np.abs(course.enu_m[:, 2] - each.position.alt_amsl_m)
        yield _sign(axis, heights, course, int(np.argmin(away)), "!", f"finding {each.severity}")
