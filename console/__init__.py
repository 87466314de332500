"""The web console; its built pages lie in ``dist`` beside this file."""

from pathlib import Path

DIST = Path(__file__).parent / "dist"
"""Folder of the built console (``index.html`` and its assets); absent in a checkout that was not built."""
