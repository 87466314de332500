"""The report of a headless demonstration, and its verdict."""

import statistics
from typing import Any

import msgspec
import numpy as np

from service.demo.judge import TrackingScore

READY_LIMIT_S = 10.0
POSITION_LIMIT_M = 3.0
DELIVERY_LIMIT_MS = 200.0
LATENCY_LIMIT_MS = 700.0
MEMORY_LIMIT_MB = 700.0
FRAME_RATE_LIMIT = 5.0
MIN_WIDTH_PX, MIN_HEIGHT_PX = 640, 360


class VehicleReport(msgspec.Struct, frozen=True):
    """One aircraft's flight."""

    id: str
    kind: str
    autopilot: str
    mission_state: str
    items: int
    items_reached: int
    items_read_back_equal: bool
    distance_m: float


class MissionReport(msgspec.Struct, frozen=True):
    """One mission."""

    id: str
    kind: str
    state: str


class RefusalReport(msgspec.Struct, frozen=True):
    """A plan that was brought to be refused, and what it was refused with."""

    mission: str
    rule: str
    message: str
    message_zh: str
    margin_m: float


class VideoReport(msgspec.Struct, frozen=True):
    """One camera's video."""

    sensor_id: str
    protocol: str
    frames: int
    frames_per_s: float
    width_px: int
    height_px: int
    latency_ms_p95: float | None


class CoverageReport(msgspec.Struct, frozen=True):
    """What the district's cameras cover."""

    cameras: int
    area_m2: float
    sites: int
    sites_covered: int


class TrackingReport(msgspec.Struct, frozen=True):
    """What moved, against the truth."""

    truth_targets: int
    gospa_mean_m: float | None
    position_median_m: float | None
    id_switches: int
    matched_share: float
    latency_ms_p95: float | None


class PictureReport(msgspec.Struct, frozen=True):
    """How the picture reached the client."""

    entities: int
    deltas: int
    delivery_ms_p99: float | None
    resyncs: int


class Verdict(msgspec.Struct, frozen=True):
    """Whether all is well, and if not, why."""

    ok: bool
    reasons: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """The whole; written as JSON by ``--report``."""

    seed: int
    seconds: float
    ready_s: float | None
    memory_mb: float
    vehicles: tuple[VehicleReport, ...]
    missions: tuple[MissionReport, ...]
    video: tuple[VideoReport, ...]
    coverage: CoverageReport
    tracking: TrackingReport
    picture: PictureReport
    refusal: RefusalReport | None
    verdict: Verdict


def percentile(values: Any, share: float) -> float | None:
    """The value below which that share (percent) of the values lies; None of none."""
    numbers = list(values)
    return round(float(np.percentile(numbers, share)), 1) if numbers else None


def tracking_report(score: TrackingScore, latency_ms: Any) -> TrackingReport:
    """The figures of a comparison with the truth."""
    return TrackingReport(
        truth_targets=score.truth_targets,
        gospa_mean_m=round(statistics.fmean(score.gospa_m), 2) if score.gospa_m else None,
        position_median_m=round(statistics.median(score.errors_m), 2) if score.errors_m else None,
        id_switches=score.id_switches,
        matched_share=round(len(score.errors_m) / score.chances, 3) if score.chances else 0.0,
        latency_ms_p95=percentile(latency_ms, 95),
    )


def judge(
    *,
    ready_s: float | None,
    memory_mb: float,
    vehicles: tuple[VehicleReport, ...],
    missions: tuple[MissionReport, ...],
    video: tuple[VideoReport, ...],
    tracking: TrackingReport,
    picture: PictureReport,
    refusal: RefusalReport | None,
    expected_vehicles: int,
    expected_video: int,
    failures: tuple[str, ...] = (),
) -> Verdict:
    """Every way in which the demonstration fell short of what it promises."""
    reasons = list(failures)

    def expect(condition: bool, reason: str) -> None:
        if not condition:
            reasons.append(reason)

    expect(ready_s is not None and ready_s <= READY_LIMIT_S, f"first picture after {ready_s} s, not {READY_LIMIT_S} s")
    expect(len(vehicles) == expected_vehicles, f"{len(vehicles)} of {expected_vehicles} vehicles flew a plan")
    for vehicle in vehicles:
        expect(vehicle.mission_state == "done", f"{vehicle.id} is {vehicle.mission_state}, its plan not completed")
        expect(vehicle.items > 0, f"{vehicle.id} flew no items")
        reached = f"{vehicle.items_reached} of {vehicle.items}"
        expect(vehicle.items_reached == vehicle.items, f"{vehicle.id} reached {reached} items")
        expect(vehicle.items_read_back_equal, f"{vehicle.id}: the items read back are not those sent")
    for mission in missions:
        expect(mission.state == "done", f"mission {mission.id} is {mission.state}")
    expect(refusal is not None, "a plan through a school's no-fly zone was not refused")
    decoded = [each for each in video if each.frames > 0]
    expect(len(decoded) == expected_video, f"{len(decoded)} of {expected_video} videos decoded")
    for stream in decoded:
        expect(
            stream.width_px >= MIN_WIDTH_PX and stream.height_px >= MIN_HEIGHT_PX,
            f"{stream.sensor_id}: {stream.width_px}x{stream.height_px} is too small a picture",
        )
        expect(
            stream.frames_per_s >= FRAME_RATE_LIMIT,
            f"{stream.sensor_id}: {stream.frames_per_s:.1f} frames a second, not {FRAME_RATE_LIMIT:g}",
        )
    for what, value, limit, unit in (
        ("median position error", tracking.position_median_m, POSITION_LIMIT_M, "m"),
        ("sensor time to picture, p95", tracking.latency_ms_p95, LATENCY_LIMIT_MS, "ms"),
        ("picture delivery, p99", picture.delivery_ms_p99, DELIVERY_LIMIT_MS, "ms"),
        ("service memory", memory_mb, MEMORY_LIMIT_MB, "MB"),
    ):
        expect(value is not None and value <= limit, f"{what} is {value} {unit}, not {limit:g} {unit}")
    return Verdict(ok=not reasons, reasons=tuple(reasons))
