"""Contingencies: what is done with an aircraft in the air when something comes up against its flight."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from missions.execution.operation import bring_home
from missions.safety import Finding
from missions.safety.way_out import WayOut, cause
from missions.vehicles.vehicle import Vehicle

Action = Literal["tell", "hold", "return", "land"]
"""What policy may ask for, the mildest first."""

GRAVITY: Final[Mapping[str, int]] = MappingProxyType({"tell": 0, "hold": 1, "return": 2, "land": 3})

CONTINGENCIES: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "no_fly": "hold",
        "flight_area": "hold",
        "ceiling": "hold",
        "terrain": "hold",
        "fence": "hold",
        "separation": "hold",
        "endurance": "return",
        "way_home": "tell",
        "weather": "tell",
        "sensor": "tell",
        "position": "tell",
    }
)
"""By rule, unless the configuration says otherwise; rules that are not named are told."""

_WEATHER = frozenset({"wind", "gust", "icing", "precipitation", "temperature", "visibility", "weather"})

ORDERS: Final[Mapping[str, Callable[[Vehicle], Awaitable[None]]]] = MappingProxyType(
    {"hold": Vehicle.hold, "return": bring_home, "land": Vehicle.land}
)
"""The same orders that a pilot gives."""

DONE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "tell": ("no order is given", "未下达指令"),
        "hold": ("Liti orders it to hold", "Liti 已令其悬停待命"),
        "return": ("Liti orders it to return", "Liti 已令其返航"),
        "land": ("Liti orders it to land", "Liti 已令其降落"),
    }
)


@dataclass(frozen=True)
class Decision:
    """What is done, and that in English and Chinese with the reason."""

    action: Action
    words: str
    words_zh: str


def asked(findings: Iterable[Finding], policy: Mapping[str, Action]) -> Action:
    """The gravest that policy asks for against findings; warnings are told."""
    actions = [policy.get(_key(finding), "tell") for finding in findings if finding.severity == "blocking"]
    return max(actions, key=GRAVITY.__getitem__, default="tell")


def decided(action: Action, out: WayOut, *, hovers: bool) -> Decision:
    """What is done where policy asks for something, as things are.

    To hold is to stay clear of what lies ahead: who is in it already, or cannot stop, comes home where that way is
    clear. Where the way home is not clear nobody is sent on it.
    """
    why: list[tuple[str, str]] = []
    if action in ("hold", "return"):
        if out.inside:
            why.append(("it is in there already", "已处于其中"))
        elif action == "hold" and not hovers:
            why.append(("it cannot hover", "无法悬停"))
        if action == "return" or why:
            action = "return" if out.home_clear else "hold"
            if not out.home_clear:
                why.append(("its way home is not clear", "返航航线不可用"))
    words, words_zh = DONE[action]
    if why:
        words += f" ({', '.join(each[0] for each in why)})"
        words_zh += f"（{'，'.join(each[1] for each in why)}）"
    return Decision(action, words, words_zh)


def _key(finding: Finding) -> str:
    return "weather" if finding.rule in _WEATHER else finding.rule


def is_known(finding: Finding, known: Iterable[Finding]) -> bool:
    """Whether the same cause is among known findings, and no less grave."""
    return any(
        cause(each) == cause(finding) and (each.severity == "blocking" or finding.severity == "warning")
        for each in known
    )


def in_words(findings: Sequence[Finding]) -> tuple[str, str]:
    """Findings for people, in English and Chinese: the first two in full, and how many more."""
    more = len(findings) - 2
    words = "; ".join(each.message for each in findings[:2])
    words_zh = "；".join(each.message_zh or each.message for each in findings[:2])
    return (f"{words}; and {more} more", f"{words_zh}；另有 {more} 项") if more > 0 else (words, words_zh)
