"""
Which worker runs what: a file stays whole, and so does all that shares a running node.

Module and session fixtures (a country, a browser, a loaded book) are then made
once a run and not once a worker; two sets of whole nodes would crowd a small
machine. The long groups begin first, so that small files fill the end.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/scenarios", "tests/conformance")
"""Folders whose files share what they start."""
LONGEST_FIRST = ("tests/scenarios", "tests/browser", "tests/gateway", "tests/cli")


def group_of(nodeid: str) -> str:
    """What a test is handed out with: its folder where that shares a node, else its file."""
    path = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if path.startswith(f"{folder}/")), path)


def rank_of(nodeid: str) -> int:
    """In which order groups are handed out."""
    places = [n for n, folder in enumerate(LONGEST_FIRST) if nodeid.startswith(f"{folder}/")]
    return places[0] if places else len(LONGEST_FIRST)


class GroupScheduling(LoadScopeScheduling):
    """
    xdist's own groups are marks it writes into the names of tests, which pytest 9.2 ignores.

    The groups are handed out in the order in which the tests were collected.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
