"""MAVSDK for what it does well: parameters and camera actions of one vehicle.

One native instance for each vehicle, made when first needed, over a ``raw://`` connection: it is given that vehicle's
bytes only, and what it sends goes through the link's owner like everything else. One instance for a whole fleet loses
messages and sends commands to every remote. Its calls block, so they run in a thread of their own.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from missions.errors import MissionError

_log = logging.getLogger(__name__)

T = TypeVar("T")

_COMPONENT = 191
"""Beside our own 190 on the same system, so that sequence numbers are not mixed."""
_FIND_WITHIN_S = 10.0


class MavsdkSession:
    """One vehicle's MAVSDK instance.

    Args:
        vehicle_id: for errors.
        send: sends bytes to the vehicle; called on the event loop.
    """

    def __init__(self, vehicle_id: str, send: Callable[[bytes], None]) -> None:
        self._vehicle_id, self._send = vehicle_id, send
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"mavsdk-{vehicle_id}")
        self._mavsdk: Any = None
        self._system: Any = None
        self._closed = threading.Event()
        self._plugins: dict[str, Any] = {}

    def feed(self, data: bytes) -> None:
        """Give it bytes that came from the vehicle; ignored until it is running."""
        mavsdk = self._mavsdk
        if mavsdk is not None and not self._closed.is_set():
            mavsdk.pass_received_raw_bytes(data)

    async def parameters(self) -> dict[str, float | int]:
        """All parameters by name.

        Raises:
            MissionError: ``vehicle.no_answer`` when the vehicle is not found or gives none.
        """
        everything = await self._call(lambda: self._param().get_all_params())
        found: dict[str, float | int] = {each.name: each.value for each in everything.float_params}
        found.update({each.name: each.value for each in everything.int_params})
        if not found:
            raise self._error("gave no parameters: ask again", "未返回参数：请重试")
        return dict(sorted(found.items()))

    async def set_parameter(self, name: str, value: float) -> None:
        """Set one parameter, whole numbers as integers where the vehicle has one.

        Raises:
            MissionError: when the vehicle does not know it or does not confirm it.
        """

        def set_it() -> None:
            from mavsdk.plugins.param.param import ParamError, ParamResult

            param = self._param()
            if float(value).is_integer():
                try:
                    param.set_param_int(name, int(value))
                    return
                except ParamError as error:
                    if error.result != ParamResult.WRONG_TYPE:
                        raise
            param.set_param_float(name, float(value))

        await self._call(set_it)

    async def take_photo(self) -> None:
        """Take one picture with the vehicle's first camera.

        Raises:
            MissionError: when there is no camera or it refuses.
        """
        await self._call(lambda: self._camera().take_photo(0))

    async def close(self) -> None:
        """End it; what is under way ends with an error."""
        self._closed.set()
        mavsdk, self._mavsdk = self._mavsdk, None
        if mavsdk is not None:
            await asyncio.to_thread(mavsdk.destroy)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _call(self, work: Callable[[], T]) -> T:
        from mavsdk.exceptions import MavsdkError

        if self._closed.is_set():
            raise self._error("is no longer connected", "已断开")
        try:
            return await self._loop.run_in_executor(self._threads, work)
        except (MavsdkError, RuntimeError) as error:
            raise self._error(str(error), str(error)) from error

    # Everything below runs in the session's thread.

    def _param(self) -> Any:
        from mavsdk.plugins.param import Param

        return self._plugin("param", Param)

    def _camera(self) -> Any:
        from mavsdk.plugins.camera import Camera

        return self._plugin("camera", Camera)

    def _plugin(self, name: str, kind: Callable[[Any], Any]) -> Any:
        if name not in self._plugins:
            self._plugins[name] = kind(self._found_system())
        return self._plugins[name]

    def _found_system(self) -> Any:
        if self._system is None:
            if self._mavsdk is None:
                self._begin()
            self._system = self._mavsdk.first_autopilot(_FIND_WITHIN_S)
        if self._system is None:
            raise self._error(f"not heard of by MAVSDK within {_FIND_WITHIN_S:.0f} s", "MAVSDK 未发现该飞行器")
        return self._system

    def _begin(self) -> None:
        from mavsdk import Configuration, Mavsdk
        from mavsdk.logging import log_subscribe

        log_subscribe(_log_line)
        mavsdk = Mavsdk(Configuration.create_manual(255, _COMPONENT, False))
        mavsdk.add_any_connection("raw://")
        mavsdk.subscribe_raw_bytes_to_be_sent(self._forward)
        self._mavsdk = mavsdk

    def _forward(self, data: bytes) -> None:
        if not self._closed.is_set():
            self._loop.call_soon_threadsafe(self._send, data)

    def _error(self, words_en: str, words_zh: str) -> MissionError:
        return MissionError("vehicle.no_answer", f"{self._vehicle_id}: {words_en}", f"{self._vehicle_id}：{words_zh}")


def _log_line(level: int, message: str, _file: str | None, _line: int) -> bool:
    """Take MAVSDK's own words into our log, quietly, and keep them off the standard output."""
    _log.log(logging.INFO if level >= 2 else logging.DEBUG, "%s", message)
    return True
