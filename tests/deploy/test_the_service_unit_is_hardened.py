"""The systemd unit: no mistake but the program's absence, and little left to exploit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "lienthong.service"
ANALYZE = shutil.which("systemd-analyze")
HIGHEST_EXPOSURE = 2.0

pytestmark = pytest.mark.skipif(
    ANALYZE is None, reason="no systemd-analyze here; Debian's package systemd has it"
)


def analyze(*arguments: str) -> str:
    done = subprocess.run([str(ANALYZE), *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_unit_has_no_mistake(tmp_path: Path) -> None:
    # The program named in the unit is not installed where tests run; any other will do here.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/lienthong/bin/lienthong", "/bin/true"))
    said = analyze("verify", str(unit))
    assert UNIT.name not in said, said


def test_the_unit_leaves_little_exposed() -> None:
    said = analyze("security", "--offline=true", str(UNIT))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    if found is None:
        pytest.skip(f"this systemd-analyze does not judge files: {said.strip()[:100]}")
    assert float(found.group(1)) <= HIGHEST_EXPOSURE
