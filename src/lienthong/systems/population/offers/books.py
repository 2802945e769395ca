"""What the books of civil status and decisions noted in them change of a person."""

from __future__ import annotations

from typing import cast

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.population import shapes
from lienthong.systems.population.domain.lives import Ground, Standing
from lienthong.systems.population.services import particulars, standings

SENT = (
    "full_name",
    "sex",
    "born_on",
    "born_precision",
    "birth_place",
    "birth_registry",
    "home_place",
    "nationality",
    "mother",
    "father",
)


@edge.offer("death.record.v1")
def record_death(request: shapes.RecordDeath, caller: Caller) -> shapes.RecordedDeath:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    person = standings.record_death(
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


@edge.offer("particulars.correct.v1")
def correct(request: shapes.CorrectParticulars, caller: Caller) -> shapes.CorrectedParticulars:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    changes = {name: value for name in SENT if (value := getattr(request, name)) is not None}
    if request.ethnicity is not None:
        changes |= {
            "ethnicity": request.ethnicity.name,
            "ethnicity_code": request.ethnicity.code,
            "ethnicity_list": request.ethnicity.list_version,
        }
    event = particulars.correct_particulars(
        number=number,
        changes=changes,
        ground=_ground(request, caller, request.reason),
        by=caller.actor,
    )
    return shapes.CorrectedParticulars(str(number), tuple(event.changed))


@edge.offer("marriage.record.v1")
def marriage(request: shapes.RecordMarriage, caller: Caller) -> shapes.RecordedMarriage:
    numbers = [PersonalId.parse(text) for text in request.personal_ids]
    edge.name_subjects(map(str, numbers))
    first, second = numbers[0], numbers[1] if len(numbers) > 1 else None
    if request.ended:
        done = particulars.end_marriage(
            first=first,
            second=second,
            ground=_ground(request, caller, _ENDED[request.ended]),
            by=caller.actor,
            annulled=request.ended == "annulled",
        )
    else:
        done = particulars.record_marriage(
            first=first,
            second=second,
            ground=_ground(request, caller, "đăng ký kết hôn"),
            by=caller.actor,
        )
    return shapes.RecordedMarriage(
        tuple(map(str, numbers)), cast(shapes.Marital, done[0].new["marital"])
    )


@edge.offer("standing.record.v1")
def standing(request: shapes.RecordStanding, caller: Caller) -> shapes.RecordedStanding:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    event = standings.record_standing(
        number=number,
        standing=Standing(request.standing),
        ground=_ground(request, caller, request.reason),
        by=caller.actor,
        died_on=request.died_on,
    )
    return shapes.RecordedStanding(str(number), cast(shapes.FullStanding, event.new["standing"]))


_ENDED = {"divorced": "ly hôn", "annulled": "hủy việc kết hôn"}


def _ground(
    request: shapes.CorrectParticulars | shapes.RecordMarriage | shapes.RecordStanding,
    caller: Caller,
    reason: str,
) -> Ground:
    return Ground(
        reason=reason,
        document=request.document,
        basis=request.legal_basis,
        effective_on=request.effective_on,
        registration=f"{caller.client}/{request.registration}",
    )
