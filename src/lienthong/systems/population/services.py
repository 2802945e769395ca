"""
Giving, cancelling and replacing personal numbers, and recording deaths.

Each function is one transaction with its audit entry; the row history written in it
names the actor. Locks are taken in one order: the counter of a range first, then the
rows of numbers, then the person.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from datetime import date
from functools import cache

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.kernel.node import Node
from lienthong.record import personal
from lienthong.systems.population import domain, queries
from lienthong.systems.population.errors import (
    AlreadyCancelled,
    NoSuchPersonalId,
    OtherDeath,
    OtherPerson,
    RecordLocked,
)
from lienthong.systems.population.models import Origin, Person, PersonalIdRow, RangeCounter
from lienthong.web.accounts.uuids import uuid7

log = logging.getLogger("lienthong.population")


@dataclass(frozen=True, slots=True)
class Newborn:
    """The particulars a number is given for (Law on Citizen Identification art. 9)."""

    full_name: str
    sex: Sex
    born_on: date
    ethnicity: str
    ethnicity_code: str
    ethnicity_list: str
    nationality: str
    home_place: str
    residence: str = ""
    mother: str = ""
    father: str = ""


def issue_personal_id(
    *, child: Newborn, registration: str, registered_on: date, province: str, by: Actor
) -> PersonalIdRow:
    """
    Give a registered child its number, once for each registration.

    Asking again for the same entry answers the same number. Raises OtherPerson
    when the entry was named before with other particulars, RangeExhausted when
    a range of a million numbers is used up.
    """
    domain.check_birth(born_on=child.born_on, registered_on=registered_on, today=by.legal_day)
    span = domain.NumberRange.of(province=province, sex=child.sex, born_on=child.born_on)
    name = names.print_form(names.person_name(child.full_name))
    with personal.writing("population.issue", by=by):
        # The counter is locked before looking, so that two calls for one entry queue here.
        counter = _locked_counter(span)
        if (known := _issued_for(registration)) is not None:
            return _same_child(known, child, name)
        number = _take(counter, span, by=by)
        person = _newborn_row(child, name)
        person.save(force_insert=True)
        row = _number_row(number, person, domain.Cause.BIRTH, by.legal_day)
        row.registration = registration
        row.save(force_insert=True)
        record.done("population.id_issued", person, by=by, detail={"cause": row.cause})
        return row


def cancel_personal_id(
    *, number: PersonalId, reason: str, decision: str, decided_on: date, by: Actor
) -> PersonalIdRow:
    """Cancel a number by a decision; it stays on record and is never given again."""
    domain.check_decision(decided_on=decided_on, today=by.legal_day)
    with personal.writing("population.cancel", by=by):
        row = _locked_number(number)
        if row.status == domain.NumberStatus.CANCELLED:
            raise AlreadyCancelled(decided_on=str(row.cancelled_on))
        _cancel(row, reason=reason, decision=decision, decided_on=decided_on)
        record.done("population.id_cancelled", row.person, by=by, detail={"decided_on": decided_on})
        return row


def reestablish_personal_id(
    *,
    number: PersonalId,
    reason: str,
    decision: str,
    decided_on: date,
    by: Actor,
    sex: Sex | None = None,
    born_on: date | None = None,
    province: str = "",
) -> PersonalIdRow:
    """
    Cancel a number whose structure contradicts the person, and give the right one.

    By Circular 59/2021/TT-BCA art. 6 only a wrong place of birth registration,
    sex or birth year is a ground; anything else raises NothingCorrected. The old
    number stays, cancelled and linked to the new one.
    """
    domain.check_decision(decided_on=decided_on, today=by.legal_day)
    with personal.writing("population.reestablish", by=by):
        known = queries.find(number)
        if known is None:
            raise NoSuchPersonalId
        sex = sex or Sex(known.person.sex)
        born_on = born_on or known.person.born_on
        span = domain.corrected_range(
            PersonalId(known.number), province=province, sex=sex, born_on=born_on
        )
        counter = _locked_counter(span)
        old = _locked_number(number)
        if old.status == domain.NumberStatus.CANCELLED:
            raise AlreadyCancelled(decided_on=str(old.cancelled_on))
        person = Person.objects.select_for_update().get(pk=old.person_id)
        fresh = _take(counter, span, by=by)
        _cancel(old, reason=reason, decision=decision, decided_on=decided_on)
        row = _number_row(fresh, person, domain.Cause.REESTABLISHED, by.legal_day)
        row.reason, row.decision = reason, decision
        row.save(force_insert=True)
        old.successor = row
        old.save(update_fields=["successor"])
        person.sex, person.born_on = sex.value, born_on
        person.save(update_fields=["sex", "born_on"])
        record.done("population.id_reestablished", person, by=by, detail={"decided_on": decided_on})
        return row


def record_death(
    *, number: PersonalId, died_on: date, registration: str, registered_on: date, by: Actor
) -> Person:
    """
    Mark a person deceased, once; their record is locked from then on (Luật Hộ tịch art. 34.2).

    The same registration may say the same again. Another registration or another
    day raises OtherDeath: two books contradict each other and people must look.
    """
    with personal.writing("population.record_death", by=by):
        found = queries.find(number)
        if found is None:
            raise NoSuchPersonalId
        person = Person.objects.select_for_update().get(pk=found.person.pk)
        if person.standing == domain.Standing.DECEASED:
            if (person.death_registration, person.died_on) == (registration, died_on):
                return person
            raise OtherDeath
        domain.check_death(
            born_on=person.born_on,
            precision=person.born_precision,
            died_on=died_on,
            registered_on=registered_on,
        )
        person.standing = domain.Standing.DECEASED.value
        person.died_on = died_on
        person.death_registration = registration
        person.save(update_fields=["standing", "died_on", "death_registration"])
        record.done("population.death_recorded", person, by=by)
        return person


def correct_residence(*, number: PersonalId, residence: str, unit: str, by: Actor) -> Person:
    """Write down where a living person now lives; a deceased one's record is locked."""
    with personal.writing("population.correct_residence", by=by):
        found = queries.find(number)
        if found is None:
            raise NoSuchPersonalId
        person = Person.objects.select_for_update().get(pk=found.person.pk)
        if person.standing == domain.Standing.DECEASED:
            raise RecordLocked
        person.residence, person.residence_unit = names.clean(residence), unit
        person.save(update_fields=["residence", "residence_unit"])
        record.done("population.residence_corrected", person, by=by)
        return person


@cache
def number_key() -> bytes:
    """
    The secret of the permutation: ``LIENTHONG_PERSONAL_ID_KEY`` or the node's secret file.

    Without it no number can be given, and the program says so at once.
    """
    text = os.environ.get("LIENTHONG_PERSONAL_ID_KEY") or Node.from_environment().secret(
        "personal_id_key"
    )
    return hashlib.sha256(text.encode()).digest()


def _locked_counter(span: domain.NumberRange) -> RangeCounter:
    RangeCounter.objects.bulk_create([RangeCounter(digits=span.digits)], ignore_conflicts=True)
    return RangeCounter.objects.select_for_update().get(digits=span.digits)


def _take(counter: RangeCounter, span: domain.NumberRange, *, by: Actor) -> PersonalId:
    """The next free number; numbers that came in from elsewhere are stepped over."""
    while True:
        number = span.number(counter.used, key=number_key())
        counter.used += 1
        if not PersonalIdRow.objects.filter(number=str(number)).exists():
            break
    if domain.nearly_full(counter.used) and counter.alarmed_on is None:
        counter.alarmed_on = by.legal_day
        record.done("population.range_nearly_full", f"range:{span.digits[:3]}", by=by)
        log.warning("range of personal IDs nearly full", extra={"code": span.digits[:3]})
    counter.save(update_fields=["used", "alarmed_on"])
    return number


def _issued_for(registration: str) -> PersonalIdRow | None:
    rows = PersonalIdRow.objects.select_related("person")
    return rows.filter(registration=registration).first()


def _same_child(row: PersonalIdRow, child: Newborn, name: str) -> PersonalIdRow:
    person = row.person
    asked = (names.tone_key(name), child.sex.value, child.born_on)
    if asked != (names.tone_key(person.full_name), person.sex, person.born_on):
        raise OtherPerson
    return row


def _locked_number(number: PersonalId) -> PersonalIdRow:
    rows = PersonalIdRow.objects.select_for_update(of=("self",)).select_related("person")
    row = rows.filter(number=str(number)).first()
    if row is None:
        raise NoSuchPersonalId
    return row


def _cancel(row: PersonalIdRow, *, reason: str, decision: str, decided_on: date) -> None:
    row.status = domain.NumberStatus.CANCELLED.value
    row.reason, row.decision, row.cancelled_on = reason, decision, decided_on
    row.save(update_fields=["status", "reason", "decision", "cancelled_on"])


def _newborn_row(child: Newborn, name: str) -> Person:
    return Person(
        person_key=uuid7(),
        full_name=name,
        name_sort=names.sort_key(name),
        name_fold=names.folding_key(name),
        sex=child.sex.value,
        born_on=child.born_on,
        born_precision=domain.Precision.DAY.value,
        ethnicity=names.clean(child.ethnicity),
        ethnicity_code=child.ethnicity_code,
        ethnicity_list=child.ethnicity_list,
        nationality=names.clean(child.nationality),
        home_place=names.clean(child.home_place),
        residence=names.clean(child.residence),
        mother=child.mother,
        father=child.father,
        standing=domain.Standing.ACTIVE.value,
        origin=Origin.LIVE.value,
        recorded_at=clock.instant(),
    )


def _number_row(
    number: PersonalId, person: Person, cause: domain.Cause, issued_on: date
) -> PersonalIdRow:
    return PersonalIdRow(
        number=str(number),
        person=person,
        status=domain.NumberStatus.ACTIVE.value,
        cause=cause.value,
        issued_on=issued_on,
        origin=Origin.LIVE.value,
        recorded_at=clock.instant(),
    )
