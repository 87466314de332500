"""The camera's shutter: single pictures, series by time and by distance, and CAMERA_FEEDBACK for each."""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.board import Board
from simulators.autopilots.gimbal import DEVICE_ID, Gimbal, quaternion
from simulators.autopilots.places import Place

UNKNOWN_E7 = 2**31 - 1


class Camera:
    """Takes pictures, or rather reports that it did.

    Attributes:
        taken: pictures so far.
        trigger_distance_m: a picture each so many metres over ground; 0 for none.
    """

    def __init__(self, board: Board, gimbal: Gimbal) -> None:
        self._board, self._gimbal = board, gimbal
        self.taken = 0
        self.trigger_distance_m = 0.0
        self._interval_s = 0.0
        self._left = 0
        self._next_s = 0.0
        self._last: Place | None = None

    def shoot(self) -> None:
        """Take a picture now."""
        board, body = self._board, self._board.body
        self.taken += 1
        self._last = body.place
        at = board.chart.geodetic(body.place)
        board.send(
            mavlink.MAVLink_camera_feedback_message(
                int(board.clock() * 1e6), 0, 0, self.taken & 0xFFFF, round(at.lat_deg * 1e7), round(at.lon_deg * 1e7),
                body.place.amsl, board.relative_m, math.degrees(body.roll), math.degrees(body.pitch),
                math.degrees(body.yaw) % 360, 0.0, 0, self.taken & 0xFFFF,
            )
        )  # fmt: skip

    def start(self, interval_s: float, total: float) -> bool:
        """IMAGE_START_CAPTURE: one picture, or a series (0 pictures: without end); False for values without sense."""
        if not (math.isfinite(interval_s) and math.isfinite(total)) or interval_s < 0 or total < 0:
            return False
        if interval_s == 0 or total == 1:
            self.shoot()
            return True
        self._interval_s, self._left = max(interval_s, 0.1), int(min(total, 1e6)) or -1
        self._next_s = self._board.boot_s
        return True

    def stop(self) -> None:
        """End a series by time."""
        self._left = 0

    def trigger_every(self, distance_m: float, at_once: bool) -> bool:
        """SET_CAM_TRIGG_DIST; False for values without sense."""
        if not math.isfinite(distance_m) or distance_m < 0:
            return False
        self.trigger_distance_m = distance_m
        self._last = self._board.body.place
        if at_once:
            self.shoot()
        return True

    def step(self) -> None:
        """Take the picture that is due."""
        board = self._board
        if self._left and board.boot_s >= self._next_s:
            self._next_s += self._interval_s
            self._left -= 1 if self._left > 0 else 0
            self.shoot()
        if self.trigger_distance_m <= 0 or board.body.on_ground:
            return
        if self._last is None or board.body.place.distance(self._last) >= self.trigger_distance_m:
            self.shoot()

    def information(self) -> mavlink.MAVLink_camera_information_message:
        """CAMERA_INFORMATION: as ArduPilot's for a servo or relay camera, it knows nothing of the lens."""
        nan = float("nan")
        return mavlink.MAVLink_camera_information_message(
            self._board.boot_ms, [0] * 32, [0] * 32, 0, nan, nan, nan, 0, 0, 0, 2, 0, b"", DEVICE_ID
        )

    def settings(self) -> mavlink.MAVLink_camera_settings_message:
        """CAMERA_SETTINGS: picture mode."""
        return mavlink.MAVLink_camera_settings_message(self._board.boot_ms, 0, float("nan"), float("nan"))

    def capture_status(self) -> mavlink.MAVLink_camera_capture_status_message:
        """CAMERA_CAPTURE_STATUS."""
        status = 3 if self._left else 0
        return mavlink.MAVLink_camera_capture_status_message(
            self._board.boot_ms, status, 0, self._interval_s if self._left else 0.0, 0, float("nan"), self.taken
        )

    def fov_status(self) -> mavlink.MAVLink_camera_fov_status_message:
        """CAMERA_FOV_STATUS: where the camera is, and where its axis meets level ground."""
        board, gimbal, settings = self._board, self._gimbal, self._board.settings.camera
        camera = image = (UNKNOWN_E7, UNKNOWN_E7, UNKNOWN_E7)
        if board.home is not None:
            camera = self._e7(board.body.place)
            if gimbal.tilt < math.radians(-1) and board.body.height_m > 0.5:
                away = board.body.height_m / math.tan(-gimbal.tilt)
                aim = board.body.place.toward(gimbal.azimuth, away)
                image = self._e7(Place(aim.east, aim.north, board.body.ground_amsl))
        fov = (settings.hfov_deg, settings.vfov_deg) if settings else (float("nan"), float("nan"))
        return mavlink.MAVLink_camera_fov_status_message(
            board.boot_ms, *camera, *image, quaternion(0.0, gimbal.tilt, gimbal.azimuth), *fov
        )

    def _e7(self, place: Place) -> tuple[int, int, int]:
        at = self._board.chart.geodetic(place)
        return round(at.lat_deg * 1e7), round(at.lon_deg * 1e7), round(at.alt_amsl_m * 1000)
