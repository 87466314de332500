"""What a source's video is fit for, and what to tell people when that changes. Without I/O."""

from dataclasses import dataclass

from fusion.messages import Event, Health, Severity
from fusion.sources.reader import Progress

STALLED_AFTER_S = 3.0
_OFFLINE_AFTER_S = 15.0
_FROZEN_AFTER_S = 4.0
_CORRUPT_SHARE = 0.2
_BACK_AFTER_FRAMES = 3  # a decoder may give out one last picture when a dead stream is closed

_WORDS: dict[Health, tuple[str, str]] = {
    "ok": ("video is back", "视频已恢复"),
    "connecting": ("is being connected", "正在连接"),
    "stalled": ("sends no pictures any more", "画面停止，未收到新帧"),
    "offline": ("is offline", "已离线"),
    "frozen": ("repeats one picture", "画面冻结"),
    "black": ("shows only black", "画面全黑"),
    "degraded": ("video is damaged", "视频数据受损"),
}
_DETAILS: dict[Health, tuple[str, str]] = {
    "stalled": ("it is opened again by itself; check its power and network", "系统会自动重连，请检查其供电与网络"),
    "offline": (
        "it is tried again by itself; check its address, power and network",
        "系统会自动重试，请检查其地址、供电与网络",
    ),
    "frozen": ("its time no longer advances; restart the camera", "其时间不再前进，请重启摄像机"),
    "black": ("check its lens cover and its exposure", "请检查镜头盖与曝光"),
    "degraded": ("data is lost on the way; check the radio link or the network", "传输中有数据丢失，请检查链路"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Health and, where it is not "ok", why."""

    health: Health
    detail: str | None = None


class HealthJudge:
    """Follows one source; ask it about twice a second."""

    def __init__(self, sensor_id: str, begun_s: float) -> None:
        self.sensor_id = sensor_id
        self.health: Health = "connecting"
        self._begun_s = begun_s
        self._frames = 0
        self._told: Health = "connecting"
        self._windows: list[tuple[int, int]] = []

    def judge(self, progress: Progress, now_s: float) -> Verdict:
        """The health at a monotonic time."""
        verdict = self._verdict(progress, now_s)
        self.health = verdict.health
        return verdict

    def _verdict(self, progress: Progress, now_s: float) -> Verdict:
        self._windows.append((progress.frames, progress.corrupt))
        del self._windows[:-10]
        if progress.phase == "ended":
            return Verdict("offline", progress.detail or "the file ended")
        last = progress.last_frame_s
        age = now_s - (self._begun_s if last is None else last)
        if last is None:
            if age < STALLED_AFTER_S and progress.phase != "waiting":
                return Verdict("connecting")
            return Verdict("offline", progress.detail or "no picture has come yet")
        if age >= STALLED_AFTER_S:
            self._frames = progress.frames
            detail = progress.detail or f"no picture for {age:.0f} s"
            return Verdict("offline" if age >= _OFFLINE_AFTER_S else "stalled", detail)
        if self.health in ("stalled", "offline") and progress.frames < self._frames + _BACK_AFTER_FRAMES:
            return Verdict(self.health, progress.detail or "it is coming back")
        if progress.advanced_s is not None and now_s - progress.advanced_s > _FROZEN_AFTER_S:
            return Verdict("frozen", "pictures come, but the time in them stands still")
        if progress.dark:
            return Verdict("black", "the picture is black")
        frames, corrupt = (self._windows[-1][i] - self._windows[0][i] for i in (0, 1))
        if corrupt > 2 and corrupt > _CORRUPT_SHARE * max(frames, 1):
            return Verdict("degraded", f"{corrupt} of the last {frames + corrupt} pictures were damaged")
        if progress.skew_s is not None:
            return Verdict("ok", f"its clock is off by {progress.skew_s:+.0f} s; the time of arrival is used")
        if progress.time_source == "arrival":
            return Verdict("ok", "its pictures carry no time; the time of arrival is used")
        return Verdict("ok")

    def event(self, time: float) -> Event | None:
        """What people should learn of now; None when nothing has changed that they were told."""
        if self.health in ("connecting", self._told) or (self.health == "ok" and self._told == "connecting"):
            self._told = "ok" if self.health == "ok" else self._told
            return None
        self._told = self.health
        words_en, words_zh = _WORDS[self.health]
        more_en, more_zh = _DETAILS.get(self.health, ("", ""))
        severity: Severity = "info" if self.health == "ok" else "warning"
        return Event(
            time=time,
            code="sensor.recovered" if self.health == "ok" else f"sensor.{self.health}",
            severity=severity,
            subject=f"camera/{self.sensor_id}",
            message_en=f"{self.sensor_id} {words_en}" + (f": {more_en}" if more_en else ""),
            message_zh=f"{self.sensor_id} {words_zh}" + (f"：{more_zh}" if more_zh else ""),
            properties={"health": self.health},
        )
