"""The cameras' streams: asks for each camera's pictures in turn, and sends them where they are watched."""

import math
import random

import numpy as np

from maps.positions import Geodetic
from simulators.cameras import messages
from simulators.cameras.crew import Crew
from simulators.cameras.messages import CameraSetup, Setup, Shot, Taken
from simulators.cameras.units import AccessUnit
from simulators.faults import Faults
from simulators.mpegts.klv import Attitude, Metadata
from simulators.mpegts.sender import TransportSender
from simulators.rtsp.server import RtspServer
from simulators.world import World

_HOST = "127.0.0.1"


class Broadcast:
    """All video of a world: RTSP for the fixed cameras, MPEG-TS for those of the vehicles."""

    def __init__(self, world: World, faults: Faults, crew: Crew) -> None:
        self._world = world
        self._faults = faults
        self._cameras = world.camera_setups()
        self._crew = crew
        rng = random.Random(f"{world.scenario.seed}/rtsp")
        self._server = RtspServer(world.scenario.fixed_cameras.ids, world.now, rng)
        self._senders = {
            section.camera.sensor_id: TransportSender(section.camera.sensor_id, section.camera.address, world.start)
            for section in world.scenario.vehicles
            if section.camera is not None
        }
        self._due_s = {
            camera.sensor_id: number / len(self._cameras) / camera.fps for number, camera in enumerate(self._cameras)
        }
        self._pending: dict[str, Metadata] = {}
        self._frozen: dict[str, Shot] = {}

    async def start(self) -> None:
        """Listen, and let the studio prepare itself; pictures come some seconds later.

        Raises:
            OSError: the RTSP port is taken.
        """
        if not self._cameras:
            return
        if self._world.scenario.fixed_cameras.ids:
            await self._server.start(_HOST, self._world.scenario.fixed_cameras.rtsp_port)
        for sender in self._senders.values():
            await sender.start()
        self._crew.set_up(Setup(str(self._world.district.folder), self._world.scenario.seed, self._cameras))

    async def run(self) -> None:
        """Pass on what is drawn, until cancelled.

        Raises:
            StudioError: the process that draws ended.
        """
        if self._cameras:
            await self._crew.run(self._taken)

    async def close(self) -> None:
        """Stop sending."""
        await self._server.close()
        for sender in self._senders.values():
            sender.close()

    def urls(self) -> dict[str, str]:
        """Where each camera's video is to be had (RTSP), or is sent to (MPEG-TS)."""
        fixed = {
            sensor_id: f"rtsp://{_HOST}:{self._server.port}/{sensor_id}"
            for sensor_id in self._world.scenario.fixed_cameras.ids
        }
        cameras = [section.camera for section in self._world.scenario.vehicles if section.camera is not None]
        return fixed | {camera.sensor_id: camera.url for camera in cameras}

    def shoot(self) -> None:
        """Ask for the pictures that are due now."""
        elapsed = self._world.elapsed_s
        for camera in self._cameras:
            due = self._due_s[camera.sensor_id]
            if elapsed < due:
                continue
            interval = 1 / camera.fps
            self._due_s[camera.sensor_id] = due + interval * max(1, math.ceil((elapsed - due) / interval))
            if not self._faults.active("stall_video", camera.sensor_id, elapsed):
                self._shoot(camera, elapsed)

    def _shoot(self, camera: CameraSetup, elapsed: float) -> None:
        world, sensor_id = self._world, camera.sensor_id
        black = self._faults.active("black_video", sensor_id, elapsed)
        frozen = self._frozen.get(sensor_id)
        if frozen is not None and self._faults.active("freeze_video", sensor_id, elapsed):
            shot = Shot(sensor_id, world.time, frozen.movers, frozen.pose, black)
        else:
            pose = None if camera.pose is not None else messages.pose_values(world.pose(sensor_id))
            shot = self._frozen[sensor_id] = Shot(sensor_id, world.time, world.mover_rows(), pose, black)
        if self._crew.shoot(shot) and camera.pose is None:
            self._pending[sensor_id] = self._metadata(camera)

    def _metadata(self, camera: CameraSetup) -> Metadata:
        world = self._world
        state = world.carrier(camera.sensor_id)
        assert state is not None
        pose = world.pose(camera.sensor_id)
        return Metadata(
            time=world.time,
            mission=world.scenario.name,
            designation=state.kind.value,
            tail_number=state.id,
            attitude=Attitude(state.roll_deg, state.pitch_deg, state.heading_deg),
            sensor=world.district.frame.to_geodetic(pose.position_enu_m),
            pose=pose,
            lens=camera.lens,
        )

    def _taken(self, taken: Taken) -> None:
        unit: AccessUnit | None = taken.unit
        sensor_id = taken.unit.sensor_id
        if self._faults.active("corrupt_video", sensor_id, self._world.elapsed_s):
            unit = self._faults.damaged(taken.unit)
        metadata = self._pending.pop(sensor_id, None)
        if unit is None:
            return
        if metadata is None:
            self._server.publish(unit)
        else:
            self._senders[sensor_id].send(unit, self._with_centre(metadata, taken.centre_m))

    def _with_centre(self, metadata: Metadata, depth_m: float | None) -> Metadata:
        if depth_m is None:
            return metadata
        pose = metadata.pose
        ahead = np.asarray(pose.position_enu_m) + pose.enu_from_camera[:, 2] * depth_m
        centre: Geodetic = self._world.district.frame.to_geodetic(ahead)
        return metadata.with_centre(centre, depth_m)
