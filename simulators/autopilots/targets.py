"""Where to: places of mission items, rally points and home."""

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.board import Board
from simulators.autopilots.items import Item
from simulators.autopilots.places import Place
from simulators.autopilots.transfer import StoredList

_FRAMES = {0: 0, 5: 0, 3: 3, 6: 3, 10: 10, 11: 10}


class Targets:
    """Turns positions in the frames of MAVLink into places."""

    def __init__(self, board: Board, rally: StoredList) -> None:
        self._board, self._rally = board, rally

    def amsl(self, frame: int, altitude_m: float, east: float, north: float) -> float | None:
        """Height AMSL of an altitude in a frame; None for a frame that is not understood."""
        match _FRAMES.get(frame):
            case 0:
                return altitude_m
            case 3:
                return altitude_m + self.home().amsl
            case 10:
                return altitude_m + self._board.chart.ground_amsl(east, north)
            case _:
                return None

    def home(self) -> Place:
        """Home; while there is none, where the vehicle stands."""
        body = self._board.body
        return self._board.home or Place(body.place.east, body.place.north, body.ground_amsl)

    def place(self, frame: int, lat_e7: int, lon_e7: int, altitude_m: float) -> Place | None:
        """The place of a position in a frame; None when the frame or the position makes no sense."""
        if abs(lat_e7) > 900_000_000 or abs(lon_e7) > 1_800_000_000 or not abs(altitude_m) < 83_000:
            return None
        flat = self._board.chart.place(lat_e7 * 1e-7, lon_e7 * 1e-7, 0.0)
        amsl = self.amsl(frame, altitude_m, flat.east, flat.north)
        return None if amsl is None else self._board.chart.place(lat_e7 * 1e-7, lon_e7 * 1e-7, amsl)

    def place_of(self, item: Item, here: Place) -> Place:
        """Where an item leads; latitude and longitude 0 stand for where the vehicle is."""
        if item.has_place and (place := self.place(item.frame, item.x, item.y, item.z)) is not None:
            return place
        amsl = self.amsl(item.frame, item.z, here.east, here.north)
        return Place(here.east, here.north, here.amsl if amsl is None else amsl)

    def return_point(self) -> Place:
        """The nearest rally point within RALLY_LIMIT_KM, or home where that is nearer and counts (or is the only)."""
        body, parameters = self._board.body, self._board.parameters
        home = self.home()
        points = [self.place_of(item, home) for item in self._rally.items]
        if not points:
            return home
        nearest = min(points, key=body.place.distance)
        away, limit = body.place.distance(nearest), parameters["RALLY_LIMIT_KM"] * 1000
        home_away = body.place.distance(home)
        if limit > 0 and away > limit and home_away < away:
            return home
        if parameters["RALLY_INCL_HOME"] and home_away < away:
            return home
        return nearest

    def home_item(self) -> Item:
        """Home as the item at index 0 of a mission."""
        at = self._board.chart.geodetic(self.home())
        return Item(items.WAYPOINT, items.AMSL, x=round(at.lat_deg * 1e7), y=round(at.lon_deg * 1e7), z=at.alt_amsl_m)

    def home_message(self) -> mavlink.MAVLink_home_position_message:
        """HOME_POSITION."""
        home = self.home_item()
        nan = float("nan")
        return mavlink.MAVLink_home_position_message(
            home.x, home.y, round(home.z * 1000), 0, 0, 0, [nan] * 4, 0, 0, 0, self._board.boot_us
        )

    def origin_message(self) -> mavlink.MAVLink_gps_global_origin_message:
        """GPS_GLOBAL_ORIGIN: where the estimator started, which is home until it is moved."""
        home = self.home_item()
        return mavlink.MAVLink_gps_global_origin_message(home.x, home.y, round(home.z * 1000), self._board.boot_us)
