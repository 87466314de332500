"""What comes in at the door of missions, requests and plan files, and what is said of them, in one shape."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from missions.errors import MissionError
from missions.execution.mission import MissionFinding
from missions.planning.errors import PlanningError
from missions.planning.request import CameraOptics, MissionRequest, Wind


def parse_request(raw: dict[str, Any]) -> MissionRequest:
    """The request that a dict holds.

    Raises:
        MissionError: ``mission.bad_request`` with the first offending field.
    """
    try:
        return MissionRequest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise MissionError(
            "mission.bad_request", f"{field}: {message}", f"任务请求有误（{field}）：{message}", field or None
        ) from error


def wind_of(request: dict[str, Any]) -> Wind | None:
    """The wind that a kept request was made for."""
    wind = request.get("wind")
    return None if wind is None else Wind.model_validate(wind)


def camera_of(request: dict[str, Any]) -> CameraOptics | None:
    """The camera that a kept request was made for."""
    camera = request.get("camera")
    return None if camera is None else CameraOptics.model_validate(camera)


@contextmanager
def planning_errors() -> Iterator[None]:
    """Turn what planning says into a `MissionError`."""
    try:
        yield
    except PlanningError as error:
        raise MissionError("planning.failed", error.message_en, error.message_zh, error.field) from error


class BlockedError(MissionError):
    """A mission has blocking findings.

    Attributes:
        findings: all that was found.
    """

    def __init__(self, findings: Sequence[MissionFinding]) -> None:
        blocking = [finding for finding in findings if finding.blocks]
        first = blocking[0]
        super().__init__(
            "mission.blocked",
            f"{len(blocking)} finding(s) block this mission: {first.message}",
            f"{len(blocking)} 项检查未通过：{first.message_zh or first.message}",
        )
        self.findings = tuple(findings)
