"""What a tracker assumes of the world and of its sensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SensorModel:
    """How well a sensor sees.

    Attributes:
        detection_probability: that a visible thing in view gives an observation; the start of a running estimate.
        clutter_per_m2: false observations a scan and square metre.
    """

    detection_probability: float = 0.9
    clutter_per_m2: float = 1e-6

    def __post_init__(self) -> None:
        if not 0.0 < self.detection_probability < 1.0:
            raise ValueError("detection_probability must lie between 0 and 1, both excluded")
        if not 0.0 < self.clutter_per_m2 < math.inf:
            raise ValueError("clutter_per_m2 must be positive")


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What a `fusion.tracking.Tracker` assumes.

    Attributes:
        sensor: the model of sensors that `sensors` does not name.
        sensors: models by sensor name.
        noise_m2ps3: spectral density of the white acceleration noise of each motion model, calm first.
        sojourn_s: mean time a thing keeps to each motion model.
        start_speed_mps: standard deviation of each velocity component of a new track.
        gate: squared Mahalanobis distance within which an observation may belong to a track (16: 99.97 % in 2-D).
        start_existence: probability that an observation which no track explains is a real thing.
        confirm_existence: a track is confirmed from this probability of existence …
        confirm_hits: … and this many observations.
        drop_existence: a confirmed track is dropped below this.
        drop_tentative: a tentative track is dropped below this.
        drop_sigma_m: a track is dropped when its position is known no better than this (root mean square of the axes).
        tentative_s: a tentative track is dropped when it was not seen for so long.
        coast_s: any track is dropped when it was not seen for so long.
        coasting_after_s: a confirmed track is called coasting when it was not seen for so long.
        death_per_s: rate at which things cease to exist.
        hide_per_s: rate at which a visible thing becomes hidden (behind a tree, or standing still before a detector of
            motion).
        show_per_s: rate at which a hidden thing becomes visible.
        look_s: looks at one thing closer together than this are not independent: their misses count for less.
        merge_m: tracks closer together than this may be one thing.
        merge_gate: squared Mahalanobis distance of positions within which they are.
        apart_s: two tracks that one scan saw as two are not merged for so long.
        window_s: batches that come this late are handled as if they had come in order.
        max_tracks: no further tracks are started beyond this.
        max_observations: of one batch; the rest is not read.
    """

    sensor: SensorModel = field(default_factory=SensorModel)
    sensors: Mapping[str, SensorModel] = field(default_factory=dict)
    noise_m2ps3: tuple[float, ...] = (0.05, 6.0)
    sojourn_s: tuple[float, ...] = (12.0, 3.0)
    start_speed_mps: float = 8.0
    gate: float = 16.0
    start_existence: float = 0.1
    confirm_existence: float = 0.95
    confirm_hits: int = 3
    drop_existence: float = 0.1
    drop_tentative: float = 0.005
    drop_sigma_m: float = 10.0
    tentative_s: float = 1.0
    coast_s: float = 10.0
    coasting_after_s: float = 0.6
    death_per_s: float = 0.02
    hide_per_s: float = 0.02
    show_per_s: float = 0.3
    look_s: float = 0.2
    merge_m: float = 5.0
    merge_gate: float = 6.0
    apart_s: float = 4.0
    window_s: float = 1.0
    max_tracks: int = 20_000
    max_observations: int = 2_000

    def __post_init__(self) -> None:
        if len(self.noise_m2ps3) != len(self.sojourn_s) or not self.noise_m2ps3:
            raise ValueError("noise_m2ps3 and sojourn_s need one value for each motion model, and at least one")
        if min(*self.noise_m2ps3, *self.sojourn_s, self.start_speed_mps, self.gate) <= 0:
            raise ValueError("noise_m2ps3, sojourn_s, start_speed_mps and gate must be positive")
        if self.window_s < 0:
            raise ValueError("window_s must not be negative")

    def model(self, sensor: str) -> SensorModel:
        """The model of a sensor."""
        return self.sensors.get(sensor, self.sensor)
