"""Hatchling's build hook: a wheel without assets, fonts or translations is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NEEDED = {
    "front-end files (make assets)": "web/static/web/dist/*.css",
    "fonts (make assets)": "web/fonts/*.ttf",
    "translations (make messages)": "web/locale/vi/LC_MESSAGES/*.mo",
    "the gateway's SQL": "gateway/sql/*.sql",
}


class CompleteWheel(BuildHookInterface):  # type: ignore[type-arg]
    """Checked for a wheel only; an editable install takes files as they come."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        package = Path(self.root) / "src" / "lienthong"
        lacking = [what for what, pattern in NEEDED.items() if not any(package.glob(pattern))]
        if lacking:
            raise RuntimeError(f"the wheel would lack: {', '.join(lacking)}")
