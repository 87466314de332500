"""The console in a browser, in the words of the one who uses it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, async_playwright

from maps.district import District
from tests.need_browser import browser

ARGUMENTS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
)
VIEWPORT = {"width": 860, "height": 480}
RESULTS = Path("test-results")
PATIENCE_S = 120.0
"""Software graphics on two busy cores are slow; nothing here is a matter of speed."""


class ConsolePage:
    """One page with the console.

    Attributes:
        page: Playwright's.
        errors: what scripts of the page threw.
        foreign: addresses asked for that are not the service's.
    """

    def __init__(self, page: Page, port: int) -> None:
        self.page = page
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self._netloc = f"127.0.0.1:{port}"
        page.set_default_timeout(PATIENCE_S * 1e3)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._netloc:
            self.foreign.append(url)

    async def keep_picture(self) -> None:
        """Save what is in view, for the one who looks into a failure."""
        with contextlib.suppress(PlaywrightError):
            await self.page.screenshot(path=RESULTS / "console.png")

    async def click(self, test_id: str) -> None:
        """Click something by its test id."""
        await self.page.get_by_test_id(test_id).first.click()

    async def see(self, test_id: str, **attributes: str) -> str:
        """Wait until something with these data attributes is in view; its text."""
        wanted = "".join(f'[data-{name}="{value}"]' for name, value in attributes.items())
        element = self.page.locator(f'[data-testid="{test_id}"]{wanted}').first
        await element.wait_for()
        return await element.inner_text()

    async def see_no_more(self, test_id: str) -> None:
        """Wait until something is gone."""
        await self.page.get_by_test_id(test_id).first.wait_for(state="detached")

    async def get(self, script: str, argument: Any = None) -> Any:
        """The value of a JavaScript function in the page."""
        return await self.page.evaluate(script, argument)

    async def until(self, script: str, holds: Callable[[Any], bool], what: str) -> Any:
        """Ask again and again until the value satisfies; the value."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            value = await self.get(script)
            if holds(value):
                return value
            assert time.monotonic() < deadline, f"{what}: still {value}"
            await asyncio.sleep(0.3)

    async def entity(self, entity_id: str) -> dict[str, Any]:
        """An entity as the console holds it; empty while it has none."""
        return dict(await self.get("(id) => window.__liti.picture.entities.get(id) ?? {}", entity_id))

    async def draws(self, layer: str, least: int) -> None:
        """Wait until the map draws at least so many things in a layer of what moves."""
        count = f"() => Object.fromEntries(window.__liti.scene?.layers ?? [])['{layer}'] ?? 0"
        await self.until(count, lambda drawn: drawn >= least, f"things drawn in {layer}")

    async def draw_place(self, district: District, east_m: float, north_m: float) -> None:
        """Click on a place of the map, given in metres east and north of home."""
        await self._click_map(await self._on_screen(district, [(east_m, north_m)]))

    async def draw_rectangle(self, district: District, west_m: float, south_m: float, size_m: float) -> None:
        """Draw a square, given in metres east and north of home, with the mouse, as a person does."""
        corners = [
            (west_m + east * size_m, south_m + north * size_m) for east, north in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        places = await self._on_screen(district, corners)
        await self._click_map([*places, places[-1]])

    async def _on_screen(self, district: District, places_m: list[tuple[float, float]]) -> list[tuple[float, float]]:
        box = await self.page.locator(".maplibregl-canvas").bounding_box()
        assert box is not None
        places = []
        for east, north in places_m:
            at = district.frame.to_geodetic((east, north, 0.0))
            where = "([x, y]) => { const p = window.__liti.map.project([x, y]); return [p.x, p.y]; }"
            x, y = await self.get(where, [at.lon_deg, at.lat_deg])
            places.append((box["x"] + x, box["y"] + y))
        return places

    async def _click_map(self, places: list[tuple[float, float]]) -> None:
        for x, y in places:
            await self.page.mouse.move(x, y, steps=2)
            await asyncio.sleep(0.4)
            await self.page.mouse.down()
            await self.page.mouse.up()
            await asyncio.sleep(0.4)


@contextlib.asynccontextmanager
async def console_page(port: int, **context: Any) -> AsyncIterator[ConsolePage]:
    """A browser with one empty page for the console at a port of loopback."""
    path = browser()
    assert path is not None, "no browser: run python tests/need_browser.py"
    async with async_playwright() as playwright:
        process = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            opened = await process.new_context(viewport=VIEWPORT, locale="zh-CN", **context)
            console = ConsolePage(await opened.new_page(), port)
            try:
                yield console
            except BaseException:
                await console.keep_picture()
                raise
        finally:
            await process.close()
