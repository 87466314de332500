"""House rules that a machine can check: which room imports which, what documents point at, what lock files hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")})
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "console" / "package-lock.json"]


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_point_at_files_that_exist(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    missing = [target for target in local if not (document.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_files_hold_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert '"resolved"' not in text
    assert "://" not in text or lock.suffix == ".json"


def test_every_pinned_dependency_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        pins = re.findall(r"^([a-z0-9][^\s=]*==\S+).*\\\n\s+--hash=sha256:", lock.read_text("utf-8"), re.MULTILINE)
        names = re.findall(r"^[a-z0-9][^\s=]*==\S+", lock.read_text("utf-8"), re.MULTILINE)
        assert names
        assert len(pins) == len(names)
