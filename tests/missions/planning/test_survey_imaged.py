"""Surveys: what single pictures along the flown path show, counted apart from planning."""

import math

import numpy as np
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Plan
from missions.planning import MissionRequest, draft
from missions.planning.profiles import profile
from missions.planning.request import CameraOptics

NOW = Instant(1_790_000_000.0)


def request(district: District, area_m: Polygon | MultiPolygon, **more: object) -> MissionRequest:
    def degrees(ring: shapely.LinearRing) -> list[list[float]]:
        corners = np.asarray(ring.coords)[:, :2]
        lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([corners, np.zeros(len(corners))]))
        return [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]

    parts = [[degrees(ring) for ring in (each.exterior, *each.interiors)] for each in shapely.get_parts(area_m)]
    geometry = {"type": "MultiPolygon", "coordinates": parts}
    return MissionRequest.model_validate({"kind": "survey", "geometry": geometry, **more})


def flown(district: District, plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """East and north (N, 2), heights above the ground (N,), and (N,) whether the way there is one with pictures."""
    at = np.array([(p.position.lat_deg, p.position.lon_deg, p.position.alt_amsl_m) for p in plan.path])
    places = district.frame.enu_from_geodetic(at[:, 0], at[:, 1], at[:, 2])[:, :2]
    heights = np.array([p.position.alt_agl_m for p in plan.path])
    return places, heights, np.array([plan.items[p.item].purpose == "survey" for p in plan.path])


def pictures(district: District, plan: Plan, camera: CameraOptics, wind: tuple[float, float]) -> list[Polygon]:
    """The ground of each picture: one where a pass begins, then one each time the trigger's distance is flown."""
    every = next(i.params[0] for i in plan.items if i.command == Command.SET_CAM_TRIGG_DIST and i.params[0])
    wide, long = (math.tan(math.radians(angle / 2)) for angle in (camera.hfov_deg, camera.vfov_deg))
    places, heights, working = flown(district, plan)
    found, since = [], every
    for index in range(1, len(places)):
        if not working[index]:
            since = every
            continue
        step = places[index] - places[index - 1]
        length = float(np.hypot(*step))
        due = every - since
        while due <= length and length > 0:
            share = due / length
            place = places[index - 1] + step * share
            height = heights[index - 1] + (heights[index] - heights[index - 1]) * share
            nose = step / length
            if profile(plan.vehicle_kind).winged:
                course = step / length
                beside = wind[0] * course[1] - wind[1] * course[0]
                crab = math.asin(beside / plan.speed_mps)  # the nose is turned against the wind
                nose = np.array(
                    [
                        course[0] * math.cos(crab) - course[1] * math.sin(crab),
                        course[0] * math.sin(crab) + course[1] * math.cos(crab),
                    ]
                )
            side = np.array([-nose[1], nose[0]])
            ahead, across = nose * height * long, side * height * wide
            found.append(
                Polygon(
                    [place + ahead + across, place + ahead - across, place - ahead - across, place - ahead + across]
                )
            )
            due += every
        since = length - (due - every)
    return found


def areas() -> st.SearchStrategy[Polygon | MultiPolygon]:
    """Within some hundred metres east of the home: convex, concave, holed, in parts, thin."""
    rectangle = st.builds(
        lambda width, height, turn, east, north: affinity.translate(
            affinity.rotate(box(0, 0, width, height), turn, origin=(0, 0)), east, north
        ),
        st.floats(20, 500),
        st.floats(60, 500),
        st.floats(0, 180),
        st.floats(-200, 200),
        st.floats(-200, 200),
    )

    def area(added: list[Polygon], hole: bool) -> Polygon | MultiPolygon:
        made = shapely.union_all(added)
        left = made.difference(made.centroid.buffer(30)) if hole else made
        assert isinstance(left, Polygon | MultiPolygon)
        return left

    return st.builds(area, st.lists(rectangle, min_size=1, max_size=3), st.booleans())


DOWNWIND = affinity.translate(affinity.rotate(box(0, 0, 120, 297.4409), 94.10796, origin=(0, 0)), 0, 185.33236)
"""Entered with the wind from behind, out of a turn right behind the take-off: a long run is needed to be in line."""


@example(DOWNWIND.difference(DOWNWIND.centroid.buffer(30)), "vtol", (70.0, 8.0), (0.75, 0.5), 81.64233)
@given(
    areas(),
    st.sampled_from(["rotorcraft", "fixed_wing", "vtol"]),
    st.sampled_from([None, (0.0, 6.0), (70.0, 8.0), (225.0, 4.0)]),
    st.sampled_from([(0.6, 0.3), (0.75, 0.5), (0.3, 0.1)]),
    st.floats(60, 120),
)
@settings(deadline=None, max_examples=12, derandomize=True)
def test_single_pictures_show_the_whole_area(
    area: Polygon | MultiPolygon,
    kind: str,
    wind: tuple[float, float] | None,
    laps: tuple[float, float],
    height: float,
) -> None:
    district = District.embedded()
    camera = {"overlap": laps[0], "sidelap": laps[1]}
    more: dict[str, object] = {"vehicles": {"kind": kind}, "camera": camera, "altitude": {"value_m": height}}
    toward = (0.0, 0.0)
    if wind is not None:
        more["wind"] = {"from_deg": wind[0], "speed_mps": wind[1]}
        toward = (-wind[1] * math.sin(math.radians(wind[0])), -wind[1] * math.cos(math.radians(wind[0])))
    asked = request(district, area, **more)
    shots = []
    for plan in draft(asked, district, [], NOW):  # several flights where a battery is not enough
        places, _, working = flown(district, plan)
        assert np.isfinite(places).all()
        # Nothing is flown far from the area but the way from and to home.
        assert shapely.MultiPoint(places[working]).within(area.convex_hull.buffer(150))
        assert plan.imaged is not None
        shots += pictures(district, plan, asked.camera, toward)
    shown = shapely.union_all(shots, grid_size=1e-3)
    assert shown.intersection(area).area >= 0.998 * area.area
