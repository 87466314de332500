"""Items: places and wishes written as mission items that ArduPilot and PX4 both take."""

from dataclasses import dataclass

import numpy as np

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Frame, PlanItem
from missions.planning.request import CameraOptics

NADIR_DEG = -90.0


@dataclass(frozen=True)
class Stay:
    """What an aircraft does at a point: hover or circle there.

    Attributes:
        seconds: how long; 0 when turns are counted.
        turns: round the point.
        radius_m: of the circle; aircraft with wings always need one.
        clockwise: seen from above.
    """

    seconds: float = 0.0
    turns: float = 0.0
    radius_m: float = 0.0
    clockwise: bool = True


class ItemWriter:
    """Writes the items of one plan, in order; altitudes are given AMSL and written above home."""

    def __init__(self, district: District, home: Position) -> None:
        self._district = district
        self._home = home
        self.items: list[PlanItem] = []

    def place(self, command: Command, point_m: FloatArray, purpose: str, *params: float | None) -> None:
        """An item at (east, north, AMSL)."""
        origin = self._district.frame.origin
        lat, lon, _ = self._district.frame.geodetic_from_enu(
            np.array([point_m[0], point_m[1], point_m[2] - origin.alt_amsl_m])
        )
        padded = (*params, *([0.0] * 4))[:4]
        self.items.append(
            PlanItem(
                command=int(command),
                frame=int(Frame.HOME),
                lat_deg=round(float(lat), 7),
                lon_deg=round(float(lon), 7),
                alt_m=round(float(point_m[2]) - self._home.alt_amsl_m, 2),
                params=(padded[0], padded[1], padded[2], padded[3]),
                purpose=purpose,
            )
        )

    def waypoint(self, point_m: FloatArray, purpose: str) -> None:
        """Fly through a point; the heading is left to the vehicle."""
        self.place(Command.WAYPOINT, point_m, purpose, 0.0, 0.0, 0.0, None)

    def stay(self, point_m: FloatArray, purpose: str, stay: Stay) -> None:
        """Hover or circle at a point: for so many turns where turns are counted, else for a time.

        A circle is left toward the next place, and on a line from there; autopilots otherwise fly back to the line from
        the circle's middle.
        """
        radius = stay.radius_m if stay.clockwise else -stay.radius_m
        leaving = (1.0, radius, 1.0) if stay.radius_m > 0 else (0.0, 0.0, None)
        if stay.turns > 0:
            self.place(Command.LOITER_TURNS, point_m, purpose, stay.turns, *leaving)
        else:
            self.place(Command.LOITER_TIME, point_m, purpose, stay.seconds, *leaving)

    def look_at(self, point_m: FloatArray) -> None:
        """Keep the camera on a place (east, north, AMSL)."""
        self.place(Command.SET_ROI_LOCATION, point_m, "camera")

    def look_free(self) -> None:
        """The camera need not look at a place any longer."""
        self.order(Command.SET_ROI_NONE, "camera")

    def order(self, command: Command, purpose: str, *params: float) -> None:
        """An item without a place."""
        padded = (*params, *([0.0] * 4))[:4]
        self.items.append(PlanItem(int(command), int(Frame.MISSION), params=padded, purpose=purpose))  # type: ignore[arg-type]

    def speed(self, speed_mps: float, fixed_wing: bool) -> None:
        """Fly at this speed from here on: air speed for aircraft with wings, ground speed for others."""
        self.order(Command.CHANGE_SPEED, "speed", 0.0 if fixed_wing else 1.0, speed_mps, -1.0)

    def look_down(self) -> None:
        """Point the camera straight down."""
        self.order(Command.GIMBAL_PITCHYAW, "camera", NADIR_DEG, 0.0, 0.0, 0.0)

    def trigger(self, every_m: float) -> None:
        """Take a picture every so many metres; 0 ends it."""
        self.order(Command.SET_CAM_TRIGG_DIST, "camera", round(every_m, 1), 0.0, 1.0 if every_m > 0 else 0.0)


def picture_distance_m(height_m: float, camera: CameraOptics) -> float:
    """Distance between pictures that share ``overlap`` of their length with the next."""
    return 2 * height_m * float(np.tan(np.radians(camera.vfov_deg / 2))) * (1 - camera.overlap)


def swath_at_m(height_m: float, camera: CameraOptics) -> float:
    """Width of the ground in a picture taken straight down."""
    return 2 * height_m * float(np.tan(np.radians(camera.hfov_deg / 2)))
