"""What is said when there is no way: which obstacle is to blame, and what would help."""

from collections.abc import Sequence

from missions.planning.errors import PlanningError
from missions.planning.routing.levels import Level
from missions.planning.routing.obstacles import Obstacle

NAMED = 3
ALTITUDE = "altitude.value_m"


def inside_error(is_end: bool, found: Sequence[Obstacle], level: Level, error_m: float, field: str) -> PlanningError:
    """A start or an end that lies in forbidden ground, or nearer to it than the aircraft's error."""
    words_en, words_zh = _named(found)
    at_en, at_zh = level.words
    place_en, place_zh = ("end", "终点") if is_end else ("start", "起点")
    advice_en, advice_zh, height = _advice(found)
    advice_en, advice_zh = (advice_en, advice_zh) if height else ("move it away", "请移到别处")
    return PlanningError(
        f"at {at_en} the {place_en} of a way lies in or within {error_m:.0f} m of {words_en}: {advice_en}",
        f"在{at_zh}，航段{place_zh}位于{words_zh}内或距其不足 {error_m:.0f} 米：{advice_zh}",
        ALTITUDE if height else field,
    )


def no_way_error(found: Sequence[Obstacle], level: Level, radius_m: float, field: str) -> PlanningError:
    """Start and end are walled off from each other."""
    words_en, words_zh = _named(found)
    at_en, at_zh = level.words
    turn_en = f" with turns of {radius_m:.0f} m radius" if radius_m > 0 else ""
    turn_zh = f"（转弯半径 {radius_m:.0f} 米）" if radius_m > 0 else ""
    advice_en, advice_zh, height = _advice(found)
    return PlanningError(
        f"at {at_en} there is no way{turn_en} around {words_en}: {advice_en}",
        f"在{at_zh}无法绕过{words_zh}{turn_zh}：{advice_zh}",
        ALTITUDE if height else field,
    )


def intricate_error(level: Level) -> PlanningError:
    """So much stands in the way that looking for a way around would take too long."""
    at_en, at_zh = level.words
    return PlanningError(
        f"at {at_en} too much stands in the way to find a way around: fly higher",
        f"在{at_zh}障碍物过多，无法规划绕行航线：请提高飞行高度",
        ALTITUDE,
    )


def _named(found: Sequence[Obstacle]) -> tuple[str, str]:
    first = [obstacle.words for obstacle in found[:NAMED]]
    more = len(found) - len(first)
    english = ", ".join(words[0] for words in first) + (f" and {more} more" if more else "")
    return english, "、".join(words[1] for words in first) + (f"等 {len(found)} 处" if more else "")


def _advice(found: Sequence[Obstacle]) -> tuple[str, str, bool]:
    """What to do, in both languages, and whether it is about the height alone."""
    below = [each.limit_m or 0.0 for each in found if each.kind in {"building", "terrain"}]
    above = [each.limit_m or 0.0 for each in found if each.kind == "ceiling"]
    if len(below) + len(above) < len(found) or not found:
        return "move the place, or draw the mission on one side of it", "请移动位置，或在其一侧规划任务", False
    if below and not above:
        return (
            f"only the height blocks it, fly at {max(below):.0f} m or higher",
            (f"仅因高度受阻，请飞到 {max(below):.0f} 米或更高"),
            True,
        )
    if above and not below:
        return (
            f"only the height blocks it, fly at {min(above):.0f} m or lower",
            (f"仅因高度受阻，请飞到 {min(above):.0f} 米或更低"),
            True,
        )
    return "only the height blocks it, fly at another height", "仅因高度受阻，请更换飞行高度", True
