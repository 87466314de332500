"""Ground resolution: whether what is imaged is as fine as the request asks for."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from missions.plan import Command, PlanItem
from missions.planning.request import CameraOptics
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath

ROUNDING = 1.01
"""A pixel may be so much wider than asked for before it is told."""


def resolution_findings(path: FlightPath, camera: CameraOptics | None) -> Iterator[Finding]:
    """Where the camera images the ground below in wider pixels than asked for; nothing where nothing is asked for."""
    if camera is None or camera.ground_resolution_m is None:
        return
    imaging = np.isin(path.item, _imaging(path.plan.items))
    if not imaging.any():
        return
    asked = camera.ground_resolution_m
    per_metre = 2 * math.tan(math.radians(camera.hfov_deg / 2)) / camera.width_px
    wide = np.where(imaging, (path.enu_m[:, 2] - path.ground_amsl_m) * per_metre, 0.0)
    sample = int(np.argmax(wide))
    if wide[sample] <= asked * ROUNDING:
        return
    share = float((wide[imaging] > asked * ROUNDING).mean())
    above = camera.height_for_m(asked)
    yield Finding(
        "resolution",
        "warning",
        f"pixels are up to {wide[sample] * 100:.1f} cm wide on the ground, {asked * 100:.1f} cm are asked for, on "
        f"{share:.0%} of what is imaged: fly at most {above:.0f} m above the ground there",
        f"地面分辨率最差 {wide[sample] * 100:.1f} 厘米，要求 {asked * 100:.1f} 厘米，占成像航段的 {share:.0%}："
        f"请在该处将离地高度降至 {above:.0f} 米以内",
        item=int(path.item[sample]),
        position=path.position(sample),
        excess=float(wide[sample] - asked),
    )


def _imaging(items: tuple[PlanItem, ...]) -> NDArray[np.intp]:
    """Indices of items on whose way the camera takes pictures straight below, by the plan's own camera commands."""
    on, aside, found = False, False, []
    for index, item in enumerate(items):
        if item.command == Command.SET_CAM_TRIGG_DIST:
            on = (item.params[0] or 0.0) > 0
        elif item.command in (Command.IMAGE_START_CAPTURE, Command.VIDEO_START_CAPTURE):
            on = True
        elif item.command in (Command.IMAGE_STOP_CAPTURE, Command.VIDEO_STOP_CAPTURE):
            on = False
        elif item.command in (Command.SET_ROI_LOCATION, Command.SET_ROI_NONE):
            aside = item.command == Command.SET_ROI_LOCATION
        elif on and not aside:
            found.append(index)
    return np.array(found, dtype=np.intp)
