"""Renews the pinned dependencies: names, versions and hashes, without addresses.

``run.txt`` runs Liti, ``dev.txt`` also tests and checks it, ``node.txt`` brings Node.js where there is none. They are
complete, so they are installed without resolving (``pip install --no-deps``).
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# What MAVProxy's wheel asks for beside its command line: windows, plots and joysticks.
UNUSED = ["vtk", "matplotlib", "wxpython", "pygame", "contourpy", "cycler", "fonttools", "kiwisolver"]


def compile_lock(name: str, *groups: str, arguments: tuple[str, ...] = ()) -> None:
    """Resolve one file for every platform and Python from 3.11 on."""
    group_arguments = [argument for group in groups for argument in ("--group", group)]
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--quiet"),
            *("--generate-hashes", "--no-header", "--no-annotate", *group_arguments),
            *arguments,
            *("--output-file", str(HERE / name)),
        ],
        check=True,
        cwd=HERE.parent,
    )


def main() -> None:
    """Renew all three files; shared packages get the same versions."""
    unused = tuple(argument for package in UNUSED for argument in ("--no-emit-package", package))
    compile_lock("dev.txt", "dev", arguments=("pyproject.toml", *unused))
    constrained = ("--constraints", str(HERE / "dev.txt"))
    compile_lock("run.txt", "build", arguments=("pyproject.toml", *constrained))
    compile_lock("node.txt", "node", arguments=constrained)


if __name__ == "__main__":
    main()
