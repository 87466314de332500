"""Accounts: users, their passwords, their tokens and one-time codes.

Tokens and codes are 256 random bits; only their SHA-256 is stored, so that a copy of the database signs nobody in.
All functions are work for `service.storage.database.Database`.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from maps.instants import Instant
from service.roles import Role
from service.storage.tables import OneTimeCode, Token, User

if TYPE_CHECKING:
    from pwdlib import PasswordHash

PASSWORD_LENGTHS = (10, 256)
NAME_PATTERN = r"^[\w][\w .@-]{0,63}$"


class AccountError(Exception):
    """The account cannot be made or changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking."""

    name: str
    role: Role
    expires_time: Instant


@cache
def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def add_user(session: Session, name: str, role: Role, password: str | None, now: Instant) -> None:
    """Make a user.

    Raises:
        AccountError: the name is taken or not allowed, or the password too short or long.
    """
    if not re.match(NAME_PATTERN, name):
        raise AccountError(
            "a name has 1 to 64 letters, digits, spaces or any of . _ @ - and begins with a letter or digit"
        )
    if session.scalar(select(User.id).where(User.name == name)) is not None:
        raise AccountError(f"there is already a user {name!r}")
    session.add(User(name=name, role=role.word, password_hash=_hashed(password), created_time=now))


def ensure_user(session: Session, name: str, role: Role, now: Instant) -> None:
    """Make a user without a password unless there is one of that name; an existing user keeps its role."""
    if session.scalar(select(User.id).where(User.name == name)) is None:
        add_user(session, name, role, None, now)


def set_password(session: Session, name: str, password: str) -> None:
    """Give a user a password and end the user's other sign-ins.

    Raises:
        AccountError: there is no such user, or the password is too short or long.
    """
    user = _user(session, name)
    user.password_hash = _hashed(password)
    session.execute(delete(Token).where(Token.user_id == user.id))


def remove_user(session: Session, name: str) -> None:
    """Remove a user with all sign-ins.

    Raises:
        AccountError: there is no such user, or it is the last administrator.
    """
    user = _user(session, name)
    admins = session.scalar(select(func.count()).select_from(User).where(User.role == Role.ADMIN.word))
    if user.role == Role.ADMIN.word and admins == 1:
        raise AccountError(f"{name!r} is the last administrator; make another one first")
    session.delete(user)


def users(session: Session) -> list[tuple[str, Role, bool]]:
    """Name, role and whether a password is set, of every user."""
    rows = session.scalars(select(User).order_by(User.name))
    return [(user.name, Role.from_word(user.role), user.password_hash is not None) for user in rows]


def needs_first_sign_in(session: Session) -> bool:
    """Whether no administrator has a password, so that one must be let in by a one-time code."""
    usable = select(User.id).where(User.role == Role.ADMIN.word, User.password_hash.is_not(None)).limit(1)
    return session.scalar(usable) is None


def issue_one_time(session: Session, name: str, valid_s: float, now: Instant) -> str:
    """A code that signs a user in once.

    Raises:
        AccountError: there is no such user.
    """
    code = secrets.token_urlsafe(32)
    session.add(OneTimeCode(hash=_digest(code), user_id=_user(session, name).id, expires_time=now + valid_s))
    return code


def issue_token(session: Session, name: str, valid_s: float, now: Instant) -> tuple[str, Identity]:
    """A token for a user, and who it stands for.

    Raises:
        AccountError: there is no such user.
    """
    user = _user(session, name)
    token = secrets.token_urlsafe(32)
    expires = Instant(now + valid_s)
    session.add(Token(hash=_digest(token), user_id=user.id, created_time=now, expires_time=expires))
    return token, Identity(user.name, Role.from_word(user.role), expires)


def redeem(session: Session, code: str, now: Instant) -> str | None:
    """The name of the user whose code this was; None when it is wrong, used or expired."""
    row = session.get(OneTimeCode, _digest(code))
    if row is None:
        return None
    name = session.scalar(select(User.name).where(User.id == row.user_id))
    valid = row.expires_time > now
    session.delete(row)
    return name if valid else None


def password_hash(session: Session, name: str) -> str | None:
    """The stored hash of a user's password; None without a user or a password."""
    return session.scalar(select(User.password_hash).where(User.name == name))


def verify(password: str, stored: str | None) -> bool:
    """Whether a password fits a hash; takes as long when there is none (about 50 ms: call it in a thread)."""
    fits = bool(_hasher().verify(password, stored or _nobodys_hash()))
    return fits and stored is not None


def identify(session: Session, token: str, now: Instant) -> Identity | None:
    """Who a token stands for; None when it is unknown, expired or signed out."""
    row = session.execute(
        select(User.name, User.role, Token.expires_time)
        .join(Token, Token.user_id == User.id)
        .where(Token.hash == _digest(token), Token.expires_time > now)
    ).one_or_none()
    return None if row is None else Identity(row.name, Role.from_word(row.role), Instant(row.expires_time))


def sign_out(session: Session, token: str) -> None:
    """End a sign-in."""
    session.execute(delete(Token).where(Token.hash == _digest(token)))


def forget_expired(session: Session, now: Instant) -> None:
    """Delete tokens and codes that can no longer be used."""
    session.execute(delete(Token).where(Token.expires_time <= now))
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_time <= now))


def _user(session: Session, name: str) -> User:
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise AccountError(f"there is no user {name!r}")
    return user


def _hashed(password: str | None) -> str | None:
    if password is None:
        return None
    least, most = PASSWORD_LENGTHS
    if not least <= len(password) <= most:
        raise AccountError(f"a password has {least} to {most} characters")
    return _hasher().hash(password)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
