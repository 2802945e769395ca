"""
Looking up a parent or a deceased person from a form, with or without scripts.

What population answered travels in the form as a signed value, so that it need not be
asked twice and cannot be altered; what differs from the declaration is shown, never
overwritten. What was filled in from population is marked there, so that it is never
counted as agreeing with itself, and what an officer decided of a difference travels
signed as well, until the entry keeps it.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict

from lienthong.exchange.errors import ExchangeError
from lienthong.kernel import clock, names
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.identifiers import BadPersonalId, PersonalId
from lienthong.systems.civil_status import needs
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Choice, Difference, Settled
from lienthong.systems.civil_status.forms.entries import (
    DATES,
    PARENTS,
    PARTICULARS,
    PERSON_PARTICULARS,
    readable_year,
)
from lienthong.systems.civil_status.shapes import FoundPerson

DAY_FIELD = forms.DateField(input_formats=DATES)
KEPT_SECONDS = 4 * 3600
SALT = "civil_status.looked_up"
SETTLED_SALT = "civil_status.settled"
# Written by the form itself: agreeing with it, an officer has declared nothing.
PRESET = {"nationality": entries.VIET_NAM}


def parts_of(role: str) -> tuple[str, ...]:
    """What is compared of a person: parents have a year of birth, everybody else a day."""
    return PARTICULARS if role in PARENTS else PERSON_PARTICULARS


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look-up gave, for the template."""

    role: str
    state: str = ""
    """``found``, ``absent``, ``down``, ``refused``, ``bad_number``; empty while not asked."""
    known: dict[str, Any] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    """What the declaration itself stated, and population says too."""
    filled: tuple[str, ...] = ()
    """What the declaration left blank and population filled in."""
    different: tuple[Difference, ...] = ()
    """What nobody has decided yet."""
    kept: tuple[Settled, ...] = ()
    taken: tuple[Settled, ...] = ()
    other_sex: bool = False
    """Population knows a mother as a man, or a father as a woman."""
    code: str = ""

    @property
    def compared(self) -> int:
        return len(self.same) + len(self.different) + len(self.kept) + len(self.taken)

    @property
    def to_look_at(self) -> int:
        return len(self.different) + self.other_sex

    @property
    def settled(self) -> tuple[Settled, ...]:
        """All that the entry keeps of the differences."""
        if not self.other_sex:
            return (*self.kept, *self.taken)
        role = entries.SEX_OF[self.role]
        seen = Settled(self.role, "sex", role, self.known["sex"], Choice.SEEN)
        return (*self.kept, *self.taken, seen)


def ask(data: QueryDict, role: str, number_field: str, known_field: str) -> Looked:
    """Ask population for the number typed, write the answer into the form's data."""
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
        "born_day": _day(person),
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


def _day(person: FoundPerson) -> str:
    """The day of birth as the forms write it; nothing where only the year is known."""
    if person.born_on is None or person.born_precision != "day":
        return ""
    return f"{person.born_on:%d/%m/%Y}"


def _written(data: QueryDict | dict[str, Any], role: str, part: str) -> str:
    """What the declaration says; a day however it was typed, as ``20/08/2021``."""
    text = str(data.get(f"{role}_{part}") or "")
    if part != "born_day":
        return text
    try:
        return f"{DAY_FIELD.to_python(text):%d/%m/%Y}" if text.strip() else ""
    except ValidationError:
        return ""


def read(data: QueryDict | dict[str, Any], known_field: str) -> dict[str, Any]:
    """What population said earlier in this form; nothing when altered or too old."""
    try:
        known: dict[str, Any] = signing.loads(
            str(data.get(known_field) or ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return known


def parent(data: QueryDict, role: str) -> Looked:
    """
    Ask for a parent and fill in what was left blank; what was typed stays as it was.

    What an earlier look-up had filled in makes room first: another number means
    another person, and half of each would be nobody.
    """
    before = read(data, f"{role}_known")
    looked = ask(data, role, f"{role}_id", f"{role}_known")
    if looked.state != "found":
        return looked
    for part in before.get("filled", ()):
        if data.get(f"{role}_{part}") == before[part]:
            data[f"{role}_{part}"] = ""
    filled = [part for part in parts_of(role) if _is_to_fill(data, role, part, looked.known)]
    for part in filled:
        data[f"{role}_{part}"] = looked.known[part]
    known = looked.known | {"filled": filled}
    data[f"{role}_known"] = signing.dumps(known, salt=SALT, compress=True)
    return compare(data, role)


def _is_to_fill(data: QueryDict, role: str, part: str, known: dict[str, Any]) -> bool:
    return bool(known[part]) and not names.clean(data.get(f"{role}_{part}", ""))


def take(data: QueryDict, role: str, part: str) -> None:
    """Follow population in one particular; what was declared stays written down."""
    for one in compare(data, role).different:
        if one.field == part:
            _settle(data, Settled(role, part, one.declared, one.known, Choice.TAKEN))
            data[f"{role}_{part}"] = one.known


def keep(data: QueryDict, role: str, part: str) -> bool:
    """Stand by the declaration in one particular; false when no reason was written."""
    reason = names.clean(str(data.get(f"{role}_{part}_reason") or ""))
    if not reason:
        return False
    for one in compare(data, role).different:
        if one.field == part:
            _settle(data, Settled(role, part, one.declared, one.known, Choice.KEPT, reason))
    return True


def keep_what_has_a_reason(data: QueryDict, role: str) -> None:
    """Who wrote why the declaration stands has chosen, also without pressing the button for it."""
    for one in compare(data, role).different:
        keep(data, role, one.field)


def _settle(data: QueryDict, decided: Settled) -> None:
    held = _decided(data, decided.role) | {decided.field: asdict(decided)}
    data[f"{decided.role}_settled"] = signing.dumps(held, salt=SETTLED_SALT, compress=True)


def _decided(data: QueryDict | dict[str, Any], role: str) -> dict[str, dict[str, str]]:
    try:
        held: dict[str, dict[str, str]] = signing.loads(
            str(data.get(f"{role}_settled") or ""), salt=SETTLED_SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return held


def compare(data: QueryDict | dict[str, Any], role: str, looked: Looked | None = None) -> Looked:
    """How the declaration of a parent stands to what population said."""
    if looked is not None and looked.state != "found":
        return looked
    known = read(data, f"{role}_known")
    if not known or known["personal_id"] != "".join(str(data.get(f"{role}_id", "")).split()):
        return Looked(role)
    declared = {part: _written(data, role, part) for part in parts_of(role)}
    # What cannot be read as a year has its own mistake; it is not a difference.
    if not readable_year(declared.get("birth_year", "")):
        declared["birth_year"] = ""
    same, different = entries.differences(declared, known)
    decided = [
        Settled(**(one | {"choice": Choice(one["choice"])}))  # type: ignore[arg-type]
        for one in _decided(data, role).values()
    ]
    kept = tuple(
        one
        for one in decided
        if one.choice == Choice.KEPT and Difference(one.field, one.declared, one.known) in different
    )
    taken = tuple(
        one
        for one in decided
        if one.choice == Choice.TAKEN and one.field in same and known[one.field] == one.known
    )
    filled = tuple(part for part in known.get("filled", ()) if part in same)
    own = {
        part
        for part in same
        if part not in filled and names.clean(declared[part]) != PRESET.get(part)
    }
    return Looked(
        role,
        "found",
        known,
        same=tuple(part for part in same if part in own - {one.field for one in taken}),
        filled=filled,
        different=tuple(
            one for one in different if one.field not in {decided.field for decided in kept}
        ),
        kept=kept,
        taken=taken,
        other_sex=entries.other_sex(role, known["sex"]),
    )
