"""Hatchling's metadata hook: the package's requirements are those of requirements/runtime.in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RuntimeRequirements(MetadataHookInterface):
    """Written once, in the file the lock is made from."""

    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements" / "runtime.in").read_text().splitlines()
        wanted = [line.split("#")[0].strip() for line in lines]
        metadata["dependencies"] = [line for line in wanted if line]
