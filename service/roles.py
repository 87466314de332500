"""Who may do what: the one table of roles and permissions.

Each role may do all that the roles before it may: viewer < commander < pilot < admin. One thing is withheld: who flies
does not override what a check says of the flight.
"""

from enum import Enum, IntEnum


class Role(IntEnum):
    """What a person is here for."""

    VIEWER = 1
    COMMANDER = 2
    PILOT = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The role's name on the wire."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Role":
        """The role of that name.

        Raises:
            ValueError: there is none.
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"there is no role {word!r}; use one of {', '.join(role.word for role in cls)}") from None


class Permission(Enum):
    """Something that not everybody may do."""

    LOOK = "look"
    """See the picture, the district, missions, sensors and their video."""
    REPORT = "report"
    """Report an incident."""
    PLAN = "plan"
    """Draft and import missions, export plans."""
    ZONES = "zones"
    """Add, change and remove zones beside the district's own."""
    OVERRIDE = "override"
    """Override, with a reason, a finding that policy allows to be overridden."""
    WEATHER = "weather"
    """Say what the weather is."""
    CLEAR = "clear"
    """Clear a drafted mission for flight."""
    FLY = "fly"
    """Launch, pause, resume and abort missions; command vehicles."""
    AUDIT = "audit"
    """Read who did what."""


LEAST_ROLE: dict[Permission, Role] = {
    Permission.LOOK: Role.VIEWER,
    Permission.REPORT: Role.COMMANDER,
    Permission.PLAN: Role.COMMANDER,
    Permission.ZONES: Role.COMMANDER,
    Permission.OVERRIDE: Role.COMMANDER,
    Permission.WEATHER: Role.PILOT,
    Permission.CLEAR: Role.PILOT,
    Permission.FLY: Role.PILOT,
    Permission.AUDIT: Role.ADMIN,
}


WITHHELD: dict[Permission, frozenset[Role]] = {Permission.OVERRIDE: frozenset({Role.PILOT})}
"""Permissions that a role lacks although a role before it has them."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return role >= LEAST_ROLE[permission] and role not in WITHHELD.get(permission, frozenset())


def permissions(role: Role) -> tuple[Permission, ...]:
    """All that a role may do."""
    return tuple(permission for permission in Permission if may(role, permission))
