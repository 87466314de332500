"""Room below: height over terrain and buildings, all along the path and as far aside as the aircraft may drift."""

from collections.abc import Iterator

import numpy as np

from missions.margins import CLEAR_BY_M, DRIFTS, LANDING_CLEAR_BY_M
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath


def obstacle_findings(path: FlightPath) -> Iterator[Finding]:
    """Where the path comes too near to what stands below."""
    room = room_below_m(path)
    wanted = np.full(len(room), CLEAR_BY_M)
    if path.profile.bank_deg is not None:
        ends = [i for i, item in enumerate(path.plan.items) if item.purpose in {"takeoff", "land"}]
        wanted[np.isin(path.item, ends)] = LANDING_CLEAR_BY_M
    short = np.where(path.near_ground, np.inf, room - wanted)
    sample = int(np.argmin(short))
    if short[sample] >= 0:
        return
    yield Finding(
        "terrain",
        "blocking",
        f"the path passes {room[sample]:.0f} m over what stands below, {wanted[sample]:.0f} m are needed: "
        f"fly {-short[sample]:.0f} m higher there",
        f"航线距下方地物仅 {room[sample]:.0f} 米，至少需要 {wanted[sample]:.0f} 米："
        f"请在该处提高 {-short[sample]:.0f} 米",
        item=int(path.item[sample]),
        position=path.position(sample),
        margin_m=float(short[sample]),
    )


def room_below_m(path: FlightPath) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) metres between the path and the highest thing below it or within the lateral error beside it."""
    places = path.enu_m[:, None, :2] + DRIFTS * path.error_m
    tops = path.district.surface.top_enu_m(places[..., 0].ravel(), places[..., 1].ravel())
    highest = np.asarray(tops).reshape(len(path.enu_m), -1).max(axis=1)
    distance = np.hypot(path.enu_m[:, 0], path.enu_m[:, 1])
    up = path.enu_m[:, 2] - path.district.frame.origin.alt_amsl_m - distance**2 / (2 * 6_371_000.0)
    return np.asarray(up - highest)
