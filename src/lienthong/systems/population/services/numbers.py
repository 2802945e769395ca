"""
Giving, cancelling and replacing personal numbers.

Each function is one transaction with its audit entry and its event; the row history
written in it names the actor. Locks are taken in one order: the counter of a range first,
then the rows of numbers, then the person.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from datetime import date
from functools import cache

from lienthong import record
from lienthong.exchange import epoch, events
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.kernel.node import Node
from lienthong.record import personal
from lienthong.systems.population import queries, shapes
from lienthong.systems.population.domain import ids
from lienthong.systems.population.domain.lives import Ground, Happening, Precision, Standing
from lienthong.systems.population.errors import (
    AlreadyCancelled,
    BackupNeeded,
    NoSuchPersonalId,
    NothingCorrected,
    OtherPerson,
)
from lienthong.systems.population.manifest import NUMBER_CANCELLED, SYSTEM
from lienthong.systems.population.models import (
    Origin,
    Person,
    PersonalIdRow,
    RangeCounter,
)
from lienthong.systems.population.services import events as lives_events
from lienthong.web.accounts.uuids import uuid7

log = logging.getLogger("lienthong.population")

ISSUE_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 14, 16; Nghị định 137/2015/NĐ-CP Điều 13, 14"
CANCEL_BASIS = "Thông tư 59/2021/TT-BCA Điều 6"


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
    ids.check_birth(born_on=child.born_on, registered_on=registered_on, today=by.legal_day)
    span = ids.NumberRange.of(province=province, sex=child.sex, born_on=child.born_on)
    name = names.print_form(names.person_name(child.full_name))
    with personal.writing("population.issue", by=by):
        # The counter is locked before looking, so that two calls for one entry queue here.
        counter = _locked_counter(span)
        if (known := _issued_for(registration)) is not None:
            return _same_child(known, child, name)
        number = _take(counter, span, by=by)
        person = _newborn_row(child, name)
        person.save(force_insert=True)
        row = _number_row(number, person, ids.Cause.BIRTH, by.legal_day)
        row.registration = registration
        row.save(force_insert=True)
        ground = Ground(
            reason="cấp số định danh khi đăng ký khai sinh",
            document=registration,
            basis=ISSUE_BASIS,
            effective_on=by.legal_day,
            registration=registration,
        )
        _number_changed(person, "", row.number, ground, by)
        record.done("population.id_issued", person, by=by, detail={"cause": row.cause})
        return row


def establish_personal_id(
    *, person: Newborn, province: str, ground: Ground, by: Actor, formerly: str = ""
) -> PersonalIdRow:
    """
    Give a number to somebody registered long before who never had one of their own.

    ``formerly`` is a number of somebody else that they used until now.
    """
    ground.check(by.legal_day)
    span = ids.NumberRange.of(province=province, sex=person.sex, born_on=person.born_on)
    with personal.writing("population.establish", by=by):
        number = _take(_locked_counter(span), span, by=by)
        held = _newborn_row(person, names.print_form(names.person_name(person.full_name)))
        held.save(force_insert=True)
        row = _number_row(number, held, ids.Cause.ESTABLISHED, by.legal_day)
        row.decision, row.formerly = ground.document[:120], formerly
        row.save(force_insert=True)
        _number_changed(held, "", row.number, ground, by)
        record.done("population.id_established", held, by=by)
        return row


def cancel_personal_id(
    *, number: PersonalId, reason: str, decision: str, decided_on: date, by: Actor
) -> PersonalIdRow:
    """Cancel a number by a decision; it stays on record and is never given again."""
    ids.check_decision(decided_on=decided_on, today=by.legal_day)
    with personal.writing("population.cancel", by=by):
        row = _locked_number(number)
        if row.status == ids.NumberStatus.CANCELLED:
            raise AlreadyCancelled(decided_on=str(row.cancelled_on))
        _cancel(row, reason=reason, decision=decision, decided_on=decided_on)
        ground = Ground(
            reason=reason, document=decision, basis=CANCEL_BASIS, effective_on=decided_on
        )
        _number_changed(row.person, row.number, "", ground, by)
        record.done("population.id_cancelled", row.person, by=by, detail={"decided_on": decided_on})
        _tell_cancelled(row)
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
    always: bool = False,
) -> PersonalIdRow:
    """
    Cancel a number whose structure contradicts the person, and give the right one.

    By Circular 59/2021/TT-BCA art. 6 only a wrong place of birth registration,
    sex or birth year is a ground; anything else raises NothingCorrected. ``always`` also
    replaces a number whose structure is right, because another person uses it. The old
    number stays, cancelled and linked to the new one.
    """
    ids.check_decision(decided_on=decided_on, today=by.legal_day)
    with personal.writing("population.reestablish", by=by):
        known = queries.find(number)
        if known is None:
            raise NoSuchPersonalId
        sex = sex or Sex(known.person.sex)
        born_on = born_on or known.person.born_on
        span = ids.NumberRange.of(
            province=province or PersonalId(known.number).prefix, sex=sex, born_on=born_on
        )
        if not always and known.number.startswith(span.digits):
            raise NothingCorrected
        counter = _locked_counter(span)
        old = _locked_number(number)
        if old.status == ids.NumberStatus.CANCELLED:
            raise AlreadyCancelled(decided_on=str(old.cancelled_on))
        person = Person.objects.select_for_update().get(pk=old.person_id)
        fresh = _take(counter, span, by=by)
        _cancel(old, reason=reason, decision=decision, decided_on=decided_on)
        row = _number_row(fresh, person, ids.Cause.REESTABLISHED, by.legal_day)
        row.reason, row.decision = reason, decision
        row.save(force_insert=True)
        old.successor = row
        old.save(update_fields=["successor"])
        was = {"sex": person.sex, "born_on": person.born_on}
        person.sex, person.born_on = sex.value, born_on
        person.save(update_fields=["sex", "born_on"])
        became = {"sex": person.sex, "born_on": person.born_on}
        moved = [name for name in was if was[name] != became[name]]
        ground = Ground(
            reason=reason, document=decision, basis=CANCEL_BASIS, effective_on=decided_on
        )
        lives_events.happen(
            person,
            old={"number": old.number, **{name: was[name] for name in moved}},
            new={"number": row.number, **{name: became[name] for name in moved}},
            kind=Happening.NUMBER,
            ground=ground,
            by=by,
        )
        record.done("population.id_reestablished", person, by=by, detail={"decided_on": decided_on})
        _tell_cancelled(old)
        return row


def _number_changed(person: Person, old: str, new: str, ground: Ground, by: Actor) -> None:
    lives_events.happen(
        person,
        old={"number": old},
        new={"number": new},
        kind=Happening.NUMBER,
        ground=ground,
        by=by,
    )


def _tell_cancelled(row: PersonalIdRow) -> None:
    """Publish that a number was cancelled, in the transaction of the act."""
    person = row.person
    # A person's cancellations in their order: a cause that says nothing of the number.
    turn = PersonalIdRow.objects.filter(person=person, status=ids.NumberStatus.CANCELLED).count()
    assert row.cancelled_on is not None
    events.publish(
        SYSTEM,
        NUMBER_CANCELLED,
        shapes.NumberCancelled(
            personal_id=row.number,
            cancelled_on=row.cancelled_on,
            successor=row.successor.number if row.successor else "",
        ),
        key=f"{person.person_key}/{turn}",
        at=clock.instant(),
        ordering_key=str(person.person_key),
    )


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


def _locked_counter(span: ids.NumberRange) -> RangeCounter:
    floor = queries.floor()
    RangeCounter.objects.bulk_create(
        [RangeCounter(digits=span.digits, used=floor, kept=floor)], ignore_conflicts=True
    )
    return RangeCounter.objects.select_for_update().get(digits=span.digits)


def _take(counter: RangeCounter, span: ids.NumberRange, *, by: Actor) -> PersonalId:
    """
    The next free number; numbers that came in from elsewhere are stepped over.

    Raises NumberingBlocked after a restore, and BackupNeeded before a place that a restore
    of the newest backup would not step over.
    """
    epoch.require_numbering()
    while True:
        if ids.needs_backup(counter.used, kept=counter.kept):
            raise BackupNeeded(range=span.digits[:3])
        number = span.number(counter.used, key=number_key())
        counter.used += 1
        if not queries.was_given(number):
            break
    if ids.nearly_full(counter.used) and counter.alarmed_on is None:
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
    row.status = ids.NumberStatus.CANCELLED.value
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
        born_precision=Precision.DAY.value,
        ethnicity=names.clean(child.ethnicity),
        ethnicity_code=child.ethnicity_code,
        ethnicity_list=child.ethnicity_list,
        nationality=names.clean(child.nationality),
        home_place=names.clean(child.home_place),
        residence=names.clean(child.residence),
        mother=child.mother,
        father=child.father,
        standing=Standing.ACTIVE.value,
        origin=Origin.LIVE.value,
        recorded_at=clock.instant(),
    )


def _number_row(
    number: PersonalId, person: Person, cause: ids.Cause, issued_on: date
) -> PersonalIdRow:
    return PersonalIdRow(
        number=str(number),
        person=person,
        status=ids.NumberStatus.ACTIVE.value,
        cause=cause.value,
        issued_on=issued_on,
        origin=Origin.LIVE.value,
        recorded_at=clock.instant(),
    )
