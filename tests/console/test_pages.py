"""The console's pages in a browser, before and without a map: sign-in, languages, a machine without WebGL."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, Route, async_playwright, expect

import console
from tests.console.fake_service import create_app
from tests.need_browser import browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

if not (console.DIST / "index.html").exists():
    pytest.skip("the console is not built: python -m console.build", allow_module_level=True)

expect.set_options(timeout=60_000)


@contextlib.asynccontextmanager
async def opened(fragment: str = "", locale: str = "zh-CN") -> AsyncIterator[Page]:
    """A page of the console in a browser that has no WebGL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(), log_level="warning", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(
                    executable_path=browser(), args=["--no-sandbox", "--disable-3d-apis"]
                )
                page = await (await chromium.new_context(locale=locale)).new_page()
                page.set_default_timeout(60_000)
                await page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}/{fragment}")
                yield page
                await chromium.close()
        finally:
            server.should_exit = True
            await serving


async def test_a_wrong_password_is_said_and_the_right_one_opens_the_console() -> None:
    async with opened() as page:
        await page.get_by_test_id("sign-in-name").fill("pilot")
        await page.get_by_test_id("sign-in-password").fill("wrong")
        await page.get_by_test_id("sign-in-submit").click()
        await expect(page.get_by_test_id("sign-in-notice")).to_contain_text("口令不正确")
        await page.get_by_test_id("sign-in-password").fill("pilot")
        await page.get_by_test_id("sign-in-submit").click()
        await expect(page.get_by_test_id("console")).to_be_visible()
        await page.get_by_test_id("sign-out").click()
        await expect(page.get_by_test_id("sign-in")).to_be_visible()


async def test_a_spent_link_leads_to_the_sign_in_page_with_a_reason() -> None:
    async with opened("#one-time=spent", "en-GB") as page:
        await expect(page.get_by_test_id("sign-in-notice")).to_contain_text("one-time link is no longer valid")
        assert "one-time" not in page.url


async def test_without_webgl_the_map_says_so_and_the_rest_still_works() -> None:
    async with opened("#one-time=demo") as page:
        await expect(page.get_by_test_id("no-webgl")).to_contain_text("WebGL 2")
        await expect(page.get_by_test_id("vehicle-uav-1")).to_contain_text("旋翼")
        await page.get_by_test_id("language").click()
        await expect(page.get_by_test_id("vehicle-uav-1")).to_contain_text("Rotorcraft")
        await expect(page.get_by_test_id("no-webgl")).to_contain_text("hardware acceleration")


async def test_hold_goes_out_at_once_and_landing_asks_first() -> None:
    async with opened("#one-time=demo") as page:
        card = page.get_by_test_id("vehicle-uav-1")
        await card.get_by_test_id("hold").click()
        await expect(page.get_by_test_id("notices")).to_contain_text("uav-1：已发送“悬停”")
        await expect(card.get_by_test_id("vehicle-mode")).to_have_text("LOITER")
        await page.get_by_test_id("vehicle-uav-3").get_by_test_id("land").click()
        await expect(page.get_by_test_id("confirm")).to_contain_text("uav-3")
        await page.get_by_test_id("confirm-no").click()
        await expect(page.get_by_test_id("notices")).not_to_contain_text("降落")
        await page.get_by_test_id("vehicle-uav-3").get_by_test_id("land").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("notices")).to_contain_text("固定翼不能原地降落")


async def test_a_password_is_set_only_when_long_enough_and_given_twice_alike() -> None:
    async with opened("#one-time=demo") as page:
        await page.get_by_test_id("who").click()
        for first, second, said in (("short", "short", "至少 10"), ("a long password", "another", "不一致")):
            await page.get_by_test_id("password-new").fill(first)
            await page.get_by_test_id("password-again").fill(second)
            await page.get_by_test_id("password-save").click()
            await expect(page.get_by_test_id("password-problem")).to_contain_text(said)
        await page.get_by_test_id("password-again").fill("a long password")
        await page.get_by_test_id("password-save").click()
        await expect(page.get_by_test_id("notices")).to_contain_text("口令已设置")
        await expect(page.get_by_test_id("password")).not_to_be_visible()


async def test_tabs_are_walked_with_the_arrow_keys() -> None:
    async with opened("#one-time=demo") as page:
        await page.get_by_test_id("tab-fleet").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_test_id("tab-missions")).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_test_id("layers")).to_be_visible()


async def test_each_kind_of_mission_asks_for_what_it_needs() -> None:
    async with opened("#one-time=demo") as page:
        await page.get_by_test_id("tab-missions").click()
        await page.get_by_test_id("mission-new").click()
        await expect(page.get_by_test_id("mission-direction_deg")).to_be_visible()
        await page.get_by_test_id("mission-kind").select_option("search")
        await expect(page.get_by_test_id("mission-pattern")).to_have_value("creeping_line")
        await page.get_by_test_id("mission-shape-Point").click()
        await expect(page.get_by_test_id("mission-pattern")).to_have_value("expanding_square")
        assert await page.get_by_test_id("mission-pattern").locator("option").count() == 2
        await page.get_by_test_id("mission-radius_m").fill("2")
        await expect(page.get_by_test_id("mission-form")).to_contain_text("半径（米）须在 5 到 5000 之间")
        await page.get_by_test_id("mission-kind").select_option("corridor")
        await expect(page.get_by_test_id("mission-width_m")).to_be_visible()
        await expect(page.get_by_test_id("mission-pattern")).not_to_be_visible()
        await expect(page.get_by_test_id("mission-form")).not_to_contain_text("须在 5 到")


async def test_a_finding_is_overridden_with_a_reason_that_is_then_shown() -> None:
    finding = {
        "rule": "departure", "severity": "blocking", "message": "stands in heading 90°", "message_zh": "机头朝向 90°",
        "vehicle_id": "uav-1", "overridable": True,
    }  # fmt: skip
    hard = {"rule": "no_fly", "severity": "blocking", "message": "enters a school", "message_zh": "进入学校"}
    mission = {"id": "m-1", "kind": "route", "state": "draft", "plans": [], "findings": [finding, hard], "flights": []}
    posted: list[Any] = []

    async def override(route: Route) -> None:
        posted.append(route.request.post_data_json)
        word = {"by": "chief", "time": 1.0, "reason": posted[-1]["reason"]}
        await route.fulfill(json={**mission, "findings": [{**finding, "overridden": word}, hard]})

    async def session(route: Route) -> None:
        answer = await route.fetch()
        who = {**await answer.json(), "permissions": ["look", "plan", "override"]}
        await route.fulfill(response=answer, json=who)

    async with opened() as page:
        await page.route("**/api/v1/session", session)
        await page.route("**/api/v1/missions", lambda route: route.fulfill(json=[mission]))
        await page.route("**/api/v1/missions/m-1/override", override)
        await page.get_by_test_id("sign-in-name").fill("pilot")
        await page.get_by_test_id("sign-in-password").fill("pilot")
        await page.get_by_test_id("sign-in-submit").click()
        await page.get_by_test_id("tab-missions").click()
        await page.get_by_test_id("mission").first.locator("button").first.click()
        await expect(page.get_by_test_id("override")).to_have_count(1)
        await page.get_by_test_id("override").click()
        await expect(page.get_by_test_id("override-yes")).to_be_disabled()
        await page.get_by_test_id("override-reason").fill("  风向袋已确认  ")
        await page.get_by_test_id("override-yes").click()
        await expect(page.get_by_test_id("overridden")).to_contain_text("chief 越权放行：风向袋已确认")
        await expect(page.get_by_test_id("override")).to_have_count(0)
    assert posted == [{"rule": "departure", "vehicle_id": "uav-1", "reason": "风向袋已确认"}]
