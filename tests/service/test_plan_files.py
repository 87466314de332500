"""Plan files at the doors: every format out and in over HTTP, and what is lost or noted on the way."""

from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from missions.planning.formats import READABLE, WRITABLE, format_of
from service.cli import app
from service.roles import Role
from service.routes.missions import MEDIA_TYPES, FileFormat, Format
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until

PAGE = ".html"
DATA = Path(__file__).parents[1] / "data" / "plans"
module_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pilot(tmp_path_factory):
    async with running(bare_settings(tmp_path_factory.mktemp("plans"))) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.PILOT) as client:
            yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mission(pilot):
    return (await pilot.post("/api/v1/missions", json=SURVEY)).json()


def test_the_doors_offer_just_the_formats_that_there_are() -> None:
    assert {f".{name}" for name in get_args(FileFormat)} == set(READABLE)
    assert {f".{name}" for name in get_args(Format)} == {*WRITABLE, PAGE}
    for suffix in WRITABLE:
        found = format_of(suffix)
        assert found is not None
        assert MEDIA_TYPES[suffix.removeprefix(".")] == found.media_type  # type: ignore[index]


@module_loop
@pytest.mark.parametrize("name", [suffix.removeprefix(".") for suffix in WRITABLE])
async def test_a_mission_goes_out_and_comes_in_again_in_every_format(pilot, mission, name: str) -> None:
    out = await pilot.get(f"/api/v1/missions/{mission['id']}/export", params={"format": name})
    assert out.status_code == 200, out.text
    assert out.headers["content-disposition"].endswith(f'.{name}"')
    assert ("purposes" in out.headers["liti-losses"]) == (name in ("waypoints", "kmz"))
    back = await pilot.post("/api/v1/missions/import", params={"format": name}, content=out.content)
    assert back.status_code == 201, back.text
    (ours,), (theirs,) = mission["plans"], back.json()["plans"]
    assert [item["command"] for item in theirs["items"]] == [item["command"] for item in ours["items"]]


@module_loop
async def test_a_mission_is_exported_in_the_dialect_that_is_asked_for(pilot, mission) -> None:
    asked = {"format": "waypoints", "autopilot": "px4"}
    out = await pilot.get(f"/api/v1/missions/{mission['id']}/export", params=asked)
    assert out.text.startswith("QGC WPL 120\n")
    assert "home" in out.headers["liti-losses"]


@module_loop
async def test_what_a_file_says_beyond_its_plan_is_in_the_notes(pilot) -> None:
    data = (DATA / "google_earth_path.kml").read_bytes()
    answer = await pilot.post("/api/v1/missions/import", params={"format": "kml"}, content=data)
    notes = answer.json()["plans"][0]["notes"]
    assert any("Polygon" in english for english, _ in notes)
    assert all(chinese for _, chinese in notes)


@module_loop
async def test_a_broken_file_is_refused_with_its_place(pilot) -> None:
    answer = await pilot.post("/api/v1/missions/import", params={"format": "kmz"}, content=b"PK\x03\x04")
    assert answer.status_code == 422
    assert "broken" in answer.json()["detail"]


def test_the_command_line_checks_a_file_and_says_what_was_assumed() -> None:
    result = CliRunner().invoke(app, ["check", str(DATA / "drawn.geojson")])
    assert "above home" in result.output
