"""
Correcting particulars and family ties, each with its ground, from then on or as it always was.

A sex or a birth year that the number contradicts is not corrected here: the number is
then re-established (Circular 59/2021/TT-BCA art. 6), and that writes both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from lienthong import record
from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain import lives
from lienthong.systems.population.domain.lives import Ground, Happening, Marital, Precision
from lienthong.systems.population.errors import (
    DatesOutOfOrder,
    NoSuchPersonalId,
    NotAParticular,
    NumberWouldContradict,
    Relatives,
)
from lienthong.systems.population.models import Person, PersonEvent
from lienthong.systems.population.services import events

TEXTS = frozenset(
    {
        "birth_place",
        "birth_registry",
        "home_place",
        "ethnicity",
        "ethnicity_code",
        "ethnicity_list",
        "religion",
        "nationality",
    }
)
KIN = frozenset({"mother", "father", "spouse"})
PARENT_OF_LEAST_AGE = 10
"""Years; less is a mistake of typing, whatever else is the case."""


def correct_particulars(
    *,
    number: PersonalId,
    changes: Mapping[str, Any],
    ground: Ground,
    by: Actor,
    seen: str | None = None,
) -> PersonEvent:
    """
    Write other particulars of a person, as one event.

    ``seen`` is the newest event an editor had before them: another one since raises
    ChangedMeanwhile. The same entry of another register applied again changes nothing.
    Raises NotAParticular, NumberWouldContradict, Relatives, NothingChanged.
    """
    with personal.writing("population.correct_particulars", by=by):
        (person,) = events.locked(number)
        if (known := events.before(person, ground, Happening.PARTICULARS)) is not None:
            return known
        events.check_open(person, ground)
        events.check_seen(person, seen)
        wanted = {name: _value(name, value) for name, value in changes.items()}
        _check_birth(person, wanted, by.legal_day)
        for role in KIN & wanted.keys():
            if wanted[role]:
                _check_kin(person, role, wanted[role], wanted.get("born_on", person.born_on))
        if "full_name" in wanted:
            wanted |= _names(wanted["full_name"])
        event = events.change(person, wanted, kind=Happening.PARTICULARS, ground=ground, by=by)
        record.done(
            "population.particulars_corrected", person, by=by, detail={"fields": event.changed}
        )
        return event


def record_marriage(
    *, first: PersonalId, second: PersonalId | None, ground: Ground, by: Actor
) -> list[PersonEvent]:
    """Both are married to each other; ``second`` is nothing for a foreigner without a number."""
    return _union(first, second, Marital.MARRIED, ground, by)


def end_marriage(
    *, first: PersonalId, second: PersonalId | None, ground: Ground, by: Actor, annulled: bool
) -> list[PersonEvent]:
    """A divorce, or an annulment after which both are as if they had not married."""
    state = Marital.SINGLE if annulled else Marital.DIVORCED
    return _union(first, second, state, ground, by)


def _union(
    first: PersonalId, second: PersonalId | None, state: Marital, ground: Ground, by: Actor
) -> list[PersonEvent]:
    with personal.writing("population.record_marriage", by=by):
        numbers = [first, *([second] if second else [])]
        people = events.locked(*numbers)
        if len({person.pk for person in people}) != len(people):
            raise Relatives
        done = []
        for person, other in zip(people, [*reversed(numbers)] if second else [None], strict=True):
            if (known := events.before(person, ground, Happening.PARTICULARS)) is not None:
                done.append(known)
                continue
            if state is Marital.MARRIED and person.standing in lives.LOCKED:
                raise Relatives
            spouse = str(other) if other is not None and state is Marital.MARRIED else ""
            changes = {"marital": state.value, "spouse": spouse}
            done.append(
                events.change(person, changes, kind=Happening.PARTICULARS, ground=ground, by=by)
            )
            record.done("population.marriage_noted", person, by=by, detail={"state": state.value})
        return done


def _names(name: str) -> dict[str, str]:
    return {"name_sort": names.sort_key(name), "name_fold": names.folding_key(name)}


def _value(name: str, value: Any) -> Any:
    """A value as its column keeps it; raises NotAParticular."""
    if name == "full_name":
        return names.print_form(names.person_name(str(value)))
    if name in TEXTS:
        return names.clean(str(value))
    if name in KIN:
        return str(PersonalId.parse(str(value))) if value else ""
    if name == "born_on" and isinstance(value, date):
        return value
    allowed = {"sex": Sex, "born_precision": Precision, "marital": Marital}.get(name)
    if allowed is not None and value in {one.value for one in allowed}:
        return str(value)
    raise NotAParticular(field=name[:30])


def _check_birth(person: Person, wanted: Mapping[str, Any], today: date) -> None:
    sex, born_on = wanted.get("sex", person.sex), wanted.get("born_on", person.born_on)
    if born_on > today:
        raise DatesOutOfOrder
    if (sex, born_on.year) == (person.sex, person.born_on.year):
        return
    # Corrected to what the number says all along, a mistyped year needs no other number.
    if PersonalId(queries.number_in_force(person)).structure_warnings(Sex(sex), born_on):
        raise NumberWouldContradict


def _check_kin(person: Person, role: str, number: str, born_on: date) -> None:
    found = queries.find(PersonalId(number))
    if found is None:
        raise NoSuchPersonalId
    kin = found.person
    too_young = role != "spouse" and kin.born_on.year + PARENT_OF_LEAST_AGE > born_on.year
    wrong_sex = {"mother": "male", "father": "female"}.get(role) == kin.sex
    if kin.pk == person.pk or too_young or wrong_sex:
        raise Relatives(role=role)
