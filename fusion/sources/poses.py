"""Poses over time: where a camera was at the very instant of a frame."""

import threading
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass

import msgspec
import numpy as np
from scipy.spatial.transform import Rotation

from fusion.klv import SensorMetadata, angles_of
from fusion.messages import CameraPose, Position, VehicleState
from maps.optics import Pose
from maps.positions import LocalFrame

_KEPT = 64
_SAME_S = 0.002
_GAP_AT_MOST_S = 1.0  # between two poses that are interpolated
_AHEAD_AT_MOST_S = 0.35  # beyond the newest pose
_DRIFT_DEG_PER_S = 2.0  # how much an extrapolated angle may be wrong
_DRIFT_MPS = 1.0


class PoseTrack:
    """The recent poses of one camera, in the order of their times; may be used from several threads."""

    def __init__(self) -> None:
        self._poses: deque[CameraPose] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(self, pose: CameraPose) -> None:
        """Take in a pose; one that is older than the newest by more than a second starts anew (the clock was set)."""
        with self._lock:
            if self._poses and pose.time < self._poses[-1].time - 1.0:
                self._poses.clear()
            if self._poses and pose.time <= self._poses[-1].time:
                return
            self._poses.append(pose)

    @property
    def newest(self) -> CameraPose | None:
        """The newest pose."""
        with self._lock:
            return self._poses[-1] if self._poses else None

    def at(self, time: float) -> CameraPose | None:
        """The pose at an instant: interpolated, or carried on for a third of a second at most; else None."""
        with self._lock:
            poses = list(self._poses)
        index = bisect_left(poses, time - _SAME_S, key=lambda pose: pose.time)
        if index < len(poses) and abs(poses[index].time - time) <= _SAME_S:
            return msgspec.structs.replace(poses[index], time=time)
        if index == 0:
            return None
        if index < len(poses):
            before, after = poses[index - 1], poses[index]
            return between(before, after, time) if after.time - before.time <= _GAP_AT_MOST_S else None
        ahead = time - poses[-1].time
        if ahead > _AHEAD_AT_MOST_S:
            return None
        if len(poses) == 1 or poses[-1].time - poses[-2].time > _GAP_AT_MOST_S:
            return _less_sure(msgspec.structs.replace(poses[-1], time=time), ahead)
        return _less_sure(between(poses[-2], poses[-1], time), ahead)


def between(first: CameraPose, second: CameraPose, time: float) -> CameraPose:
    """The pose at an instant on the straight way, and the even turn, from one pose to another (or beyond)."""
    part = (time - first.time) / (second.time - first.time)
    start = Rotation.from_matrix(_turned(first).enu_from_camera)
    turn = Rotation.from_matrix(_turned(second).enu_from_camera) * start.inv()
    azimuth, tilt, roll = angles_of((Rotation.from_rotvec(turn.as_rotvec() * part) * start).as_matrix())

    def mixed(a: float, b: float) -> float:
        return a + (b - a) * part

    one, other = first.position, second.position
    return CameraPose(
        time=time,
        position=Position(
            mixed(one.lat_deg, other.lat_deg),
            mixed(one.lon_deg, other.lon_deg),
            mixed(one.alt_amsl_m, other.alt_amsl_m),
        ),
        azimuth_deg=azimuth,
        tilt_deg=tilt,
        roll_deg=roll,
        hfov_deg=mixed(first.hfov_deg, second.hfov_deg),
        vfov_deg=mixed(first.vfov_deg, second.vfov_deg),
        position_sigma_m=max(first.position_sigma_m, second.position_sigma_m),
        angle_sigma_deg=max(first.angle_sigma_deg, second.angle_sigma_deg),
    )


def _turned(pose: CameraPose) -> Pose:
    return Pose((0.0, 0.0, 0.0), pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)


def _less_sure(pose: CameraPose, ahead_s: float) -> CameraPose:
    return msgspec.structs.replace(
        pose,
        position_sigma_m=float(np.hypot(pose.position_sigma_m, _DRIFT_MPS * ahead_s)),
        angle_sigma_deg=float(np.hypot(pose.angle_sigma_deg, _DRIFT_DEG_PER_S * ahead_s)),
    )


def pose_of_vehicle(state: VehicleState, hfov_deg: float | None, vfov_deg: float | None) -> CameraPose | None:
    """The pose of an aircraft's camera as its telemetry tells; None where position or gimbal angles are missing.

    Telemetry is not taken at the frame's instant and does not tell the gimbal's roll, so angles are trusted less.
    """
    if state.position is None or state.camera_azimuth_deg is None or state.camera_tilt_deg is None or not hfov_deg:
        return None
    if vfov_deg is None:
        vfov_deg = float(np.degrees(2 * np.arctan(np.tan(np.radians(hfov_deg) / 2) * 9 / 16)))
    return CameraPose(
        time=state.time,
        position=state.position,
        azimuth_deg=state.camera_azimuth_deg,
        tilt_deg=state.camera_tilt_deg,
        roll_deg=0.0,
        hfov_deg=hfov_deg,
        vfov_deg=vfov_deg,
        position_sigma_m=2.0,
        angle_sigma_deg=2.0,
    )


def local_pose(pose: CameraPose, frame: LocalFrame) -> Pose:
    """The pose in a district's local frame.

    Angles are taken over as they are: the local frame's axes differ from those at the camera by 9 millidegrees for each
    kilometre from its origin.
    """
    place = pose.position
    east, north, up = frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)
    return Pose((float(east), float(north), float(up)), pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)


@dataclass(frozen=True, slots=True)
class _Stamped:
    time: float
    pts_s: float | None


class MetadataClock:
    """Tells the time of a frame that has none of its own, from the metadata that came with it.

    Tied by presentation time where both have one; else by the order of arrival, as many real streams need.
    """

    def __init__(self) -> None:
        self._stamps: deque[_Stamped] = deque(maxlen=_KEPT)

    def add(self, metadata: SensorMetadata, pts_s: float | None) -> None:
        """Take in a packet and its presentation time, if it has one."""
        if metadata.time is not None:
            self._stamps.append(_Stamped(metadata.time, pts_s))

    def time_of(self, pts_s: float | None) -> float | None:
        """The sensor's time of a frame with this presentation time."""
        if not self._stamps:
            return None
        tied = [stamp for stamp in self._stamps if stamp.pts_s is not None]
        if pts_s is not None and tied:
            best = min(tied, key=lambda stamp: abs((stamp.pts_s or 0.0) - pts_s))
            off = pts_s - (best.pts_s or 0.0)
            if abs(off) <= 1.0:
                return best.time + off
        return self._stamps[-1].time
