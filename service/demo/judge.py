"""The judge: what a client was told, held against what was true.

Twice a second the client's picture is sampled: where it says things move, and which ground it says it sees. Afterwards
each sample is compared with the truth of the same instant: the truth targets that count are those on ground that the
picture claimed to see. Distances are GOSPA's (Rahmathullah, Garcia-Fernandez, Svensson, FUSION 2017) with c = 20 m,
p = 2 and alpha = 2, whose optimal assignment also tells the position error of each pair.
"""

import bisect
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from fusion.gospa import IdentityCount, gospa
from maps.district import District
from maps.positions import FloatArray

CUTOFF_M = 20.0
ORDER = 2.0
EXTRAPOLATE_S = 1.5
SHOWN = frozenset({"confirmed", "coasting"})
MOVERS = frozenset({"person", "vehicle"})


@dataclass(frozen=True)
class Sample:
    """A client's picture at one instant, as far as it is judged.

    Attributes:
        time: when.
        track_ids: (N,) ids of confirmed and coasting tracks.
        tracks_m: (N, 2) where they are said to be, east and north.
        seen: the ground that sensors are said to see, in local metres.
    """

    time: float
    track_ids: tuple[str, ...]
    tracks_m: FloatArray
    seen: shapely.Geometry


@dataclass
class TrackingScore:
    """What the comparison gave.

    Attributes:
        truth_targets: distinct things that were on seen ground.
        gospa_m: one value a sample.
        errors_m: distance of every matched pair.
        id_switches: how often a thing's track changed its name.
        matched: of all chances to see a thing, how many had a track within the cut-off.
    """

    truth_targets: int = 0
    gospa_m: list[float] = field(default_factory=list)
    errors_m: list[float] = field(default_factory=list)
    id_switches: int = 0
    chances: int = 0


def take_sample(
    entities: dict[str, dict[str, Any]], fixed_seen: shapely.Geometry, district: District, now: float
) -> Sample:
    """A sample of a client's entities."""
    ids, places = [], []
    seen = [fixed_seen]
    for entity in entities.values():
        if entity["kind"] == "footprint" and entity.get("geometry") and entity["stale_time"] > now:
            seen.append(to_local(shape(entity["geometry"]), district))
        if entity["kind"] != "track" or entity["properties"].get("status") not in SHOWN:
            continue
        ahead = min(max(now - entity["time"], 0.0), EXTRAPOLATE_S)
        place = entity["position"]
        enu = district.frame.enu_from_geodetic(place["lat_deg"], place["lon_deg"], place["alt_amsl_m"])[:2]
        velocity = entity.get("velocity_enu_mps") or (0.0, 0.0, 0.0)
        ids.append(entity["id"])
        places.append(enu + np.asarray(velocity[:2]) * ahead)
    return Sample(now, tuple(ids), np.array(places).reshape(-1, 2), shapely.union_all(seen))


def to_local(geometry: shapely.Geometry, district: District) -> shapely.Geometry:
    """A geometry in degrees as one in local metres."""
    coordinates = shapely.get_coordinates(geometry)
    origin = district.frame.origin.alt_amsl_m
    enu = district.frame.enu_from_geodetic(coordinates[:, 1], coordinates[:, 0], np.full(len(coordinates), origin))
    flat = shapely.set_coordinates(shapely.force_2d(geometry), enu[:, :2])
    return shapely.make_valid(flat)


class Truth:
    """The truth file: where every mover was, at any instant between its lines."""

    def __init__(self, path: Path, district: District) -> None:
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for row in _lines(path):
            if row["kind"] in MOVERS:
                rows.setdefault(str(row["id"]), []).append((row["time"], row["lat_deg"], row["lon_deg"]))
        self._times: dict[str, list[float]] = {}
        self._places: dict[str, FloatArray] = {}
        for name, values in rows.items():
            array = np.array(values)
            enu = district.frame.enu_from_geodetic(array[:, 1], array[:, 2], district.frame.origin.alt_amsl_m)
            self._times[name] = array[:, 0].tolist()
            self._places[name] = enu[:, :2]

    def at(self, time: float) -> tuple[list[str], FloatArray]:
        """Names and places (N, 2) of the movers that the file covers at an instant."""
        names, places = [], []
        for name, times in self._times.items():
            index = bisect.bisect_left(times, time)
            if not 0 < index < len(times) or times[index] - times[index - 1] > 2.0:
                continue
            share = (time - times[index - 1]) / (times[index] - times[index - 1])
            before, after = self._places[name][index - 1], self._places[name][index]
            names.append(name)
            places.append(before + (after - before) * share)
        return names, np.array(places).reshape(-1, 2)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a truth file; a last line that was cut off is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def score(samples: list[Sample], truth: Truth) -> TrackingScore:
    """Compare all samples with the truth."""
    result = TrackingScore()
    targets: set[str] = set()
    identities = IdentityCount()
    for sample in samples:
        names, places = truth.at(sample.time)
        if not names:
            continue
        on_seen = shapely.contains_xy(sample.seen, places[:, 0], places[:, 1])
        names = [name for name, seen in zip(names, on_seen, strict=True) if seen]
        places = places[on_seen]
        targets.update(names)
        near = _worth_judging(sample, places)
        tracks, ids = sample.tracks_m[near], [i for i, keep in zip(sample.track_ids, near, strict=True) if keep]
        measured = gospa(places, tracks, c_m=CUTOFF_M, p=ORDER)
        result.gospa_m.append(measured.value_m)
        result.errors_m += measured.distances_m.tolist()
        result.chances += len(names)
        identities.note(names, ids, measured.pairs)
    result.id_switches = identities.switches
    result.truth_targets = len(targets)
    return result


def _worth_judging(sample: Sample, places: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tracks on seen ground, or near a thing on seen ground: one that has just left is neither false nor missed."""
    if not len(sample.tracks_m):
        return np.zeros(0, dtype=bool)
    inside = shapely.contains_xy(sample.seen, sample.tracks_m[:, 0], sample.tracks_m[:, 1])
    if len(places):
        distances = np.linalg.norm(sample.tracks_m[:, None] - places[None], axis=2).min(axis=1)
        inside |= distances < CUTOFF_M
    return np.asarray(inside)
