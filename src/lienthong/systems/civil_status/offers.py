"""What civil status answers through the exchange. Thin: reads and rules are elsewhere."""

from __future__ import annotations

from typing import cast

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.civil_status import queries, shapes
from lienthong.systems.civil_status.figures import FIGURES
from lienthong.systems.civil_status.models import BirthRegistration


@edge.offer("births.find.v1")
def find_births(request: shapes.FindBirths, caller: Caller) -> shapes.BirthExtract:
    number = PersonalId.parse(request.personal_id)
    edge.name_subjects([str(number)])
    with personal.opened(
        number,
        purpose=caller.purpose,
        fields=shapes.BirthExtract.__struct_fields__,
        actor=str(caller.client),
    ):
        entry = queries.birth_of(str(number))
        return shapes.BirthExtract(found=False) if entry is None else _extract(entry)


@edge.offer(FIGURES_CODE)
def figures(request: FigureRequest, caller: Caller) -> FigureSet:
    return FIGURES.answer(request)


def _extract(entry: BirthRegistration) -> shapes.BirthExtract:
    return shapes.BirthExtract(
        found=True,
        registration=str(entry.key),
        number=entry.number,
        office=entry.office,
        registered_on=entry.registered_on,
        full_name=entry.child_name,
        sex=cast(shapes.Sex, entry.sex),
        born_on=entry.born_on,
        birth_place=entry.birth_place,
        late=entry.late,
        mother=entry.mother_id,
        father=entry.father_id,
        withdrawn=entry.withdrawn_on is not None,
    )
