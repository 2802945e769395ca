"""
Repairing numbers that contradict their person, or that two persons use.

One officer asks, with the papers; another decides (Circular 59/2021/TT-BCA art. 6: the
authority of the database decides what the police of the commune asks). What was decided
is carried out by an offer of this register, so that no number is given outside the
exchange's log (decision 0075). The old number stays on record and leads on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from lienthong import record
from lienthong.exchange import outbox
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import needs, queries
from lienthong.systems.population.domain import ids, repairs
from lienthong.systems.population.domain.lives import Ground, Happening
from lienthong.systems.population.domain.repairs import RepairKind, RepairState
from lienthong.systems.population.errors import (
    BasisMissing,
    NoSuchRepair,
    NotAParticular,
    NothingCorrected,
    RepairClosed,
    SecondOfficerNeeded,
    StructureAgrees,
)
from lienthong.systems.population.models import Person, Repair
from lienthong.systems.population.services import events, numbers

BASIS = "Thông tư 59/2021/TT-BCA Điều 6; Nghị định 137/2015/NĐ-CP Điều 12, 14"


def ask_repair(
    *,
    number: PersonalId,
    kind: RepairKind,
    proposal: Mapping[str, Any],
    reason: str,
    evidence: Iterable[Mapping[str, str]],
    by: Actor,
) -> Repair:
    """
    Ask that a number be repaired; one request is open for a number at a time.

    ``proposal`` says what is right: ``sex``, ``born_on``, ``province`` (each when wrong), and
    under ``other`` the particulars of the second person who uses the number. Raises
    StructureAgrees, EvidenceMissing, NotAParticular, RepairClosed when one is open.
    """
    papers = repairs.check_evidence(evidence)
    if not reason.strip():
        raise BasisMissing
    with personal.writing("population.ask_repair", by=by):
        (person,) = events.locked(number)
        in_force = queries.number_in_force(person)
        if Repair.objects.filter(number=in_force, state__in=repairs.OPEN).exists():
            raise RepairClosed
        row = Repair(
            kind=kind.value,
            state=RepairState.ASKED.value,
            number=in_force,
            person=person,
            proposal=_checked(kind, person, PersonalId(in_force), proposal),
            reason=reason.strip(),
            evidence=papers,
            asked_by=str(by),
            asked_on=by.legal_day,
            asked_at=clock.instant(),
        )
        row.save(force_insert=True)
        record.done("population.repair_asked", row, by=by, detail={"kind": kind.value})
        return row


def decide(*, repair: UUID, grant: bool, decision: str, answer: str, by: Actor) -> Repair:
    """
    Grant or refuse a request, as another officer than the one who asked.

    A grant names the number of the decision, a refusal its reason. What was granted is
    carried out through the exchange, in the order of its person.
    """
    with personal.writing("population.decide_repair", by=by):
        row = _locked(repair)
        if row.state != RepairState.ASKED:
            raise RepairClosed
        if by.did(row.asked_by):
            raise SecondOfficerNeeded
        if not (decision if grant else answer).strip():
            raise BasisMissing
        row.state = (RepairState.GRANTED if grant else RepairState.REFUSED).value
        row.decided_by, row.decided_on = str(by), by.legal_day
        row.decision, row.answer = decision.strip(), answer.strip()
        row.save(update_fields=["state", "decided_by", "decided_on", "decision", "answer"])
        if grant:
            outbox.put(
                needs.carry_out(row.key),
                key=f"repair/{row.key}",
                ordering_key=str(row.person_id),
                correlation=row.key,
            )
        record.done("population.repair_decided", row, by=by, detail={"state": row.state})
        return row


def carry_out(*, repair: UUID, by: Actor) -> list[str]:
    """
    Give the numbers of a granted request, once; all numbers it concerns, the old one first.

    Followers are told of each number that changed, and of one that stays with its holder
    after somebody else used it: what they hold under it may be the other person's.
    """
    with personal.writing("population.carry_out_repair", by=by):
        row = _locked(repair)
        if row.state == RepairState.DONE:
            return [row.number, *row.successors]
        if row.state != RepairState.GRANTED:
            raise RepairClosed
        assert row.decided_on is not None
        ground = Ground(
            reason=row.reason, document=row.decision, basis=BASIS, effective_on=row.decided_on
        )
        row.successors = list(_carried_out(row, ground, by))
        row.state = RepairState.DONE.value
        row.save(update_fields=["successors", "state"])
        record.done("population.repair_done", row, by=by, detail={"numbers": len(row.successors)})
        return [row.number, *row.successors]


def _carried_out(row: Repair, ground: Ground, by: Actor) -> Iterable[str]:
    kind = RepairKind(row.kind)
    if kind is RepairKind.SHARED:
        said = {"number": row.number}
        events.happen(row.person, old=said, new=said, kind=Happening.NUMBER, ground=ground, by=by)
    else:
        yield _replaced(row, ground, by, always=kind is RepairKind.SWAPPED)
    if kind is not RepairKind.STRUCTURE:
        other = dict(row.proposal["other"])
        province = other.pop("province")
        other |= {"sex": Sex(other["sex"]), "born_on": date.fromisoformat(other["born_on"])}
        yield numbers.establish_personal_id(
            person=numbers.Newborn(**other),
            province=province,
            ground=ground,
            formerly=row.number,
            by=by,
        ).number


def _replaced(row: Repair, ground: Ground, by: Actor, *, always: bool) -> str:
    proposal = row.proposal
    return numbers.reestablish_personal_id(
        number=PersonalId(row.number),
        reason=ground.reason,
        decision=ground.document,
        decided_on=ground.effective_on,
        sex=Sex(proposal["sex"]) if proposal.get("sex") else None,
        born_on=date.fromisoformat(proposal["born_on"]) if proposal.get("born_on") else None,
        province=proposal.get("province", ""),
        always=always,
        by=by,
    ).number


def _checked(
    kind: RepairKind, person: Person, number: PersonalId, proposal: Mapping[str, Any]
) -> dict[str, Any]:
    """The proposal as it is kept; raises when it could not be carried out."""
    right = {
        name: str(proposal[name]) for name in ("sex", "born_on", "province") if proposal.get(name)
    }
    sex = Sex(right.get("sex", person.sex))
    born_on = date.fromisoformat(right["born_on"]) if "born_on" in right else person.born_on
    try:
        ids.corrected_range(number, province=right.get("province", ""), sex=sex, born_on=born_on)
    except NothingCorrected:
        if kind is RepairKind.STRUCTURE:
            raise StructureAgrees from None
    if kind is RepairKind.STRUCTURE:
        return right
    return {**right, "other": _other(proposal.get("other") or {})}


OTHER = ("full_name", "sex", "born_on", "ethnicity", "nationality", "home_place", "province")
MAY_LACK = ("ethnicity_code", "ethnicity_list", "residence", "mother", "father")


def _other(said: Mapping[str, Any]) -> dict[str, str]:
    """The particulars of the second person; raises NotAParticular for one that is missing."""
    for name in OTHER:
        if not str(said.get(name, "")).strip():
            raise NotAParticular(field=name)
    held = {name: str(said.get(name, "")).strip() for name in (*OTHER, *MAY_LACK)}
    held["full_name"] = names.person_name(held["full_name"])
    born_on = date.fromisoformat(held["born_on"])
    ids.NumberRange.of(province=held["province"], sex=Sex(held["sex"]), born_on=born_on)
    return held


def _locked(key: UUID) -> Repair:
    row = Repair.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NoSuchRepair
    return row
