"""Room below: height over terrain and buildings, under every piece of air and as far aside as it may be missed."""

from collections.abc import Iterator

import numpy as np
import shapely

from maps.positions import FloatArray
from missions.safety.findings import Finding
from missions.safety.swept import Swept


def obstacle_findings(air: Swept) -> Iterator[Finding]:
    """Where the air comes too near to what stands below."""
    room = room_below_m(air)
    short = room - air.clearance_m
    piece = int(np.argmin(short)) if len(short) else 0
    if not len(short) or short[piece] >= 0:
        return
    wanted = air.clearance_m[piece]
    yield Finding(
        "terrain",
        "blocking",
        f"the path passes {room[piece]:.0f} m over what stands below, {wanted:.0f} m are needed: "
        f"fly {-short[piece]:.0f} m higher there",
        f"航线距下方地物仅 {room[piece]:.0f} 米，至少需要 {wanted:.0f} 米：请在该处提高 {-short[piece]:.0f} 米",
        item=int(air.item[piece]),
        position=air.position(piece),
        margin_m=float(short[piece]),
    )


def room_below_m(air: Swept) -> FloatArray:
    """(M,) metres between the lowest height of each piece and the highest thing below it or within its error aside.

    Buildings that leave the room that is needed are passed over: few reach up to where aircraft fly.
    """
    up = air.up_m(air.low_amsl_m)
    room = air.low_amsl_m - air.ground_beside_m
    surface = air.district.surface
    tops, footprints = surface.prisms.tops_up_m, surface.prisms.polygons
    if not len(footprints) or not len(air):
        return np.asarray(room)
    piece, building = surface.tree.query(air.around)
    tall = up[piece] - tops[building] < air.clearance_m[piece]
    piece, building = piece[tall], building[tall]
    near = shapely.dwithin(footprints[building], air.shapes[piece], air.error_m)
    piece, building = piece[near], building[near]
    np.minimum.at(room, piece, up[piece] - tops[building])
    return np.asarray(room)
