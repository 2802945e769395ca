"""
Pages and offers are two pools (decision 7): full of each other's work, both go on.

The pages that are opened here ask population themselves, so a shared pool would have every
thread waiting for one that never comes. An offer that would call is refused; its unit test is
in ``tests/unit/exchange``.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import cast
from running_node import RunningNode
from scenarios.desk_browser import BIRTHS, Broken, Browser, declare_birth
from scenarios.evidence import POPULATION, Evidence, ask, eventually, find_person

pytestmark = pytest.mark.scenario

SECONDS = 8.0
EACH = 30
PARTS = 2
SILENT = "Dữ liệu dân cư chưa trả lời"


@dataclass
class Flood:
    """How the askers of one pool fared."""

    name: str
    done: Counter[int] = field(default_factory=Counter)
    """Whole answers to what was asked in each half of the flood."""
    refused: Counter[str] = field(default_factory=Counter)
    found: int = 0
    """Answers that held what was asked for, not only a word that nobody answers now."""
    wrong: list[str] = field(default_factory=list)


def run(flood: Flood, once: Callable[[], str], began: float) -> None:
    """Ask without pause until the flood ends; ``once`` says what was wrong, or nothing."""
    while (passed := time.monotonic() - began) < SECONDS:
        try:
            problem = once()
        except (Broken, OSError) as error:
            flood.refused[type(error).__name__] += 1
            time.sleep(0.05)
            continue
        if problem:
            flood.wrong.append(problem)
        else:
            flood.done[min(PARTS - 1, int(passed / SECONDS * PARTS))] += 1


def test_a_flood_of_both_pools_stops_neither(
    demo_node: RunningNode, registrar: Browser, log: Evidence
) -> None:
    demo_node.wait_until_well()
    form = registrar.get(f"{BIRTHS}new").form("form_token")
    look_up = form | {"mother_id": cast.AN.personal_id, "look_up": "mother"}

    floods = (Flood("pages"), Flood("offers"))

    def page() -> str:
        shown = registrar.post(f"{BIRTHS}new", look_up)
        if shown.status != 200:
            return f"{shown.status}: {shown.words[:300]}"
        if shown.form("form_token")["mother_known"]:
            floods[0].found += 1
            return ""
        # Else told that population does not answer now; never a page without either.
        return "" if SILENT in shown.words else shown.words[:2000]

    def offer() -> str:
        reply = ask(demo_node, f"{POPULATION}/person.find.v1", {"personal_id": cast.AN.personal_id})
        if reply.status == 200:
            floods[1].found += 1
            return ""
        # The exchange may say that it could not reach the provider; nothing was done then.
        if reply.headers.get("x-road-error", "").endswith("NetworkError"):
            return ""
        return f"{reply.status}: {reply.body[:300]!r}"

    began = time.monotonic()
    threads = [
        threading.Thread(target=run, args=(flood, once, began))
        for flood, once in zip(floods, (page, offer), strict=True)
        for _ in range(EACH)
    ]
    for thread in threads:
        thread.start()
    entered = declare_birth(registrar, "Trần Nguyễn Giữa Dòng Lũ")
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)

    for flood in floods:
        assert flood.wrong == [], flood.name
        assert set(flood.done) == set(range(PARTS)), f"{flood.name} stood still: {flood.done}"
        assert flood.found > 0, flood.name
    assert entered.key, "a registration went on meanwhile"

    # Afterwards everything answers, and nobody has been left behind.
    demo_node.wait_until_well()
    assert find_person(demo_node, cast.AN.personal_id)["found"]
    assert registrar.get("/canbo/civil-status/").status == 200
    eventually(lambda: registrar.get(entered.path).personal_id, 90, "the number arrives")
    eventually(lambda: log.ask("/health").json["unsealed"] == 0, 60, "everything is sealed")
