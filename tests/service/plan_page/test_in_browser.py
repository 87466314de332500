"""The plan page in a real browser, opened as a file: its program runs, and shows one moment everywhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.need_browser import browser
from tests.service.plan_page.pages import NASTY, SURVEY, page_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, list[str]]]:
    """A survey by two vehicles, whose name is an attack; and everything the browser complained or asked about."""
    path = Path(tmp_path_factory.mktemp("pages")) / "plan.html"
    path.write_text(page_of({**SURVEY, "name": NASTY}), "utf-8")
    trouble: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1000, "height": 800}, locale="en-GB")
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text))
        page.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: trouble.append(request.url) if request.url[:5] != "data:" else None)
        page.goto(path.as_uri())
        trouble.remove(path.as_uri())
        yield page, trouble
        chromium.close()


@pytest.fixture
def page(shown: tuple[Page, list[str]]) -> Page:
    return shown[0]


def test_it_opens_without_errors_requests_or_anything_run_from_a_name(shown):
    page, trouble = shown
    expect(page.locator("h1")).to_contain_text("<script>")
    page.locator("#solid").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#solid').width > 300")
    assert trouble == []


def test_the_language_and_the_colours_are_switched(page):
    expect(page.get_by_text("Altitude profile")).to_be_visible()
    page.locator("#language").click()
    expect(page.get_by_text("高度剖面")).to_be_visible()
    expect(page.get_by_text("Altitude profile")).to_be_hidden()
    page.locator("#language").click()
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.locator("#theme").click()


def test_pointing_at_a_path_says_when_and_how_high_and_shows_it_in_the_profile(page):
    page.locator("#map").scroll_into_view_if_needed()
    place = page.evaluate(
        """() => {
            const line = document.querySelector("#map .course .line");
            const half = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
            return [half.x, half.y];
        }"""
    )
    page.mouse.move(*place)
    expect(page.locator("#readout")).to_contain_text(re.compile(r"#\d+ +\d+:\d\d *\d+ m AMSL"))
    expect(page.locator("#readout")).to_contain_text("m above ground")
    expect(page.locator("#map-cursor .chosen")).to_have_count(1)
    expect(page.locator(".profile.by-distance .spot").first).to_be_visible()


def test_pointing_at_the_profile_shows_the_same_moment_on_the_map(page):
    profile = page.locator(".profile.by-distance").first
    profile.scroll_into_view_if_needed()
    box = profile.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    early = page.locator("#map-cursor .pin:has(.chosen)").get_attribute("transform")
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    expect(page.locator("#map-cursor .pin:has(.chosen)")).not_to_have_attribute("transform", early or "")
    expect(page.locator("#readout")).to_contain_text("#1")


def test_the_profile_changes_between_distance_and_time(page):
    page.locator("[data-axis=time]").click()
    expect(page.locator(".profile.by-time").first).to_be_visible()
    expect(page.locator(".profile.by-distance").first).to_be_hidden()
    page.locator("[data-axis=distance]").click()
    expect(page.locator(".profile.by-distance").first).to_be_visible()


def test_the_map_is_zoomed_and_comes_back(page):
    width = "document.querySelector('#map').viewBox.baseVal.width"
    whole = page.evaluate(width)
    page.locator("[data-zoom='0.6']").click()
    assert page.evaluate(width) < 0.7 * whole
    page.locator("[data-zoom='0']").click()
    assert page.evaluate(width) == pytest.approx(whole)


def test_a_window_of_another_size_still_shows_the_whole_plan(page):
    width = "document.querySelector('#map').viewBox.baseVal.width"
    whole = page.evaluate(width)
    for size in ((500, 700), (1, 700), (700, 500), (1000, 800)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(f"whole => Math.abs({width} - whole) < 1", arg=whole)


def test_the_third_dimension_turns(page):
    canvas = page.locator("#solid")
    canvas.scroll_into_view_if_needed()
    before = page.evaluate("document.querySelector('#solid').toDataURL()")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 140, steps=4)
    page.mouse.up()
    page.wait_for_function("before => document.querySelector('#solid').toDataURL() !== before", arg=before)


def test_on_a_telephone_nothing_is_wider_than_the_screen(page):
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1000, "height": 800})
