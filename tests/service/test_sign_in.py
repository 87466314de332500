"""Signing in: passwords, one-time codes, cookies; what strangers can try, and how often."""

import sqlite3

import httpx
import pytest

from maps.instants import Instant, utc_now
from service.attempts import KEYS_KEPT, Attempts
from service.config import SignInSettings
from service.roles import Permission, Role, may
from service.storage import accounts
from tests.service.conftest import bare_settings, no_parts, running

PASSWORD = "correct horse battery"


async def make_user(service, name="chen", role=Role.PILOT, password=PASSWORD):
    await service.house.database.run(lambda session: accounts.add_user(session, name, role, password, utc_now()))


async def make_code(service, name, valid_s=60.0):
    now = utc_now()
    return await service.house.database.run(lambda session: accounts.issue_one_time(session, name, valid_s, now))


async def test_a_password_gives_a_token_and_a_cookie_that_scripts_cannot_read(service):
    await make_user(service)
    async with await service.client(None) as client:
        answer = await client.post("/api/v1/session", json={"name": "chen", "password": PASSWORD})
        assert answer.status_code == 201
        assert answer.json()["role"] == "pilot"
        assert "fly" in answer.json()["permissions"]
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await client.get("/api/v1/session")).json()["name"] == "chen"  # by the cookie
    token = answer.json()["token"]
    async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {token}"}) as client:
        assert (await client.get("/api/v1/session")).json()["name"] == "chen"


async def test_signing_out_ends_the_token(service):
    async with await service.client(Role.VIEWER) as client:
        assert (await client.delete("/api/v1/session")).status_code == 204
        assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_one_time_code_signs_in_once(service):
    await make_user(service, password=None)
    code = await make_code(service, "chen")
    async with await service.client(None) as client:
        assert (await client.post("/api/v1/session", json={"one_time": code})).status_code == 201
        again = await client.post("/api/v1/session", json={"one_time": code})
    assert again.status_code == 401
    assert again.json()["field"] == "one_time"


async def test_an_expired_code_does_not_sign_in(service):
    await make_user(service, password=None)
    code = await make_code(service, "chen", valid_s=-1.0)
    async with await service.client(None) as client:
        assert (await client.post("/api/v1/session", json={"one_time": code})).status_code == 401


async def test_wrong_passwords_and_unknown_names_look_the_same_and_are_limited(tmp_path):
    settings = bare_settings(tmp_path, sign_in=SignInSettings(attempts=3, window_s=60))
    async with running(settings, no_parts) as service:
        await make_user(service)
        async with await service.client(None) as client:
            answers = [
                await client.post("/api/v1/session", json={"name": name, "password": "not the right one"})
                for name in ("chen", "nobody", "chen", "chen")
            ]
            right = await client.post("/api/v1/session", json={"name": "chen", "password": PASSWORD})
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0].json() == answers[1].json()
    assert int(answers[3].headers["retry-after"]) > 0
    assert right.status_code == 429


def test_attempts_are_counted_in_a_sliding_window_and_memory_is_bounded():
    now = [0.0]
    attempts = Attempts(2, 10.0, lambda: Instant(now[0]))
    attempts.failed("a")
    now[0] = 4.0
    attempts.failed("a")
    assert attempts.wait_s("a") == pytest.approx(6.0)
    assert attempts.wait_s("b") == 0
    now[0] = 10.5
    assert attempts.wait_s("a") == 0
    for number in range(KEYS_KEPT + 100):
        attempts.failed(str(number))
    assert len(attempts._failed) == KEYS_KEPT


async def test_secrets_are_stored_only_as_hashes(service):
    await make_user(service)
    code = await make_code(service, "chen")
    token = await service.token(Role.ADMIN)
    content = b"".join(path.read_bytes() for path in service.house.settings.storage.folder.glob("liti.sqlite*"))
    for secret in (code, token, PASSWORD):
        assert secret.encode() not in content
    rows = sqlite3.connect(service.house.settings.database).execute("select password_hash from users").fetchall()
    assert any(row[0] and row[0].startswith("$argon2id$") for row in rows)


async def test_a_new_password_ends_all_other_sign_ins(service):
    token = await service.token(Role.PILOT)
    async with await service.client(Role.PILOT) as client:
        short = await client.put("/api/v1/session/password", json={"password": "short"})
        changed = await client.put("/api/v1/session/password", json={"password": PASSWORD})
        assert (short.status_code, changed.status_code) == (422, 200)
    async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {token}"}) as old:
        assert (await old.get("/api/v1/session")).status_code == 401


async def test_a_foreign_page_cannot_use_the_cookie(service):
    report = {"title": "fire", "position": {"lat_deg": 43.86, "lon_deg": 125.32, "alt_amsl_m": 220}}
    cookies = {"liti_session": await service.token(Role.ADMIN)}
    async with httpx.AsyncClient(base_url=service.url, cookies=cookies) as browser:
        foreign = await browser.post("/api/v1/incidents", json=report, headers={"Origin": "https://evil.example"})
        without = await browser.post("/api/v1/incidents", json=report, headers={"Sec-Fetch-Site": "cross-site"})
        own = await browser.post("/api/v1/incidents", json=report, headers={"Origin": service.url})
        looked = await browser.get("/api/v1/incidents")
    assert (foreign.status_code, without.status_code) == (403, 403)
    assert foreign.json()["type"] == "urn:liti:problem:foreign-origin"
    assert (own.status_code, looked.status_code) == (201, 200)


def test_each_role_may_do_what_the_roles_before_it_may():
    for permission in set(Permission) - {Permission.OVERRIDE}:
        allowed = [role for role in Role if may(role, permission)]
        assert allowed == sorted(Role)[len(Role) - len(allowed) :]
    assert not may(Role.VIEWER, Permission.PLAN)
    assert not may(Role.COMMANDER, Permission.FLY)
    assert may(Role.PILOT, Permission.FLY)
    assert not may(Role.PILOT, Permission.AUDIT)
