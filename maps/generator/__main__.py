"""``python -m maps.generator``: write an invented district."""

import argparse
import sys
from pathlib import Path

from maps.district import District
from maps.generator import invent, write


def main() -> None:
    """Read the arguments, write the district, load it again as a check, and say what it holds."""
    parser = argparse.ArgumentParser(prog="python -m maps.generator", description="Write an invented district.")
    parser.add_argument("folder", type=Path, help="where to write it; made when it does not exist")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same district (default: 7)")
    arguments = parser.parse_args()
    write(invent(arguments.seed), arguments.folder)
    district = District.load(arguments.folder)
    names = ("buildings", "cameras", "sites", "zones", "cells", "streets")
    counts = ", ".join(f"{len(getattr(district, name))} {name}" for name in names)
    sys.stdout.write(f"{district.name} ({district.name_en}): {counts}\n")


main()
