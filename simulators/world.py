"""The simulated world: vehicles and movers that step together, the truth about them, and the cameras' poses."""

import math
import random
from typing import Protocol

import numpy as np

from maps import cameras
from maps.district import District
from maps.instants import Instant
from maps.optics import Lens, Pose
from maps.positions import FloatArray, Geodetic, LocalFrame
from simulators.autopilots import Autopilot, CameraSettings, Kind, State, VehicleSettings, WindSettings
from simulators.cameras import messages
from simulators.cameras.messages import CameraSetup
from simulators.movers.states import MoverState
from simulators.movers.traffic import Traffic
from simulators.scenario import CameraSection, Scenario, ScenarioError, VehicleSection
from simulators.truth import TruthLine

_APART_M = 8.0
_LENS_ABOVE_GROUND_M = 0.3


class World:
    """Everything that moves, at one instant; `step` brings it to the next.

    Attributes:
        time: the present instant, UTC seconds.
        vehicles: the autopilots by id.
    """

    def __init__(self, scenario: Scenario, district: District, start: Instant) -> None:
        """Put everything in its place.

        Raises:
            ScenarioError: a fixed camera is not in the district's inventory.
        """
        self.scenario = scenario
        self.district = district
        self.start = start
        self.time = start
        self._surface = district.surface
        self._ground = _Ground(self._surface.ground_enu_m)
        self._sections = {vehicle.id: vehicle for vehicle in scenario.vehicles}
        self.vehicles = {
            section.id: self._autopilot(number, section) for number, section in enumerate(scenario.vehicles)
        }
        movers = scenario.movers
        self._traffic = Traffic(
            district.streets,
            district.frame,
            self._surface.ground_enu_m,
            cars=movers.cars,
            people=movers.people,
            area_m=movers.area_m,
            seed=scenario.seed,
        )
        self._carriers = {s.camera.sensor_id: s.id for s in scenario.vehicles if s.camera is not None}
        self._movers: list[MoverState] | None = None
        self._check_cameras()

    def now(self) -> Instant:
        """The present instant: the world's clock."""
        return self.time

    def begin(self, start: Instant) -> None:
        """Let the scenario begin at an instant; to be called before the first step."""
        self.start = self.time = start

    def skip(self, seconds: float) -> None:
        """Move the clock on without anything happening, where the machine could not keep up."""
        self.time = Instant(self.time + seconds)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the scenario began."""
        return self.time - self.start

    def step(self, dt_s: float) -> None:
        """Let some hundredths of a second pass (at most 0.1 s)."""
        self.time = Instant(self.time + dt_s)
        self._movers = None
        for vehicle in self.vehicles.values():
            vehicle.step(dt_s)
        self._traffic.step(dt_s)

    def movers(self) -> list[MoverState]:
        """People and cars as they are now."""
        if self._movers is None:
            self._movers = self._traffic.states()
        return self._movers

    def truth(self) -> list[TruthLine]:
        """One line for each mover and vehicle."""
        lines = []
        movers = self.movers()
        if movers:
            lat, lon, alt = self.district.frame.geodetic_from_enu([mover.position_enu_m for mover in movers])
            for mover, *place in zip(movers, lat.tolist(), lon.tolist(), alt.tolist(), strict=True):
                lines.append(
                    TruthLine(
                        self.time,
                        mover.id,
                        mover.kind,
                        place[0],
                        place[1],
                        place[2],
                        mover.speed_mps,
                        mover.heading_deg,
                    )
                )
        for state in (vehicle.state for vehicle in self.vehicles.values()):
            at, speed = state.geodetic, math.hypot(*state.velocity_enu_mps)
            kind, heading = state.kind.value, state.heading_deg
            lines.append(TruthLine(self.time, state.id, kind, at.lat_deg, at.lon_deg, at.alt_amsl_m, speed, heading))
        return lines

    def carrier(self, sensor_id: str) -> State | None:
        """The state of the vehicle that carries a camera; None for a fixed camera."""
        vehicle = self._carriers.get(sensor_id)
        return None if vehicle is None else self.vehicles[vehicle].state

    def pose(self, sensor_id: str) -> Pose:
        """Where a camera is now and where it looks."""
        state = self.carrier(sensor_id)
        if state is None:
            return cameras.pose(self.district.cameras_by_id[sensor_id], self.district)
        east, north, up = state.position_enu_m
        ground = self._ground.height_enu_m(east, north)
        place = (east, north, max(up, ground + _LENS_ABOVE_GROUND_M))
        return Pose(place, state.gimbal_azimuth_deg, state.gimbal_tilt_deg, state.gimbal_roll_deg)

    def camera_setups(self) -> tuple[CameraSetup, ...]:
        """All cameras of the scenario, fixed ones first."""
        fixed = self.scenario.fixed_cameras
        setups = []
        for sensor_id in fixed.ids:
            lens = cameras.lens(self.district.cameras_by_id[sensor_id])
            pose = messages.pose_values(self.pose(sensor_id))
            size = (fixed.width_px, fixed.height_px, lens.hfov_deg, lens.vfov_deg)
            setups.append(CameraSetup(sensor_id, *size, fixed.fps, fixed.bitrate_kbps, pose))
        for section in self.scenario.vehicles:
            if (camera := section.camera) is not None:
                lens = airborne_lens(camera)
                size = (lens.width_px, lens.height_px, lens.hfov_deg, lens.vfov_deg)
                setups.append(CameraSetup(camera.sensor_id, *size, camera.fps, camera.bitrate_kbps))
        return tuple(setups)

    def mover_rows(self) -> bytes:
        """People and cars as the studio's shots carry them."""
        rows = [(*m.position_enu_m, m.heading_deg, m.kind == "vehicle", *_shape(m)) for m in self.movers()]
        return np.array(rows, dtype=np.float64).tobytes()

    def _autopilot(self, number: int, section: VehicleSection) -> Autopilot:
        scenario = self.scenario
        wind = WindSettings(scenario.wind.from_deg, scenario.wind.speed_mps, scenario.wind.gust_mps)
        settings = VehicleSettings(
            id=section.id,
            kind=Kind(section.kind),
            system_id=section.system_id,
            position=self._stand(number, section),
            heading_deg=section.heading_deg,
            arming_delay_s=section.arming_delay_s,
            battery_minutes=section.battery_minutes,
            camera=None if section.camera is None else camera_settings(section.camera),
        )
        return Autopilot(
            settings,
            frame=self.district.frame,
            terrain=self._ground,
            wind=wind,
            clock=self.now,
            rng=random.Random(f"{scenario.seed}/{section.id}"),
        )

    def _stand(self, number: int, section: VehicleSection) -> Geodetic:
        frame: LocalFrame = self.district.frame
        if section.lat_deg is not None and section.lon_deg is not None:
            enu = frame.enu_from_geodetic(section.lat_deg, section.lon_deg, frame.origin.alt_amsl_m)
        else:
            enu = np.array([(number % 5) * _APART_M, (number // 5) * _APART_M, 0.0])
        return frame.to_geodetic([enu[0], enu[1], self._ground.height_enu_m(float(enu[0]), float(enu[1]))])

    def _check_cameras(self) -> None:
        unknown = [each for each in self.scenario.fixed_cameras.ids if each not in self.district.cameras_by_id]
        if unknown:
            raise ScenarioError(
                f"fixed_cameras.ids: {', '.join(unknown)} is not in the cameras of {self.district.folder}"
            )


def _shape(mover: MoverState) -> tuple[float, float, float, float]:
    shape = mover.shape
    return shape.look, shape.length_m, shape.width_m, shape.height_m


class _Ground:
    """The district's ground for one place at a time."""

    def __init__(self, heights: "_Heights") -> None:
        self._heights = heights

    def height_enu_m(self, east: float, north: float) -> float:
        """Up of the ground, metres."""
        return float(self._heights(np.array([east]), np.array([north]))[0])


class _Heights(Protocol):
    """The signature of a function that gives "up" of the ground at arrays of east and north."""

    def __call__(self, east_m: FloatArray, north_m: FloatArray, /) -> FloatArray: ...


def airborne_lens(camera: CameraSection) -> Lens:
    """An aircraft's lens: square pixels."""
    half = math.tan(math.radians(camera.hfov_deg) / 2) * camera.height_px / camera.width_px
    return Lens(camera.width_px, camera.height_px, camera.hfov_deg, 2 * math.degrees(math.atan(half)))


def camera_settings(camera: CameraSection) -> CameraSettings:
    """What the autopilot tells of the camera."""
    lens = airborne_lens(camera)
    return CameraSettings(lens.width_px, lens.height_px, lens.hfov_deg, lens.vfov_deg)
