"""Memory as it is really used: proportional set size, where shared pages are counted once."""

from __future__ import annotations

import re
from pathlib import Path


def pss(pid: int) -> int:
    """Kilobytes of one process; 0 when it has gone or may not be read."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def family(pid: int) -> list[int]:
    """A process with all that descend from it."""
    members = [pid]
    for member in members:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                members.extend(int(child) for child in children.read_text().split())
            except OSError:
                continue
    return members


def family_pss(pid: int) -> int:
    """Kilobytes of a process and its descendants."""
    return sum(pss(member) for member in family(pid))
