"""The table of plan formats, and reading and writing by it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fusion.messages import VehicleKind
from missions.dialects import Autopilot
from missions.plan import Plan
from missions.planning.formats import archive, dji_read, dji_write, geo, kml, qgc, wpl, xmltree
from missions.planning.formats.checked import bad
from missions.planning.formats.jsontext import parse
from missions.planning.formats.results import MAX_FILE_BYTES, Read, Written

Reader = Callable[[bytes, VehicleKind | None], Read]
Writer = Callable[[Plan, Autopilot | None], Written]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of plan files.

    Attributes:
        name: as people call it.
        suffixes: of its files, the usual one first.
        media_type: by which it is served.
        read: from bytes; the kind of aircraft is for files that do not say it.
        write: in the dialect of an autopilot; None where the format is only read.
        carries: what of a plan survives in it, beyond the items.
        max_bytes: of a file that is read.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    read: Reader
    write: Writer | None
    carries: tuple[str, ...] = ()
    max_bytes: int = MAX_FILE_BYTES


def _text(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where its first two bytes say so.

    Raises:
        PlanningError: when it is neither.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise bad(
            f"byte {error.start} is not {name} text: is this a plan file?", f"第 {error.start} 字节不是 {name} 文本"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise bad(f"line {line} holds a null byte: is this a text file?", f"第 {line} 行含有空字节", f"line {line}")
    return text


def _read_json(data: bytes, kind: VehicleKind | None) -> Read:
    """A ``.json`` is QGroundControl's or GeoJSON, by what it says."""
    value = parse(_text(data))
    is_geo = isinstance(value, dict) and value.get("type") is not None and "mission" not in value
    return geo.read_value(value, kind) if is_geo else qgc.read_value(value, kind)


def _read_kml(data: bytes, kind: VehicleKind | None) -> Read:
    """A ``.kml`` is KML, or the template of a DJI file."""
    root = xmltree.parse(data)
    return dji_read.read(None, root, kind) if dji_read.is_dji(root) else kml.read(root, kind)


def _read_kmz(data: bytes, kind: VehicleKind | None) -> Read:
    """A ``.kmz`` is a DJI file, or an archive of one KML document."""
    files = archive.members(data, (".kml", ".wpml"))
    waylines = next((content for name, content in files.items() if name.endswith("waylines.wpml")), None)
    template = next((content for name, content in files.items() if name.endswith("template.kml")), None)
    if waylines is not None:
        root = None if template is None else xmltree.parse(template)
        return dji_read.read(xmltree.parse(waylines), root, kind)
    documents = [content for name, content in files.items() if name.endswith(".kml")]
    if not documents:
        raise bad("the archive holds neither waylines.wpml nor a KML document", "压缩包内没有航线或 KML 文件")
    return _read_kml(template if template is not None else documents[0], kind)


_PLAN_FILE = ("home", "unset parameters", "fence", "ceiling", "rally", "kind", "speed", "purposes", "vehicle", "name")
_EVERYTHING = (*_PLAN_FILE, "figures")

FORMATS: tuple[Format, ...] = (
    Format(
        "QGroundControl plan",
        (".plan", ".mission"),
        "application/json",
        lambda data, kind: qgc.read(_text(data), kind),
        qgc.write,
        _PLAN_FILE,
    ),
    Format(
        "WPL 110",
        (".waypoints", ".txt"),
        "text/plain",
        lambda data, kind: wpl.read(_text(data), kind),
        wpl.write,
        ("home",),
    ),
    Format(
        "GeoJSON",
        (".geojson",),
        "application/geo+json",
        lambda data, kind: geo.read(_text(data), kind),
        geo.write,
        _EVERYTHING,
    ),
    Format(
        "KML",
        (".kml",),
        "application/vnd.google-earth.kml+xml",
        _read_kml,
        kml.write,
        _EVERYTHING,
        archive.MAX_MEMBER_BYTES,
    ),
    Format(
        "DJI WPML",
        (".kmz",),
        "application/vnd.google-earth.kmz",
        _read_kmz,
        dji_write.write,
        ("home",),
    ),
    Format("JSON", (".json",), "application/json", _read_json, None),
)

READABLE: tuple[str, ...] = tuple(suffix for each in FORMATS for suffix in each.suffixes)
"""Suffixes of files that can be read."""

WRITABLE: tuple[str, ...] = tuple(each.suffixes[0] for each in FORMATS if each.write is not None)
"""Suffixes of files that can be written."""


def format_of(suffix: str) -> Format | None:
    """The format that a suffix names, with its dot, in either case; None for one that is not known."""
    return next((each for each in FORMATS if suffix.lower() in each.suffixes), None)


def read(source: Path | bytes, suffix: str | None = None, kind: VehicleKind | None = None) -> Read:
    """Read a plan from a file or its bytes, with what the file said beyond it.

    Args:
        source: the file, or what it holds.
        suffix: which format, when bytes are given.
        kind: of aircraft; by default what the file says, else rotorcraft.

    Raises:
        PlanningError: when it cannot be read; says where.
        OSError: when the file is not there.
    """
    if isinstance(source, Path):
        suffix = suffix or source.suffix
    found = format_of(suffix or "")
    if found is None:
        raise bad(f"plans are read from {', '.join(READABLE)}, not {suffix}", f"可读取的格式：{'、'.join(READABLE)}")
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(found.max_bytes + 1)
    if len(source) > found.max_bytes:
        raise bad(f"the file is larger than {found.max_bytes // 1_000_000} MB: no plan is", "文件过大，不是任务计划")
    return found.read(source, kind)


def read_plan(source: Path | bytes, suffix: str | None = None, kind: VehicleKind | None = None) -> Plan:
    """Read a plan from a file or its bytes; see `read`."""
    return read(source, suffix, kind).plan


def export(plan: Plan, suffix: str, autopilot: Autopilot | None = None) -> Written:
    """A plan as a file of the format that a suffix names, and by name what of the plan the file does not say.

    Args:
        plan: what to write.
        suffix: of a format in `WRITABLE`, or another suffix of it.
        autopilot: whose dialect to write; by default as the plan says it.

    Raises:
        PlanningError: for another suffix, or a plan that the format cannot say at all.
    """
    found = format_of(suffix)
    if found is None or found.write is None:
        raise bad(f"plans are written as {', '.join(WRITABLE)}, not {suffix}", f"可写出：{'、'.join(WRITABLE)}")
    return found.write(plan, autopilot)


def write_plan(plan: Plan, suffix: str, autopilot: Autopilot | None = None) -> bytes:
    """A plan as a file; see `export`."""
    return export(plan, suffix, autopilot).data
