"""Parts: each stands on its own feet, and all are stopped in order."""

import asyncio

import pytest

from maps.instants import utc_now
from service import parts as module
from service.parts import Part, Parts, PermanentError, Product
from service.problems import Problem
from service.roles import Role
from tests.service.conftest import bare_settings, running, until


async def test_a_failing_part_is_reported_and_takes_no_other_down(tmp_path):
    async def fine(begun):
        begun()
        await asyncio.Event().wait()

    async def broken(begun):
        raise RuntimeError("no such camera")

    async def hopeless(begun):
        raise PermanentError("district 'x' is not there")

    table = lambda house: (Part("a", fine), Part("b", broken, essential=False), Part("c", hopeless))  # noqa: E731
    async with running(bare_settings(tmp_path), table) as service, await service.client(None) as client:
        await until(lambda: service.house.parts.reports["c"].state == "failed")
        health = await client.get("/healthz")
        async with await service.client(Role.VIEWER) as viewer:
            metrics = (await viewer.get("/metrics")).text
    assert health.status_code == 503
    assert health.json()["parts"] == {"a": "running", "b": "failed", "c": "failed"}
    assert 'liti_part_up{part="a"} 1.0' in metrics
    assert 'liti_part_failures_total{part="c"} 1.0' in metrics


async def test_a_failing_part_is_tried_again_and_a_hopeless_one_is_not(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    tries = {"flaky": 0, "hopeless": 0}

    async def flaky(begun):
        tries["flaky"] += 1
        if tries["flaky"] < 3:
            raise OSError("not yet")
        begun()
        await asyncio.Event().wait()

    async def hopeless(begun):
        tries["hopeless"] += 1
        raise PermanentError("never")

    async with Parts([Part("flaky", flaky), Part("hopeless", hopeless)], utc_now) as parts:
        await until(lambda: parts.reports["flaky"].state == "running")
        assert parts.reports["flaky"].failures == 2
        assert not parts.healthy()
    assert tries == {"flaky": 3, "hopeless": 1}


async def test_parts_stop_in_reverse_order():
    stopped = []

    def part(name):
        async def run(begun):
            begun()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.01)
                stopped.append(name)

        return Part(name, run)

    async with Parts([part("first"), part("second"), part("third")], utc_now):
        await asyncio.sleep(0.01)
    assert stopped == ["third", "second", "first"]


async def test_a_product_is_waited_for_by_parts_and_missed_by_doors():
    product = Product("district")
    with pytest.raises(Problem) as missing:
        product.get()
    assert missing.value.status_code == 503
    waiting = asyncio.create_task(product.wait())
    await asyncio.sleep(0)
    product.put("it")
    assert await waiting == product.get() == "it"
