"""MAVProxy, a ground station of other people's making, lists parameters, uploads a mission and flies it.

It is run as a process of its own, and driven by lines on its standard input.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from simulators.autopilots import Autopilot, VehicleSettings
from simulators.autopilots.link import Link
from simulators.autopilots.shell import fly

MAVPROXY = Path(sys.executable).with_name("mavproxy.py")
PATIENCE_S = 40
MISSION = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t43.86\t125.32\t220\t1
1\t0\t3\t22\t0\t0\t0\t0\t43.86\t125.32\t12\t1
2\t0\t3\t16\t0\t0\t0\t0\t43.8603\t125.32\t12\t1
3\t0\t3\t16\t1\t0\t0\t0\t43.8603\t125.3203\t15\t1
4\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""


class MavProxy:
    """The process: say a line, wait for one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard = ""
        self._from = 0

    @classmethod
    async def start(cls, port: int, folder: Path) -> "MavProxy":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-u", str(MAVPROXY), "--master", f"tcp:127.0.0.1:{port}", "--state-basedir", str(folder),
            "--aircraft", "tested", cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        return cls(process)

    async def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def hear(self, words: str) -> None:
        """Wait for words after those that were waited for before."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := self.heard.find(words, self._from)) < 0:
                    data = await self._process.stdout.read(4096)
                    assert data, f"ended without {words!r}: {self.heard}"
                    self.heard += data.decode(errors="replace")
        except TimeoutError:
            pytest.fail(f"no {words!r} within {PATIENCE_S} s; heard: {self.heard}")
        self._from = found + len(words)

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@pytest.mark.skipif(not MAVPROXY.exists(), reason="MAVProxy is not installed beside this Python")
async def test_mavproxy_lists_parameters_uploads_a_mission_and_flies_it(tmp_path: Path) -> None:
    mission = tmp_path / "mission.txt"
    mission.write_text(MISSION)
    link = Link(Autopilot(VehicleSettings(arming_delay_s=4)), "tcpin:127.0.0.1:0")
    address, stop = await link.open(), asyncio.Event()
    flying = asyncio.create_task(fly([link], stop, speed=6))
    station = await MavProxy.start(address.port, tmp_path)
    try:
        await station.hear("Received 523 parameters")
        await station.say("param show WPNAV_SPEED")
        await station.hear("WPNAV_SPEED      1000.0")
        await station.say("param set WPNAV_SPEED 800")
        await station.say(f"wp load {mission}")
        await station.hear("Sent all 5 waypoints")
        await station.hear("Flight plan received")
        await station.say("wp list")
        await station.hear("16 3 43.8603000000 125.3203000000 15.000000 p1=1.0")
        await station.say("mode GUIDED")
        await station.hear("Mode GUIDED")
        await station.say("arm throttle")
        await station.hear("ARMED")
        await station.say("takeoff 8")
        await station.hear("Taking off")
        await asyncio.sleep(0.5)
        await station.say("mode AUTO")
        await station.hear("Mission: 1 Takeoff")
        await station.hear("Reached command #2")
        await station.hear("Reached command #3")
        await station.hear("Mission: 4 RTL")
        await station.hear("DISARMED")
        assert link.vehicle.state.on_ground
        assert link.vehicle.state.position_enu_m == pytest.approx((0, 0, 0), abs=1)
    finally:
        await station.stop()
        stop.set()
        await flying
        link.close()
