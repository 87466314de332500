"""Benchmarks: they run, measure both sides, and say what they compare; how fast the machine is, is not asserted."""

import pytest
from typer.testing import CliRunner

from service.benchmarks import clearance, planning, video
from service.benchmarks.city import city
from service.benchmarks.measuring import compare
from service.cli import app


def test_surveys_are_shorter_than_plain_ones_and_image_no_less() -> None:
    found = {outcome.name: outcome for outcome in planning.measure()}
    assert found["Length of a survey, mean"].ratio < 0.9
    assert found["Area imaged, least"].ours >= 99.8
    assert found["Surveys imaged less than by the peer"].ours == 0
    assert found["Length over 10 km2"].ratio <= 1.35


def test_both_sides_are_measured() -> None:
    ours, peer = compare(lambda: sum(range(200_000)), lambda: None)
    assert ours > peer >= 0


def test_video_is_encoded_decoded_and_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "FRAMES", 10)
    outcome = video._of_size(320, 176)
    assert 0 < outcome.ours < outcome.peer


def test_the_command_prints_figures_and_refuses_unknown_names() -> None:
    told = CliRunner().invoke(app, ["bench", "planning", "--json"])
    assert told.exit_code == 0, told.output
    assert '"ratio"' in told.output
    assert CliRunner().invoke(app, ["bench", "flattery"]).exit_code == 2


def test_both_sides_find_the_same_way_over_a_city_free_or_shut() -> None:
    district = city(500)
    layers = clearance._layers(district)
    for height_m, free in ((clearance.HEIGHT_M, True), (30.0, False)):
        plan = clearance.spiral(district, 200, height_m)
        blocked = any(found.severity == "blocking" for found in clearance.judged(plan, district))
        assert (not blocked) is clearance.looked_up(plan, district, layers) is free
