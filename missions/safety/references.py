"""References: altitudes that only make sense when they are measured from something else.

Above sea level taken for a height: an item would be flown over `USUAL_HEIGHT_M` above the ground, and its number, read
as an altitude above sea level, is a usual height. The reverse: an item above sea level lies below the ground, and its
number is a usual height.
"""

from collections.abc import Iterator

import numpy as np

from maps.district import District
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.trajectory import altitude_amsl_m
from missions.safety.findings import Finding

USUAL_HEIGHT_M = 150.0
"""Small aircraft are rarely allowed higher above the ground (120 m in the open category of most countries)."""

MISTAKEN_M = 5.0
"""Read in the other reference, a mistaken altitude lies at least so far above the ground."""

_AMSL_FRAMES = frozenset({int(Frame.AMSL), 5})
_LANDINGS = frozenset({Command.LAND, Command.VTOL_LAND})


def reference_findings(plan: Plan, district: District) -> Iterator[Finding]:
    """The first item whose altitude was taken for a height, and the first whose height was taken for an altitude."""
    placed = [i for i, item in enumerate(plan.items) if item.has_place and item.command not in _LANDINGS]
    if not placed:
        return
    lat, lon = np.array([(plan.items[i].lat_deg, plan.items[i].lon_deg) for i in placed]).T
    known = district.terrain.known
    ground = district.terrain.height_amsl_m(lat, lon) if known else np.full(len(placed), plan.home.alt_amsl_m)
    told: set[bool] = set()
    for index, below in zip(placed, ground.tolist(), strict=True):
        item = plan.items[index]
        above, over_sea = altitude_amsl_m(item, plan.home, district) - below, item.frame in _AMSL_FRAMES
        if over_sea in told:
            continue
        if over_sea and above < 0 and MISTAKEN_M <= item.alt_m <= USUAL_HEIGHT_M:
            told.add(over_sea)
            yield _height_for_altitude(index, item, above)
        if not over_sea and above > USUAL_HEIGHT_M and MISTAKEN_M <= item.alt_m - below <= USUAL_HEIGHT_M:
            told.add(over_sea)
            yield _altitude_for_height(index, item, above, item.alt_m - below)


def _altitude_for_height(index: int, item: PlanItem, above_m: float, meant_m: float) -> Finding:
    return Finding(
        "altitude",
        "blocking",
        f"item {index + 1} would fly {above_m:.0f} m above the ground; {item.alt_m:.0f} m above sea level would be "
        f"{meant_m:.0f} m above it: was an altitude above sea level taken for a height? Give the height above home, or "
        "the frame of sea level",
        f"第 {index + 1} 项将离地 {above_m:.0f} 米；若 {item.alt_m:.0f} 米为海拔，则离地 {meant_m:.0f} 米："
        "是否把海拔当成了相对高度？请改为相对起飞点高度，或改用海拔坐标系",
        index,
        margin_m=USUAL_HEIGHT_M - above_m,
    )


def _height_for_altitude(index: int, item: PlanItem, above_m: float) -> Finding:
    return Finding(
        "altitude",
        "blocking",
        f"item {index + 1} lies {-above_m:.0f} m below the ground: was a height of {item.alt_m:.0f} m taken for an "
        "altitude above sea level? Give it in the frame of home",
        f"第 {index + 1} 项位于地面以下 {-above_m:.0f} 米：是否把 {item.alt_m:.0f} 米的相对高度当成了海拔？"
        "请改用相对起飞点的坐标系",
        index,
        margin_m=above_m,
    )
