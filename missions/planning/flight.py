"""An aircraft on its way through the items of a plan: where it is, what it has used, and the points it passed."""

from dataclasses import dataclass, field

import numpy as np

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.plan import PathPoint
from missions.planning.profiles import VehicleProfile
from missions.planning.wind import AirMass, air_speed_mps, ground_speed_mps, require_progress

Point = tuple[float, float, float]
"""East, north (m in the district's frame) and height AMSL (m)."""


@dataclass(frozen=True)
class Trajectory:
    """A flown path, each array with one row for each point.

    Attributes:
        enu_m: (N, 3) east and north in the district's frame, and height AMSL.
        time_s: (N,) since take-off.
        item: (N,) index of the item being flown.
        energy_s: (N,) battery used so far, as seconds of cruise.
        either_side: whether it turns back somewhere, and nobody can tell to which side.
    """

    enu_m: FloatArray
    time_s: FloatArray
    item: FloatArray
    energy_s: FloatArray
    either_side: bool = False

    @property
    def distance_m(self) -> float:
        """Length of the path."""
        return float(np.linalg.norm(np.diff(self.enu_m, axis=0), axis=1).sum())

    @property
    def duration_s(self) -> float:
        """From take-off to the last point."""
        return float(self.time_s[-1]) if len(self.time_s) else 0.0

    def path(self, district: District) -> tuple[PathPoint, ...]:
        """The same as the points of a plan's path."""
        lat, lon, _ = district.frame.geodetic_from_enu(
            np.column_stack([self.enu_m[:, :2], self.enu_m[:, 2] - district.frame.origin.alt_amsl_m])
        )
        up = self.enu_m[:, 2]
        above = up - district.terrain.height_amsl_m(lat, lon)
        columns = (lat.tolist(), lon.tolist(), up.tolist(), above.tolist(), self.time_s.tolist(), self.item.tolist())
        return tuple(
            PathPoint(Position(la, lo, height, agl), time, int(item))
            for la, lo, height, agl, time, item in zip(*columns, strict=True)
        )


@dataclass
class Flight:
    """The state of one flight; `missions.planning.hovering` and `missions.planning.wings` move it on.

    Attributes:
        profile: of the aircraft.
        air: the wind.
        speed_mps: asked for: through the air with wings, over the ground for rotorcraft.
        place: where it is.
        heading_rad: of the nose on wings, mathematical angle from east; None before it has one.
        on_wings: False while it hovers or stands.
        corner: the last leg of a rotorcraft that did not stop at its end: course (rad), slope (rad), length (m).
        turn_side: as `missions.planning.guidance.Guidance.side`.
        either_side: as `Trajectory.either_side`, so far.
    """

    profile: VehicleProfile
    air: AirMass
    speed_mps: float
    place: Point
    heading_rad: float | None = None
    on_wings: bool = False
    corner: tuple[float, float, float] | None = None
    turn_side: int = 0
    either_side: bool = False
    time_s: float = 0.0
    energy_s: float = 0.0
    item: int = 0
    rows: list[tuple[float, float, float, float, int, float]] = field(default_factory=list)

    def mark(self) -> None:
        """Keep the present point."""
        self.rows.append((*self.place, self.time_s, self.item, self.energy_s))

    def move(self, place: Point, seconds: float, energy_s: float) -> None:
        """Go to a point in a time, with an energy, and keep it."""
        self.place = place
        self.time_s += seconds
        self.energy_s += energy_s
        self.mark()

    def wait(self, seconds: float, power: float) -> None:
        """Let time pass where it is."""
        if seconds > 0:
            self.move(self.place, seconds, seconds * power)

    def speeds(self, course_rad: float) -> tuple[float, float]:
        """Speed over the ground and through the air on a course.

        Raises:
            PlanningError: when the wind is too strong for it.
        """
        ground = ground_speed_mps(self.profile, self.air, course_rad, self.speed_mps)
        reached = require_progress(float(ground), course_rad, self.speed_mps, self.air)
        return reached, float(air_speed_mps(self.profile, self.air, course_rad, self.speed_mps, ground))

    def trajectory(self) -> Trajectory:
        """All points kept so far."""
        rows = np.array(self.rows, dtype=np.float64).reshape(-1, 6)
        return Trajectory(rows[:, :3], rows[:, 3], rows[:, 4], rows[:, 5], self.either_side)
