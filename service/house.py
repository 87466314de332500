"""The house: everything one running service holds, for its doors."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion.bus import Bus
from fusion.messages import SensorState, VehicleState
from fusion.picture import Picture
from fusion.stream import PictureStream
from maps.instants import Clock
from service.auditing import Auditor
from service.config import Settings
from service.parts import Parts, Product
from service.sign_in import SignIn
from service.storage.database import Database
from service.storage.missions import SqliteMissionStore
from service.weather_board import WeatherBoard

if TYPE_CHECKING:
    from fusion.sources import Sources
    from fusion.tracking.service import TrackingService
    from maps.district import District
    from missions.execution.missions import Missions
    from missions.vehicles.fleet import Fleet
    from service.covering import Coverage
    from service.layers import Layers
    from service.terrain_tiles import TerrainTiles
    from service.zoning import Zoning


class House:
    """What the doors need; made within the event loop, filled by the parts as they come up.

    Attributes:
        started_time: when the service started.
        picture: all entities now; from the first moment, however empty.
        streams_open: WebSockets that are being served.
        sensors: the newest word of every sensor.
        vehicles: the newest word of every vehicle.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.started_time = clock()
        self.database = Database(settings.database)
        self.sign_in = SignIn(settings.sign_in, self.database, clock)
        self.audit = Auditor(self.database, clock)
        self.bus = Bus()
        self.picture = Picture(self.bus, clock)
        self.stream = PictureStream(self.picture)
        self.streams_open = 0
        self.parts: Parts | None = None
        self.mission_store = SqliteMissionStore(self.database, clock)
        self.district: Product[District] = Product("district")
        self.zoning: Product[Zoning] = Product("zones")
        self.layers: Product[Layers] = Product("district's layers")
        self.tiles: Product[TerrainTiles] = Product("terrain")
        self.coverage: Product[Coverage] = Product("coverage")
        self.fleet: Product[Fleet] = Product("fleet")
        self.missions: Product[Missions] = Product("missions")
        self.sources: Product[Sources] = Product("video sources")
        self.tracking: Product[TrackingService] = Product("tracking")
        self.weather = WeatherBoard(settings.weather, settings.storage.folder, clock, self._weather_changed)
        self.sensors: dict[str, SensorState] = {}
        self.vehicles: dict[str, VehicleState] = {}

    def _weather_changed(self) -> None:
        if (missions := self.missions.now) is not None:
            missions.watch.changed("the weather")

    @property
    def recordings(self) -> Path:
        """Where links and pictures are recorded."""
        return self.settings.storage.folder / "recordings"

    def health(self) -> dict[str, Any]:
        """What ``/healthz`` says."""
        reports = self.parts.reports if self.parts else {}
        healthy = self.parts is not None and self.parts.healthy()
        return {
            "status": "ok" if healthy else "failing",
            "uptime_s": round(self.clock() - self.started_time, 1),
            "parts": {name: report.state for name, report in reports.items()},
        }
