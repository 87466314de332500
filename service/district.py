"""Finding and loading the district that the configuration names."""

from pathlib import Path

from maps.district import District, DistrictError
from service.parts import PermanentError


def load(name: str) -> District:
    """The district of a folder, or the embedded one of that name.

    Raises:
        PermanentError: there is none, or its layers are broken.
    """
    folder = Path(name)
    try:
        return District.load(folder) if folder.is_dir() else District.embedded(name)
    except DistrictError as error:
        raise PermanentError(f"district {name!r}: {error}") from None
    except (OSError, KeyError, ValueError, ModuleNotFoundError) as error:
        raise PermanentError(f"district {name!r} cannot be loaded: {error}; set [district] folder") from None
