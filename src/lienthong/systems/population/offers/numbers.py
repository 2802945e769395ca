"""Offers about numbers: giving, cancelling, replacing, and whose one is."""

from __future__ import annotations

from typing import cast

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import queries, shapes
from lienthong.systems.population.figures import FIGURES
from lienthong.systems.population.services import numbers


@edge.offer("personal-id.issue.v1")
def issue(request: shapes.IssuePersonalId, caller: Caller) -> shapes.IssuedPersonalId:
    row = numbers.issue_personal_id(
        child=numbers.Newborn(
            full_name=request.full_name,
            sex=Sex(request.sex),
            born_on=request.born_on,
            ethnicity=request.ethnicity.name,
            ethnicity_code=request.ethnicity.code,
            ethnicity_list=request.ethnicity.list_version,
            nationality=request.nationality,
            home_place=request.home_place,
            residence=request.residence,
            mother=request.mother,
            father=request.father,
        ),
        registration=f"{caller.client}/{request.registration}",
        registered_on=request.registered_on,
        province=request.province,
        by=caller.actor,
    )
    edge.name_subjects([row.number])
    return shapes.IssuedPersonalId(
        registration=request.registration, personal_id=row.number, issued_on=row.issued_on
    )


@edge.offer("personal-id.cancel.v1")
def cancel(request: shapes.CancelPersonalId, caller: Caller) -> shapes.CancelledPersonalId:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    row = numbers.cancel_personal_id(
        number=number,
        reason=request.reason,
        decision=request.decision,
        decided_on=request.decided_on,
        by=caller.actor,
    )
    return shapes.CancelledPersonalId(personal_id=row.number, cancelled_on=request.decided_on)


@edge.offer("personal-id.reestablish.v1")
def reestablish(
    request: shapes.ReestablishPersonalId, caller: Caller
) -> shapes.ReestablishedPersonalId:
    number = PersonalId.parse(request.personal_id)
    row = numbers.reestablish_personal_id(
        number=number,
        reason=request.reason,
        decision=request.decision,
        decided_on=request.decided_on,
        sex=Sex(request.sex) if request.sex else None,
        born_on=request.born_on,
        province=request.province,
        by=caller.actor,
    )
    edge.name_subjects([str(number), row.number])
    return shapes.ReestablishedPersonalId(
        personal_id=row.number, cancelled=str(number), issued_on=row.issued_on
    )


@edge.offer("person.find.v1")
def find(request: shapes.FindPerson, caller: Caller) -> shapes.FoundPerson:
    number = PersonalId.parse(request.personal_id)
    # Also when nobody has it: that the number was asked about is itself a look.
    edge.name_subjects([str(number)])
    with personal.opened(
        number,
        purpose=caller.purpose,
        fields=shapes.FoundPerson.__struct_fields__,
        actor=str(caller.client),
    ) as opening:
        found = queries.find(number)
        if found is None:
            return shapes.FoundPerson(found=False)
        opening.at(found.person.person_key)
        if found.is_cancelled:
            return shapes.FoundPerson(found=False, number_status="cancelled")
        return _particulars(found)


@edge.offer(FIGURES_CODE)
def figures(request: FigureRequest, caller: Caller) -> FigureSet:
    return FIGURES.answer(request)


def _particulars(found: queries.Found) -> shapes.FoundPerson:
    person = found.person
    return shapes.FoundPerson(
        found=True,
        personal_id=found.number,
        standing=_standing(person.standing),
        full_name=person.full_name,
        sex=cast(shapes.Sex, person.sex),
        born_on=person.born_on,
        born_precision=cast(shapes.Precision, person.born_precision),
        ethnicity=shapes.Ethnicity(person.ethnicity, person.ethnicity_code, person.ethnicity_list),
        nationality=person.nationality,
        home_place=person.home_place,
        residence=person.residence,
        died_on=person.died_on,
        superseded=found.superseded,
    )


def _standing(standing: str) -> shapes.Standing:
    """As version 1 of this offer knows it: who gave up citizenship has left."""
    return cast(shapes.Standing, "left" if standing == "renounced" else standing)
