"""``liti plan`` of several aircraft: who takes off when, when all are down, and how well a station is kept."""

import json

from typer.testing import CliRunner

from maps.district import District
from service.cli import app

RUNNER = CliRunner()


def planned(folder, **request):
    home = District.embedded().home
    points = [[home.lon_deg + 0.003, home.lat_deg], [home.lon_deg - 0.003, home.lat_deg + 0.001]]
    geometry = {"type": "MultiPoint", "coordinates": points[: request.pop("places", 2)]}
    path = folder / "request.json"
    path.write_text(json.dumps({"kind": "dispatch", "geometry": geometry, **request}))
    return RUNNER.invoke(app, ["plan", str(path), "-o", str(folder / "made.geojson")]).output


def test_shared_tasks_are_told_with_the_order_of_take_off(tmp_path):
    said = planned(tmp_path, vehicles={"count": 2})
    assert "take-off order: #" in said
    assert "all landed after" in said
    assert "of the request, in this order" in said
    assert "on station" not in said


def test_a_patrol_is_told_with_its_worst_gap(tmp_path):
    assert "worst time without anybody on station: 0 s" in planned(
        tmp_path, places=1, persist_s=3600, vehicles={"count": 2}
    )


def test_one_flight_of_one_aircraft_has_no_order(tmp_path):
    assert "take-off order" not in planned(tmp_path, places=1)
