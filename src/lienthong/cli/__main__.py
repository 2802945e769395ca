"""``python -m lienthong.cli``: the same as ``lienthong``, for processes started by processes."""

from __future__ import annotations

from lienthong.cli.main import main

raise SystemExit(main())
