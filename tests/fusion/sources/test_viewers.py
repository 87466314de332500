import asyncio

from fusion.sources.frames import AccessUnit
from fusion.sources.viewers import Gallery, Viewer


def unit(index: int, key: bool = False) -> AccessUnit:
    return AccessUnit("cam-001", bytes([index % 256]), key, float(index), "avc1.42c01e")


async def taken(viewer: Viewer) -> list[float]:
    viewer.close()
    return [each.time async for each in viewer.units()]


async def test_a_newcomer_starts_at_the_newest_key_frame() -> None:
    gallery = Gallery()
    for index in range(11):
        gallery.put(unit(index, key=index % 4 == 0))
    viewer = gallery.enter()
    gallery.put(unit(11))
    assert await taken(viewer) == [8.0, 9.0, 10.0, 11.0]


async def test_before_any_key_frame_nothing_is_given() -> None:
    gallery = Gallery()
    viewer = gallery.enter()
    gallery.put(unit(1))
    gallery.put(unit(2, key=True))
    gallery.put(unit(3))
    assert await taken(viewer) == [2.0, 3.0]


async def test_a_slow_viewer_loses_units_and_goes_on_at_a_key_frame() -> None:
    gallery = Gallery()
    slow = gallery.enter(depth=10)
    for index in range(100):
        gallery.put(unit(index, key=index % 8 == 0))
    times = await taken(slow)
    assert len(times) <= 10 and times[0] % 8 == 0 and times[-1] == 99.0
    assert slow.dropped == 100 - len(times)


async def test_one_slow_viewer_does_not_cost_another_anything() -> None:
    gallery = Gallery()
    slow, quick = gallery.enter(depth=4), gallery.enter()
    seen: list[float] = []

    async def watch() -> None:
        async for each in quick.units():
            seen.append(each.time)

    task = asyncio.create_task(watch())
    for index in range(50):
        gallery.put(unit(index, key=index % 8 == 0))
        await asyncio.sleep(0)
    gallery.close()
    await task
    assert seen == [float(index) for index in range(50)]
    assert slow.dropped > 0


async def test_memory_of_a_stream_without_key_frames_is_bounded() -> None:
    gallery = Gallery()
    gallery.put(unit(0, key=True))
    for index in range(1, 500):
        gallery.put(unit(index))
    assert await taken(gallery.enter()) == []
