"""Watching: where to stand, off a place, so that the camera sees it over the roofs."""

import math

import numpy as np
from numpy.typing import NDArray

from maps.district import District
from maps.positions import FloatArray
from missions.margins import CLEAR_BY_M
from missions.planning.assembly import Part, home_m
from missions.planning.circling import DEFAULT_RADIUS_M, at_height, enu_m, radius_for, ring, top_m, turns_of
from missions.planning.crew import Member
from missions.planning.footprints import around, aslant, slant_resolution_m
from missions.planning.items import Stay
from missions.planning.request import MissionRequest
from missions.planning.tasks import Note, Share, Work

EYE_LEVEL_M = 1.5
"""What is watched stands so high over the ground."""

BEARING_STEP_DEG = 15


def watch(
    request: MissionRequest,
    district: District,
    member: Member,
    place_m: FloatArray,
    extra_m: float,
    share: Share,
    standoff_m: float,
) -> Work:
    """Watch a place (east, north) for ``stay_s``: rotorcraft hover off it, aircraft with wings circle round it.

    Rotorcraft that watch one place together stand evenly around it.

    Raises:
        PlanningError: when an aircraft with wings cannot circle as near as is asked.
    """
    target = top_m(district, place_m)
    if member.profile.winged:
        return _circle(request, district, member, target, extra_m, standoff_m)
    bearing = _bearing_deg(request, district, member, target) + 360.0 * share.index / share.count
    stand, notes = _stand(request, district, member, target, extra_m, standoff_m, bearing)
    look = target if standoff_m > 0 else None
    part = Part(stand[None, :], "watch", look_at_m=look, run_m=0.0, stay=Stay(seconds=request.stay_s))
    imaged = aslant(stand, target, request.camera)
    return Work((part,), imaged, None, slant_resolution_m(stand, target, request.camera), notes)


def _circle(
    request: MissionRequest,
    district: District,
    member: Member,
    target_m: FloatArray,
    extra_m: float,
    standoff_m: float,
) -> Work:
    radius = radius_for(request, member, standoff_m or None, DEFAULT_RADIUS_M, "standoff_m")
    centre = at_height(district, request, member, target_m, extra_m)
    places = ring(centre, radius, 0.0, 1.0, True)
    eyes = np.column_stack([places, np.full(len(places), centre[2])])
    hidden = round(100 * (1 - float(np.mean(sees(district, eyes, target_m)))))
    notes: tuple[Note, ...] = ()
    if hidden:
        notes = (
            (
                f"buildings hide the place from {hidden} % of the circle: fly higher or circle tighter",
                f"圆周上约 {hidden}% 的位置视线被建筑遮挡：提高高度或减小半径可改善",
            ),
        )
    stay = turns_of(request.stay_s, radius, member)
    part = Part(centre[None, :], "watch", look_at_m=target_m, run_m=0.0, stay=stay)
    resolution = slant_resolution_m(eyes[0], target_m, request.camera)
    return Work((part,), around(eyes, target_m, request.camera), None, resolution, notes)


def _bearing_deg(request: MissionRequest, district: District, member: Member, target_m: FloatArray) -> float:
    """The bearing asked for, else the one that the aircraft comes from; clockwise from north."""
    if request.bearing_deg is not None:
        return request.bearing_deg
    back = home_m(district, member) - target_m
    return math.degrees(math.atan2(back[0], back[1]))


def _stand(
    request: MissionRequest,
    district: District,
    member: Member,
    target_m: FloatArray,
    extra_m: float,
    standoff_m: float,
    bearing_deg: float,
) -> tuple[FloatArray, tuple[Note, ...]]:
    """The place nearest to the bearing asked for that is free to stand in and sees the target."""
    if standoff_m <= 0:
        return at_height(district, request, member, target_m, extra_m), ()
    turns = sorted(range(-180, 180, BEARING_STEP_DEG), key=lambda turn: (abs(turn), turn))
    bearings = np.radians(bearing_deg + np.array(turns))
    places = target_m[:2] + standoff_m * np.column_stack([np.sin(bearings), np.cos(bearings)])
    stands = np.array([at_height(district, request, member, place, extra_m) for place in places])
    free = _free(district, stands, member)
    good = free & sees(district, stands, target_m)
    if good[0]:
        return stands[0], ()
    asked = round(bearing_deg) % 360
    if good.any():
        best = int(np.argmax(good))
        taken = round(bearing_deg + turns[best]) % 360
        why, why_zh = ("hide the place", "遮挡视线") if free[0] else ("stand too near", "过近")
        return stands[best], (
            (
                f"buildings {why} in bearing {asked}°: it stands in bearing {taken}° instead",
                f"方位 {asked}° 处建筑{why_zh}，已改为方位 {taken}°",
            ),
        )
    return stands[0], (
        (
            f"no bearing at {standoff_m:g} m has a free view of the place: fly higher or nearer",
            f"在 {standoff_m:g} 米处任何方位都无法看到目标：请提高高度或靠近",
        ),
    )


def sees(district: District, eyes_m: FloatArray, target_m: FloatArray) -> NDArray[np.bool_]:
    """(N,) whether nothing stands between eyes (N, 3) and what is at a target (3,), heights AMSL."""
    target = enu_m(district, target_m + np.array([0.0, 0.0, EYE_LEVEL_M]))
    return district.surface.visible(enu_m(district, eyes_m), target)


def _free(district: District, stands_m: FloatArray, member: Member) -> NDArray[np.bool_]:
    """(N,) whether places (N, 3) lie far enough over all that is below them and as far aside as the aircraft drifts."""
    angles = np.arange(8) * math.pi / 4
    aside = np.vstack([np.zeros((1, 2)), np.column_stack([np.cos(angles), np.sin(angles)])])
    around_m = stands_m[:, None, :2] + aside * member.profile.position_error_m
    tops = district.surface.top_enu_m(around_m[..., 0], around_m[..., 1]).max(axis=1)
    return np.asarray(enu_m(district, stands_m)[:, 2] - tops >= CLEAR_BY_M)
