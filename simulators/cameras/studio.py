"""The process that draws and encodes: ``python -m simulators.cameras.studio``, started by `simulators.cameras.crew`.

It reads shots from its standard input and writes access units to its standard output, one after the other, and ends
when its input ends. It is a process of its own so that drawing never holds up the autopilots.
"""

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from maps.district import District
from maps.optics import Pose
from simulators.cameras import messages
from simulators.cameras.encoder import Encoder
from simulators.cameras.messages import CameraSetup, Ready, Setup, Shot, Taken
from simulators.scenery.figures import Figure
from simulators.scenery.scene import Backdrop, Scene
from simulators.scenery.view import View


class Studio:
    """Draws and encodes the pictures of some cameras; keeps the backgrounds of the fixed ones."""

    def __init__(self, scene: Scene, cameras: tuple[CameraSetup, ...]) -> None:
        self._scene = scene
        self._cameras = {camera.sensor_id: camera for camera in cameras}
        self._encoders = {
            c.sensor_id: Encoder(c.sensor_id, c.width_px, c.height_px, c.fps, c.bitrate_kbps) for c in cameras
        }
        self._backdrops: dict[str, Backdrop] = {}
        self._latest: dict[str, Backdrop] = {}
        for camera in cameras:
            if camera.pose is not None:
                self._backdrops[camera.sensor_id] = scene.still(View(messages.pose_of(camera.pose), camera.lens))

    def take(self, shot: Shot) -> Taken:
        """Draw and encode one picture."""
        camera = self._cameras[shot.sensor_id]
        encoder = self._encoders[shot.sensor_id]
        if shot.black:
            black = np.zeros((camera.height_px, camera.width_px, 3), dtype=np.uint8)
            return Taken(encoder.encode(black, shot.time))
        backdrop = self._backdrops.get(shot.sensor_id)
        if backdrop is None:
            assert shot.pose is not None
            backdrop = self._moving(camera, messages.pose_of(shot.pose))
        picture = self._scene.with_figures(backdrop, figures(shot.movers))
        middle = np.array([[camera.width_px / 2, camera.height_px / 2]])
        centre = float(backdrop.depths.at(middle)[0])
        return Taken(encoder.encode(picture, shot.time), centre if np.isfinite(centre) else None)

    def _moving(self, camera: CameraSetup, pose: Pose) -> Backdrop:
        """The background from a moving camera; the one before, where the camera stands still, as on the ground."""
        before = self._latest.get(camera.sensor_id)
        if before is not None and before.view.pose == pose:
            return before
        backdrop = self._latest[camera.sensor_id] = self._scene.moving(View(pose, camera.lens))
        return backdrop


def figures(movers: bytes) -> list[Figure]:
    """The figures in a shot."""
    rows = np.frombuffer(movers, dtype=np.float64).reshape(-1, 9)
    return [
        Figure(row[:3], float(row[3]), bool(row[4]), int(row[5]), float(row[6]), float(row[7]), float(row[8]))
        for row in rows
    ]


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer messages until the source ends."""
    first = messages.read(source)
    if first is None:
        return
    setup = messages.decode_to_studio(first)
    assert isinstance(setup, Setup)
    studio = Studio(Scene(District.load(Path(setup.folder)), setup.seed), setup.cameras)
    sink.write(messages.framed(Ready()))
    sink.flush()
    while (data := messages.read(source)) is not None:
        shot = messages.decode_to_studio(data)
        assert isinstance(shot, Shot)
        sink.write(messages.framed(studio.take(shot)))
        sink.flush()


def main() -> None:
    """Serve standard input and output; what a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    cv2.setNumThreads(1)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, sink)
    except BrokenPipeError:
        return  # the parent is gone


if __name__ == "__main__":
    main()
