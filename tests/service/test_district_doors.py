"""The district, its coverage, missions and what is seen, through the doors of a service with all its parts."""

import gzip
import json
import struct
import zlib

import numpy as np
import pytest
import pytest_asyncio

from fusion.bus import SENSORS, VEHICLES
from fusion.messages import CameraPose, Position, SensorState, VehicleState
from maps.instants import utc_now
from service.covering import content_key, coverage
from service.roles import Role
from service.terrain_tiles import TerrainTiles
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory):
    """A service with all its parts over the embedded district, without vehicles and video."""
    async with running(bare_settings(tmp_path_factory.mktemp("whole"))) as service:
        await until(lambda: service.house.missions.now is not None and service.house.tiles.now is not None, 90)
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def pilot(whole):
    async with await whole.client(Role.PILOT) as client:
        yield client


async def test_the_district_says_what_there_is(whole, pilot):
    says = (await pilot.get("/api/v1/district")).json()
    west, south, east, north = says["bounds"]
    assert west < says["home"]["lon_deg"] < east
    assert south < says["home"]["lat_deg"] < north
    assert says["missing"] == []
    assert says["layers"]["buildings"]["features"] >= 1000


@pytest.mark.parametrize("name", ["buildings", "cameras", "sites", "zones", "cells", "streets"])
async def test_a_layer_is_geojson_without_nulls_and_cached_by_its_tag(whole, pilot, name):
    answer = await pilot.get(f"/api/v1/district/layers/{name}")
    features = answer.json()["features"]
    assert len(features) == len(getattr(whole.house.district.get(), name))
    assert "null" not in answer.text
    if name == "buildings":
        assert all({"height_m", "base_amsl_m"} <= feature["properties"].keys() for feature in features)
    plain = await pilot.get(f"/api/v1/district/layers/{name}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == answer.json()
    again = await pilot.get(f"/api/v1/district/layers/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_an_unknown_layer_is_invalid(whole, pilot):
    assert (await pilot.get("/api/v1/district/layers/secrets")).status_code == 422


def decode(content):
    """Pixels of a PNG of 8-bit RGB whose rows are filtered by "up"."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    columns, rows = struct.unpack(">II", content[16:24])
    data, at = b"", 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length)[0] == zlib.crc32(name + body)
        data += body if name == b"IDAT" else b""
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(rows, 1 + 3 * columns)
    assert (raw[:, 0] == 2).all()
    return np.cumsum(raw[:, 1:], axis=0, dtype=np.uint8).reshape(rows, columns, 3).astype(float)


async def test_a_terrain_tile_has_the_height_of_the_ground_where_it_lies(whole, pilot):
    zoom, x, y = 15, 27790, 11971
    answer = await pilot.get(f"/api/v1/district/terrain/{zoom}/{x}/{y}.png")
    red, green, blue = decode(answer.content).transpose(2, 0, 1)
    heights = red * 256 + green + blue / 256 - 32768
    terrain = whole.house.district.get().terrain
    for row, column in ((0, 0), (128, 40), (255, 255)):
        lon = (x + (column + 0.5) / 256) / 2**zoom * 360 - 180
        mercator = np.pi * (1 - 2 * (y + (row + 0.5) / 256) / 2**zoom)
        lat = float(np.degrees(np.arctan(np.sinh(mercator))))
        assert heights[row, column] == pytest.approx(float(terrain.height_amsl_m(lat, lon)), abs=0.05)
    assert (await pilot.get("/api/v1/district/terrain/3/1/1.png")).status_code == 404


async def test_tiles_are_kept_and_the_number_kept_is_bounded(whole, monkeypatch):
    monkeypatch.setattr("service.terrain_tiles.KEPT", 2)
    tiles = TerrainTiles(whole.house.district.get().terrain)
    first = tiles.get(10, 868, 374)
    assert tiles.get(10, 868, 374) is first
    for x in (1, 2, 3):
        tiles.get(10, x, 0)
    assert len(tiles._made) == 2


async def test_the_picture_holds_zones_sites_and_silent_cameras(whole):
    await until(lambda: whole.house.parts.reports["inventory"].state == "running")
    district, picture = whole.house.district.get(), whole.house.picture
    assert {entity.id for entity in picture.of_kind("zone")} == {f"zone/{name}" for name in district.zones["id"]}
    assert {entity.id for entity in picture.of_kind("site")} == {f"site/{name}" for name in district.sites["id"]}
    camera = picture.get("camera/cam-001")
    row = district.cameras_by_id["cam-001"]
    assert camera.position.alt_agl_m == row["height_m"]
    assert camera.properties["azimuth_deg"] == row["azimuth_deg"]
    assert camera.properties["video"] is False


async def test_coverage_is_computed_once_and_then_taken_from_the_cache(whole, pilot, monkeypatch):
    await until(lambda: whole.house.coverage.now is not None, 120)
    features = (await pilot.get("/api/v1/coverage")).json()["features"]
    one = (await pilot.get("/api/v1/coverage", params={"camera_id": "cam-001"})).json()["features"]
    summary = (await pilot.get("/api/v1/coverage/summary")).json()
    assert {"camera_id", "grade", "px_per_m_min"} == features[0]["properties"].keys()
    assert {feature["properties"]["camera_id"] for feature in one} == {"cam-001"}
    assert len(features) > len(one) > 0
    assert summary["cameras"] == len(whole.house.district.get().cameras)
    assert summary["area_m2"] > 10_000
    assert 0 < summary["sites_covered"] <= summary["sites"] == len(summary["by_site"])

    async def nobody(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr("service.covering._compute", nobody)
    folder = whole.house.district.get().folder
    again = await coverage(folder, whole.house.settings.storage.folder / "cache")
    assert json.loads(gzip.decompress(again.compressed))["features"] == features


async def test_another_district_has_another_coverage(tmp_path):
    (tmp_path / "district.toml").write_text("name = 'a'")
    before = content_key(tmp_path)
    (tmp_path / "cameras.gpkg").write_bytes(b"cameras")
    assert content_key(tmp_path) != before


async def test_a_point_is_seen_by_a_camera_above_it_and_not_through_its_back(whole, pilot):
    district = whole.house.district.get()
    home = district.home
    now = utc_now()
    pose = CameraPose(now, Position(home.lat_deg, home.lon_deg, home.alt_amsl_m + 50), 0.0, -90.0, 0.0, 60.0, 36.0)
    state = SensorState("uav-9-eo", now, "ok", vehicle_id="uav-9", pose=pose, width_px=640, height_px=360)
    place = {"lat_deg": home.lat_deg, "lon_deg": home.lon_deg, "height_m": 0}
    for sensor, expected in ((state, True), (None, False)):
        whole.house.sensors.clear()
        if sensor is not None:
            whole.house.bus.publish(SENSORS, sensor)
            await until(lambda: "uav-9-eo" in whole.house.sensors)
        seen = (await pilot.get("/api/v1/visibility", params=place)).json()["seen_by"]
        found = [each for each in seen if each["sensor_id"] == "uav-9-eo"]
        assert bool(found) is expected
        if expected:
            assert found[0]["distance_m"] == pytest.approx(50, abs=0.5)
            assert found[0]["px_per_m"] == pytest.approx(640 / (2 * 50 * np.tan(np.radians(30))), rel=0.02)
            assert found[0]["pixel"] == pytest.approx([320, 180], abs=2)
    sky = {**place, "height_m": 100}
    whole.house.bus.publish(SENSORS, state)
    await until(lambda: "uav-9-eo" in whole.house.sensors)
    assert "uav-9-eo" not in {
        each["sensor_id"] for each in (await pilot.get("/api/v1/visibility", params=sky)).json()["seen_by"]
    }


async def test_a_mission_is_drafted_cleared_exported_imported_and_taken_back(whole, pilot):
    drafted = await pilot.post("/api/v1/missions", json=SURVEY)
    assert drafted.status_code == 201, drafted.text
    mission = drafted.json()
    (plan,) = mission["plans"]
    assert plan["path_geojson"]["type"] == "LineString"
    assert len(plan["path_geojson"]["coordinates"][0]) == 3
    cleared = await pilot.post(f"/api/v1/missions/{mission['id']}/clear")
    assert (cleared.status_code, cleared.json()["state"]) == (200, "cleared")

    exported = await pilot.get(f"/api/v1/missions/{mission['id']}/export", params={"format": "plan"})
    assert exported.json()["fileType"] == "Plan"
    page = await pilot.get(f"/api/v1/missions/{mission['id']}/export", params={"format": "html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.startswith("<!doctype html>")
    nobody = await pilot.get(
        f"/api/v1/missions/{mission['id']}/export", params={"format": "html", "vehicle_id": "uav-99"}
    )
    assert (nobody.status_code, nobody.json()["field"]) == (404, "vehicle_id")
    imported = await pilot.post("/api/v1/missions/import", params={"format": "plan"}, content=exported.content)
    assert imported.status_code == 201, imported.text
    items = imported.json()["plans"][0]["items"]
    assert [item["command"] for item in items] == [item["command"] for item in plan["items"]]

    taken_back = await pilot.post(f"/api/v1/missions/{mission['id']}/abort")
    assert taken_back.json()["state"] == "aborted"
    assert mission["id"] in {each["id"] for each in (await pilot.get("/api/v1/missions")).json()}


async def test_launching_without_a_vehicle_says_so_and_is_written_down(whole, pilot):
    mission = (await pilot.post("/api/v1/missions", json=SURVEY)).json()
    early = await pilot.post(f"/api/v1/missions/{mission['id']}/launch")
    assert early.status_code == 409
    await pilot.post(f"/api/v1/missions/{mission['id']}/clear")
    late = await pilot.post(f"/api/v1/missions/{mission['id']}/launch")
    assert late.status_code == 404
    assert late.json()["type"] == "urn:liti:problem:vehicle-missing"
    rows = [row for row in await whole.audit() if row["subject"] == mission["id"]]
    assert [(row["action"], row["result"]) for row in reversed(rows)] == [
        ("mission.launch", "refused"),
        ("mission.clear", "done"),
        ("mission.launch", "refused"),
    ]
    assert all(row["who"] == "a pilot" and row["address"] == "127.0.0.1" for row in rows)
    assert "cleared" in rows[-1]["detail"]


async def test_a_plan_through_a_no_fly_zone_is_blocked_with_its_findings(whole, pilot):
    zones = whole.house.district.get().zones
    zone = zones[zones["rule"] == "no_fly"].iloc[0]
    area = {"type": "Polygon", "coordinates": [list(zone["geometry"].convex_hull.exterior.coords)]}
    request = {"kind": "survey", "geometry": area, "altitude": {"value_m": 100}}  # planned whole, whatever it lies over
    mission = (await pilot.post("/api/v1/missions", json=request)).json()
    assert any(finding["severity"] == "blocking" for finding in mission["findings"])
    refused = await pilot.post(f"/api/v1/missions/{mission['id']}/clear")
    problem = refused.json()
    assert refused.status_code == 409
    assert problem["type"] == "urn:liti:problem:mission-blocked"
    assert "no_fly" in {finding["rule"] for finding in problem["findings"]}
    assert problem["detail_zh"]


async def test_a_request_that_makes_no_sense_names_its_field(whole, pilot):
    answer = await pilot.post("/api/v1/missions", json={**SURVEY, "altitude": {"value_m": -5}})
    assert (answer.status_code, answer.json()["field"]) == (422, "altitude.value_m")
    swapped = {
        **SURVEY,
        "geometry": {"type": "Polygon", "coordinates": [[[43.8, 125.3], [43.9, 125.3], [43.9, 125.4]]]},
    }
    assert (await pilot.post("/api/v1/missions", json=swapped)).status_code == 422
    garbage = await pilot.post("/api/v1/missions/import", params={"format": "plan"}, content=b"\x00\xff\xfe")
    assert garbage.status_code == 422


async def test_a_viewer_may_look_but_not_draft_launch_or_command(whole):
    async with await whole.client(Role.VIEWER) as viewer, await whole.client(Role.COMMANDER) as commander:
        assert (await viewer.get("/api/v1/missions")).status_code == 200
        assert (await viewer.post("/api/v1/missions", json=SURVEY)).status_code == 403
        mission = (await commander.post("/api/v1/missions", json=SURVEY)).json()
        for client in (viewer, commander):
            for action in ("clear", "launch", "pause", "resume", "abort"):
                assert (await client.post(f"/api/v1/missions/{mission['id']}/{action}")).status_code == 403
            command = await client.post("/api/v1/vehicles/uav-1/commands", json={"command": "hold"})
            assert command.status_code == 403


async def test_commands_to_an_unknown_vehicle_are_refused_and_written_down(whole, pilot):
    unknown = await pilot.post("/api/v1/vehicles/nobody/commands", json={"command": "hold"})
    assert unknown.status_code == 404
    assert (await pilot.post("/api/v1/vehicles/nobody/commands", json={"command": "explode"})).status_code == 422
    row = next(row for row in await whole.audit() if row["subject"] == "nobody")
    assert (row["action"], row["result"]) == ("vehicle.hold", "refused")


async def test_vehicles_are_as_the_bus_last_said(whole, pilot):
    state = VehicleState("uav-5", "rotorcraft", "px4", 1.0, 1.0, "up", mode="AUTO.MISSION")
    whole.house.bus.publish(VEHICLES, state)
    await until(lambda: "uav-5" in whole.house.vehicles)
    assert (await pilot.get("/api/v1/vehicles/uav-5")).json()["mode"] == "AUTO.MISSION"
    assert "uav-5" in {each["id"] for each in (await pilot.get("/api/v1/vehicles")).json()}
    assert (await pilot.get("/api/v1/vehicles/uav-6")).status_code == 404
