from pathlib import Path

import pytest

from fusion.bus import ENTITIES, VEHICLES, Bus
from maps.instants import Instant, utc_now
from missions.replay import Replay
from missions.vehicles.tlog import TlogError

FLIGHTS = Path(__file__).parents[1] / "data" / "flights"


async def test_a_recorded_flight_plays_into_the_bus_with_its_positions():
    bus = Bus()
    with bus.subscribe(VEHICLES) as states, bus.subscribe(ENTITIES) as entities:
        seen = []
        states.put = seen.append  # every state, not only the latest
        replay = Replay([FLIGHTS / "arducopter_auto.tlog"], bus, utc_now, speed=200.0, as_if_now=False)
        await replay.run()
        entity = entities.take()[-1]
    positions = [state.position for state in seen if state.position is not None]
    assert len(positions) > 100
    assert positions[0].lat_deg == pytest.approx(43.8602, abs=3e-4)
    assert positions[-1].lat_deg == pytest.approx(43.86108, abs=3e-4)
    assert positions[-1].lon_deg == pytest.approx(125.3000, abs=5e-4)
    assert positions[-1].alt_amsl_m == pytest.approx(260, abs=1.5)
    assert seen[-1].time == pytest.approx(1795428737.355 + 108, abs=3)
    assert entity.id == "vehicle/sys-1"
    assert entity.position in positions[-5:]


async def test_several_recordings_play_at_once_as_if_they_flew_now():
    bus = Bus()
    with bus.subscribe(ENTITIES) as entities:
        names = ["arduplane_auto.tlog", "px4quad_auto.tlog"]
        await Replay([FLIGHTS / name for name in names], bus, utc_now, speed=100.0).run()
        played = {entity.id: entity for entity in entities.take()}
    assert set(played) == {"vehicle/arduplane_auto-2", "vehicle/px4quad_auto-1"}
    assert all(abs(entity.time - utc_now()) < 3 for entity in played.values())
    assert all(entity.stale_time > entity.time for entity in played.values())


async def test_the_recorded_pace_is_kept(monkeypatch):
    now = 5000.0
    slept = []

    async def sleep(seconds):
        nonlocal now
        slept.append(seconds)
        now += seconds

    monkeypatch.setattr("missions.replay.asyncio.sleep", sleep)
    await Replay([FLIGHTS / "px4quad_landing.tlog"], Bus(), lambda: Instant(now), speed=2.0).run()
    assert sum(slept) == pytest.approx(8.0, abs=0.2)


async def test_a_damaged_recording_is_a_clear_error(tmp_path):
    path = tmp_path / "bad.tlog"
    path.write_bytes(bytes(100))
    with pytest.raises(ExceptionGroup) as caught:
        await Replay([path], Bus(), utc_now).run()
    assert caught.group_contains(TlogError, match=r"no \.tlog")
