"""Signing in and out: passwords and one-time codes become tokens, tokens tell who is asking."""

import asyncio
import math

from maps.instants import Clock
from service.attempts import Attempts
from service.config import SignInSettings
from service.problems import Problem, not_signed_in
from service.storage import accounts
from service.storage.accounts import Identity
from service.storage.database import Database

HASHES_AT_ONCE = 2
"""Argon2 takes 64 MiB a password: more at a time would let strangers take the memory."""


class SignIn:
    """The sign-in desk of one service."""

    def __init__(self, settings: SignInSettings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._of_address = Attempts(settings.attempts, settings.window_s, clock)
        self._of_name = Attempts(10 * settings.attempts, settings.window_s, clock)
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)

    async def with_password(self, name: str, password: str, address: str) -> tuple[str, Identity]:
        """A token for a name and a password.

        Raises:
            Problem: 401 when they do not fit; 429 after too many attempts.
        """
        self._allow(address, name)
        self._of_address.failed(address)  # counted before the slow part, so that attempts side by side count as well
        self._of_name.failed(name)
        stored = await self._database.run(lambda session: accounts.password_hash(session, name))
        async with self._hashing:
            fits = await asyncio.to_thread(accounts.verify, password, stored)
        if not fits:
            raise _refused("This name and password do not fit.", "用户名或密码不正确。", "password")
        self._of_address.succeeded(address)
        self._of_name.succeeded(name)
        return await self._issue(name)

    async def with_code(self, code: str, address: str) -> tuple[str, Identity]:
        """A token for a one-time code.

        Raises:
            Problem: 401 when the code is wrong, used or expired; 429 after too many attempts.
        """
        self._allow(address)
        now = self._clock()
        name = await self._database.run(lambda session: accounts.redeem(session, code, now))
        if name is None:
            self._of_address.failed(address)
            raise _refused(
                "This one-time code is wrong, used or expired; ask for a new one ('liti user code NAME').",
                "一次性登录码无效、已使用或已过期。",
                "one_time",
            )
        return await self._issue(name)

    async def identify(self, token: str | None) -> Identity:
        """Who a token stands for.

        Raises:
            Problem: 401 when there is no token, or it is wrong, expired or signed out.
        """
        if not token:
            raise not_signed_in()
        now = self._clock()
        identity = await self._database.run(lambda session: accounts.identify(session, token, now))
        if identity is None:
            raise not_signed_in()
        return identity

    async def sign_out(self, token: str) -> None:
        """End the sign-in of a token."""
        await self._database.run(lambda session: accounts.sign_out(session, token))

    async def set_password(self, name: str, password: str) -> tuple[str, Identity]:
        """Give a user a new password; ends all the user's sign-ins and gives a new token.

        Raises:
            Problem: 422 when the password is too short or long.
        """
        try:
            async with self._hashing:
                await self._database.run(lambda session: accounts.set_password(session, name, password))
        except accounts.AccountError as error:
            raise Problem(422, "invalid", f"password: {error}", field="password") from None
        return await self._issue(name)

    async def _issue(self, name: str) -> tuple[str, Identity]:
        valid_s, now = self._settings.session_hours * 3600, self._clock()
        return await self._database.run(lambda session: accounts.issue_token(session, name, valid_s, now))

    def _allow(self, address: str, name: str | None = None) -> None:
        waits = [self._of_address.wait_s(address)]
        if name is not None:
            waits.append(self._of_name.wait_s(name))
        wait_s = math.ceil(max(waits))
        if wait_s > 0:
            raise Problem(
                429,
                "too-many-attempts",
                f"Too many attempts to sign in; try again in {wait_s} s.",
                detail_zh=f"登录尝试次数过多，请在 {wait_s} 秒后重试。",
                headers={"Retry-After": str(wait_s)},
            )


def _refused(detail: str, detail_zh: str, field: str) -> Problem:
    return Problem(401, "sign-in-refused", detail, detail_zh=detail_zh, field=field)
