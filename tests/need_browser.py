"""Sees to it that the console's tests have a browser: finds one, or installs Debian's Chromium where it may."""

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str | None:
    """Path of an installed browser of the Chromium family; ``TEST_BROWSER`` names another."""
    return os.environ.get("TEST_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


def main() -> int:
    if browser():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("installing Chromium for the console's tests")
        subprocess.run(["apt-get", "update", "-q"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], check=True)
    if browser():
        return 0
    print(
        "The console's tests need Chromium or Chrome, and none was found. Install one (on Debian: apt-get install "
        "chromium), or set TEST_BROWSER to its path.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
