"""JSON out of other people's files: bounded depth, no infinities, and errors with line and column."""

import json
import math
import re
from typing import Any

from missions.planning.formats.checked import bad

MAX_DEPTH = 64
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse(text: str) -> Any:
    """The value that a JSON text says; NaN, which some tools write, is read as null.

    Raises:
        PlanningError: when it is not JSON, or nested deeper than `MAX_DEPTH`; says where.
    """
    if not text.strip():
        raise bad("the file is not JSON: it is empty", "文件为空", "line 1")
    try:
        value = json.loads(text, parse_constant=_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise bad(f"the file is not JSON: {error.msg} at {where}", f"文件不是有效的 JSON：{where}", where) from error
    except (RecursionError, ValueError) as error:
        raise bad(f"the file is not JSON that can be read: {error}", "文件不是可读取的 JSON") from error
    _check_depth(text)
    return value


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{text[:20]} is too large for a number")
    return found


def _check_depth(text: str) -> None:
    depth = 0
    for match in re.finditer(r"[\[\]{}]", _STRING.sub('""', text)):
        depth += 1 if match.group() in "[{" else -1
        if depth > MAX_DEPTH:
            raise bad(f"the file nests deeper than {MAX_DEPTH} levels: no plan does", "文件嵌套过深", "line 1")
