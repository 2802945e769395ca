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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db import transaction

from lienthong import record
from lienthong.exchange import epoch, events
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.kernel.node import Node
from lienthong.record import personal
from lienthong.systems.population import domain, queries, shapes
from lienthong.systems.population.errors import (
    AlreadyCancelled,
    BackupNeeded,
    NoSuchPersonalId,
    OtherDeath,
    OtherPerson,
    RecordLocked,
)
from lienthong.systems.population.manifest import NUMBER_CANCELLED, SYSTEM
from lienthong.systems.population.models import (
    ImportStatement,
    LostNumber,
    Origin,
    Person,
    PersonalIdRow,
    RangeCounter,
    SteppedOver,
)
from lienthong.web.accounts.uuids import uuid7

log = logging.getLogger("lienthong.population")

GIVE_NUMBERS = ("personal-id.issue.v1", "personal-id.reestablish.v1")
"""The offers that give a number."""
IMPORTED = "population: "
"""How a load of this register is named in the gateway's log."""


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
        _tell_cancelled(old)
        return row


def _tell_cancelled(row: PersonalIdRow) -> None:
    """Publish that a number was cancelled, in the transaction of the act."""
    person = row.person
    # A person's cancellations in their order: a cause that says nothing of the number.
    turn = PersonalIdRow.objects.filter(person=person, status=domain.NumberStatus.CANCELLED).count()
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
    floor = queries.floor()
    RangeCounter.objects.bulk_create(
        [RangeCounter(digits=span.digits, used=floor, kept=floor)], ignore_conflicts=True
    )
    return RangeCounter.objects.select_for_update().get(digits=span.digits)


def _take(counter: RangeCounter, span: domain.NumberRange, *, by: Actor) -> PersonalId:
    """
    The next free number; numbers that came in from elsewhere are stepped over.

    Raises NumberingBlocked after a restore, and BackupNeeded before a place that a restore
    of the newest backup would not step over.
    """
    epoch.require_numbering()
    while True:
        if domain.needs_backup(counter.used, kept=counter.kept):
            raise BackupNeeded(range=span.digits[:3])
        number = span.number(counter.used, key=number_key())
        counter.used += 1
        if not queries.was_given(number):
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


# -- after a restore -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gateway's log says of the time since the backup (`gateway.since`)."""

    requests: int
    """Requests that may have given a number; the log is strict, so no number lacks one."""
    unanswered: int
    """Those of them whose answer is not in the log."""
    named: Mapping[bytes, str]
    """Pseudonyms of the people they were answered about, each with a message id."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a reconciliation found and did; counts only."""

    lost: int
    """Numbers known to have been given after the backup."""
    unrecognised: int
    floor: int


def note_backup(used: Mapping[str, int]) -> None:
    """Remember how far each range was used in a backup that is now whole."""
    with transaction.atomic():
        for digits, places in used.items():
            RangeCounter.objects.filter(digits=digits, kept__lt=places).update(kept=places)


def step_over_by_log(*, evidence: Evidence, pseudonyms: Pseudonyms, by: Actor) -> Stepped:
    """
    Move every range past what was given after the backup, as the gateway's log proves it.

    ``pseudonyms`` are those of the log's subject index: the order of the numbers is known
    here, so each pseudonym of the log is found again by trying the next places of each range. What
    was recognised is kept as a lost number. Every request whose answer the log lacks may
    have taken one place more; and when a pseudonym is not recognised, each range is moved
    by the number of all requests, which no loss can exceed. Then numbers may be given.
    """
    with personal.writing("population.step_over", by=by):
        start = {row.digits: row.used for row in RangeCounter.objects.select_for_update()}
        floor = queries.floor()
        # A range with numbers that came in from elsewhere is stepped through like a begun one.
        begun = {digits: floor for digits in queries.ranges_in_use()} | start
        search = _Search(dict(evidence.named), pseudonyms, evidence.unanswered)
        ends = {
            digits: search.walk(domain.NumberRange(digits), place)
            for digits, place in begun.items()
        }
        for span in domain.NumberRange.all_of_a_lifetime(by.legal_day.year):
            if not search.wanted:
                break
            if span.digits in begun:
                continue
            if (end := search.walk(span, floor, unused=True)) > floor:
                ends[span.digits] = end
        search.forget_known()
        ahead = evidence.requests if search.wanted else evidence.unanswered
        _keep_lost(search.found)
        for digits, end in ends.items():
            place = queries.free_places_on(domain.NumberRange(digits), end, ahead, number_key())
            _move(digits, place, kept=begun.get(digits, floor))
        done = Stepped(len(search.found), len(search.wanted), floor + ahead)
        _note_stepping(done, evidence, by_log=True)
        epoch.release("numbers", by=by, detail=_grounds(done, evidence, by_log=True))
        return done


def step_over_by_block(*, events: int, by: Actor) -> Stepped:
    """
    Move every range past whatever can have been given after the backup, without any log.

    `_take` enters no block of places before a backup knows the block before it, so after a
    backup and ``events`` further ones nothing lies beyond the block this steps to. The next
    number then needs a fresh backup first.
    """
    with personal.writing("population.step_over", by=by):
        for row in RangeCounter.objects.select_for_update():
            _move(row.digits, domain.beyond_every_loss(row.used, events=events), kept=row.used)
        floor = domain.beyond_every_loss(queries.floor(), events=events)
        nothing = Evidence(0, 0, {})
        done = Stepped(0, 0, floor)
        _note_stepping(done, nothing, by_log=False)
        epoch.release("numbers", by=by, detail=_grounds(done, nothing, by_log=False))
        return done


Pseudonyms = Callable[[bytes], Iterable[bytes]]
"""Every form in which the log's index may hold a data subject, one for each key it has had."""


class _Search:
    """Finds numbers of which only a pseudonym is known, place after place."""

    def __init__(self, wanted: dict[bytes, str], pseudonyms: Pseudonyms, slack: int) -> None:
        self.wanted = wanted
        self.found: dict[str, str] = {}
        self._pseudonyms = pseudonyms
        self._slack = slack

    def walk(self, span: domain.NumberRange, place: int, *, unused: bool = False) -> int:
        """
        The place after the last number of this range that is known to have been given.

        Numbers that are here are stepped over; ``unused`` says that there is none.
        """
        end, missed = place, 0
        while missed <= self._slack and place < domain.SERIALS:
            number = span.number(place, key=number_key())
            place += 1
            message = self._take(str(number))
            if message is not None:
                self.found[str(number)] = message
                end = place
            elif unused or not queries.was_given(number):
                missed += 1
        return end

    def forget_known(self) -> None:
        """People asked about whose numbers are still here were not lost."""
        for number in queries.every_number():
            if not self.wanted:
                return
            self._take(number)

    def _take(self, number: str) -> str | None:
        """The message of a wanted number, under whichever key the log indexed it."""
        found = None
        for pseudonym in self._pseudonyms(number.encode()):
            found = self.wanted.pop(pseudonym, found)
        return found


def _move(digits: str, place: int, *, kept: int) -> None:
    last = min(place, domain.SERIALS)
    RangeCounter.objects.update_or_create(digits=digits, defaults={"used": last, "kept": kept})


def _keep_lost(found: Mapping[str, str]) -> None:
    now = clock.instant()
    LostNumber.objects.bulk_create(
        [LostNumber(number=number, message_id=message, found_at=now)
         for number, message in found.items()],
        ignore_conflicts=True,
    )  # fmt: skip


def _note_stepping(done: Stepped, evidence: Evidence, *, by_log: bool) -> None:
    SteppedOver.objects.create(
        at=clock.instant(),
        by_log=by_log,
        floor=done.floor,
        requests=evidence.requests,
        unanswered=evidence.unanswered,
        recognised=done.lost,
        unrecognised=done.unrecognised,
    )


def _grounds(done: Stepped, evidence: Evidence, *, by_log: bool) -> dict[str, object]:
    return {
        "by": "log" if by_log else "blocks",
        "requests": evidence.requests,
        "unanswered": evidence.unanswered,
        "lost": done.lost,
        "unrecognised": done.unrecognised,
    }


def imports_missing(sources: Iterable[str]) -> list[str]:
    """Which of these loads of this register, as the log names them, are not in its tables."""
    known = {
        f"{IMPORTED}{source}" for source in ImportStatement.objects.values_list("source", flat=True)
    }
    ours = (source for source in sources if source.startswith(IMPORTED))
    return [source for source in ours if source not in known]
