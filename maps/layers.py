"""The layers of a district: which columns they have, and what their values must be.

One table, `LAYERS`, says it all; `maps.reading` holds a file against it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeGuard

from maps.grades import GRADES

Kind = Literal["text", "number", "whole", "flag", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what is allowed in it.

    Attributes:
        name: with its unit.
        kind: text, number, whole number, flag (0 or 1) or time (ISO 8601, UTC where it says none).
        required: the layer is refused without it, and no row may leave it empty.
        at_least, at_most: bounds of numbers, themselves allowed unless ``above`` or ``below`` is meant.
        above, below: bounds of numbers, themselves not allowed.
        one_of: the allowed words.
        unique: no two rows may have the same.
    """

    name: str
    kind: Kind
    required: bool = False
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    one_of: tuple[str, ...] = ()
    unique: bool = False

    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.one_of:
            return "one of " + ", ".join(self.one_of)
        bounds = [
            (self.at_least, "at least"),
            (self.above, "more than"),
            (self.at_most, "at most"),
            (self.below, "less than"),
        ]
        words = [f"{word} {bound:g}" for bound, word in bounds if bound is not None]
        noun = {
            "text": "text",
            "number": "a number",
            "whole": "a whole number",
            "flag": "true or false",
            "time": "a time such as 2026-05-01T08:00:00Z",
        }
        return " ".join([noun[self.kind], " and ".join(words)]).strip()


@dataclass(frozen=True, slots=True)
class Layer:
    """A vector layer of a district: ``<name>.gpkg``.

    Attributes:
        geometries: allowed GeoJSON geometry types.
        columns: those Liti knows; others are kept as they are.
        row_check: what must hold between columns of one row; yields (field, message).
    """

    name: str
    geometries: tuple[str, ...]
    columns: tuple[Column, ...]
    row_check: Callable[[dict[str, object]], list[tuple[str, str]]] | None = None

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def _known(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and not math.isnan(value)


def _pair(low: str, high: str) -> Callable[[dict[str, object]], list[tuple[str, str]]]:
    def check(row: dict[str, object]) -> list[tuple[str, str]]:
        lower, upper = row.get(low), row.get(high)
        if _known(lower) and _known(upper) and lower > upper:
            return [(high, f"{upper:g} is less than {low} ({lower:g})")]
        return []

    return check


def _zone(row: dict[str, object]) -> list[tuple[str, str]]:
    problems = _pair("floor_m", "ceiling_m")(row)
    ceiling = row.get("ceiling_m")
    if row.get("rule") == "ceiling" and not _known(ceiling):
        problems.append(("ceiling_m", "is empty, but the rule is ceiling: say how many metres"))
    valid_from, valid_to = row.get("valid_from"), row.get("valid_to")
    if isinstance(valid_from, str) and isinstance(valid_to, str) and valid_from > valid_to:
        problems.append(("valid_to", f"{valid_to} is before valid_from ({valid_from})"))
    return problems


def _camera(row: dict[str, object]) -> list[tuple[str, str]]:
    return _pair("tilt_min_deg", "tilt_max_deg")(row)


ID = Column("id", "text", required=True, unique=True)
NAME = Column("name", "text")
AREAS = ("Polygon", "MultiPolygon")

LAYERS: tuple[Layer, ...] = (
    Layer(
        "buildings",
        AREAS,
        (Column("height_m", "number", required=True, above=0, at_most=1000), Column("base_amsl_m", "number")),
    ),
    Layer(
        "cameras",
        ("Point",),
        (
            ID,
            NAME,
            Column("height_m", "number", required=True, at_least=0, at_most=1000),
            Column("azimuth_deg", "number", required=True, at_least=-360, at_most=360),
            Column("tilt_deg", "number", required=True, at_least=-90, at_most=90),
            Column("hfov_deg", "number", required=True, above=0, below=180),
            Column("vfov_deg", "number", required=True, above=0, below=180),
            Column("width_px", "whole", required=True, at_least=1, at_most=100_000),
            Column("height_px", "whole", required=True, at_least=1, at_most=100_000),
            Column("range_m", "number", above=0),
            Column("ptz", "flag"),
            Column("pan_min_deg", "number", at_least=-360, at_most=360),
            Column("pan_max_deg", "number", at_least=-360, at_most=360),
            Column("tilt_min_deg", "number", at_least=-90, at_most=90),
            Column("tilt_max_deg", "number", at_least=-90, at_most=90),
            Column("stream_url", "text"),
            Column("status", "text"),
        ),
        _camera,
    ),
    Layer(
        "sites",
        ("Point", "MultiPoint", *AREAS),
        (
            ID,
            NAME,
            Column("class", "text", required=True),
            Column("grade", "text", one_of=tuple(grade.name for grade in GRADES)),
        ),
    ),
    Layer(
        "zones",
        AREAS,
        (
            ID,
            NAME,
            Column("rule", "text", required=True, one_of=("flight_area", "no_fly", "ceiling", "alert")),
            Column("floor_m", "number"),
            Column("ceiling_m", "number"),
            Column("reference", "text", one_of=("amsl", "agl")),
            Column("valid_from", "time"),
            Column("valid_to", "time"),
        ),
        _zone,
    ),
    Layer("cells", AREAS, (ID, NAME, Column("owner", "text"))),
    Layer(
        "streets",
        ("LineString", "MultiLineString"),
        (ID, NAME, Column("width_m", "number", above=0, at_most=200)),
    ),
)
