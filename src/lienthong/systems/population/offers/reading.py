"""Reading a life: particulars on a day, residences, the household."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, cast

import msgspec

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.kernel import clock
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries, shapes
from lienthong.systems.population.domain.lives import ResidenceKind
from lienthong.systems.population.models import Residence

PLAIN = (
    "full_name",
    "sex",
    "born_precision",
    "birth_place",
    "birth_registry",
    "home_place",
    "religion",
    "nationality",
    "marital",
    "spouse",
    "mother",
    "father",
    "residence",
    "residence_unit",
    "standing",
    "born_on",
    "died_on",
)


@contextmanager
def _looking(
    text: str, fields: tuple[str, ...], caller: Caller
) -> Iterator[tuple[queries.Found | None, personal.Opening]]:
    """The person of a number, found behind the door and named to the gateway."""
    number = PersonalId.parse(text)
    edge.name_subjects([str(number)])
    shown = [name for name in fields if "*" in caller.fields or name in caller.fields]
    with personal.opened(
        number, purpose=caller.purpose, fields=shown, actor=str(caller.client)
    ) as opening:
        found = queries.find(number)
        if found is not None:
            opening.at(found.person.person_key)
        yield found, opening


@edge.offer("person.read.v1")
def read(request: shapes.ReadPerson, caller: Caller) -> shapes.PersonRead:
    with _looking(request.personal_id, shapes.PersonRead.__struct_fields__, caller) as (found, _):
        if found is None:
            return shapes.PersonRead(found=False)
        if found.is_cancelled:
            return shapes.PersonRead(found=False, number_status="cancelled")
        day = request.on or clock.today()
        held = queries.particulars_on(found.person, day)
        values: dict[str, Any] = {name: held[name] for name in PLAIN}
        home = queries.home_of(found.person, day)
        if home is not None:
            values["residence"] = queries.written_out(home.unit, home.address, home.begins)
            values["residence_unit"] = home.unit
        values |= {
            "found": True,
            "personal_id": found.number,
            "superseded": found.superseded,
            "ethnicity": {
                "name": held["ethnicity"],
                "code": held["ethnicity_code"],
                "list_version": held["ethnicity_list"],
            },
            "children": _children(found, caller),
        }
        return msgspec.convert(msgspec.to_builtins(values), shapes.PersonRead)


def _children(found: queries.Found, caller: Caller) -> list[str]:
    """Only for a grant that lists them: they are other persons, and named as such."""
    if not {"*", "children"} & set(caller.fields):
        return []
    numbers = [queries.number_in_force(child) for child in queries.children_of(found.person)]
    held = [number for number in numbers if number]
    edge.name_subjects(held)
    return held


@edge.offer("residence.read.v1")
def residence(request: shapes.ReadResidence, caller: Caller) -> shapes.ResidenceRead:
    fields = shapes.ResidenceRead.__struct_fields__
    with _looking(request.personal_id, fields, caller) as (found, _):
        if found is None or found.is_cancelled:
            return shapes.ResidenceRead(found=False)
        stays = list(queries.residences_of(found.person, _day(request.on)))
        return shapes.ResidenceRead(
            found=True,
            personal_id=found.number,
            permanent=next(iter(_stays(stays, ResidenceKind.PERMANENT)), None),
            temporary=_stays(stays, ResidenceKind.TEMPORARY),
            absences=_stays(stays, ResidenceKind.ABSENCE),
        )


def _stays(rows: list[Residence], kind: ResidenceKind) -> tuple[shapes.Stay, ...]:
    return tuple(
        shapes.Stay(
            kind=kind.value,
            unit=row.unit,
            address=queries.written_out(row.unit, row.address, row.begins),
            begins=row.begins,
            ends=row.ends,
        )
        for row in rows
        if row.kind == kind
    )


@edge.offer("household.read.v1")
def household(request: shapes.ReadHousehold, caller: Caller) -> shapes.HouseholdRead:
    fields = shapes.HouseholdRead.__struct_fields__
    with _looking(request.personal_id, fields, caller) as (found, opening):
        day = _day(request.on)
        own = queries.membership_of(found.person, day) if found else None
        if own is None:
            return shapes.HouseholdRead(found=False)
        seen_members = bool({"*", "members", "head"} & set(caller.fields))
        rows = list(queries.members_of(own.household, day)) if seen_members else []
        members = tuple(
            shapes.Member(
                personal_id=queries.number_in_force(row.person),
                full_name=row.person.full_name,
                relation=cast(shapes.Relation, row.relation),
                since=row.begins,
            )
            for row in rows
        )
        edge.name_subjects(one.personal_id for one in members if one.personal_id)
        opening.at(*(row.person_id for row in rows), fields=("full_name", "household"))
        return shapes.HouseholdRead(
            found=True,
            code=own.household.code,
            unit=own.household.unit,
            address=queries.written_out(own.household.unit, own.household.address, own.begins),
            head=next((one.personal_id for one in members if one.relation == "head"), ""),
            relation=cast(shapes.Relation, own.relation),
            members=members,
        )


def _day(on: date | None) -> date:
    return on or clock.today()
