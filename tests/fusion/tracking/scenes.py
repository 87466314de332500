"""Seeded scenes for the tracker: targets with a known truth, and what sensors report of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.gospa import IdentityCount, gospa
from fusion.tracking import Tracker, TrackerSettings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scan:
    """What was seen at one instant, and what was there."""

    time_s: float
    positions_m: Array
    covariances_m2: Array
    truth_m: Array
    source: NDArray[np.intp]
    """Which target each observation comes from; -1 for clutter."""


@dataclass(frozen=True)
class Scene:
    """Targets that move at nearly constant velocity in a square, and one sensor that sees all of it."""

    targets: int = 20
    seconds: float = 40.0
    rate_hz: float = 5.0
    side_m: float = 3000.0
    sigma_m: float = 2.0
    detection: float = 0.9
    clutter: float = 5.0
    acceleration: float = 0.05
    speed_mps: float = 8.0
    turning: bool = False
    seed: int = 1

    def scans(self) -> Iterator[Scan]:
        rng = np.random.default_rng(self.seed)
        dt = 1 / self.rate_hz
        place = rng.uniform(0.05, 0.95, (self.targets, 2)) * self.side_m
        heading = rng.uniform(0, 2 * np.pi, self.targets)
        speed = rng.uniform(0.1, 1.0, self.targets) * self.speed_mps
        velocity = np.column_stack([np.cos(heading), np.sin(heading)]) * speed[:, None]
        turn = np.zeros(self.targets)
        for step in range(int(self.seconds * self.rate_hz)):
            if self.turning:
                starts = rng.random(self.targets) < 0.05 * dt * 2
                turn = np.where(starts, rng.choice([-0.6, 0.6], self.targets), turn)
                turn = np.where(rng.random(self.targets) < 0.4 * dt, 0.0, turn)
                cos, sin = np.cos(turn * dt), np.sin(turn * dt)
                velocity = np.column_stack(
                    [cos * velocity[:, 0] - sin * velocity[:, 1], sin * velocity[:, 0] + cos * velocity[:, 1]]
                )
            push = rng.normal(0, np.sqrt(self.acceleration * dt), (self.targets, 2))
            place = place + velocity * dt + push * dt / 2
            velocity = velocity + push
            velocity = np.where((place < 0) | (place > self.side_m), -velocity, velocity)
            seen = np.flatnonzero(rng.random(self.targets) < self.detection)
            false = rng.poisson(self.clutter)
            points = np.vstack(
                [
                    place[seen] + rng.normal(0, self.sigma_m, (len(seen), 2)),
                    rng.uniform(0, self.side_m, (false, 2)),
                ]
            )
            order = rng.permutation(len(points))
            source = np.concatenate([seen, np.full(false, -1)])[order]
            noise = np.tile(np.eye(2) * self.sigma_m**2, (len(points), 1, 1))
            yield Scan(step * dt, points[order], noise, place.copy(), source)


@dataclass(frozen=True)
class Outcome:
    """How well a tracker did."""

    gospa_m: float
    switches: int
    missed: float
    false: float
    rms_m: float
    nees: float
    scan_ms: float


def judge(scene: Scene, settings: TrackerSettings | None = None, after_s: float = 0.0) -> Outcome:
    tracker = Tracker(settings)
    identities = IdentityCount()
    rows, squares, nees, spent = [], [], [], []
    for scan in scene.scans():
        begun = time.perf_counter()
        tracker.update(scan.time_s, scan.positions_m, scan.covariances_m2)
        tracks = tracker.tracks(scan.time_s)
        spent.append(time.perf_counter() - begun)
        shown = np.isin(tracks.status, ["confirmed", "coasting"])
        positions, covariances, ids = tracks.positions_m[shown], tracks.covariances_m2[shown], tracks.ids[shown]
        result = gospa(scan.truth_m, positions)
        identities.note(list(range(len(scan.truth_m))), ids.tolist(), result.pairs)
        if scan.time_s < after_s:
            continue
        rows.append((result.value_m, result.missed, result.false))
        apart = positions[result.pairs[:, 1]] - scan.truth_m[result.pairs[:, 0]]
        squares.extend((apart**2).sum(axis=1))
        nees.extend(np.einsum("ni,nij,nj->n", apart, np.linalg.inv(covariances[result.pairs[:, 1]]), apart))
    mean = np.mean(rows, axis=0)
    return Outcome(
        float(mean[0]),
        identities.switches,
        float(mean[1]),
        float(mean[2]),
        float(np.sqrt(np.mean(squares))),
        float(np.mean(nees)),
        float(np.median(spent) * 1e3),
    )


def limit(scene: Scene, after_s: float = 0.0) -> float:
    """Mean GOSPA of a Kalman filter that is told which observation is of which target, and the noise of the scene."""
    dt, q = 1 / scene.rate_hz, max(scene.acceleration, 1e-6)
    F = np.block([[np.eye(2), dt * np.eye(2)], [np.zeros((2, 2)), np.eye(2)]])
    Q = q * np.block([[dt**3 / 3 * np.eye(2), dt**2 / 2 * np.eye(2)], [dt**2 / 2 * np.eye(2), dt * np.eye(2)]])
    R = np.eye(2) * scene.sigma_m**2
    mean: dict[int, Array] = {}
    spread: dict[int, Array] = {}
    values = []
    for scan in scene.scans():
        mean = {target: F @ value for target, value in mean.items()}
        spread = {target: F @ value @ F.T + Q for target, value in spread.items()}
        for point, target in zip(scan.positions_m, scan.source.tolist(), strict=True):
            if target < 0:
                continue
            if target not in mean:
                mean[target] = np.concatenate([point, [0.0, 0.0]])
                spread[target] = np.diag([*np.diag(R), 64.0, 64.0])
                continue
            K = spread[target][:, :2] @ np.linalg.inv(spread[target][:2, :2] + R)
            mean[target] = mean[target] + K @ (point - mean[target][:2])
            spread[target] = spread[target] - K @ spread[target][:2]
        if scan.time_s >= after_s:
            estimates = np.array([value[:2] for value in mean.values()]).reshape(-1, 2)
            values.append(gospa(scan.truth_m, estimates).value_m)
    return float(np.mean(values))
