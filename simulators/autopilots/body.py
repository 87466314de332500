"""The vehicle's body: where it is, how it moves and how it is turned. The airframes move it; all others read it."""

from dataclasses import dataclass
from math import hypot

from simulators.autopilots.places import Place


@dataclass(slots=True)
class Body:
    """Motion of the vehicle. Angles in radians, aerospace convention (right wing down, nose up, clockwise from north).

    Attributes:
        place: of the vehicle.
        east_mps, north_mps, up_mps: velocity over ground.
        roll, pitch, yaw: attitude; yaw in -pi to pi.
        roll_rate, pitch_rate, yaw_rate: radians a second.
        airspeed_mps: true airspeed (of a rotorcraft: relative to the air, any direction).
        throttle: 0 to 1.
        lift: what the lift rotors of a plane carry, as a share of what hovering needs.
        on_ground: whether it stands (or rolls) on the ground.
        touchdown_mps: sink rate at which it last met the ground.
        ground_amsl: height of the ground beneath.
    """

    place: Place
    yaw: float
    ground_amsl: float
    east_mps: float = 0.0
    north_mps: float = 0.0
    up_mps: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    roll_rate: float = 0.0
    pitch_rate: float = 0.0
    yaw_rate: float = 0.0
    airspeed_mps: float = 0.0
    throttle: float = 0.0
    lift: float = 0.0
    on_ground: bool = True
    touchdown_mps: float = 0.0

    @property
    def ground_speed_mps(self) -> float:
        """Horizontal speed over ground."""
        return hypot(self.east_mps, self.north_mps)

    @property
    def height_m(self) -> float:
        """Height above the ground beneath."""
        return self.place.amsl - self.ground_amsl

    def stop(self) -> None:
        """Stand still."""
        self.east_mps = self.north_mps = self.up_mps = 0.0
        self.roll_rate = self.pitch_rate = self.yaw_rate = 0.0
