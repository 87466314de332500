"""Heights of DJI waylines: above the take-off point, above the ellipsoid, above the sea, or above the ground.

``executeHeightMode`` of waylines.wpml is relativeToStartPoint, WGS84 (the ellipsoid) or realTimeFollowSurface;
``heightMode`` of template.kml is relativeToStartPoint, EGM96 (the sea), aboveGroundLevel or realTimeFollowSurface.
What lies between ellipsoid and sea differs from place to place by up to 107 m and no grid is at hand, so it is taken
from the file: from a waypoint of the template with both heights; else heights are taken above the reference take-off
point, whose own height is above the ellipsoid too.
"""

from dataclasses import dataclass

from fusion.messages import Position
from missions.plan import Frame
from missions.planning.formats.checked import latitude, longitude, number, optional_number, shown
from missions.planning.formats.results import Remarks
from missions.planning.formats.xmltree import Element

MAX_SEPARATION_M = 110.0
"""The geoid lies within 107 m of the ellipsoid everywhere (EGM96)."""


@dataclass(frozen=True, slots=True)
class Heights:
    """What a file tells about its heights.

    Attributes:
        home: the reference take-off point, height AMSL; None where the file has none.
        home_ellipsoid_m: height of it above the ellipsoid.
        separation_m: ellipsoid to sea; None where the file does not tell.
    """

    home: Position | None
    home_ellipsoid_m: float | None
    separation_m: float | None

    def taken(self, height_m: float, mode: str, where: str, remarks: Remarks) -> tuple[int, float]:
        """Frame and height of a plan item for a height of the file."""
        match mode:
            case "relativeToStartPoint":
                return int(Frame.HOME), height_m
            case "EGM96":
                return int(Frame.AMSL), height_m
            case "aboveGroundLevel" | "realTimeFollowSurface":
                return int(Frame.TERRAIN), height_m
            case "WGS84":
                return self._from_ellipsoid(height_m, where, remarks)
        remarks.add(
            f"the height mode {shown(mode)} is not known: heights are taken to be above the take-off point",
            f"未知高度模式 {shown(mode)}：按相对起飞点计",
            where,
        )
        return int(Frame.HOME), height_m

    def _from_ellipsoid(self, height_m: float, where: str, remarks: Remarks) -> tuple[int, float]:
        if self.separation_m is not None:
            return int(Frame.AMSL), round(height_m - self.separation_m, 3)
        if self.home_ellipsoid_m is not None:
            return int(Frame.HOME), round(height_m - self.home_ellipsoid_m, 3)
        remarks.add(
            "heights are above the ellipsoid, and the file does not say how far that is from the sea: taken as above"
            " the sea, which can be wrong by tens of metres",
            "高度为椭球高，文件未给出与海拔的差值：按海拔处理，误差可达数十米",
            where,
        )
        return int(Frame.AMSL), height_m


def heights_of(config: Element | None, template: Element | None, remarks: Remarks) -> Heights:
    """What a mission configuration and a template tell about heights."""
    separation = _separation(template)
    text = config.said("takeOffRefPoint") if config is not None else None
    if config is None or text is None:
        return Heights(None, None, separation)
    where = f"<takeOffRefPoint> in line {config.line}"
    parts = (*text.split(","), "", "", "")
    lat, lon = latitude(parts[0], where), longitude(parts[1], where)
    up = optional_number(parts[2], where) or 0.0
    if lat == 0 and lon == 0:
        return Heights(None, None, separation)
    return Heights(Position(lat, lon, _sea_level(config, up, separation, where, remarks)), up, separation)


def _sea_level(config: Element, up_m: float, separation_m: float | None, where: str, remarks: Remarks) -> float:
    """Height of the take-off point above the sea: by its documentation takeOffRefPointAGLHeight, where it can be."""
    if separation_m is not None:
        return round(up_m - separation_m, 3)
    said = optional_number(config.said("takeOffRefPointAGLHeight"), where)
    if said is not None and (said == up_m or (said != 0 and abs(said - up_m) <= MAX_SEPARATION_M)):
        return said
    remarks.home_assumed = True
    remarks.add(
        "home's height is above the ellipsoid and taken as above the sea",
        "起飞点高度为椭球高，按海拔处理",
        where,
    )
    return up_m


def _separation(template: Element | None) -> float | None:
    """Ellipsoid to sea, from the first waypoint of a template with both of its heights."""
    for folder in (each for each in template.walk() if each.name == "Folder") if template is not None else ():
        system = folder.child("waylineCoordinateSysParam")
        if system is None or system.said("heightMode") != "EGM96":
            continue
        for placemark in folder.all("Placemark"):
            ellipsoid, sea = placemark.said("ellipsoidHeight"), placemark.said("height")
            if ellipsoid is not None and sea is not None:
                apart = number(ellipsoid, placemark.where) - number(sea, placemark.where)
                if abs(apart) <= MAX_SEPARATION_M:
                    return apart
    return None
