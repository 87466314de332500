"""Two missions through the same air, over HTTP: the second is refused with words a pilot understands."""

from service.composition import table
from service.roles import Role
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until


def flying_only(house):
    return tuple(part for part in table(house) if part.name in {"district", "fleet", "missions"})


async def drafted(client, **other) -> str:
    answer = await client.post("/api/v1/missions", json={**SURVEY, **other})
    return answer.json()["id"]


async def test_a_mission_through_air_that_is_another_ones_is_refused_until_that_is_given_up(tmp_path):
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.PILOT) as pilot:
            first, second = await drafted(pilot), await drafted(pilot)
            cleared = await pilot.post(f"/api/v1/missions/{first}/clear")
            refused = await pilot.post(f"/api/v1/missions/{second}/clear")
            shown = (await pilot.get(f"/api/v1/missions/{second}")).json()
            await pilot.post(f"/api/v1/missions/{first}/abort")
            again = await pilot.post(f"/api/v1/missions/{second}/clear")
    assert cleared.status_code == 200, cleared.json()
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:liti:problem:mission-blocked")
    (found,) = [each for each in shown["findings"] if each["rule"] == "separation"]
    assert found["severity"] == "blocking"
    assert f"({first})" in found["message"]
    assert "let that flight, cleared and not launched, go first, or withdraw it" in found["message"]
    assert "水平距离可能仅" in found["message_zh"]
    assert {"lat_deg", "lon_deg"} <= found["position"].keys()
    assert again.status_code == 200, again.json()
