"""Values out of other people's files: checked one by one, and every error says where in the file it is."""

import math
import re
from typing import Any

from missions.planning.errors import PlanningError

MAX_NUMBER = 1e9
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SHOWN = 40


def bad(message_en: str, message_zh: str, where: str | None = None) -> PlanningError:
    """The error of a file that cannot be read; ``where`` names the place in it."""
    return PlanningError(message_en, message_zh, where)


def number(value: Any, where: str) -> float:
    """A finite number of ordinary size, given as such or as text.

    Raises:
        PlanningError: when it is anything else.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise bad(f"{where}: {shown(value)} is not a usable number", f"{where}：{shown(value)} 不是可用的数值", where)
    return float(value)


def optional_number(value: Any, where: str) -> float | None:
    """A number, or None for null, NaN and an empty text: "not said"."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str) and value.strip().lower() in ("", "nan", "-nan"):
        return None
    return number(value, where)


def whole(value: Any, where: str, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        PlanningError: when it is not whole, or out of bounds.
    """
    found = number(value, where)
    if not low <= found <= high or found != int(found):
        raise bad(
            f"{where}: {shown(value)} is not a whole number from {low} to {high}",
            f"{where}：{shown(value)} 不是 {low} 至 {high} 的整数",
            where,
        )
    return int(found)


def latitude(value: Any, where: str) -> float:
    """Degrees from -90 to 90."""
    return _degrees(value, where, 90.0, "latitude", "纬度")


def longitude(value: Any, where: str) -> float:
    """Degrees from -180 to 180."""
    return _degrees(value, where, 180.0, "longitude", "经度")


def _degrees(value: Any, where: str, bound: float, name_en: str, name_zh: str) -> float:
    found = number(value, where)
    if not -bound <= found <= bound:
        raise bad(
            f"{where}: {found:g} is not a {name_en} (-{bound:g} to {bound:g}); are the two swapped?",
            f"{where}：{found:g} 不是有效的{name_zh}（±{bound:g}）；经纬度是否颠倒？",
            where,
        )
    return found


def numbers(value: Any, count: int, where: str) -> tuple[float, ...]:
    """The first ``count`` numbers of a list.

    Raises:
        PlanningError: when it is not a list, or shorter.
    """
    if not isinstance(value, list) or len(value) < count:
        raise bad(f"{where} must be a list of {count} numbers", f"{where} 应为 {count} 个数", where)
    return tuple(number(each, f"{where}[{index}]") for index, each in enumerate(value[:count]))


def table(value: Any, where: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        PlanningError: when it is anything else.
    """
    if not isinstance(value, dict):
        raise bad(f"{where} must be an object, not {kind(value)}", f"{where} 应为对象", where)
    return value


def rows(value: Any, where: str, most: int) -> list[Any]:
    """A JSON array of at most ``most`` entries.

    Raises:
        PlanningError: when it is anything else, or longer.
    """
    if not isinstance(value, list):
        raise bad(f"{where} must be a list, not {kind(value)}", f"{where} 应为列表", where)
    if len(value) > most:
        raise bad(f"{where} has {len(value)} entries, more than {most}", f"{where} 超过 {most} 项", where)
    return value


def kind(value: Any) -> str:
    """What a JSON value is, in JSON's words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def shown(value: Any) -> str:
    """A value as an error shows it: short, on one line."""
    text = repr(value) if isinstance(value, str) else str(value) if isinstance(value, int | float) else kind(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
