"""
Entering a death, and telling population so that the record is locked.

As with births, the entry stands when population is unreachable: what must be told
waits in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from lienthong import record
from lienthong.exchange import outbox
from lienthong.exchange.models import State
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor, system_actor
from lienthong.record import personal
from lienthong.systems.civil_status import needs, queries
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Death, DeathState
from lienthong.systems.civil_status.errors import (
    DuplicateDeath,
    InvalidEntry,
    NoSuchEntry,
    NothingAwaited,
)
from lienthong.systems.civil_status.models import DeathRegistration, Desk, Origin
from lienthong.systems.civil_status.services import notices, numbering
from lienthong.systems.civil_status.services.checks import own_matter
from lienthong.web import catalogues


@dataclass(frozen=True, slots=True)
class Entered:
    """A death in the book, and the outbox row that tells population, if there is a number."""

    death: DeathRegistration
    outbox_row: int | None


def register_death(
    *,
    death: Death,
    by: Actor,
    form_token: UUID | None = None,
    signatory: str = "",
    not_self: str = "",
) -> Entered:
    """
    Enter a death and tell population, when the person has a number.

    Raises InvalidEntry with every problem, NotCompetent, and DuplicateDeath when the
    death is in the book already.
    """
    desk = queries.desk_of(by)
    foreign = not entries.is_vietnamese(death.nationality)
    rule = queries.rule_book().get(entries.Kind.DEATH, by.legal_day)
    rule.check_competence(desk.level, foreign=foreign)
    problems = death.problems(by.legal_day)
    problems += tuple(own_matter([death.full_name], by, signatory=signatory, not_self=not_self))
    if problems:
        raise InvalidEntry(problems=[(problem.field, problem.code) for problem in problems])
    with personal.writing("civil_status.register_death", by=by):
        book = numbering.open_book(desk=desk, kind=entries.Kind.DEATH, day=by.legal_day)
        if form_token and (known := _entered_with(form_token, desk)):
            return Entered(known, None)
        _refuse_duplicate(death)
        entry = _new_entry(death, desk, by)
        entry.form_token, entry.signatory, entry.not_self = form_token, signatory, not_self
        numbering.number(entry, book)
        entry.save(force_insert=True)
        record.done(
            "civil_status.death_registered",
            entry,
            by=by,
            detail={"number": entry.number, "late": entry.late, "state": entry.state},
        )
        notices.tell_residence(entry, [entry.residence], kind=entries.Kind.DEATH, by=by)
        row = tell_population(entry) if entry.state == DeathState.WAITING else None
        return Entered(entry, row)


def tell_population(entry: DeathRegistration) -> int:
    """Put the news of a death into the outbox, in the caller's transaction."""
    row = outbox.put(
        needs.record_death(entry),
        key=f"death/{entry.key}",
        ordering_key=f"death/{entry.key}",
        correlation=str(entry.key),
    )
    return int(row.pk)


def tell_again(*, key: UUID, by: Actor) -> int:
    """Tell population once more of a death it has not confirmed; the same news, never twice."""
    desk = queries.desk_of(by)
    with personal.writing("civil_status.tell_again", by=by):
        entry = queries.entry(DeathRegistration, key, desk=desk)
        if entry.state != DeathState.WAITING:
            raise NothingAwaited
        record.done("civil_status.death_told_again", entry, by=by)
        row = tell_population(entry)
        if outbox.state_of(row) == State.DEAD:
            outbox.retry(row, by=by)
        return row


def confirm_death(*, key: UUID, message_id: str) -> DeathRegistration:
    """Note that population has locked the record; saying it twice changes nothing."""
    by = system_actor("civil_status", clock.today())
    with personal.writing("civil_status.confirm_death", by=by):
        entry = DeathRegistration.objects.select_for_update().filter(key=key).first()
        if entry is None:
            raise NoSuchEntry
        if entry.state == DeathState.RECORDED:
            return entry
        entry.state = DeathState.RECORDED.value
        entry.message = message_id
        entry.save(update_fields=["state", "message"])
        record.done("civil_status.death_confirmed", entry, by=by, detail={"message_id": message_id})
        return entry


def _entered_with(form_token: UUID, desk: Desk) -> DeathRegistration | None:
    return DeathRegistration.objects.filter(form_token=form_token, office=desk.office).first()


def _refuse_duplicate(death: Death) -> None:
    other = queries.same_death(
        personal_id=str(death.personal_id) if death.personal_id else None,
        name=entries.register_name(death.full_name),
        died_on=death.died_on,
    )
    if other is not None:
        raise DuplicateDeath(
            number=other.number,
            office=other.office,
            registered_on=other.registered_on,
            key=str(other.key),
            custodian=other.custodian,
        )


def _new_entry(death: Death, desk: Desk, by: Actor) -> DeathRegistration:
    name, now = entries.register_name(death.full_name), clock.instant()
    state = DeathState.WAITING if death.personal_id else DeathState.NO_NUMBER
    return DeathRegistration(
        key=uuid4(),
        office=desk.office,
        custodian=desk.office,
        level=desk.level,
        registered_on=by.legal_day,
        recorded_at=now,
        registrar=str(by),
        due_on=entries.due_on(now, by.legal_day, catalogues.calendar()),
        origin=Origin.LIVE.value,
        full_name=name,
        name_sort=names.sort_key(name),
        name_fold=names.folding_key(name),
        sex=death.sex.value,
        born_on=death.born_on,
        birth_year=death.born_on.year if death.born_on else death.birth_year,
        ethnicity=names.clean(death.ethnicity),
        nationality=names.clean(death.nationality),
        residence=names.clean(death.residence),
        personal_id=str(death.personal_id) if death.personal_id else None,
        identity_paper=names.clean(death.identity_paper),
        died_on=death.died_on,
        died_at=death.died_at,
        place=names.clean(death.place),
        cause=names.clean(death.cause),
        notice=names.clean(death.notice),
        declarant_name=entries.register_name(death.declarant.full_name),
        declarant_paper=names.clean(death.declarant.paper),
        declarant_relation=names.clean(death.declarant.relation),
        late=death.is_late(catalogues.limits()),
        state=state.value,
    )
