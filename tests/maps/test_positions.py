"""The local frame against pyproj, and there and back."""

import numpy as np
import pyproj
from hypothesis import given
from hypothesis import strategies as st

from maps.positions import Geodetic, LocalFrame

homes = st.builds(Geodetic, st.floats(-75, 75), st.floats(-179, 179), st.floats(-100, 3000))
offsets = st.tuples(st.floats(-10_000, 10_000), st.floats(-10_000, 10_000), st.floats(-200, 2000))


@given(homes, offsets)
def test_a_position_survives_the_way_there_and_back(home: Geodetic, enu: tuple[float, float, float]) -> None:
    frame = LocalFrame(home)
    back = frame.to_enu(frame.to_geodetic(enu))
    assert np.allclose(back, enu, atol=1e-5)


@given(homes, offsets)
def test_the_frame_agrees_with_proj(home: Geodetic, enu: tuple[float, float, float]) -> None:
    place = LocalFrame(home).to_geodetic(enu)
    pipeline = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={home.lon_deg} +lat_0={home.lat_deg} +h_0={home.alt_amsl_m}"
    )
    expected = pipeline.transform(place.lon_deg, place.lat_deg, place.alt_amsl_m)
    assert np.allclose(expected, enu, atol=1e-4)


@given(homes, st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_its_crs_is_the_frame_to_a_millimetre_at_district_distances(home: Geodetic, east: float, north: float) -> None:
    frame = LocalFrame(home)
    place = frame.to_geodetic((east, north, -(east**2 + north**2) / 2 / 6.371e6))
    x, y = pyproj.Transformer.from_crs(4326, frame.crs, always_xy=True).transform(place.lon_deg, place.lat_deg)
    assert np.hypot(x - east, y - north) < 1e-3 + abs(home.alt_amsl_m) / 6.3e6 * np.hypot(east, north)


def test_arrays_keep_their_shape() -> None:
    frame = LocalFrame(Geodetic(43.86, 125.32, 220.0))
    enu = frame.enu_from_geodetic(np.full((3, 4), 43.87), 125.33, 230.0)
    assert enu.shape == (3, 4, 3)
    lat, _, _ = frame.geodetic_from_enu(enu)
    assert lat.shape == (3, 4) and np.allclose(lat, 43.87)
