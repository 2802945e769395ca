"""
Entering a birth, and what follows: its number comes, or the entry is withdrawn.

The entry, its audit line and the request for a personal ID are one transaction. The
registration stands even when population is unreachable: the request then waits in the
outbox, and the certificate waits with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db.models import Q

from lienthong import record
from lienthong.exchange import outbox
from lienthong.exchange.models import State
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor, system_actor
from lienthong.record import personal
from lienthong.systems.civil_status import needs, queries
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Birth, IdState, Settled
from lienthong.systems.civil_status.errors import (
    DuplicateBirth,
    InvalidEntry,
    NoSuchEntry,
    NothingAwaited,
    OtherChild,
    Withdrawn,
)
from lienthong.systems.civil_status.models import BirthRegistration, Desk, Origin, Paper
from lienthong.systems.civil_status.services import notices, numbering
from lienthong.systems.civil_status.services.checks import own_matter
from lienthong.web import catalogues


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How the declaration of one parent stood to population, and the message that showed it."""

    role: str
    same: int
    different: tuple[str, ...]
    message_id: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A birth in the book, and the outbox row that will bring its number, if one is due."""

    birth: BirthRegistration
    outbox_row: int | None


def register_birth(
    *,
    birth: Birth,
    by: Actor,
    form_token: UUID | None = None,
    not_duplicate: str = "",
    not_self: str = "",
    signatory: str = "",
    checked: tuple[Checked, ...] = (),
    settled: tuple[Settled, ...] = (),
) -> Entered:
    """
    Enter a birth and ask population for the child's personal ID.

    What was ``checked`` of the parents stands in the audit with the entry or not at all.
    ``settled`` are the differences from population and what was decided of each.

    Sending the same form again answers the entry it made. Raises InvalidEntry with
    every problem, NotCompetent, and DuplicateBirth unless the officer wrote why it
    is another child (``not_duplicate``).
    """
    desk = queries.desk_of(by)
    rule = queries.rule_book().get(entries.Kind.BIRTH, by.legal_day)
    rule.check_competence(desk.level, foreign=birth.has_foreign_element)
    problems = birth.problems(by.legal_day)
    named = [birth.child.full_name, *(one.full_name for one in (birth.mother, birth.father) if one)]
    problems += tuple(own_matter(named, by, signatory=signatory, not_self=not_self))
    if problems:
        raise InvalidEntry(problems=[(problem.field, problem.code) for problem in problems])
    with personal.writing("civil_status.register_birth", by=by):
        book = numbering.open_book(desk=desk, kind=entries.Kind.BIRTH, day=by.legal_day)
        if form_token and (known := _entered_with(form_token, desk)):
            return Entered(known, None)
        _refuse_duplicate(birth, not_duplicate)
        entry = _new_entry(birth, desk, by)
        entry.form_token, entry.not_duplicate = form_token, not_duplicate
        entry.signatory, entry.not_self = signatory, not_self
        entry.differences = [asdict(one) for one in settled]
        numbering.number(entry, book)
        entry.save(force_insert=True)
        record.done(
            "civil_status.birth_registered",
            entry,
            by=by,
            detail={"number": entry.number, "late": entry.late, "id": entry.id_state},
        )
        for one in checked:
            record.done("civil_status.parent_checked", entry, by=by, detail=asdict(one))
        residence = entry.mother_residence or entry.father_residence
        notices.tell_residence(entry, [residence], kind=entries.Kind.BIRTH, by=by)
        row = ask_for_id(entry) if entry.id_state == IdState.WAITING else None
        return Entered(entry, row)


def ask_for_id(entry: BirthRegistration) -> int:
    """Put the request for a number into the outbox, in the caller's transaction."""
    row = outbox.put(
        needs.issue_personal_id(entry, province=_province(entry)),
        key=f"birth/{entry.key}",
        ordering_key=f"birth/{entry.key}",
        correlation=str(entry.key),
    )
    return int(row.pk)


def ask_again(*, key: UUID, by: Actor) -> int:
    """
    Ask once more for a number that has not come; the same request, never a second number.

    For entries that were digitised without one, and for requests that were refused.
    """
    desk = queries.desk_of(by)
    with personal.writing("civil_status.ask_again", by=by):
        entry = queries.entry(BirthRegistration, key, desk=desk)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        if entry.id_state != IdState.WAITING:
            raise NothingAwaited
        record.done("civil_status.id_asked_again", entry, by=by)
        row = ask_for_id(entry)
        if outbox.state_of(row) == State.DEAD:
            outbox.retry(row, by=by)
        return row


def note_cancelled_id(
    *, personal_id: str, cancelled_on: date, successor: str, event: str
) -> BirthRegistration | None:
    """
    Note in the book of births that a child's number was cancelled or replaced.

    Nothing when no entry has the number: most people were entered in books that are
    not here. A number that is replaced again moves on to the newest one.
    """
    by = system_actor("civil_status", clock.today())
    with personal.writing("civil_status.note_cancelled_id", by=by):
        entry = (
            BirthRegistration.objects.select_for_update()
            .filter(Q(personal_id=personal_id) | Q(id_successor=personal_id))
            .first()
        )
        if entry is None:
            return None
        entry.id_cancelled_on = cancelled_on
        entry.id_successor = successor or None
        entry.save(update_fields=["id_cancelled_on", "id_successor"])
        record.done("civil_status.id_cancelled", entry, by=by, detail={"event": event})
        return entry


def take_personal_id(
    *, key: UUID, personal_id: str, issued_on: date, message_id: str
) -> BirthRegistration:
    """
    Write the number that population gave into the entry; saying it twice changes nothing.

    An entry withdrawn in the meantime takes it too, and asks at once to cancel it.
    """
    by = system_actor("civil_status", clock.today())
    with personal.writing("civil_status.take_personal_id", by=by):
        entry = BirthRegistration.objects.select_for_update().filter(key=key).first()
        if entry is None:
            raise NoSuchEntry
        if entry.personal_id is not None:
            if entry.personal_id != personal_id:
                raise OtherChild
            return entry
        entry.personal_id = personal_id
        entry.id_state = IdState.ISSUED.value
        entry.id_issued_on = issued_on
        entry.id_message = message_id
        entry.save(update_fields=["personal_id", "id_state", "id_issued_on", "id_message"])
        record.done("civil_status.id_received", entry, by=by, detail={"message_id": message_id})
        if entry.withdrawn_on is not None:
            _ask_to_cancel(entry, entry.withdrawn_reason, entry.withdrawn_on)
        return entry


def withdraw_birth(*, key: UUID, reason: str, decision: str, by: Actor) -> BirthRegistration:
    """
    Withdraw an entry made against the law (Luật Hộ tịch art. 12.2) by a decision.

    The entry stays in the book with the decision; its papers are revoked and its
    number is cancelled through the exchange.
    """
    if not names.clean(reason) or not names.clean(decision):
        raise InvalidEntry(problems=[("reason", "missing")])
    desk = queries.desk_of(by)
    with personal.writing("civil_status.withdraw_birth", by=by):
        # Its number may be arriving at this moment: whoever comes second sees the other.
        entry = queries.entry(BirthRegistration, key, desk=desk, lock=True)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        entry.withdrawn_on = by.legal_day
        entry.withdrawn_reason = f"{names.clean(decision)}: {names.clean(reason)}"
        entry.save(update_fields=["withdrawn_on", "withdrawn_reason"])
        Paper.objects.filter(kind=entries.Kind.BIRTH, entry=entry.key).update(
            revoked_on=by.legal_day
        )
        record.done("civil_status.birth_withdrawn", entry, by=by, detail={"decision": decision})
        if entry.personal_id is not None:
            _ask_to_cancel(entry, names.clean(reason), by.legal_day, decision)
        return entry


def _ask_to_cancel(
    entry: BirthRegistration, reason: str, decided_on: date, decision: str = ""
) -> None:
    assert entry.personal_id is not None
    outbox.put(
        needs.cancel_personal_id(
            number=entry.personal_id,
            reason=reason,
            decision=decision or entry.withdrawn_reason.partition(":")[0],
            decided_on=decided_on,
        ),
        key=f"withdrawn/{entry.key}",
        ordering_key=f"birth/{entry.key}",
        correlation=str(entry.key),
    )


def _entered_with(form_token: UUID, desk: Desk) -> BirthRegistration | None:
    return BirthRegistration.objects.filter(form_token=form_token, office=desk.office).first()


def _refuse_duplicate(birth: Birth, not_duplicate: str) -> None:
    if names.clean(not_duplicate):
        return
    mother = birth.mother
    other = queries.same_birth(
        name=entries.register_name(birth.child.full_name),
        born_on=birth.child.born_on,
        mother_id=str(mother.personal_id) if mother and mother.personal_id else "",
        mother_name=entries.register_name(mother.full_name) if mother else "",
    )
    if other is not None:
        raise DuplicateBirth(
            number=other.number,
            office=other.office,
            registered_on=other.registered_on,
            key=str(other.key),
            custodian=other.custodian,
        )


def _province(entry: BirthRegistration) -> str:
    """Statistical code of the province of registration, on the day of registration."""
    desk = Desk.objects.get(office=entry.office)
    units = catalogues.units()
    return units.province_of(desk.unit, entry.registered_on).code


def _new_entry(birth: Birth, desk: Desk, by: Actor) -> BirthRegistration:
    child, name = birth.child, entries.register_name(birth.child.full_name)
    now = clock.instant()
    state = IdState.WAITING if birth.gets_personal_id else IdState.NOT_DUE
    entry = BirthRegistration(
        key=uuid4(),
        office=desk.office,
        custodian=desk.office,
        level=desk.level,
        registered_on=by.legal_day,
        recorded_at=now,
        registrar=str(by),
        due_on=entries.due_on(now, by.legal_day, catalogues.calendar()),
        origin=Origin.LIVE.value,
        child_name=name,
        name_sort=names.sort_key(name),
        name_fold=names.folding_key(name),
        sex=child.sex.value,
        born_on=child.born_on,
        birth_place=names.clean(child.birth_place),
        home_place=names.clean(child.home_place),
        ethnicity=names.clean(child.ethnicity),
        nationality=names.clean(child.nationality),
        birth_notice=names.clean(child.birth_notice),
        declarant_name=entries.register_name(birth.declarant.full_name),
        declarant_paper=names.clean(birth.declarant.paper),
        declarant_relation=names.clean(birth.declarant.relation),
        late=birth.is_late(catalogues.limits()),
        id_state=state.value,
    )
    for role, parent in (("mother", birth.mother), ("father", birth.father)):
        if parent is not None:
            _write_parent(entry, role, parent)
    return entry


def _write_parent(entry: BirthRegistration, role: str, parent: entries.Parent) -> None:
    name = entries.register_name(parent.full_name)
    particulars = {
        "id": str(parent.personal_id) if parent.personal_id else "",
        "name": name,
        "birth_year": parent.birth_year,
        "ethnicity": names.clean(parent.ethnicity),
        "nationality": names.clean(parent.nationality),
        "residence": names.clean(parent.residence),
    }
    for column, value in particulars.items():
        setattr(entry, f"{role}_{column}", value)
    if role == "mother":
        entry.mother_fold = names.folding_key(name)
