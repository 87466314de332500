"""Runs npm for the console with the Node.js that `console.build` finds: ``python -m console.npm run check``."""

import subprocess
import sys
from pathlib import Path

from console.build import BuildError, find_node, install, missing_node


def main(arguments: list[str]) -> int:
    """Install the console's packages when needed, run npm with the arguments, and return its exit status."""
    folder = Path(__file__).resolve().parent
    toolchain = find_node()
    try:
        if toolchain is None:
            raise missing_node()
        install(toolchain, folder, say=print_line)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    command = [*toolchain.npm, *arguments]
    return subprocess.run(command, cwd=folder, env=toolchain.environment(), check=False).returncode


def print_line(line: str) -> None:
    """Say something at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
