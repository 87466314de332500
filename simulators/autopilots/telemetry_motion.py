"""Messages about position and motion."""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.positions import Geodetic
from simulators.autopilots.flight import Flight
from simulators.autopilots.legs import Leg
from simulators.autopilots.places import Place, wrap_pi
from simulators.autopilots.streams import Builder

_NO_TARGET = 65016
_DRIFT_M = 0.35


def clip16(value: float) -> int:
    """The nearest integer of 16 bits."""
    return max(-32768, min(32767, round(value)))


class MotionTelemetry:
    """Builds the messages; what the estimator does not know yet is drifting nonsense, as on the real thing."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._board = flight.board
        self._at_s = -1.0
        self._geodetic = Geodetic(0.0, 0.0, 0.0)

    def builders(self) -> dict[int, Builder]:
        """By message id."""
        return {
            24: self.gps_raw,
            30: self.attitude,
            32: self.local_position,
            33: self.global_position,
            49: self._flight.targets.origin_message,
            62: self.nav_controller,
            74: self.vfr_hud,
            87: self.position_target,
            163: self.ahrs,
            164: self.sim_state,
            168: self.wind,
            178: self.ahrs2,
            242: self._flight.targets.home_message,
        }

    @property
    def position(self) -> Geodetic:
        """WGS84 position, computed once a step."""
        if self._at_s != self._board.boot_s:
            self._at_s = self._board.boot_s
            self._geodetic = self._board.chart.geodetic(self._board.body.place)
        return self._geodetic

    def _lat_lon(self) -> tuple[int, int]:
        at = self.position
        return round(at.lat_deg * 1e7), round(at.lon_deg * 1e7)

    def _centidegrees(self) -> int:
        return round(math.degrees(self._board.body.yaw) * 100) % 36000

    def attitude(self) -> mavlink.MAVLink_message:
        """ATTITUDE."""
        body = self._board.body
        return mavlink.MAVLink_attitude_message(
            self._board.boot_ms, body.roll, body.pitch, body.yaw, body.roll_rate, body.pitch_rate, body.yaw_rate
        )

    def global_position(self) -> mavlink.MAVLink_message:
        """GLOBAL_POSITION_INT; 0/0 and a drift before there is a fix."""
        board, body = self._board, self._board.body
        if not self._flight.startup.fix:
            drift = int(300 * board.boot_s)
            noise = round(board.rng.gauss(0, 100))
            return mavlink.MAVLink_global_position_int_message(
                board.boot_ms, drift, drift // 5, noise, noise, 0, 0, 0, self._centidegrees()
            )
        return mavlink.MAVLink_global_position_int_message(
            board.boot_ms, *self._lat_lon(), round(body.place.amsl * 1000), round(board.relative_m * 1000),
            clip16(body.north_mps * 100), clip16(body.east_mps * 100), clip16(-body.up_mps * 100), self._centidegrees(),
        )  # fmt: skip

    def local_position(self) -> mavlink.MAVLink_message | None:
        """LOCAL_POSITION_NED about home; nothing before the position is good."""
        board, body = self._board, self._board.body
        if not self._flight.startup.position_good or board.home is None:
            return None
        home = board.home
        return mavlink.MAVLink_local_position_ned_message(
            board.boot_ms, body.place.north - home.north, body.place.east - home.east, home.amsl - body.place.amsl,
            body.north_mps, body.east_mps, -body.up_mps,
        )  # fmt: skip

    def gps_raw(self) -> mavlink.MAVLink_message:
        """GPS_RAW_INT: nothing, then a first wrong position without a fix, then a good one with some noise."""
        board, body, startup = self._board, self._board.body, self._flight.startup
        if not startup.gps_seen:
            return mavlink.MAVLink_gps_raw_int_message(0, 0, 0, 0, 0, 65535, 65535, 0, 0, 0)
        if not startup.fix:
            lat, lon = self._lat_lon()
            return mavlink.MAVLink_gps_raw_int_message(
                0, 1, lat - 4_850_000, lon - 13_854_000, 217_660, 121, 200, 0, 18011, 3
            )
        rng = board.rng
        east, north = rng.gauss(0, _DRIFT_M / 3), rng.gauss(0, _DRIFT_M / 3)
        at = board.chart.geodetic(body.place.moved(east, north, rng.gauss(0, _DRIFT_M / 2)))
        course = math.degrees(math.atan2(body.east_mps, body.north_mps)) % 360
        altitude = round(at.alt_amsl_m * 1000)
        return mavlink.MAVLink_gps_raw_int_message(
            board.boot_us // 200_000 * 200_000, 6, round(at.lat_deg * 1e7), round(at.lon_deg * 1e7), altitude, 121, 200,
            round(body.ground_speed_mps * 100), round(course * 100), 10, altitude, 300, 300,
        )  # fmt: skip

    def vfr_hud(self) -> mavlink.MAVLink_message:
        """VFR_HUD; altitude is AMSL."""
        body = self._board.body
        return mavlink.MAVLink_vfr_hud_message(
            body.airspeed_mps, body.ground_speed_mps, int(math.degrees(body.yaw) % 360), round(body.throttle * 100),
            body.place.amsl, body.up_mps,
        )  # fmt: skip

    def _goal(self) -> Place | None:
        if self._flight.copter is not None:
            leg = self._flight.copter.leg
            return leg.end if leg is not None else None
        return self._flight.plane.goal if self._flight.plane is not None else None

    def nav_controller(self) -> mavlink.MAVLink_message:
        """NAV_CONTROLLER_OUTPUT."""
        body, goal = self._board.body, self._goal()
        bearing = math.degrees(body.yaw)
        distance, error, cross, roll = 0.0, 0.0, 0.0, body.roll
        if goal is not None:
            bearing = math.degrees(body.place.bearing(goal))
            distance, error = body.place.distance(goal), goal.amsl - body.place.amsl
        if self._flight.plane is not None:
            cross, roll = self._flight.plane.cross_track_m, self._flight.plane.bank_wanted
        elif self._flight.copter is not None and (leg := self._flight.copter.leg) is not None:
            cross = _cross_track(leg, body.place)
        turned = clip16(math.degrees(wrap_pi(math.radians(bearing))))
        return mavlink.MAVLink_nav_controller_output_message(
            math.degrees(roll), math.degrees(body.pitch), turned, turned, min(round(distance), 65535), error, 0.0, cross
        )

    def position_target(self) -> mavlink.MAVLink_message | None:
        """POSITION_TARGET_GLOBAL_INT while flying somewhere."""
        goal = self._goal()
        if goal is None or not self._board.armed:
            return None
        at = self._board.chart.geodetic(goal)
        return mavlink.MAVLink_position_target_global_int_message(
            self._board.boot_ms, 0, _NO_TARGET, round(at.lat_deg * 1e7), round(at.lon_deg * 1e7), goal.amsl,
            0, 0, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip

    def ahrs(self) -> mavlink.MAVLink_message:
        """AHRS."""
        return mavlink.MAVLink_ahrs_message(0, 0, 0, 0, 0, 0.002, 0.003)

    def ahrs2(self) -> mavlink.MAVLink_message:
        """AHRS2: the second estimator."""
        body = self._board.body
        lat, lon = self._lat_lon() if self._flight.startup.fix else (0, 0)
        return mavlink.MAVLink_ahrs2_message(body.roll, body.pitch, body.yaw, body.place.amsl, lat, lon)

    def sim_state(self) -> mavlink.MAVLink_message:
        """SIMSTATE: the simulation's truth."""
        body = self._board.body
        return mavlink.MAVLink_simstate_message(
            body.roll, body.pitch, body.yaw, 0, 0, -9.80665, body.roll_rate, body.pitch_rate, body.yaw_rate,
            *self._lat_lon(),
        )  # fmt: skip

    def wind(self) -> mavlink.MAVLink_message | None:
        """WIND: where it blows from, as the estimator has it; a rotorcraft tells only after arming."""
        board, wind = self._board, self._board.wind
        if board.is_copter and not board.armed:
            return None
        from_deg = math.degrees(math.atan2(-wind.east, -wind.north))
        return mavlink.MAVLink_wind_message(from_deg, math.hypot(wind.east, wind.north), 0.0)


def _cross_track(leg: Leg, place: Place) -> float:
    bearing = leg.bearing
    if bearing is None:
        return 0.0
    return (place.east - leg.start.east) * math.cos(bearing) - (place.north - leg.start.north) * math.sin(bearing)
