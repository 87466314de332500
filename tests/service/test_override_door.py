"""The door at which a commander overrides a finding: who may, what is refused, what the audit log keeps."""

import pytest

from service.composition import table
from service.policy_settings import PolicySettings
from service.roles import Permission, Role, may
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until

POLICY = PolicySettings(severity={"no_return": "blocking"}, overridable={"no_return"})
ASKED = {"rule": "no_return", "reason": "it waits for the fire brigade"}


def flying_only(house):
    return tuple(part for part in table(house) if part.name in {"district", "fleet", "missions"})


async def drafted(client) -> str:
    """A mission whose plan does not return."""
    whole = (await client.post("/api/v1/missions", json=SURVEY)).json()
    file = (await client.get(f"/api/v1/missions/{whole['id']}/export", params={"format": "waypoints"})).text
    homeless = "\n".join(line for line in file.splitlines() if line.split("\t")[3:4] not in (["20"], ["21"]))
    answer = await client.post("/api/v1/missions/import", params={"format": "waypoints"}, content=homeless.encode())
    assert [each["rule"] for each in answer.json()["findings"] if each["severity"] == "blocking"] == ["no_return"]
    return f"/api/v1/missions/{answer.json()['id']}"


async def test_a_commander_overrides_a_pilot_clears_and_the_log_has_the_reason(tmp_path):
    async with running(bare_settings(tmp_path, policy=POLICY), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.COMMANDER) as commander, await service.client(Role.PILOT) as pilot:
            mission = await drafted(pilot)
            by_pilot = await pilot.post(f"{mission}/override", json=ASKED)
            blocked = await pilot.post(f"{mission}/clear")
            empty = await commander.post(f"{mission}/override", json={**ASKED, "reason": "  "})
            long = await commander.post(f"{mission}/override", json={**ASKED, "reason": "x" * 501})
            hard = await commander.post(f"{mission}/override", json={**ASKED, "rule": "no_fly"})
            other = await commander.post(f"{mission}/override", json={**ASKED, "vehicle_id": "uav-9"})
            given = await commander.post(f"{mission}/override", json=ASKED)
            cleared = await pilot.post(f"{mission}/clear")
        rows = [row for row in await service.audit() if row["action"] == "mission.override"]
    assert (by_pilot.status_code, blocked.status_code) == (403, 409)
    assert (empty.status_code, empty.json()["field"], long.json()["field"]) == (422, "reason", "reason")
    assert (hard.status_code, hard.json()["type"]) == (403, "urn:liti:problem:override-hard-rule")
    assert "强制规则" in hard.json()["detail_zh"]
    assert (other.status_code, other.json()["type"]) == (409, "urn:liti:problem:override-nothing-blocks")
    (found,) = [each for each in given.json()["findings"] if each["rule"] == "no_return"]
    assert (found["severity"], found["overridden"]["by"]) == ("blocking", "a commander")
    assert (cleared.status_code, cleared.json()["state"]) == (200, "cleared")
    done = next(row for row in rows if row["result"] == "done")
    assert (done["who"], done["detail"]) == ("a commander", "no_return: it waits for the fire brigade")
    assert {row["result"] for row in rows} == {"done", "refused"}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.VIEWER, False), (Role.COMMANDER, True), (Role.PILOT, False), (Role.ADMIN, True)],
)
def test_who_flies_does_not_override(role, allowed):
    assert may(role, Permission.OVERRIDE) is allowed
