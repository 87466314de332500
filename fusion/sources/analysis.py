"""The thread that looks at frames: newest frame of each sensor wins, and nobody waits for it."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable

import cv2

from fusion.sources.frames import Frame

_log = logging.getLogger(__name__)


class Analyst:
    """One thread for the frames of all sensors.

    Each sensor has one slot: a frame that was not looked at before the next one came is skipped and counted. Sensors
    take turns in the order in which their frames came.

    Attributes:
        skipped: frames that were replaced before anyone looked.
        looked_at: frames that were looked at.
        failures: frames on which looking failed; the first of a sensor is logged.
    """

    def __init__(self, look: Callable[[Frame], None]) -> None:
        """An analyst that calls ``look`` in its own thread."""
        self.skipped = 0
        self.looked_at = 0
        self.failures = 0
        self._look = look
        self._slots: OrderedDict[str, Frame] = OrderedDict()
        self._changed = threading.Condition()
        self._ended = False
        self._failed: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="analysis", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, frame: Frame) -> None:
        """Hand over a frame; from any thread, never waits for the looking."""
        with self._changed:
            if frame.sensor_id in self._slots:
                self.skipped += 1
            self._slots[frame.sensor_id] = frame
            self._changed.notify()

    def forget(self, sensor_id: str) -> None:
        """Drop what waits of a sensor."""
        with self._changed:
            self._slots.pop(sensor_id, None)
            self._failed.discard(sensor_id)

    def ask_to_stop(self) -> None:
        """Ask the thread to end."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False when it has not ended in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        cv2.setNumThreads(1)  # pictures are small: sharing one out costs more than it saves
        while True:
            with self._changed:
                while not self._slots and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                _, frame = self._slots.popitem(last=False)
            try:
                self._look(frame)
            except Exception:  # one sensor's frames must not end the analysis of all others; it is counted and logged
                self.failures += 1
                if frame.sensor_id not in self._failed:
                    self._failed.add(frame.sensor_id)
                    _log.exception("the analysis of %s failed; its frames are tried further", frame.sensor_id)
            self.looked_at += 1
