"""Events as declared, and as an officer's browser sends them, with anything changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import cast
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.civil_status.domain.entries import Declarant
from lienthong.systems.civil_status.domain.events import Event, Person
from systems.civil_status.declarations import RESIDENCE

AN = Person(
    full_name=cast.AN.name,
    born_on=cast.AN.born_on,
    ethnicity="Kinh",
    residence=RESIDENCE,
    personal_id=PersonalId(cast.AN.personal_id),
)
BINH = Person(
    full_name=cast.BINH.name,
    born_on=cast.BINH.born_on,
    ethnicity="Kinh",
    residence=RESIDENCE,
    personal_id=PersonalId(cast.BINH.personal_id),
)
NOBODY = Declarant("", "")
DECLARANT = Declarant(cast.BINH.name, "Căn cước công dân")


def person(base: Person, **changes: Any) -> Person:
    return replace(base, **changes)


def event(kind: str, people: dict[str, Person], **changes: Any) -> Event:
    """An event of any kind; parts and changes are given by name."""
    return replace(
        Event(
            kind=kind,
            people=people,
            parts={},
            declarant=DECLARANT,
            registered_on=cast.LEGAL_DAY,
        ),
        **changes,
    )


def marriage(**changes: Any) -> Event:
    people = {"wife": AN, "husband": BINH} | changes.pop("people", {})
    return event("marriage", people, declarant=NOBODY, **changes)


def divorce(**changes: Any) -> Event:
    parts = {
        "decision": "12/2021/QĐST-HNGĐ",
        "decided_on": date(2021, 8, 2),
        "issuer": "Tòa án nhân dân thành phố Phú Quốc",
    }
    people = {"wife": AN, "husband": BINH} | changes.pop("people", {})
    return event("divorce", people, declarant=NOBODY, parts=parts, **changes)


def sent(role: str, who: Person, **changes: str) -> dict[str, str]:
    """The fields of one person as a form sends them."""
    fields = {
        "id": str(who.personal_id or ""),
        "name": who.full_name,
        "born_day": f"{who.born_on:%d/%m/%Y}" if who.born_on else "",
        "ethnicity": who.ethnicity,
        "nationality": who.nationality,
        "residence": who.residence,
        "paper": who.paper,
    }
    return {f"{role}_{part}": value for part, value in (fields | changes).items()}


def form(*people: dict[str, str], **changes: str) -> dict[str, str]:
    """What a browser sends for an event with these people."""
    data = {
        "form_token": str(uuid4()),
        "declarant_name": cast.BINH.name,
        "declarant_paper": "Căn cước công dân",
    }
    for one in people:
        data |= one
    return data | changes
