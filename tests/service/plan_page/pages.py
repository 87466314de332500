"""Requests and pages for the tests, and a reader that holds a page against the rules of HTML."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

from maps.district import District
from missions.plan import Plan
from missions.planning import MissionRequest, draft
from service.plan_page import plan_page

NOW = 1_790_000_000.0
NASTY = '</script><script>alert("x")</script><img src=x onerror=alert(1)>&"\''
AREA = [[125.3190, 43.8592], [125.3240, 43.8592], [125.3240, 43.8620], [125.3190, 43.8620], [125.3190, 43.8592]]
SURVEY: dict[str, Any] = {
    "kind": "survey",
    "name": "East quarter",
    "geometry": {"type": "Polygon", "coordinates": [AREA]},
    "altitude": {"value_m": 60},
    "vehicles": {"count": 2},
}
THROUGH_A_ZONE: dict[str, Any] = {
    "kind": "route",
    "geometry": {"type": "LineString", "coordinates": [[125.3270, 43.8640], [125.3340, 43.8680]]},
    "altitude": {"value_m": 70},
}
VOID = {"meta", "input", "link", "br", "hr", "img"}


@cache
def embedded() -> District:
    return District.embedded()


def planned(request: dict[str, Any]) -> tuple[MissionRequest, tuple[Plan, ...]]:
    asked = MissionRequest.model_validate(request)
    return asked, draft(asked, embedded(), (), NOW)


def page_of(request: dict[str, Any]) -> str:
    asked, plans = planned(request)
    return plan_page(plans, embedded(), NOW, request=asked)


class Reader(HTMLParser):
    """Checks that elements are closed in order, and keeps them with their attributes and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self._open and self._open[-1] == "script" else self.text).append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.elements if name in (attrs.get("class") or "").split()]


def points(path: str) -> list[tuple[float, float]]:
    """The corners of an SVG path written in steps: x, y."""
    made: list[tuple[float, float]] = []
    for letter, body in re.findall(r"([Mlhz])([^Mlhz]*)", path):
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", body)]
        if letter == "M":
            made.append((numbers[0], numbers[1]))
        elif letter == "l":
            made.append((made[-1][0] + numbers[0], made[-1][1] + numbers[1]))
    return made
