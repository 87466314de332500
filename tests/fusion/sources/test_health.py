from fusion.sources.health import HealthJudge
from fusion.sources.reader import Progress


def playing(frames: int, now_s: float) -> Progress:
    return Progress(
        phase="playing", frames=frames, last_frame_s=now_s, advanced_s=now_s, last_time=now_s, time_source="sei"
    )


def test_a_stream_that_stops_is_told_within_five_seconds_and_its_return_once() -> None:
    judge, progress = HealthJudge("cam-001", 0.0), playing(100, 10.0)
    assert judge.judge(progress, 10.0).health == "ok"
    assert judge.event(10.0) is None
    events = []
    for tenth in range(100, 150):
        judge.judge(progress, tenth / 10)
        events.append(judge.event(tenth / 10))
    told = [event for event in events if event]
    assert [event.code for event in told] == ["sensor.stalled"]
    assert told[0].time <= 15.0 and told[0].message_zh and "cam-001" in told[0].message_en
    back = playing(110, 20.0)
    assert judge.judge(back, 20.1).health == "ok"
    event = judge.event(20.1)
    assert event is not None and event.code == "sensor.recovered"
    assert judge.event(20.2) is None


def test_one_last_picture_of_a_dead_stream_is_no_return() -> None:
    judge = HealthJudge("cam-001", 0.0)
    judge.judge(playing(100, 10.0), 10.0)
    judge.judge(playing(100, 10.0), 14.0)
    assert judge.judge(playing(101, 14.4), 14.5).health == "stalled"


def test_a_source_that_never_came_is_connecting_then_offline() -> None:
    judge = HealthJudge("cam-001", 0.0)
    assert judge.judge(Progress(), 1.0).health == "connecting"
    verdict = judge.judge(Progress(phase="waiting", detail="connection refused"), 2.0)
    assert (verdict.health, verdict.detail) == ("offline", "connection refused")


def test_damage_frozen_time_and_darkness_are_told_apart() -> None:
    judge = HealthJudge("cam-001", 0.0)
    for second in range(6):
        damaged = playing(8 * second, float(second))
        damaged.corrupt = 4 * second
        verdict = judge.judge(damaged, float(second))
    assert verdict.health == "degraded"
    frozen = playing(100, 20.0)
    frozen.advanced_s = 10.0
    assert HealthJudge("cam-002", 0.0).judge(frozen, 20.0).health == "frozen"
    dark = playing(100, 20.0)
    dark.dark = True
    assert HealthJudge("cam-003", 0.0).judge(dark, 20.0).health == "black"


def test_a_stream_without_time_says_so() -> None:
    progress = playing(10, 5.0)
    progress.time_source = "arrival"
    verdict = HealthJudge("cam-001", 0.0).judge(progress, 5.0)
    assert verdict.health == "ok" and verdict.detail is not None and "arrival" in verdict.detail
