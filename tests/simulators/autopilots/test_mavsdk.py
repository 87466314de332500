"""MAVSDK against the simulated autopilots: what it can do with ArduPilot, it can do here."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from mavsdk import ComponentType, Configuration, Mavsdk
from mavsdk.plugins.action import Action
from mavsdk.plugins.camera import Camera
from mavsdk.plugins.gimbal import ControlMode, Gimbal, GimbalMode, SendMode
from mavsdk.plugins.mission_raw import MissionItem, MissionRaw
from mavsdk.plugins.param import Param, ParamError

from simulators.autopilots import Autopilot, Kind, State, VehicleSettings
from simulators.autopilots.link import Link
from simulators.autopilots.shell import fly


async def _with_mavsdk(settings: VehicleSettings, session: Callable[[Any, Callable[[], State]], None]) -> None:
    """Run a blocking session with a system of MAVSDK while the vehicle flies, six times as fast as life."""
    link = Link(Autopilot(settings), "tcpin:127.0.0.1:0")
    address, stop = await link.open(), asyncio.Event()
    flying = asyncio.create_task(fly([link], stop, speed=6))

    def run() -> None:
        mavsdk = Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION))
        try:
            mavsdk.add_any_connection(f"tcpout://127.0.0.1:{address.port}")
            system = mavsdk.first_autopilot(10)
            assert system is not None
            session(system, lambda: link.vehicle.state)
        finally:
            mavsdk.destroy()

    try:
        await asyncio.to_thread(run)
    finally:
        stop.set()
        await flying
        link.close()


def _until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def _item(seq: int, command: int, north_e7: int, up_m: float, frame: int = 6) -> MissionItem:
    place = (438600000 + north_e7, 1253200000) if command != 20 else (0, 0)
    return MissionItem(seq, frame, command, int(seq == 0), 1, 0.0, 0.0, 0.0, 0.0, *place, up_m, 0)


async def test_parameters() -> None:
    def session(system: Any, _: Callable[[], State]) -> None:
        param = Param(system)
        assert param.get_param_float("WPNAV_SPEED") == 1000
        param.set_param_float("WPNAV_SPEED", 650.0)
        assert param.get_param_float("WPNAV_SPEED") == 650
        assert param.get_param_int("RTL_ALT") == 1500
        everything = param.get_all_params()
        assert len(everything.int_params) + len(everything.float_params) == 523
        with pytest.raises(ParamError, match="TIMEOUT"):
            param.get_param_float("NO_SUCH_NAME")

    await _with_mavsdk(VehicleSettings(arming_delay_s=2), session)


async def test_uploads_arms_takes_off_flies_and_lands() -> None:
    def session(system: Any, state: Callable[[], State]) -> None:
        mission, action = MissionRaw(system), Action(system)
        _until(lambda: state().time_s > 5)
        sent = [_item(0, 16, 0, 220, 0), _item(1, 22, 0, 10), _item(2, 16, 2000, 12), _item(3, 20, 0, 0, 2)]
        mission.upload_mission(sent)
        held = mission.download_mission()
        assert [(i.command, i.frame, i.x) for i in held[1:]] == [(22, 3, 438600000), (16, 3, 438602000), (20, 0, 0)]
        action.set_takeoff_altitude(8.0)
        action.arm()
        action.takeoff()
        _until(lambda: state().position_enu_m[2] > 7)
        mission.start_mission()
        _until(lambda: state().mode == "AUTO" and state().position_enu_m[1] > 15)
        action.return_to_launch()
        _until(lambda: not state().armed, 40)
        assert state().position_enu_m == pytest.approx((0, 0, 0), abs=1)

    await _with_mavsdk(VehicleSettings(arming_delay_s=2), session)


async def test_gimbal_and_camera() -> None:
    def session(system: Any, state: Callable[[], State]) -> None:
        gimbal, camera = Gimbal(system), Camera(system)
        _until(lambda: bool(gimbal.gimbal_list().gimbals))
        chosen = gimbal.gimbal_list().gimbals[0].gimbal_id
        gimbal.take_control(chosen, ControlMode.PRIMARY)
        gimbal.set_angles(chosen, 0.0, -60.0, 25.0, GimbalMode.YAW_FOLLOW, SendMode.ONCE)
        _until(lambda: abs(state().gimbal_tilt_deg + 60) < 1 and abs(state().gimbal_azimuth_deg - 25) < 1)
        _until(lambda: bool(camera.camera_list().cameras))
        camera.take_photo(camera.camera_list().cameras[0].component_id)
        _until(lambda: state().frames_taken == 1)

    await _with_mavsdk(VehicleSettings(arming_delay_s=2, announces_gimbal=True), session)


async def test_plane_is_found() -> None:
    def session(system: Any, state: Callable[[], State]) -> None:
        param = Param(system)
        assert param.get_param_float("AIRSPEED_CRUISE") == 22
        assert state().kind is Kind.FIXED_WING

    await _with_mavsdk(VehicleSettings(kind=Kind.FIXED_WING, system_id=3, arming_delay_s=2), session)
