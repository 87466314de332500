"""Words of the plan page: everything people read, in Chinese and in English, safe to put into HTML.

Text that comes from requests, plan files and districts is not trusted; it enters the page through `escaped` only.
"""

import html
import math
from typing import NamedTuple

from missions.plan import Command


class Words(NamedTuple):
    """The same in two languages, plain text."""

    zh: str
    en: str


KINDS: dict[str, Words] = {
    "survey": Words("测区航摄", "Survey"),
    "route": Words("航线巡逻", "Route"),
    "corridor": Words("带状航摄", "Corridor"),
    "perimeter": Words("周界巡逻", "Perimeter"),
    "orbit": Words("环绕观察", "Orbit"),
    "search": Words("搜索", "Search"),
    "dispatch": Words("派遣", "Dispatch"),
    "gap": Words("盲区补拍", "Gap patrol"),
    "follow": Words("伴随", "Follow"),
}
VEHICLES: dict[str, Words] = {
    "rotorcraft": Words("旋翼", "rotorcraft"),
    "fixed_wing": Words("固定翼", "fixed wing"),
    "vtol": Words("垂直起降固定翼", "VTOL"),
}
RULES: dict[str, Words] = {
    "flight_area": Words("飞行区", "flight area"),
    "no_fly": Words("禁飞区", "no-fly zone"),
    "ceiling": Words("限高区", "ceiling"),
    "alert": Words("警戒区", "alert zone"),
}
REFERENCES: dict[str, Words] = {
    "agl": Words("离地", "above the ground"),
    "home": Words("起飞点以上", "above home"),
    "amsl": Words("海拔", "above sea level"),
}
PURPOSES: dict[str, Words] = {
    "takeoff": Words("起飞", "take-off"),
    "transit": Words("转场", "transit"),
    "turn": Words("转弯", "turn"),
    "survey": Words("航摄", "survey"),
    "corridor": Words("带状航摄", "corridor"),
    "perimeter": Words("周界", "perimeter"),
    "orbit": Words("环绕", "orbit"),
    "search": Words("搜索", "search"),
    "route": Words("航线", "route"),
    "watch": Words("观察", "watch"),
    "follow": Words("伴随", "follow"),
    "camera": Words("相机", "camera"),
    "speed": Words("速度", "speed"),
    "return": Words("返航", "return"),
    "land": Words("降落", "landing"),
}
COMMANDS: dict[int, Words] = {
    Command.WAYPOINT: Words("航点", "waypoint"),
    Command.LOITER_TURNS: Words("盘旋（圈）", "loiter, turns"),
    Command.LOITER_TIME: Words("停留", "loiter, time"),
    Command.RETURN_TO_LAUNCH: Words("返航", "return home"),
    Command.LAND: Words("降落", "land"),
    Command.TAKEOFF: Words("起飞", "take off"),
    Command.LOITER_TO_ALT: Words("盘旋至高度", "loiter to height"),
    Command.VTOL_TAKEOFF: Words("垂直起飞", "vertical take-off"),
    Command.VTOL_LAND: Words("垂直降落", "vertical landing"),
    Command.DELAY: Words("等待", "wait"),
    Command.CHANGE_SPEED: Words("速度", "speed"),
    Command.LAND_START: Words("降落程序起点", "landing begins"),
    Command.SET_ROI_LOCATION: Words("镜头对准", "look at"),
    Command.SET_ROI_NONE: Words("镜头复位", "look freely"),
    Command.SET_CAM_TRIGG_DIST: Words("等距拍照", "picture every"),
    Command.GIMBAL_PITCHYAW: Words("云台角度", "gimbal"),
    Command.IMAGE_START_CAPTURE: Words("开始拍照", "pictures on"),
    Command.IMAGE_STOP_CAPTURE: Words("停止拍照", "pictures off"),
    Command.VIDEO_START_CAPTURE: Words("开始录像", "video on"),
    Command.VIDEO_STOP_CAPTURE: Words("停止录像", "video off"),
}
SEVERITIES: dict[str, Words] = {"blocking": Words("阻止起飞", "blocking"), "warning": Words("提醒", "warning")}


def escaped(text: object) -> str:
    """Any text as HTML or SVG content or attribute value; what cannot be printed becomes a space."""
    plain = "".join(each if each.isprintable() else " " for each in str(text))
    return html.escape(plain, quote=True)


def known(table: dict[str, Words], word: str) -> Words:
    """What a table says for a word; the word itself where it says nothing."""
    return table.get(word, Words(word, word))


def both(words: Words) -> str:
    """Both languages as HTML; the page's style shows the one that is chosen."""
    return escaped(words.en) if words.zh == words.en else _tagged("span", words)


def both_svg(words: Words) -> str:
    """Both languages as the content of an SVG ``text``."""
    return escaped(words.en) if words.zh == words.en else _tagged("tspan", words)


def title(words: Words) -> str:
    """What appears over an SVG element when the pointer rests on it: both languages, for it takes no style."""
    said = words.en if words.zh == words.en else f"{words.zh} / {words.en}"
    return f"<title>{escaped(said)}</title>"


def _tagged(tag: str, words: Words) -> str:
    zh = f'<{tag} class="zh" lang="zh-CN">{escaped(words.zh)}</{tag}>'
    return f'{zh}<{tag} class="en" lang="en">{escaped(words.en)}</{tag}>'


def number(value: float, digits: int = 1) -> str:
    """A number for SVG and HTML: never longer than needed, and finite.

    Raises:
        ValueError: when it is not a finite number.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def length(metres: float) -> str:
    """A length for people, with its unit."""
    return f"{metres / 1000:.1f} km" if abs(metres) >= 10_000 else f"{metres:,.0f} m"


def clock(seconds: float) -> str:
    """A duration for people: minutes and seconds, with hours when there are any."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"
