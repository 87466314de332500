"""Scenarios that come with Liti."""

from pathlib import Path


def path(name: str) -> Path:
    """The file of a shipped scenario, such as ``patrol``.

    Raises:
        FileNotFoundError: there is none of that name; the message lists those there are.
    """
    folder = Path(__file__).parent
    file = folder / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml")))
        raise FileNotFoundError(f"no scenario {name!r} comes with Liti; there are: {known}")
    return file
