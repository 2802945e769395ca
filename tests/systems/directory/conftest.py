from __future__ import annotations

from pathlib import Path

import pytest

from lienthong.cli import keyring, vault
from lienthong.exchange.registry import cards
from lienthong.kernel.node import Node


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node with secrets and keys of its own, as `lienthong up` makes them."""
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    made = Node.from_environment()
    every = list(cards())
    vault.make_home(made)
    vault.make_secrets(made, every)
    keyring.make(made, every)
    return made
