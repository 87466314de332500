"""Overriding a finding: kept with the mission, shown in its findings, and no longer than it is as grave."""

import asyncio

import msgspec
import pytest

from missions.errors import MissionError
from missions.execution.mission import MemoryStore
from missions.execution.missions import BlockedError, Missions
from missions.safety import Finding
from missions.safety.policy import Policy
from tests.missions.execution.test_missions import DISTRICT, NAMES, REQUEST, plan
from tests.missions.vehicles.small_vehicle import SmallVehicle, flying, until

POLICY = Policy(overridable=frozenset({"departure"}))
TURNED = Finding("departure", "blocking", "stands in heading 90°", "机头朝向 90°", item=0, excess=20.0)
SCHOOL = Finding("no_fly", "blocking", "enters zone school by 12 m", "进入禁飞区 12 米")


class Checks:
    """Says what it is told to say."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings

    def __call__(self, *_):
        return self.findings


async def made(fleet, bus, store, checks, clock):
    await until(lambda: fleet.vehicles and fleet.vehicles["uav-1"].state.position)
    return Missions(
        DISTRICT, fleet, bus, store, clock, rules=POLICY, planner=lambda *_: (plan("uav-1"),), checker=checks
    )  # fmt: skip


def clock():
    return 1_790_000_000.0


async def test_an_overridden_finding_is_marked_and_no_longer_blocks():
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, MemoryStore(), Checks(TURNED), clock)
        mission = await missions.draft(REQUEST, "chief")
        with pytest.raises(BlockedError):
            await missions.clear(mission.id, "pilot")
        told = missions.override(mission.id, "departure", None, "wind sock checked", "chief")
        (found,) = told.findings
        assert (found.overridden.by, found.overridden.reason) == ("chief", "wind sock checked")
        assert (found.severity, found.blocks) == ("blocking", False)
        cleared = await missions.clear(mission.id, "pilot")
        assert cleared.state == "cleared"
        assert cleared.findings[0].overridden.by == "chief"


async def test_a_graver_finding_blocks_again_and_a_lighter_one_does_not():
    checks = Checks(TURNED)
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, MemoryStore(), checks, clock)
        mission = await missions.draft(REQUEST, "chief")
        missions.override(mission.id, "departure", "uav-1", "seen to", "chief")
        checks.findings = (msgspec.structs.replace(TURNED, excess=21.0),)
        with pytest.raises(BlockedError, match="heading 90"):
            await missions.clear(mission.id, "pilot")
        assert missions.get(mission.id).findings[0].overridden is None
        checks.findings = (msgspec.structs.replace(TURNED, excess=5.0),)
        assert (await missions.clear(mission.id, "pilot")).state == "cleared"


async def test_overrides_survive_a_restart():
    store = MemoryStore()
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, store, Checks(TURNED), clock)
        mission = await missions.draft(REQUEST, "chief")
        missions.override(mission.id, "departure", None, "seen to", "chief")
        (kept,) = store.load_all()
        store.save(msgspec.json.decode(msgspec.json.encode(kept), type=type(kept)))
        again = await made(fleet, bus, store, Checks(TURNED), clock)
        again.recover()
        assert again.get(mission.id).overrides == missions.get(mission.id).overrides
        assert (await again.clear(mission.id, "pilot")).state == "cleared"


@pytest.mark.parametrize(
    ("rule", "vehicle_id", "code"),
    [
        ("no_fly", None, "override.hard_rule"),
        ("home", None, "override.not_allowed"),
        ("a_rule_of_tomorrow", None, "override.not_allowed"),
        ("departure", "uav-2", "override.nothing_blocks"),
    ],
)
async def test_what_cannot_be_overridden_says_so_in_both_languages(rule, vehicle_id, code):
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, MemoryStore(), Checks(TURNED, SCHOOL), clock)
        mission = await missions.draft(REQUEST, "chief")
        with pytest.raises(MissionError) as caught:
            missions.override(mission.id, rule, vehicle_id, "because", "chief")
        assert (caught.value.code, caught.value.field) == (code, "rule")
        assert caught.value.message_zh
        assert missions.get(mission.id).overrides == ()


async def test_beside_an_overridden_finding_a_hard_one_still_blocks():
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, MemoryStore(), Checks(TURNED, SCHOOL), clock)
        mission = await missions.draft(REQUEST, "chief")
        assert {each.rule: each.overridable for each in mission.findings} == {"departure": True, "no_fly": False}
        missions.override(mission.id, "departure", None, "seen to", "chief")
        with pytest.raises(BlockedError, match=r"1 finding.* school"):
            await missions.clear(mission.id, "pilot")


async def test_a_clearance_by_an_override_is_withdrawn_once_the_finding_grows_graver():
    checks = Checks(TURNED)
    async with flying(SmallVehicle(1), names=NAMES) as (fleet, bus):
        missions = await made(fleet, bus, MemoryStore(), checks, clock)
        mission = await missions.draft(REQUEST, "chief")
        missions.override(mission.id, "departure", None, "seen to", "chief")
        await missions.clear(mission.id, "pilot")
        watching = asyncio.create_task(missions.watch.run())
        checks.findings = (msgspec.structs.replace(TURNED, excess=15.0),)
        missions.watch.changed("turned back a little")
        await until(lambda: missions.get(mission.id).findings[0].excess == 15.0)
        assert missions.get(mission.id).state == "cleared"
        checks.findings = (msgspec.structs.replace(TURNED, excess=40.0),)
        missions.watch.changed("turned on")
        await until(lambda: missions.get(mission.id).state == "draft")
        assert missions.get(mission.id).findings[0].blocks
        watching.cancel()
        await asyncio.wait([watching])
