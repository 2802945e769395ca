"""
Looking up a parent or a deceased person from a form, with or without scripts.

What population answered travels in the form as a signed value, so that it need not be
asked twice and cannot be altered; what differs from the declaration is shown, never
overwritten.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.http import QueryDict

from lienthong.exchange.errors import ExchangeError
from lienthong.kernel import clock, names
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.identifiers import BadPersonalId, PersonalId
from lienthong.systems.civil_status import domain, needs
from lienthong.systems.civil_status.domain import Difference
from lienthong.systems.civil_status.forms import PARTICULARS
from lienthong.systems.civil_status.shapes import FoundPerson

KEPT_SECONDS = 4 * 3600
SALT = "civil_status.looked_up"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look-up gave, for the template."""

    role: str
    state: str = ""
    """``found``, ``absent``, ``down``, ``refused``, ``bad_number``; empty while not asked."""
    known: dict[str, Any] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    different: tuple[Difference, ...] = ()
    kept: tuple[Difference, ...] = ()
    code: str = ""

    @property
    def compared(self) -> int:
        return len(self.same) + len(self.different) + len(self.kept)


def ask(data: QueryDict, role: str, number_field: str, known_field: str) -> Looked:
    """Ask population for the number typed, write the answer into the form's data."""
    data[known_field] = ""
    try:
        number = PersonalId.parse(data.get(number_field, ""))
    except BadPersonalId:
        return Looked(role, "bad_number")
    started = time.monotonic()
    try:
        answer = needs.find_person(number)
    except ExchangeError as error:
        return Looked(role, "refused" if error.status == 403 else "down", code=error.code)
    except LienThongError as error:
        return Looked(role, "down", code=error.code)
    if not answer.person.found:
        gone = answer.person.number_status == "cancelled"
        return Looked(role, "cancelled" if gone else "absent")
    known = particulars(answer.person) | {
        "asked": str(number),
        "message_id": answer.message_id,
        "at": clock.instant().isoformat(),
        "ms": round((time.monotonic() - started) * 1000),
    }
    data[number_field] = known["personal_id"]
    data[known_field] = signing.dumps(known, salt=SALT, compress=True)
    return Looked(role, "found", known)


def particulars(person: FoundPerson) -> dict[str, Any]:
    """The answer as plain texts, by the columns of the book."""
    return {
        "personal_id": person.personal_id,
        "name": names.print_form(person.full_name),
        "birth_year": str(person.born_on.year) if person.born_on else "",
        "born_on": person.born_on.isoformat() if person.born_on else "",
        "born_precision": person.born_precision,
        "sex": person.sex or "",
        "ethnicity": person.ethnicity.name if person.ethnicity else "",
        "nationality": person.nationality,
        "home_place": person.home_place,
        "residence": person.residence,
        "standing": person.standing,
        "died_on": person.died_on.isoformat() if person.died_on else "",
        "superseded": person.superseded,
    }


def read(data: QueryDict | dict[str, Any], known_field: str) -> dict[str, Any]:
    """What population said earlier in this form; nothing when altered or too old."""
    try:
        known: dict[str, Any] = signing.loads(
            str(data.get(known_field) or ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return known


def fill(data: QueryDict, role: str, known: dict[str, Any]) -> None:
    """Write what population knows into the fields that were left blank."""
    for part in PARTICULARS:
        if not names.clean(data.get(f"{role}_{part}", "")):
            data[f"{role}_{part}"] = known[part]


def take(data: QueryDict, role: str, part: str) -> None:
    """Follow population in one particular."""
    known = read(data, f"{role}_known")
    if part in PARTICULARS and known:
        data[f"{role}_{part}"] = known[part]


def keep(data: QueryDict, role: str, part: str) -> None:
    """Stand by the declaration in one particular; the difference stays visible."""
    if part in PARTICULARS:
        kept = set(filter(None, data.get(f"{role}_kept", "").split(","))) | {part}
        data[f"{role}_kept"] = ",".join(sorted(kept))


def compare(data: QueryDict | dict[str, Any], role: str, looked: Looked | None = None) -> Looked:
    """How the declaration of a parent stands to what population said."""
    if looked is not None and looked.state != "found":
        return looked
    known = read(data, f"{role}_known")
    if not known or known["personal_id"] != "".join(str(data.get(f"{role}_id", "")).split()):
        return Looked(role)
    declared = {part: str(data.get(f"{role}_{part}") or "") for part in PARTICULARS}
    same, different = domain.differences(declared, known)
    kept = set(str(data.get(f"{role}_kept") or "").split(","))
    return Looked(
        role,
        "found",
        known,
        same,
        tuple(one for one in different if one.field not in kept),
        tuple(one for one in different if one.field in kept),
    )
