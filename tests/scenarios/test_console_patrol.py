"""A pilot at the console: from the sign-in link to an aircraft in the air, through a lost connection, and home."""

import socket
import time

import pytest

from service.demo.show import Show, running
from service.demo.staging import free_ports
from tests.scenarios.breakable_wire import BreakableWire, breakable_wire
from tests.scenarios.console_page import ConsolePage, console_page

pytestmark = [pytest.mark.browser, pytest.mark.scenario, pytest.mark.timeout(600)]

VEHICLE = "uav-1"
SENSOR = "uav-1-eo"


async def test_a_pilot_flies_a_patrol_from_the_console() -> None:
    (port,) = free_ports(1, socket.SOCK_STREAM)
    async with (
        running(11, port, None, time.time()) as show,
        breakable_wire(port) as wire,
        console_page(wire.port) as console,
    ):
        await sign_in_with_the_link(console, show, wire)
        await see_the_district_in_three_dimensions(console)
        await draw_check_and_launch(console, show)
        await see_it_fly(console)
        await play_its_video_and_lay_it_on_the_ground(console)
        await lose_the_connection_and_get_it_back(console, wire)
        await hold_and_bring_it_home(console)
        assert console.errors == []
        assert console.foreign == []


async def sign_in_with_the_link(console: ConsolePage, show: Show, wire: BreakableWire) -> None:
    fragment = show.sign_in.partition("#")[2]
    await console.page.goto(f"http://127.0.0.1:{wire.port}/#{fragment}")
    await console.see("console")
    assert "#" not in console.page.url, "the one-time code must not stay in the address"
    await console.see("connection", state="live")
    await console.see(f"vehicle-{VEHICLE}")


async def see_the_district_in_three_dimensions(console: ConsolePage) -> None:
    await console.see("map", ready="true")
    rendered = "(layer) => window.__liti.map.queryRenderedFeatures({ layers: [layer] }).length"
    assert await console.get("() => window.__liti.map.getTerrain()?.source") == "heights"
    home = "() => window.__liti.map.queryTerrainElevation(window.__liti.map.getCenter())"
    await console.until(home, lambda height: height is not None and 200 < height < 260, "terrain at home")
    await console.until(f"() => ({rendered})('buildings')", lambda n: n > 50, "buildings")
    await console.until(f"() => ({rendered})('street-names')", lambda n: n > 3, "street names")
    names = "() => window.__liti.map.queryRenderedFeatures({ layers: ['street-names'] }).map((f) => f.properties.name)"
    assert any("\u4e00" <= name[0] <= "\u9fff" for name in await console.get(names))
    assert await console.get("() => document.fonts.check('14px \"Noto Sans SC\"', '立体城区')")
    await console.draws("cameras", 50)


async def draw_check_and_launch(console: ConsolePage, show: Show) -> None:
    await console.click("map-tilt")
    await console.until("() => window.__liti.map.getPitch()", lambda pitch: pitch < 0.5, "the view from above")
    await console.click("tab-missions")
    await console.click("mission-new")
    await console.page.get_by_test_id(f"mission-vehicle-{VEHICLE}").check()
    await console.page.get_by_test_id("mission-altitude").fill("55")
    await console.click("mission-draw")
    await console.draw_rectangle(show.district, -90.0, 15.0, 180.0)
    assert "ha" in await console.see("mission-area")
    await console.click("mission-plan")
    await console.see("mission", state="draft")
    assert VEHICLE in await console.see("plan")
    await console.see("no-findings")
    await console.draws("mission-paths", 1)
    await console.click("mission-clear")
    await console.see("mission", state="cleared")
    await console.click("mission-launch")
    await console.see("mission", state="flying")


async def see_it_fly(console: ConsolePage) -> None:
    height = f"() => window.__liti.picture.entities.get('vehicle/{VEHICLE}').position.alt_agl_m"
    await console.until(height, lambda metres: metres > 20, "height of the aircraft")
    await console.draws("vehicles-rotorcraft", 2)
    await console.draws("altitude-lines", 3)
    await console.draws("trails", 1)
    await console.draws("footprints", 1)
    await console.click("tab-fleet")
    assert "空中" in await console.see(f"vehicle-{VEHICLE}")


async def play_its_video_and_lay_it_on_the_ground(console: ConsolePage) -> None:
    await console.click("tab-sensors")
    await console.click(f"sensor-{SENSOR}")
    await console.see("video", state="playing")
    frames = "() => window.__liti.video?.frames ?? 0"
    await console.until(frames, lambda count: count >= 5, "frames played")
    await console.click("video-lay")
    await console.until("() => window.__liti.video?.laid", bool, "video on the ground")
    await console.draws("laid-video", 1)
    await console.click("video-close")
    await console.see_no_more("video")


async def lose_the_connection_and_get_it_back(console: ConsolePage, wire: BreakableWire) -> None:
    snapshots = await console.get("() => window.__liti.picture.snapshots")
    await wire.cut()
    await console.see("connection-banner")
    await console.see("connection", state="lost")
    before = await console.get("() => window.__liti.picture.deltas")
    assert (await console.entity(f"vehicle/{VEHICLE}"))["id"], "what was known is still shown"
    await wire.mend()
    await console.see("connection", state="live")
    await console.see_no_more("connection-banner")
    await console.until("() => window.__liti.picture.deltas", lambda deltas: deltas > before, "deltas after the gap")
    assert await console.get("() => window.__liti.picture.snapshots") == snapshots, "it must resume, not start anew"


async def hold_and_bring_it_home(console: ConsolePage) -> None:
    await console.click("tab-fleet")
    await console.page.get_by_test_id(f"vehicle-{VEHICLE}").get_by_test_id("hold").click()
    await console.click("tab-missions")
    await console.see("mission", state="paused")
    await console.click("mission-abort")
    await console.see("mission", state="returning")
