from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lienthong.kernel.node import Node
from systems.directory.installed_country import home_with_keys


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node with secrets and keys of its own, as `lienthong up` makes them."""
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    shutil.copytree(home_with_keys(), tmp_path, dirs_exist_ok=True)
    return Node.from_environment()
