"""One or more simulated vehicles by themselves: `python -m simulators.autopilots --kind rotorcraft --link tcpin:…`."""

import argparse
import asyncio
import contextlib
import signal
import sys

from maps.positions import Geodetic, LocalFrame
from simulators.autopilots.autopilot import Autopilot
from simulators.autopilots.link import Link
from simulators.autopilots.settings import Kind, VehicleSettings
from simulators.autopilots.shell import fly
from simulators.autopilots.wind import WindSettings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulators.autopilots", description=__doc__)
    parser.add_argument("--kind", choices=[kind.value for kind in Kind], default=Kind.ROTORCRAFT.value)
    parser.add_argument("--link", default="tcpin:127.0.0.1:5760", help="udpout:, udpin: or tcpin:HOST:PORT")
    parser.add_argument("--system-id", type=int, default=1)
    parser.add_argument("--lat", type=float, default=43.86)
    parser.add_argument("--lon", type=float, default=125.32)
    parser.add_argument("--amsl", type=float, default=220.0)
    parser.add_argument("--heading", type=float, default=0.0)
    parser.add_argument("--arming-delay", type=float, default=41.0)
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a second")
    parser.add_argument("--wind-from", type=float, default=0.0)
    parser.add_argument("--wind", type=float, default=0.0, help="m/s")
    parser.add_argument("--gimbal-information", action="store_true", help="answer GIMBAL_MANAGER_INFORMATION")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    position = Geodetic(arguments.lat, arguments.lon, arguments.amsl)
    settings = VehicleSettings(
        id="vehicle",
        kind=Kind(arguments.kind),
        system_id=arguments.system_id,
        position=position,
        heading_deg=arguments.heading,
        arming_delay_s=arguments.arming_delay,
        announces_gimbal=arguments.gimbal_information,
    )
    wind = WindSettings(arguments.wind_from, arguments.wind)
    link = Link(Autopilot(settings, frame=LocalFrame(position), wind=wind), arguments.link)
    address = await link.open()
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    try:
        await fly([link], stop, speed=arguments.speed)
    finally:
        link.close()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
