"""What must be watched and what must be kept to: sites, zones and the responsibility grid."""

from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from maps.generator.streets import Block
from maps.positions import FloatArray

Row = dict[str, Any]

PLACES: tuple[tuple[str, tuple[float, float], str, str], ...] = (
    # use of the block, where (east, north), name, name in English
    ("hospital", (930.0, 620.0), "南岭区中心医院", "Nanling Central Hospital"),
    ("school", (-790.0, 760.0), "松泉小学", "Songquan Primary School"),
    ("school", (1120.0, -720.0), "云台中学", "Yuntai Middle School"),
    ("school", (-620.0, -1120.0), "晴浦小学", "Qingpu Primary School"),
    ("prison", (-1420.0, -1240.0), "岭西看守所", "Lingxi Detention Centre"),
    ("station", (240.0, -1380.0), "南岭客运站", "Nanling Coach Station"),
    ("government", (420.0, 1120.0), "南岭区政务中心", "Nanling Government Centre"),
    ("market", (-420.0, 330.0), "鹤原农贸市场", "Heyuan Market"),
    ("market", (780.0, -180.0), "锦宁百货", "Jinning Department Store"),
    ("park", (-980.0, -260.0), "柏林公园", "Bailin Park"),
    ("park", (1380.0, 1260.0), "澄泉公园", "Chengquan Park"),
    ("park", (-1350.0, 1300.0), "枫岭公园", "Fengling Park"),
    ("square", (330.0, -520.0), "春原广场", "Chunyuan Square"),
    ("utility", (1560.0, -1300.0), "南岭变电站", "Nanling Substation"),
    ("utility", (-1600.0, 420.0), "岭北水厂", "Lingbei Waterworks"),
)
CORNERED = tuple(
    (name, name_en) for _, _, name, name_en in PLACES if name in {"春原广场", "南岭客运站", "鹤原农贸市场", "柏林公园"}
)
"""Places with a camera in each corner."""
_GRADE = {"school": "outline", "government": "outline", "prison": "outline"}
_NO_FLY = {"hospital", "prison", "government", "utility"}
_NO_FLY_SCHOOLS = {"松泉小学", "云台中学"}


def sites(places: dict[str, Block], crossings: list[FloatArray]) -> list[Row]:
    """Every place's lot, the gates of schools and hospital as points, and busy crossings."""
    rows: list[Row] = []

    def add(geometry: Any, name: str, name_en: str, kind: str, grade: str) -> None:
        number = f"site-{len(rows) + 1:02d}"
        rows.append(
            {"id": number, "name": name, "name_en": name_en, "class": kind, "grade": grade, "geometry": geometry}
        )

    for use, _, name, name_en in PLACES:
        add(places[name].lot, name, name_en, use, _GRADE.get(use, "overview"))
    for name, name_en, gate in gates(places):
        add(gate, name, name_en, "gate", "perceive")
    for k, (east, north) in enumerate(crossings, start=1):
        add(Point(float(east), float(north)), f"重点路口{k}", f"Busy crossing {k}", "crossing", "discern")
    return rows


def gates(places: dict[str, Block]) -> list[tuple[str, str, Point]]:
    """Names and places of the gates of schools, hospital and station."""
    with_gate = [(name, name_en) for use, _, name, name_en in PLACES if use in ("school", "hospital", "station")]
    return [(f"{name}门口", f"{name_en} gate", _gate(places[name])) for name, name_en in with_gate]


def _gate(block: Block) -> Point:
    """On the sidewalk before the middle of the side that faces home."""
    middle = np.array(block.middle)
    ray = shapely.LineString([middle, middle * 0.2])
    edge = shapely.get_coordinates(ray.intersection(block.lot.exterior))[0]
    return Point(np.round(edge - middle / np.linalg.norm(middle) * 2.0, 2))


def zones(places: dict[str, Block], half_m: float) -> list[Row]:
    """Flight area, no-fly, lower ceiling and alert zones."""
    rows: list[Row] = []

    def add(geometry: Polygon, name: str, name_en: str, rule: str, ceiling_m: float | None) -> None:
        number = f"zone-{len(rows) + 1:02d}"
        levels = {"floor_m": 0.0, "ceiling_m": ceiling_m, "reference": "agl", "valid_from": None, "valid_to": None}
        rows.append({"id": number, "name": name, "name_en": name_en, "rule": rule} | levels | {"geometry": geometry})

    far = half_m - 60
    rim = [(-far, -far + 260), (-far + 240, -far), (far - 180, -far), (far, -far + 220), (far, far - 150)]
    rim += [(far - 260, far), (-far + 160, far), (-far, far - 240)]
    add(Polygon(rim), "南岭飞行区", "Nanling flight area", "flight_area", 120.0)
    for use, _, name, name_en in PLACES:
        if use in _NO_FLY or name in _NO_FLY_SCHOOLS:
            around = places[name].outline.buffer(25, join_style="mitre")
            add(around, f"{name}禁飞区", f"{name_en} no-fly zone", "no_fly", None)
    low = Polygon([(-300, -1720), (620, -1760), (700, -1120), (-220, -1060)])
    add(low, "客运站限高区", "Coach station low ceiling", "ceiling", 80.0)
    add(places["春原广场"].outline.buffer(30), "春原广场警戒区", "Chunyuan Square alert zone", "alert", None)
    add(places["柏林公园"].outline.buffer(10), "柏林公园警戒区", "Bailin Park alert zone", "alert", None)
    return rows


def cells(half_m: float, size_m: float = 500.0) -> list[Row]:
    """Squares of the responsibility grid, lettered from the west and numbered from the south, each with an owner."""
    owners = (("岭东派出所", 0.0), ("岭北派出所", 90.0), ("岭西派出所", 180.0), ("岭南派出所", 270.0))
    rows: list[Row] = []
    count = int(2 * half_m / size_m)
    for i in range(count):
        for j in range(count):
            west, south = -half_m + i * size_m, -half_m + j * size_m
            bearing = np.degrees(np.arctan2(south + size_m / 2, west + size_m / 2)) % 360
            owner = min(owners, key=lambda item: abs((bearing - item[1] + 180) % 360 - 180))[0]
            name = f"{'ABCDEFGHIJ'[i]}{j + 1}"
            box = shapely.box(west, south, west + size_m, south + size_m)
            rows.append({"id": f"cell-{name}", "name": name, "owner": owner, "geometry": box})
    return rows
