"""What the simulated world may know of a vehicle: the truth, not what the autopilot believes."""

from dataclasses import dataclass

from maps.positions import Geodetic
from simulators.autopilots.settings import Kind


@dataclass(frozen=True, slots=True)
class State:
    """The truth about one vehicle at one moment.

    Attributes:
        id: of the vehicle in the scenario.
        kind: rotorcraft, fixed wing or VTOL.
        time_s: simulated seconds since the autopilot booted.
        position_enu_m: (east, north, up) in the district's local frame.
        geodetic: the same position.
        velocity_enu_mps: (east, north, up) over ground.
        roll_deg, pitch_deg, heading_deg: attitude of the body; heading 0 to 360 from true north.
        gimbal_azimuth_deg: of the camera's optical axis, 0 to 360 from true north.
        gimbal_tilt_deg: of the optical axis, 0 level, negative down.
        gimbal_roll_deg: of the image about the optical axis; 0 when the gimbal keeps the horizon level.
        armed: whether the motors may turn.
        on_ground: whether it stands on the ground.
        mode: ArduPilot's name of the flight mode.
        airspeed_mps: speed through the air.
        battery_fraction: of the charge that is left.
        frames_taken: pictures taken so far.
    """

    id: str
    kind: Kind
    time_s: float
    position_enu_m: tuple[float, float, float]
    geodetic: Geodetic
    velocity_enu_mps: tuple[float, float, float]
    roll_deg: float
    pitch_deg: float
    heading_deg: float
    gimbal_azimuth_deg: float
    gimbal_tilt_deg: float
    gimbal_roll_deg: float
    armed: bool
    on_ground: bool
    mode: str
    airspeed_mps: float
    battery_fraction: float
    frames_taken: int
