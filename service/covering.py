"""Coverage of the district's cameras, computed once in a process of its own and kept by the content of the district."""

import argparse
import asyncio
import gzip
import hashlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from service.version import __version__

if TYPE_CHECKING:
    from maps.district import District

log = logging.getLogger(__name__)

LAYER_FILES = ("district.toml", "terrain.tif", "buildings.gpkg", "cameras.gpkg", "sites.gpkg")


class SiteCover(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of a site is covered: ``share`` from 0 to 1, at ``grade`` or better."""

    id: str
    share: float
    grade: str
    name: str = ""


class CoverageSummary(msgspec.Struct, frozen=True):
    """Coverage in numbers.

    Attributes:
        cameras: of the inventory.
        cameras_seeing: that see any ground.
        area_m2: of ground seen by at least one camera.
        sites: that must be covered.
        sites_covered: of which enough is seen at the grade they ask for (`maps.audit.COVERED_SHARE`).
        by_site: each site.
    """

    cameras: int
    cameras_seeing: int
    area_m2: float
    sites: int
    sites_covered: int
    by_site: tuple[SiteCover, ...]


class Coverage(msgspec.Struct, frozen=True):
    """Coverage as the doors give it: gzip GeoJSON with its tag, and its summary."""

    compressed: bytes
    tag: str
    summary: CoverageSummary


async def coverage(district_folder: Path, cache: Path) -> Coverage:
    """Coverage from the cache; computed in another process when it is not there.

    Raises:
        RuntimeError: the computation failed; the message ends with its last words.
    """
    key = await asyncio.to_thread(content_key, district_folder)
    path = cache / f"coverage-{key}.msgpack"
    if not path.is_file():
        await _compute(district_folder, path)
    return await asyncio.to_thread(_read, path, key)


def content_key(folder: Path) -> str:
    """Changes with every layer that coverage depends on, and with the version of Liti."""
    digest = hashlib.sha256(__version__.encode())
    for name in LAYER_FILES:
        path = folder / name
        digest.update(name.encode())
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]


async def _compute(district_folder: Path, path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.covering", str(district_folder), str(path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, words = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise RuntimeError(f"coverage could not be computed: {words.decode(errors='replace').strip()[-400:]}")


def _read(path: Path, key: str) -> Coverage:
    document, summary = msgspec.msgpack.decode(path.read_bytes(), type=tuple[bytes, CoverageSummary])
    return Coverage(document, key, summary)


def summarise(district: "District") -> tuple[bytes, CoverageSummary]:
    """Coverage of a district as GeoJSON, and in numbers."""
    from maps.audit import summary as numbers_of
    from maps.coverage import coverage as cover
    from maps.coverage import sites_covered
    from service.layers import feature_collection

    seen = cover(district)
    sites = sites_covered(district, seen)
    numbers = numbers_of(district, seen)
    by_site = tuple(
        SiteCover(str(row["id"]), round(float(row["share"]), 4), str(row["grade"]), str(row["name"] or ""))
        for _, row in sites.iterrows()
    )
    summary = CoverageSummary(
        cameras=len(district.cameras),
        cameras_seeing=numbers.cameras,
        area_m2=round(numbers.area_m2, 1),
        sites=numbers.sites,
        sites_covered=numbers.sites_covered,
        by_site=by_site,
    )
    return feature_collection(seen), summary


def main() -> None:
    """Compute the coverage of a district's folder into a file of the cache."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("district", type=Path)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    os.nice(5)

    from maps.district import District

    document, summary = summarise(District.load(arguments.district))
    packed = msgspec.msgpack.encode((gzip.compress(document, 6, mtime=0), summary))
    path: Path = arguments.path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(packed)
    unfinished.replace(path)


if __name__ == "__main__":
    main()
