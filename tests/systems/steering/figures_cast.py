"""Officers and values of the stories about figures nobody counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.periods import Period
from lienthong.systems.steering.domain.catalogue import definition
from lienthong.systems.steering.models import FigureEntry
from lienthong.systems.steering.services import entries
from lienthong.systems.steering.services.entries import EntryInput

AUGUST = Period.month("2021-08")
DAY = cast.LEGAL_DAY


def officer(login: str, office: str, *roles: str, day: date = DAY) -> Actor:
    return Actor(login, office, "", day, frozenset(roles))


HA = officer("vu.ha", "G14.TH", "steering.secretary")
NGA = officer("tran.nga", "G14.TH", "steering.approver")
DIEM = officer("phan.diem", "G22.TH", "steering.reporter")
YEN = officer("lam.yen", "H33.STTTT", "steering.reporter")
LA = officer("do.la", "G14.TH")


def given(code: str = "F036", value: str = "797", **other: Any) -> EntryInput:
    """A value of August with its usual days and the number of a letter."""
    known = definition(code, AUGUST.end)
    made = EntryInput(
        code=code,
        month=AUGUST,
        value=Decimal(value),
        window=known.window.of(AUGUST, DAY),
        letter="76/BC-BTTTT",
    )
    return replace(made, **other)


def accepted(code: str = "F036", value: str = "797", **other: Any) -> FigureEntry:
    """Entered by Hà and accepted by Nga."""
    made = entries.submit(given(code, value, **other), by=HA)
    return entries.accept(made, version=made.version, by=NGA)
