"""Zones that change while the service runs: who may, what is refused, and that they are in force before the answer."""

import asyncio

import pytest
import pytest_asyncio

from maps.district import District
from service.composition import table
from service.roles import Role
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

AREA = SURVEY["geometry"]
SCHOOL = {"name": "Exam day", "rule": "no_fly", "geometry": AREA}
(RING,) = AREA["coordinates"]
PARTS = {"picture", "district", "zones", "inventory", "fleet", "missions"}


def parts(house):
    return tuple(part for part in table(house) if part.name in PARTS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory):
    """A service that plans and watches nothing else."""
    async with running(bare_settings(tmp_path_factory.mktemp("city")), parts) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def commander(city):
    async with await city.client(Role.COMMANDER) as client:
        yield client


async def listed(client):
    """All zones by id, as a GIS would read them."""
    answer = await client.get("/api/v1/zones")
    return {feature["properties"]["id"]: feature for feature in answer.json()["features"]}


async def rules(client):
    """The rules that a survey of the area breaks."""
    mission = (await client.post("/api/v1/missions", json=SURVEY)).json()
    return {finding["rule"] for finding in mission["findings"] if finding["severity"] == "blocking"}


async def test_a_zone_is_in_force_before_it_is_answered_and_out_of_force_when_removed(city, commander):
    before = await listed(commander)
    assert await rules(commander) == set()
    added = await commander.post("/api/v1/zones", json=SCHOOL)
    assert added.status_code == 201, added.text
    name = added.json()["id"]
    assert "no_fly" in await rules(commander)
    shown = (await listed(commander))[name]
    assert shown["geometry"] == AREA
    assert shown["properties"] | {"name": "Exam day", "rule": "no_fly", "by": "a commander"} == shown["properties"]
    assert city.house.picture.get(f"zone/{name}").properties["name"] == "Exam day"
    assert (await commander.delete(f"/api/v1/zones/{name}")).status_code == 204
    assert await rules(commander) == set()
    assert await listed(commander) == before
    assert f"zone/{name}" not in city.house.picture
    assert (await commander.delete(f"/api/v1/zones/{name}")).status_code == 404


async def test_a_zone_is_changed_in_place_and_its_times_are_utc(city, commander):
    times = {"valid_from": "2026-05-01T16:00:00+08:00", "valid_to": 1_900_000_000}
    first = await commander.put("/api/v1/zones/exam", json={**SCHOOL, **times})
    assert (first.status_code, first.json()["valid_from"]) == (200, "2026-05-01T08:00:00Z")
    assert (await commander.post("/api/v1/zones", json={**SCHOOL, "id": "exam"})).status_code == 409
    low = {**SCHOOL, "rule": "ceiling", "ceiling_m": 20, "reference": "agl"}
    assert (await commander.put("/api/v1/zones/exam", json=low)).json()["ceiling_m"] == 20
    assert (await listed(commander))["exam"]["properties"]["rule"] == "ceiling"
    assert city.house.picture.get("zone/exam").properties["ceiling_m"] == 20
    assert "ceiling" in await rules(commander)
    await commander.delete("/api/v1/zones/exam")


async def test_the_districts_own_zones_are_not_changed_through_the_door(city, commander):
    own = str(city.house.district.get().zones["id"].iloc[0])
    for answer in (
        await commander.put(f"/api/v1/zones/{own}", json=SCHOOL),
        await commander.post("/api/v1/zones", json={**SCHOOL, "id": own}),
        await commander.delete(f"/api/v1/zones/{own}"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:liti:problem:zone-of-the-district")
        assert answer.json()["detail_zh"]


def ring(*corners):
    return {"geometry": {"type": "Polygon", "coordinates": [list(corners)]}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "no_walking"}, "rule"),
        ({"colour": "red"}, "colour"),
        ({"name": " "}, "name"),
        ({"id": "../etc"}, "id"),
        ({"floor_m": 10}, ""),
        ({"rule": "ceiling"}, "ceiling_m"),
        ({"floor_m": 90, "ceiling_m": 20, "reference": "agl"}, "ceiling_m"),
        ({"ceiling_m": 1e9, "reference": "agl"}, "ceiling_m"),
        ({"valid_from": "2026-05-01T08:00:00"}, "valid_from"),
        ({"valid_from": 2_000_000_000, "valid_to": 1_900_000_000}, ""),
        (ring(*RING[:-1]), "geometry"),
        (ring(*[[lat, lon] for lon, lat in RING]), "geometry"),
        (ring(*[[lon, lat - 20] for lon, lat in RING]), "geometry"),
        (ring(RING[0], RING[2], RING[1], RING[3], RING[0]), "geometry"),
        (ring(*[RING[0]] * 5), "geometry"),
        (ring(*RING[:2] * 1500, RING[0]), "geometry"),
        ({"geometry": {"type": "Point", "coordinates": RING[0]}}, "geometry.type"),
        ({"geometry": {"type": "MultiPolygon", "coordinates": AREA["coordinates"]}}, "geometry"),
    ],
)
async def test_what_is_no_zone_is_refused_and_the_field_named(city, commander, changes, field):
    before = await listed(commander)
    answer = await commander.post("/api/v1/zones", json={**SCHOOL, **changes})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert await listed(commander) == before


async def test_zones_are_for_commanders_and_written_down(city, commander):
    async with await city.client(Role.VIEWER) as viewer:
        assert (await viewer.post("/api/v1/zones", json=SCHOOL)).status_code == 403
        assert (await viewer.delete("/api/v1/zones/fair")).status_code == 403
        assert (await viewer.get("/api/v1/zones")).status_code == 200
    await commander.put("/api/v1/zones/fair", json=SCHOOL)
    await commander.delete("/api/v1/zones/fair")
    written = [(row["action"], row["who"], row["result"]) for row in await city.audit() if row["subject"] == "fair"]
    assert written == [("zone.remove", "a commander", "done"), ("zone.change", "a commander", "done")]


async def test_many_zones_at_once_are_taken_together_and_their_number_is_bounded(city, commander, monkeypatch):
    made, with_zones = [], District.with_zones
    monkeypatch.setattr(District, "with_zones", lambda self, more: made.append(len(more)) or with_zones(self, more))
    monkeypatch.setattr("service.zoning.MOST_ZONES", 60)
    names = [f"flood-{number}" for number in range(80)]
    answers = await asyncio.gather(*(commander.put(f"/api/v1/zones/{name}", json=SCHOOL) for name in names))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(409)) == (60, 20)
    assert made[-1] == 60
    assert len(made) < 60
    kept = [name for name, code in zip(names, codes, strict=True) if code == 200]
    assert set(kept) <= (await listed(commander)).keys()
    await asyncio.gather(*(commander.delete(f"/api/v1/zones/{name}") for name in kept))
    assert not set(kept) & (await listed(commander)).keys()


async def test_a_zone_is_in_force_again_after_a_restart(tmp_path):
    async with running(bare_settings(tmp_path), parts) as service:
        await until(lambda: service.house.zoning.now is not None, 90)
        async with await service.client(Role.COMMANDER) as commander:
            added = (await commander.post("/api/v1/zones", json=SCHOOL)).json()
    async with running(bare_settings(tmp_path), parts) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.COMMANDER) as commander:
            assert (await listed(commander))[added["id"]]["properties"]["by"] == "a commander"
            assert "no_fly" in await rules(commander)
        await until(lambda: f"zone/{added['id']}" in service.house.picture)
