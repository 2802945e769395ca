"""What population answers through the exchange. Thin: rules and writes are elsewhere."""

from __future__ import annotations

from typing import cast

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population import domain, queries, services, shapes
from lienthong.systems.population.figures import FIGURES


@edge.offer("personal-id.issue.v1")
def issue(request: shapes.IssuePersonalId, caller: Caller) -> shapes.IssuedPersonalId:
    row = services.issue_personal_id(
        child=services.Newborn(
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
    row = services.cancel_personal_id(
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
    row = services.reestablish_personal_id(
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


@edge.offer("person.verify.v1")
def verify(request: shapes.VerifyPerson, caller: Caller) -> shapes.VerifiedPerson:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    asked = [name for name in _COMPARED if getattr(request, name)]
    with personal.opened(
        number, purpose=caller.purpose, fields=asked or ["known"], actor=str(caller.client)
    ) as opening:
        found = queries.find(number)
        if found is None:
            return shapes.VerifiedPerson(known=False, alive=False, verdict="unknown")
        opening.at(found.person.person_key)
        if found.is_cancelled:
            return shapes.VerifiedPerson(
                known=False, alive=False, verdict="no", number_status="cancelled"
            )
        return _verdict(request, found)


@edge.offer("death.record.v1")
def record_death(request: shapes.RecordDeath, caller: Caller) -> shapes.RecordedDeath:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    person = services.record_death(
        number=number,
        died_on=request.died_on,
        registration=f"{caller.client}/{request.registration}",
        registered_on=request.registered_on,
        by=caller.actor,
    )
    assert person.died_on is not None
    return shapes.RecordedDeath(
        personal_id=str(number), standing="deceased", died_on=person.died_on
    )


@edge.offer(FIGURES_CODE)
def figures(request: FigureRequest, caller: Caller) -> FigureSet:
    return FIGURES.answer(request)


_COMPARED = ("full_name", "born_on", "birth_year", "sex")


def _particulars(found: queries.Found) -> shapes.FoundPerson:
    person = found.person
    return shapes.FoundPerson(
        found=True,
        personal_id=found.number,
        standing=cast(shapes.Standing, person.standing),
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


def _verdict(request: shapes.VerifyPerson, found: queries.Found) -> shapes.VerifiedPerson:
    person, fields = found.person, []
    if request.full_name:
        verdict = domain.compare_names(request.full_name, person.full_name)
        fields.append(shapes.FieldVerdict("full_name", verdict))
    if request.born_on is not None:
        verdict = domain.compare_dates(request.born_on, person.born_on, person.born_precision)
        fields.append(shapes.FieldVerdict("born_on", verdict))
    if request.birth_year is not None:
        same = request.birth_year == person.born_on.year
        fields.append(shapes.FieldVerdict("birth_year", "yes" if same else "no"))
    if request.sex is not None:
        fields.append(shapes.FieldVerdict("sex", "yes" if request.sex == person.sex else "no"))
    return shapes.VerifiedPerson(
        known=True,
        alive=person.standing not in (domain.Standing.DECEASED, domain.Standing.DECLARED_DEAD),
        verdict=domain.overall(tuple(field.verdict for field in fields)),
        fields=tuple(fields),
    )
