"""The tables. Times are UTC seconds; secrets are kept as SHA-256 only, passwords as Argon2 hashes."""

from sqlalchemy import Float, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

VERSION = 2
"""Of the layout; kept in SQLite's ``user_version``."""


class Base(DeclarativeBase):
    """All tables."""


class User(Base):
    """Somebody who may sign in; without a password only by a one-time code."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_time: Mapped[float] = mapped_column(Float)


class Token(Base):
    """A sign-in that lasts until it expires or is signed out."""

    __tablename__ = "tokens"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_time: Mapped[float] = mapped_column(Float)
    expires_time: Mapped[float] = mapped_column(Float, index=True)


class OneTimeCode(Base):
    """A code that signs a user in once."""

    __tablename__ = "one_time_codes"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_time: Mapped[float] = mapped_column(Float, index=True)


class AuditRow(Base):
    """One look that matters, or one command."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_time", "time"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    time: Mapped[float] = mapped_column(Float)
    who: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    result: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text, default="")
    finished_time: Mapped[float | None] = mapped_column(Float)


class IncidentRow(Base):
    """Something reported at a place and time."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    time: Mapped[float] = mapped_column(Float, index=True)
    by: Mapped[str] = mapped_column(String(64))
    document: Mapped[bytes] = mapped_column(LargeBinary)


class MissionRow(Base):
    """A mission as it was last saved."""

    __tablename__ = "missions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    saved_time: Mapped[float] = mapped_column(Float)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class ZoneRow(Base):
    """A zone that was added while the service ran."""

    __tablename__ = "zones"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    changed_time: Mapped[float] = mapped_column(Float)
    document: Mapped[bytes] = mapped_column(LargeBinary)
