#!/usr/bin/env python3
"""
Try a gateway of X-Road, of Liên Thông, or of your own: `run.py --base-url … --client … …`

Needs Python 3.11 and pytest, nothing else. `README.md` beside this file says which checks
need what; whatever pytest understands (`-k rest`, `-x`, `--junitxml`) may be added.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    if "--help" not in arguments and not any(one.startswith("--base-url") for one in arguments):
        sys.stderr.write(f"{(__doc__ or '').strip()}\n")
        return 2
    sys.path.insert(0, str(HERE.parent))
    kit = str(HERE / "kit")
    # The suite around the kit, its settings and its fixtures are left alone.
    alone = ["--rootdir", kit, "--confcutdir", kit, "-c", str(HERE / "alone.ini"),
             "--import-mode=importlib", "-p", "no:cacheprovider", "-rs"]  # fmt: skip
    return int(pytest.main([kit, *alone, *arguments]))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
