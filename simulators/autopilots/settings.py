"""What one simulated vehicle is: its kind, where it stands at the start, its camera, battery and temper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from maps.positions import Geodetic


class Kind(StrEnum):
    """The airframes that are simulated; VTOL is a quadplane."""

    ROTORCRAFT = "rotorcraft"
    FIXED_WING = "fixed_wing"
    VTOL = "vtol"


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """The lens and picture of the camera in the gimbal; what CAMERA_FOV_STATUS and CAMERA_INFORMATION tell of it."""

    width_px: int = 640
    height_px: int = 360
    hfov_deg: float = 60.0
    vfov_deg: float = 36.0


@dataclass(frozen=True, slots=True)
class VehicleSettings:
    """One vehicle.

    Attributes:
        id: the name it has in the scenario.
        kind: rotorcraft, fixed wing or VTOL.
        system_id: MAVLink system id, 1 to 250.
        position: where it stands; its height is taken from the ground when there is terrain.
        heading_deg: where its nose points at the start, from true north.
        arming_delay_s: from the first heartbeat until arming in a mode that needs a position is accepted.
        battery_minutes: hover (or cruise) time of a full battery.
        battery_fraction: charge at the start, 0 to 1.
        camera: its camera, or None for a vehicle without camera and gimbal.
        announces_gimbal: answer a request for GIMBAL_MANAGER_INFORMATION. ArduPilot 4.6 in simulation acknowledges the
            request and never sends it; autopilots with a real gimbal do.
        parameters: parameter values that differ from the defaults, by ArduPilot name.
    """

    id: str = "uav-1"
    kind: Kind = Kind.ROTORCRAFT
    system_id: int = 1
    position: Geodetic = field(default=Geodetic(43.86, 125.32, 220.0))
    heading_deg: float = 0.0
    arming_delay_s: float = 41.0
    battery_minutes: float = 25.0
    battery_fraction: float = 1.0
    camera: CameraSettings | None = field(default=CameraSettings())
    announces_gimbal: bool = False
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.system_id <= 250:
            raise ValueError(f"vehicle {self.id!r}: system_id is {self.system_id}; choose one from 1 to 250")
        if self.battery_minutes <= 0:
            raise ValueError(f"vehicle {self.id!r}: battery_minutes is {self.battery_minutes}; it must be above 0")
        if self.arming_delay_s < 0:
            raise ValueError(f"vehicle {self.id!r}: arming_delay_s is {self.arming_delay_s}; it cannot be negative")
