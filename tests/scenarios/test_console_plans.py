"""A planner at the console: an orbit with its figures, its path on the map, out as a file and in again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maps.district import District
from missions.plan import Command
from tests.scenarios.console_page import ConsolePage, console_page
from tests.scenarios.test_every_kind_flown import started

pytestmark = [pytest.mark.browser, pytest.mark.scenario, pytest.mark.timeout(400)]

VEHICLE = "uav-1"
MIDDLE_M = (60.0, 120.0)


async def test_an_orbit_is_planned_exported_and_imported_again(tmp_path: Path, nanling: District) -> None:
    async with started(tmp_path, nanling) as (port, code), console_page(port) as console:
        await console.page.goto(f"http://127.0.0.1:{port}/#one_time={code}")
        await console.see(f"vehicle-{VEHICLE}")
        await console.see("map", ready="true")
        await plan_an_orbit(console, nanling)
        file = await export_it(console, tmp_path)
        assert_three_turns(json.loads(file.read_text("utf-8")), nanling)
        await import_it_again(console, file)
        assert console.errors == []


async def plan_an_orbit(console: ConsolePage, district: District) -> None:
    await console.click("map-tilt")
    await console.until("() => window.__liti.map.getPitch()", lambda pitch: pitch < 0.5, "the view from above")
    await console.click("tab-missions")
    await console.click("mission-new")
    await console.page.get_by_test_id("mission-kind").select_option("orbit")
    await console.page.get_by_test_id(f"mission-vehicle-{VEHICLE}").check()
    await console.page.get_by_test_id("mission-altitude").fill("60")
    await console.page.get_by_test_id("mission-radius_m").fill("50")
    await console.page.get_by_test_id("mission-turns").fill("3")
    await console.page.get_by_test_id("mission-battery-swaps").check()
    await console.click("mission-draw")
    await console.draw_place(district, *MIDDLE_M)
    await console.see("mission-area")
    await console.click("mission-plan")
    await console.see("mission", state="draft")
    said = await console.see("plan")
    assert VEHICLE in said
    assert "%" in said, "the energy"
    await console.see("schedule")
    await console.draws("mission-paths", 1)


async def export_it(console: ConsolePage, folder: Path) -> Path:
    async with console.page.expect_download() as begun:
        await console.click("export-plan")
    file = folder / "orbit.plan"
    await (await begun.value).save_as(file)
    written = json.loads(file.read_text("utf-8"))
    assert written["fileType"] == "Plan"
    assert len(written["mission"]["items"]) > 4
    return file


def assert_three_turns(written: dict[str, Any], district: District) -> None:
    """The places lie on the circle that was asked for, and go round it three times."""
    places = [item["params"][4:6] for item in written["mission"]["items"] if item["command"] == Command.WAYPOINT]
    lat, lon = np.array(places).T
    away = district.frame.enu_from_geodetic(lat, lon, district.home.alt_amsl_m)[:, :2] - MIDDLE_M
    radius = np.linalg.norm(away, axis=1)
    assert np.median(radius) == pytest.approx(50.0, abs=3.0), "where the map was clicked is good to a few metres"
    turned = np.diff(np.unwrap(np.arctan2(away[:, 1], away[:, 0])))
    assert abs(turned.sum()) / (2 * np.pi) == pytest.approx(3.0, abs=0.1)


async def import_it_again(console: ConsolePage, file: Path) -> None:
    listed = await console.page.get_by_test_id("mission").count()
    await console.page.get_by_test_id("mission-file").set_input_files(file)
    count = "() => document.querySelectorAll('[data-testid=mission]').length"
    await console.until(count, lambda missions: missions == listed + 1, "the imported mission in the list")
    await console.see("mission-body")
    await console.draws("mission-paths", 1)
