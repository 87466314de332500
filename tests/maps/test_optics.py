"""Pixels to rays and back, and what the angles of a pose mean."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maps.optics import Lens, Pose

lenses = st.builds(Lens, st.integers(16, 8000), st.integers(16, 8000), st.floats(2, 150), st.floats(2, 150))
poses = st.builds(
    Pose,
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(-50, 300)),
    st.floats(-360, 360),
    st.floats(-90, 90),
    st.floats(-180, 180),
)


@given(lenses, poses, st.floats(0, 1), st.floats(0, 1), st.floats(1, 3000))
def test_a_point_on_a_pixels_ray_is_seen_at_that_pixel(
    lens: Lens, pose: Pose, u: float, v: float, distance: float
) -> None:
    pixel = np.array([u * lens.width_px, v * lens.height_px])
    point = np.asarray(pose.position_enu_m) + distance * pose.rays_enu(lens, pixel)
    assert np.allclose(pose.pixels(lens, point), pixel, atol=1e-3 * max(lens.width_px, lens.height_px) / 16)


@given(poses)
def test_the_camera_axes_are_a_right_handed_rotation(pose: Pose) -> None:
    axes = pose.enu_from_camera
    assert np.allclose(axes @ axes.T, np.eye(3)) and np.isclose(np.linalg.det(axes), 1)


def test_angles_mean_what_they_say() -> None:
    east = Pose((0, 0, 0), azimuth_deg=90, tilt_deg=0).enu_from_camera
    assert np.allclose(east[:, 2], [1, 0, 0]) and np.allclose(east[:, 0], [0, -1, 0])
    down = Pose((0, 0, 0), azimuth_deg=0, tilt_deg=-30).enu_from_camera
    assert np.allclose(down[:, 2], [0, np.sqrt(3) / 2, -0.5])
    rolled = Pose((0, 0, 0), azimuth_deg=0, tilt_deg=0, roll_deg=10).enu_from_camera
    assert rolled[2, 0] < 0  # the image's right side goes down


def test_a_point_behind_has_no_pixel() -> None:
    lens = Lens(640, 360, 60, 36)
    assert np.isnan(Pose((0, 0, 0), 0, 0).pixels(lens, [0, -10, 0])).all()
