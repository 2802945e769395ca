"""
How many backups and restores this node has seen, kept where a restore does not reach.

The tables that are put back have forgotten what came after their backup. This file in the
node's home has not, and every backup carries the count it was taken at: together they say
how much may have happened since (decision 12).
"""

from __future__ import annotations

import json
from pathlib import Path

from lienthong.cli import vault
from lienthong.kernel.node import Node


def events(node: Node) -> int | None:
    """Backups and restores so far, each restore weighing what it jumped; None if unknown."""
    try:
        return int(json.loads(_path(node).read_text())["events"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def note(node: Node, count: int) -> None:
    """Never lowers the count."""
    before = events(node) or 0
    vault.write_secret(_path(node), json.dumps({"events": max(before, count)}))


def _path(node: Node) -> Path:
    return node.home / "backups.json"
