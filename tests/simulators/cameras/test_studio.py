"""The process that draws: its messages, and what happens when it ends."""

import asyncio
import functools
import io

import av
import numpy as np
import pytest

from maps import cameras
from maps.district import District
from simulators.cameras import messages
from simulators.cameras.crew import Crew, StudioError
from simulators.cameras.messages import CameraSetup, Ready, Setup, Shot, Taken
from simulators.cameras.studio import Studio, serve
from simulators.cameras.units import AccessUnit
from simulators.scenery import scene
from simulators.scenery.scene import Scene

MOVING = CameraSetup("uav-1-eo", 160, 90, 60.0, 36.0, 8.0, 500)


@functools.cache
def nanling() -> District:
    return District.embedded("nanling")


def fixed() -> CameraSetup:
    row = nanling().cameras_by_id["cam-001"]
    lens = cameras.lens(row)
    pose = messages.pose_values(cameras.pose(row, nanling()))
    return CameraSetup("cam-001", 160, 90, lens.hfov_deg, lens.vfov_deg, 8.0, 500, pose)


@pytest.fixture(scope="module")
def studio() -> Studio:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene, "_FINE_M", 150.0)  # a smaller ground is painted sooner
        return Studio(Scene(nanling(), seed=1), (fixed(), MOVING))


def decoded(units: list[AccessUnit]) -> list[np.ndarray]:
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit.data))]
    return [frame.to_ndarray(format="bgr24").astype(int) for frame in [*frames, *decoder.decode(None)]]


def car_at(sensor: CameraSetup, ahead_m: float) -> bytes:
    """One white car on the ground somewhere on the camera's axis."""
    pose = messages.pose_of(sensor.pose)
    place = np.asarray(pose.position_enu_m) + pose.enu_from_camera[:, 2] * ahead_m
    up = float(nanling().surface.ground_enu_m(place[0], place[1]))
    return np.array([place[0], place[1], up, 90.0, 1.0, 0.0, 4.5, 1.8, 1.5]).tobytes()


def test_a_fixed_camera_shows_a_car_only_while_it_is_there(studio: Studio) -> None:
    shots = [Shot("cam-001", 1.0 + at, car_at(fixed(), 25.0) if at % 2 else b"") for at in range(4)]
    empty, with_car, again, _ = decoded([studio.take(shot).unit for shot in shots])
    assert np.abs(with_car - empty).max() > 60
    assert np.abs(again - empty).mean() < 2.0


def test_a_moving_camera_tells_how_far_the_ground_in_its_middle_is(studio: Studio) -> None:
    taken = studio.take(Shot("uav-1-eo", 1.0, b"", (0.0, 0.0, 80.0, 0.0, -90.0, 0.0)))
    assert taken.centre_m == pytest.approx(80.0, abs=0.5)
    level = studio.take(Shot("uav-1-eo", 2.0, b"", (0.0, 0.0, 80.0, 0.0, 20.0, 0.0)))
    assert level.centre_m is None


def test_a_black_picture_is_black_and_stamped(studio: Studio) -> None:
    studio.take(Shot("cam-001", 9.0, b""))
    taken = studio.take(Shot("cam-001", 10.0, b"", black=True))
    assert taken.unit.time == 10.0
    assert b"MISPmicrosectime" in taken.unit.data


def test_messages_survive_the_way() -> None:
    sent = [Setup("folder", 3, (fixed(), MOVING)), Shot("cam-001", 2.5, b"123", (1, 2, 3, 4, 5, 6), True)]
    stream = io.BytesIO(b"".join(messages.framed(each) for each in sent))
    received = [messages.decode_to_studio(messages.read(stream) or b"") for _ in sent]
    assert received == sent
    assert messages.read(stream) is None
    back = [Ready(), Taken(AccessUnit("cam-001", 1.0, True, b"x"), None)]
    assert [messages.decode_from_studio(messages.framed(each)[4:]) for each in back] == back
    with pytest.raises(ValueError, match="cannot be"):
        messages.length(b"\xff\xff\xff\xff")


def test_the_studio_ends_when_its_input_ends() -> None:
    sink = io.BytesIO()
    serve(io.BytesIO(b""), sink)
    assert sink.getvalue() == b""


async def test_the_end_of_the_process_is_an_error_that_says_so() -> None:
    crew = Crew()
    await crew.start()
    crew.set_up(Setup("/nowhere", 1, ()))
    with pytest.raises(StudioError, match="ended"):
        await asyncio.wait_for(crew.run(lambda taken: None), 60)
    await crew.close()


async def test_shots_are_left_out_until_the_studio_is_ready() -> None:
    crew = Crew()
    assert crew.shoot(Shot("cam-001", 1.0, b"")) is False
    assert crew.skipped == 0
    await crew.close()
