"""Draws the pictures of docs/planning.md anew, from the example requests.

Run as ``python -m tests.service.plan_page.pictures [EXAMPLE …]``.
"""

import json
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.need_browser import browser
from tests.service.plan_page.pages import page_of

ROOT = Path(__file__).parents[3]
WITH_WINGS = {"route": "fixed_wing", "corridor": "vtol", "search": "fixed_wing", "follow": "fixed_wing"}
"""Kinds that are shown flown on wings; the others by a rotorcraft."""

COLOURS = 200

WHOLE = "survey-mixed-crew"
"""The example whose page is shown from its head to its profiles."""


def main() -> int:
    """Write docs/images/plan-*.png, or only those that are named."""
    wanted = set(sys.argv[1:])
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1180, "height": 860}, locale="en-GB")
        for path in sorted((ROOT / "examples" / "requests").glob("*.json")):
            if not wanted or path.stem in wanted:
                draw(page, path, Path(folder))
        chromium.close()
    return 0


def draw(page: Page, path: Path, folder: Path) -> None:
    """One picture, of 900 pixels width and few colours."""
    request = json.loads(path.read_text("utf-8"))
    request["name"] = request["name"].split(" / ")[0]
    request.setdefault("vehicles", {"kind": WITH_WINGS.get(path.stem, "rotorcraft")})
    shown = folder / f"{path.stem}.html"
    shown.write_text(page_of(request), "utf-8")
    page.goto(f"{shown.as_uri()}#en,light")
    page.locator("#theme").evaluate("button => button.closest('.tools').remove()")
    page.wait_for_timeout(400)
    last = page.locator(".legend") if path.stem == WHOLE else page.locator(".course-profile").first
    box = last.bounding_box()
    assert box is not None
    raw = folder / f"{path.stem}.png"
    page.screenshot(
        path=raw, full_page=True, clip={"x": 0, "y": 0, "width": 1180, "height": box["y"] + box["height"] + 12}
    )
    with Image.open(raw) as image:
        size = (900, round(image.height * 900 / image.width))
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=8, dither=Image.Dither.NONE)
        few.save(ROOT / "docs" / "images" / f"plan-{path.stem}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
