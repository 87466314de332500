"""The weather at the door: who may set it, that it lasts, that plans are judged in it, and a feed that breaks."""

from datetime import UTC, datetime

from maps.instants import utc_now
from service.composition import table
from service.roles import Role
from service.weather_board import WeatherBoard
from service.weather_settings import WeatherSettings
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until

FAIR = {
    "wind_from_deg": 270, "wind_mps": 3, "gust_mps": 5, "temperature_c": 15, "precipitation_mmh": 0,
    "moisture": False, "visibility_m": 10_000,
}  # fmt: skip


def flying_only(house):
    return tuple(part for part in table(house) if part.name in {"district", "fleet", "missions", "weather"})


def found(answer):
    return {each["rule"]: each for each in answer.json()["findings"]}


async def test_a_pilot_sets_the_weather_and_plans_are_judged_in_it(tmp_path):
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.COMMANDER) as commander, await service.client(Role.PILOT) as pilot:
            unknown = await commander.get("/api/v1/weather")
            before = await pilot.post("/api/v1/missions", json=SURVEY)
            refused = await commander.put("/api/v1/weather", json=FAIR)
            storm = await pilot.put("/api/v1/weather", json={**FAIR, "wind_mps": 14, "gust_mps": 19})
            in_storm = await pilot.post("/api/v1/missions", json={**SURVEY, "wind": {"from_deg": 0, "speed_mps": 1}})
            blocked = await pilot.post(f"/api/v1/missions/{before.json()['id']}/clear")
            await pilot.put("/api/v1/weather", json={"wind_mps": 2})
            partly = await pilot.post("/api/v1/missions", json=SURVEY)
        (row, *_) = [row for row in await service.audit() if row["action"] == "weather.set" and "19" in row["detail"]]
    assert (unknown.status_code, refused.status_code, storm.status_code) == (404, 403, 200)
    assert storm.json()["source"] == "a pilot"
    assert not {"weather", "gust", "wind"} & found(before).keys()
    assert found(in_storm)["gust"]["severity"] == found(in_storm)["wind"]["severity"] == "blocking"
    assert blocked.status_code == 409
    assert "temperature" in found(partly)["weather"]["message"]
    assert row["who"] == "a pilot"
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.weather.now is not None)
        assert service.house.weather.now.wind_mps == 2


async def test_its_wind_is_flown_in_where_a_request_names_none(tmp_path):
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.PILOT) as pilot:
            calm = (await pilot.post("/api/v1/missions", json=SURVEY)).json()["plans"][0]
            await pilot.put("/api/v1/weather", json={**FAIR, "wind_mps": 9, "gust_mps": 12})
            windy = (await pilot.post("/api/v1/missions", json=SURVEY)).json()["plans"][0]
            still = {**SURVEY, "wind": {"from_deg": 0, "speed_mps": 0}}
            named = (await pilot.post("/api/v1/missions", json=still)).json()["plans"][0]
    assert windy["energy_fraction"] > calm["energy_fraction"]
    assert named["energy_fraction"] == calm["energy_fraction"]


async def test_what_is_no_weather_names_the_field(service):
    async with await service.client(Role.PILOT) as pilot:
        for body, field in (
            ({"wind_mps": -1}, "wind_mps"),
            ({"visibility_m": 1e9}, "visibility_m"),
            ({"observed_time": utc_now() - 2 * 86_400}, "observed_time"),
            ({"observed_time": utc_now() + 3600}, "observed_time"),
            ({"rain": 1}, "rain"),
        ):
            answer = await pilot.put("/api/v1/weather", json=body)
            assert (answer.status_code, answer.json()["field"]) == (422, field)
        answer = await pilot.put("/api/v1/weather", json={"wind_mps": 9, "gust_mps": 8})
        assert answer.status_code == 422
        assert "gusts are at least as strong" in answer.json()["detail"]


def moment(minute):
    return datetime(2026, 11, 24, 12, minute, tzinfo=UTC).timestamp()


async def test_a_feed_is_read_and_its_failure_said_until_it_is_back(tmp_path):
    file, told = tmp_path / "ZYCC.TXT", []
    settings = WeatherSettings(metar_file=file)
    board = WeatherBoard(settings, tmp_path, lambda: moment(40), lambda: told.append(board.now))
    await board.read_feed()
    assert board.now.problem
    assert board.now.wind_mps is None
    file.write_text("ZYCC 241200Z 27008MPS CAVOK 10/05 Q1013")
    await board.read_feed()
    assert (board.now.problem, board.now.wind_mps) == ("", 8.0)
    file.write_text("ZYCC 241230Z gibberish")
    await board.read_feed()
    assert "GIBBERISH" in board.now.problem
    assert board.now.problem_zh
    assert (board.now.wind_mps, board.now.observed_time) == (8.0, moment(0))
    file.write_bytes(b"\xff" * 10)
    await board.read_feed()
    assert board.now.problem
    file.write_text("x" * 100_000)
    await board.read_feed()
    assert "longer than" in board.now.problem
    assert len(told) == 5


async def test_the_newest_observation_counts_whoever_made_it(tmp_path):
    from missions.safety.weather import Weather

    file = tmp_path / "ZYCC.TXT"
    file.write_text("ZYCC 241200Z 27008MPS CAVOK 10/05 Q1013")
    board = WeatherBoard(WeatherSettings(metar_file=file), tmp_path, lambda: moment(40))
    await board.set(Weather(moment(30), "a pilot", wind_mps=3.0))
    await board.read_feed()
    assert board.now.source == "a pilot"
    file.write_text("ZYCC 241235Z 27011MPS CAVOK 10/05 Q1013")
    await board.read_feed()
    assert (board.now.source, board.now.wind_mps) == ("METAR ZYCC", 11.0)
