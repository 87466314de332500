"""Home, where a file does not say it: the vehicle's own, or the first place, on the ground that the map knows."""

from dataclasses import replace

import msgspec

from fusion.messages import Position
from maps.district import District
from missions.planning.formats.results import Read, Remark


def settled(found: Read, district: District, home: Position | None = None) -> Read:
    """A plan with a home that heights can be measured from.

    Args:
        found: the plan as it was read; returned as it is when its file says where home is, or nothing better is known.
        district: whose terrain gives the height of the first place.
        home: of the vehicle that is to fly it, where it is known.
    """
    if not found.home_assumed:
        return found
    old = found.plan.home
    if home is not None:
        new = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
        remark = Remark("home is where the vehicle says it is", "起飞点取自飞机")
    elif district.terrain.known:
        ground = round(float(district.terrain.height_amsl_m(old.lat_deg, old.lon_deg)), 2)
        new = Position(old.lat_deg, old.lon_deg, ground)
        remark = Remark(
            f"home's height is that of the ground there: {ground:g} m AMSL", f"起飞点海拔取自地形：{ground:g} 米"
        )
    else:
        return found
    up = new.alt_amsl_m - old.alt_amsl_m if found.rally_above_home else 0.0
    rally = tuple(
        msgspec.structs.replace(point, alt_amsl_m=round(point.alt_amsl_m + up, 4)) for point in found.plan.rally
    )
    plan = msgspec.structs.replace(found.plan, home=new, rally=rally)
    return replace(found, plan=plan, remarks=(*found.remarks, remark), home_assumed=False)
