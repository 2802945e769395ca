"""
The report's figures of systems that are not built, entered by hand from the paper.

Through the same desk as any other value: one entry, a second actor who accepts it,
the number of the paper as evidence. The paper is of 27 August 2021, later than the
day of the demonstration, so the entries are of its day.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from lienthong.kernel.actor import Actor

from ..domain.editions import BODY
from ..models import FigureEntry
from ..models.directives import Origin
from ..services import entries
from ..services.guards import SECRETARY
from .seed_figures import ISSUED, MONTH, PAPER, SeedValue, seed_values

NOTE = "Chép từ báo cáo giấy; hệ thống của số liệu này chưa được xây dựng."
ENTERS = Actor("system:steering", BODY, "", ISSUED, frozenset({SECRETARY}))
DECIDES = Actor("system:steering.demo", BODY, "", ISSUED, frozenset({SECRETARY}))


def values() -> tuple[SeedValue, ...]:
    """The figures that no system of this release counts."""
    return tuple(one for one in seed_values() if not one.definition.answers_live)


def load(tell: Callable[[str, int, int], None]) -> None:
    """Enter and accept them once; what is there already is left alone."""
    if FigureEntry.objects.filter(origin=Origin.IMPORT).exists():
        return
    every = values()
    for number, one in enumerate(every, start=1):
        made = entries.submit(as_input(one), by=ENTERS, origin=Origin.IMPORT)
        entries.accept(made, version=made.version, by=DECIDES)
        tell("steering figures of the paper", number, len(every))


def as_input(one: SeedValue) -> entries.EntryInput:
    return entries.EntryInput(
        code=one.definition.code,
        month=MONTH,
        value=one.value,
        window=one.window,
        as_of=one.as_of,
        exactness=one.exactness,
        part=one.part if one.definition.rounding.mode == "whole" else None,
        whole=one.whole if one.definition.rounding.mode == "whole" else None,
        letter=PAPER,
        note=NOTE,
    )


def told() -> list[str]:
    """What is entered, for the digest of the import statement."""
    return [
        json.dumps([v.definition.code, str(v.value), str(v.window), str(v.as_of), v.exactness])
        for v in values()
    ]
