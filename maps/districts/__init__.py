"""The districts that come with Liti; each folder beside this file is one."""

from pathlib import Path

_HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder of an embedded district.

    Raises:
        FileNotFoundError: when there is none of that name; says which there are.
    """
    path = _HERE / name
    if not (path / "district.toml").is_file():
        raise FileNotFoundError(f"there is no district named {name!r}; there are: {', '.join(names())}")
    return path


def names() -> tuple[str, ...]:
    """The names of all embedded districts."""
    return tuple(sorted(path.parent.name for path in _HERE.glob("*/district.toml")))
