"""What is said of who sees a point."""

from typing import Literal

import msgspec

from fusion.messages import Health


class Sight(msgspec.Struct, frozen=True, omit_defaults=True):
    """One sensor that sees the point.

    Attributes:
        px_per_m: pixel density there, of a surface that faces the camera.
        grade: by IEC 62676-4:2025; left out below the lowest.
        distance_m: from the camera.
        pixel: where in the picture, from the upper left corner.
        health: of the video, where there is a stream.
    """

    sensor_id: str
    kind: Literal["fixed", "airborne"]
    px_per_m: float
    distance_m: float
    pixel: tuple[float, float]
    grade: str | None = None
    health: Health | None = None


class Visibility(msgspec.Struct, frozen=True):
    """What is seen of a point.

    Attributes:
        alt_amsl_m: of the point.
        seen_by: sensors, the sharpest first.
    """

    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    seen_by: tuple[Sight, ...]
