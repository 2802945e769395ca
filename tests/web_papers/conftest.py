from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

WriteTemplate = Callable[[str, str], str]


@pytest.fixture
def write_template(tmp_path: Path, settings: Settings) -> WriteTemplate:
    """Put a template where Django finds it; answers its name."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0].get("DIRS", []), tmp_path]
    settings.TEMPLATES = templates

    def write(name: str, source: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return name

    return write
