"""After the end of a service, however it ended, the next one knows what was confirmed."""

import asyncio

from service.composition import table
from service.roles import Role
from tests.service.asked import SURVEY
from tests.service.conftest import bare_settings, running, until


def flying_only(house):
    return tuple(part for part in table(house) if part.name in {"district", "fleet", "missions", "incidents"})


async def test_missions_and_incidents_are_there_again(tmp_path):
    report = {"title": "fire", "position": {"lat_deg": 43.86, "lon_deg": 125.32}}
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.PILOT) as pilot:
            mission = (await pilot.post("/api/v1/missions", json=SURVEY)).json()
            cleared = (await pilot.post(f"/api/v1/missions/{mission['id']}/clear")).json()
            incident = (await pilot.post("/api/v1/incidents", json=report)).json()
    assert cleared["state"] == "cleared"
    assert 200 < incident["position"]["alt_amsl_m"] < 260  # on the ground
    async with running(bare_settings(tmp_path), flying_only) as service:
        await until(lambda: service.house.missions.now is not None, 90)
        async with await service.client(Role.PILOT) as pilot:
            again = (await pilot.get(f"/api/v1/missions/{mission['id']}")).json()
        await until(lambda: f"incident/{incident['id']}" in service.house.picture)
        await asyncio.sleep(0)
    assert again["state"] == "draft", "a clearance does not outlive the service"
    assert again["plans"] == mission["plans"]
