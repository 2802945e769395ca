"""Verifying: yes, no or partly for each particular sent, one person or a hundred at once."""

from __future__ import annotations

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.kernel.identifiers import BadPersonalId, PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries, shapes
from lienthong.systems.population.domain import comparing, lives
from lienthong.systems.population.domain.comparing import Verdict

COMPARED = (
    "full_name",
    "born_on",
    "birth_year",
    "sex",
    "nationality",
    "home_place",
    "mother",
    "father",
    "spouse",
    "residence_unit",
)
"""Each is compared when it is sent, and only then."""


@edge.offer("person.verify.v1")
def verify(request: shapes.VerifyPerson, caller: Caller) -> shapes.VerifiedPerson:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    return _verified(request, number, caller)


@edge.offer("person.verify-batch.v1")
def verify_batch(request: shapes.VerifyBatch, caller: Caller) -> shapes.VerifiedBatch:
    """Each item with its verdict under its own reference; each person in the ledger of looks."""
    edge.name_subjects([])
    return shapes.VerifiedBatch(tuple(_item(item, caller) for item in request.items))


def _item(item: shapes.Item, caller: Caller) -> shapes.ItemVerdict:
    try:
        number = PersonalId.parse(item.person.personal_id)
    except BadPersonalId as error:
        return shapes.ItemVerdict(item.reference, refused=error.code)
    edge.name_subjects([str(number)])
    return shapes.ItemVerdict(item.reference, _verified(item.person, number, caller))


def _verified(
    request: shapes.VerifyPerson, number: PersonalId, caller: Caller
) -> shapes.VerifiedPerson:
    asked = [name for name in COMPARED if getattr(request, name)]
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
        return _verdict(request, found, asked)


def _verdict(
    request: shapes.VerifyPerson, found: queries.Found, asked: list[str]
) -> shapes.VerifiedPerson:
    fields = tuple(
        shapes.FieldVerdict(name, _compared(name, getattr(request, name), found)) for name in asked
    )
    return shapes.VerifiedPerson(
        known=True,
        alive=found.person.standing not in lives.LOCKED,
        verdict=comparing.overall(tuple(field.verdict for field in fields)),
        fields=fields,
    )


def _compared(name: str, asked: object, found: queries.Found) -> Verdict:
    person = found.person
    if name == "born_on":
        return comparing.compare_dates(asked, person.born_on, person.born_precision)  # type: ignore[arg-type]
    if name == "birth_year":
        return "yes" if asked == person.born_on.year else "no"
    known = getattr(person, name)
    if not known:
        return "unknown"
    if name in ("full_name", "home_place", "nationality"):
        return comparing.compare_names(str(asked), known)
    if name in ("mother", "father", "spouse"):
        return "yes" if _same_person(str(asked), known) else "no"
    return "yes" if asked == known else "no"


def _same_person(asked: str, known: str) -> bool:
    """Two numbers of one person, one of which may be cancelled."""
    if asked == known:
        return True
    try:
        first, second = queries.find(PersonalId.parse(asked)), queries.find(PersonalId(known))
    except BadPersonalId:
        return False
    return first is not None and second is not None and first.person.pk == second.person.pk
