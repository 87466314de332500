"""Hops: how far an aircraft flies from the end of one pass to the beginning of another.

Passes are numbered; state 2 i stands for pass i flown as given, state 2 i + 1 for pass i flown the other way. An
aircraft that turns on the spot flies straight; one that turns at a radius flies Dubins paths.
"""

import math
from dataclasses import dataclass

import numpy as np

from maps.positions import FloatArray
from missions.planning.dubins import dubins_lengths
from missions.planning.sweeping.passes import forward

FAR_RADII = 10.0
"""Passes farther apart than this many radii: the straight way and an allowance for turning are near enough."""


@dataclass(frozen=True, eq=False)
class Hops:
    """Costs in metres between the states of N passes.

    Attributes:
        between: (2 N, 2 N) from the end of a state to the beginning of another; flying a hop backwards costs the same:
            between[a, b] == between[b ^ 1, a ^ 1].
        outward: (2 N,) from where the aircraft comes from to the beginning of a state.
        homeward: (2 N,) from the end of a state to there.
    """

    between: FloatArray
    outward: FloatArray
    homeward: FloatArray


def hops(
    ends_m: FloatArray, turn_radius_m: float, run_m: float, start_m: FloatArray | None, start_weight: float
) -> Hops:
    """The costs between passes.

    Args:
        ends_m: (N, 2, 2) passes, as `missions.planning.sweeping.passes.ends_of` gives them.
        turn_radius_m: 0 for an aircraft that turns on the spot.
        run_m: straight flight before and after each pass, part of the hop.
        start_m: (east, north) where the aircraft comes from and returns to; None: anywhere.
        start_weight: how much a metre of the way from and to there counts.
    """
    unit = forward(ends_m)
    entry = np.stack([ends_m[:, 0] - unit * run_m, ends_m[:, 1] + unit * run_m], axis=1).reshape(-1, 2)
    leave = np.stack([ends_m[:, 1] + unit * run_m, ends_m[:, 0] - unit * run_m], axis=1).reshape(-1, 2)
    step = entry[None, :, :] - leave[:, None, :]
    between = np.hypot(step[..., 0], step[..., 1])
    if turn_radius_m > 0:
        heading = np.arctan2(unit[:, 1], unit[:, 0])
        headings = np.stack([heading, heading + math.pi], axis=1).reshape(-1)
        near = between < FAR_RADII * turn_radius_m
        rows, columns = np.nonzero(near)
        leaving = np.column_stack([leave, headings])
        entering = np.column_stack([entry, headings])
        turned = dubins_lengths(leaving[rows], entering[columns], turn_radius_m)
        between += math.pi * turn_radius_m
        between[rows, columns] = turned
    between += 2 * run_m
    outward = homeward = np.zeros(len(entry))
    if start_m is not None:
        outward = start_weight * (np.hypot(*(entry - start_m).T) + run_m)
        homeward = start_weight * (np.hypot(*(leave - start_m).T) + run_m)
    return Hops(between, outward, homeward)
