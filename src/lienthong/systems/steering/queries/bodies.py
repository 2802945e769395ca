"""The bodies known on a day: of the catalogues, the centre, and those added here."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.db.models import Q

from lienthong.kernel.actor import Actor
from lienthong.kernel.bodies import BodyTable
from lienthong.web import catalogues
from lienthong.web.offices import Office

from ..domain.bodies import ABBREVIATIONS, CENTRE, Bodies, Known, Level, acting_for
from ..models import AddedBody

# Decision 20/2020/QĐ-TTg gave the codes; an older document names its bodies by the codes they
# have had since.
CODES_SINCE = date(2020, 9, 15)
PROVINCE = "ủy ban nhân dân cấp tỉnh"


def bodies_on(day: date) -> Bodies:
    """Every body that may issue a document or lead a task on a day."""
    added = tuple(
        AddedBody.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day)).order_by("parent", "code")
    )
    serving = {row.parent: row.code for row in added if row.serves_parent}
    central = _of_catalogues(catalogues.bodies(), max(day, CODES_SINCE))
    return Bodies(
        CENTRE
        + tuple(
            body if body.code not in serving else _served(body, serving[body.code])
            for body in central
        )
        + tuple(_added(row) for row in added)
    )


@lru_cache(maxsize=8)
def _of_catalogues(table: BodyTable, day: date) -> tuple[Known, ...]:
    return tuple(
        Known(
            code=body.code,
            name=body.name,
            level=Level.PROVINCE if body.kind == PROVINCE else Level.MINISTRY,
            abbreviations=ABBREVIATIONS.get(body.code, ()),
            unit=body.unit,
        )
        for body in table.on(day)
    )


def _served(body: Known, by: str) -> Known:
    return Known(body.code, body.name, body.level, body.parent, by, body.abbreviations, body.unit)


def _added(row: AddedBody) -> Known:
    return Known(
        code=row.code,
        name=row.name,
        level=Level.DEPARTMENT,
        parent=row.parent,
        abbreviations=tuple(filter(None, (row.abbreviation,))),
    )


def own_body(actor: Actor) -> str:
    """The body an officer sits in: the office itself where it is known, else the one above it."""
    if AddedBody.objects.filter(code=actor.office).exists():
        return actor.office
    above = Office.objects.filter(code=actor.office).values_list("body", flat=True).first()
    return str(above or actor.office)


def bodies_of(actor: Actor, bodies: Bodies | None = None) -> frozenset[str]:
    """The bodies an officer may act for on this legal day."""
    known = bodies if bodies is not None else bodies_on(actor.legal_day)
    return acting_for([own_body(actor)], known)
