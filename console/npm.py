"""Runs npm for the console with the Node.js that builds it: ``python -m console.npm run check``."""

import subprocess
import sys
from pathlib import Path

from console.build import find_node


def main(arguments: list[str]) -> int:
    """Run npm in the console's folder; returns its exit status, 127 when there is no Node.js."""
    toolchain = find_node()
    if toolchain is None:
        sys.stderr.write("There is no Node.js that is new enough; 'make setup' brings one.\n")
        return 127
    folder = Path(__file__).resolve().parent
    command = [*toolchain.npm, *arguments]
    return subprocess.run(command, cwd=folder, env=toolchain.environment(), check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
