"""How a life is laid out on a page; values only, inside an open door."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import (
    LOCKED,
    Happening,
    Marital,
    Precision,
    Relation,
    ResidenceKind,
    Standing,
)
from lienthong.systems.population.domain.repairs import RepairKind, RepairState
from lienthong.systems.population.models import Person, PersonalIdRow, Repair
from lienthong.web.actors import officer_name

STANDING = {
    Standing.ACTIVE: (gettext_lazy("living"), "circle-check", "success"),
    Standing.DECEASED: (gettext_lazy("deceased, locked"), "lock", "neutral"),
    Standing.MISSING: (gettext_lazy("declared missing"), "alert-triangle", "warning"),
    Standing.DECLARED_DEAD: (gettext_lazy("declared dead, locked"), "lock", "neutral"),
    Standing.LEFT: (gettext_lazy("settled abroad"), "world", "info"),
    Standing.RENOUNCED: (gettext_lazy("citizenship ended"), "x", "neutral"),
    Standing.PENDING: (gettext_lazy("not confirmed yet"), "clock", "info"),
}
MARITAL = {
    Marital.UNKNOWN: gettext_lazy("not recorded"),
    Marital.SINGLE: gettext_lazy("never married"),
    Marital.MARRIED: gettext_lazy("married"),
    Marital.WIDOWED: gettext_lazy("widowed"),
    Marital.DIVORCED: gettext_lazy("divorced"),
}
KIND = {
    ResidenceKind.PERMANENT: gettext_lazy("Permanent residence"),
    ResidenceKind.TEMPORARY: gettext_lazy("Temporary residence"),
    ResidenceKind.ABSENCE: gettext_lazy("Temporary absence"),
}
RELATION = {
    Relation.HEAD: gettext_lazy("head"),
    Relation.SPOUSE: gettext_lazy("spouse"),
    Relation.CHILD: gettext_lazy("child"),
    Relation.PARENT: gettext_lazy("parent"),
    Relation.SIBLING: gettext_lazy("sibling"),
    Relation.GRANDPARENT: gettext_lazy("grandparent"),
    Relation.GRANDCHILD: gettext_lazy("grandchild"),
    Relation.WARD: gettext_lazy("ward"),
    Relation.OTHER: gettext_lazy("other relation"),
}
HAPPENING = {
    Happening.PARTICULARS: gettext_lazy("Particulars changed"),
    Happening.STANDING: gettext_lazy("Standing changed"),
    Happening.RESIDENCE: gettext_lazy("Residence"),
    Happening.HOUSEHOLD: gettext_lazy("Household"),
    Happening.NUMBER: gettext_lazy("Personal ID"),
}
REPAIR_KIND = {
    RepairKind.STRUCTURE: gettext_lazy("The number contradicts the person"),
    RepairKind.SHARED: gettext_lazy("Two persons use it; the holder keeps it"),
    RepairKind.SWAPPED: gettext_lazy("Two persons use it; neither keeps it"),
}
REPAIR_STATE = {
    RepairState.ASKED: (gettext_lazy("waits for a second officer"), "clock", "warning"),
    RepairState.GRANTED: (gettext_lazy("granted, on its way"), "clock", "info"),
    RepairState.DONE: (gettext_lazy("carried out"), "circle-check", "success"),
    RepairState.REFUSED: (gettext_lazy("refused"), "x", "neutral"),
}
FIELD = {
    "full_name": gettext_lazy("Full name"),
    "sex": gettext_lazy("Sex"),
    "born_on": gettext_lazy("Birth date"),
    "born_precision": gettext_lazy("Precision of the birth date"),
    "birth_place": gettext_lazy("Place of birth"),
    "birth_registry": gettext_lazy("Birth registered at"),
    "home_place": gettext_lazy("Home place"),
    "ethnicity": gettext_lazy("Ethnicity"),
    "ethnicity_code": gettext_lazy("Ethnicity code"),
    "ethnicity_list": gettext_lazy("List of ethnicities"),
    "religion": gettext_lazy("Religion"),
    "nationality": gettext_lazy("Nationality"),
    "marital": gettext_lazy("Marital status"),
    "spouse": gettext_lazy("Spouse"),
    "mother": gettext_lazy("Mother"),
    "father": gettext_lazy("Father"),
    "standing": gettext_lazy("Standing"),
    "died_on": gettext_lazy("Day of death"),
    "death_registration": gettext_lazy("Entry of the death"),
    "residence": gettext_lazy("Permanent residence"),
    "temporary_residence": gettext_lazy("Temporary residence"),
    "absence": gettext_lazy("Temporary absence"),
    "household": gettext_lazy("Household"),
    "household_relation": gettext_lazy("Relation to the head"),
    "number": gettext_lazy("Personal ID"),
}
"""Columns a page shows; the others follow from these."""


def waiting() -> dict[str, Any]:
    """The queue beside every page of this desk: repairs that nobody decided yet."""
    rows = Repair.objects.filter(state=RepairState.ASKED).order_by("asked_at")
    held = rows.values_list("key", "kind", "asked_on")[:30]
    return {
        "queue": [
            {"key": key, "kind": REPAIR_KIND[RepairKind(kind)], "asked_on": asked_on}
            for key, kind, asked_on in held
        ]
    }


def found(one: queries.Found) -> dict[str, Any]:
    """A person in a list of those found."""
    words, icon, colour = STANDING[Standing(one.person.standing)]
    return {
        "person": one.person,
        "number": one.number,
        "superseded": one.superseded,
        "is_cancelled": one.is_cancelled,
        "born": born(one.person),
        "standing": {"words": words, "icon": icon, "colour": colour},
    }


def former_user(row: PersonalIdRow) -> dict[str, Any]:
    """Somebody who used the number asked for before getting one of their own."""
    return found(queries.Found(row.person, row.number)) | {"formerly": row.formerly}


def born(person: Person) -> str:
    """A birth date as precisely as it is known."""
    if person.born_precision == Precision.YEAR:
        return str(person.born_on.year)
    if person.born_precision == Precision.MONTH:
        return f"{person.born_on.month}/{person.born_on.year}"
    return day(person.born_on)


def life(person: Person, opening: personal.Opening) -> dict[str, Any]:
    """All a person's page shows; names the kin and members it shows to the open look."""
    number = queries.number_in_force(person)
    words, icon, colour = STANDING[Standing(person.standing)]
    member = queries.membership_of(person)
    return {
        "person": person,
        "number": number,
        "born": born(person),
        "standing": {"words": words, "icon": icon, "colour": colour},
        "locked": person.standing in LOCKED,
        "marital": MARITAL[Marital(person.marital)],
        "warnings": queries.warnings_of(person, number) if number else (),
        "numbers": list(queries.numbers_of(person)),
        "kin": kin(person, opening),
        "residences": residences(person),
        "household": household(member, opening) if member else None,
        "events": [event(one) for one in queries.events_of(person)[:100]],
        "repairs": [repair(row) for row in Repair.objects.filter(person=person)],
    }


def kin(person: Person, opening: personal.Opening) -> list[dict[str, Any]]:
    rows: list[tuple[Any, Person]] = []
    for role in ("mother", "father", "spouse"):
        number = getattr(person, role)
        one = queries.find(PersonalId(number)) if number else None
        if one is not None:
            rows.append((FIELD[role], one.person))
    rows += [(_("Son or daughter"), child) for child in queries.children_of(person)[:30]]
    opening.at(*(one.pk for _role, one in rows), fields=("full_name", "born_on", "kin"))
    return [{"role": role, "person": one, "born": born(one)} for role, one in rows]


def residences(person: Person) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "kind": KIND[ResidenceKind(row.kind)],
            "place": queries.written_out(row.unit, row.address, row.begins),
        }
        for row in queries.residences_of(person)
    ]


def household(member: Any, opening: personal.Opening) -> dict[str, Any]:
    held = member.household
    rows = list(queries.members_of(held))
    opening.at(*(row.person_id for row in rows), fields=("full_name", "household"))
    return {
        "code": held.code,
        "key": held.key,
        "place": queries.written_out(held.unit, held.address, member.begins),
        "is_head": held.head_id == member.person_id,
        "members": [
            {"person": row.person, "relation": RELATION[Relation(row.relation)], "row": row}
            for row in rows
        ],
    }


def event(row: Any) -> dict[str, Any]:
    """What happened, field by field, with its ground and who did it."""
    return {
        "row": row,
        "what": HAPPENING[Happening(row.kind)],
        "changes": [
            {"field": FIELD[name], "old": value(name, row.old.get(name)), "new": value(name, new)}
            for name, new in row.new.items()
            if name in FIELD
        ],
        "who": officer_name(row.actor),
    }


def value(name: str, held: Any) -> str:
    """A value of an event as people read it."""
    if held in (None, ""):
        return ""
    if name in ("born_on", "died_on"):
        return day(date.fromisoformat(str(held)))
    words: dict[str, dict[str, Any]] = {
        "standing": {key.value: said[0] for key, said in STANDING.items()},
        "marital": {key.value: said for key, said in MARITAL.items()},
        "household_relation": {key.value: said for key, said in RELATION.items()},
        "sex": {"female": _("Female"), "male": _("Male")},
    }
    if name in ("number", "mother", "father", "spouse"):
        return PersonalId(str(held)).grouped
    return str(words.get(name, {}).get(str(held), held))


def repair(row: Repair) -> dict[str, Any]:
    words, icon, colour = REPAIR_STATE[RepairState(row.state)]
    return {
        "row": row,
        "kind": REPAIR_KIND[RepairKind(row.kind)],
        "state": {"words": words, "icon": icon, "colour": colour},
        "asked_by": officer_name(row.asked_by),
        "decided_by": officer_name(row.decided_by) if row.decided_by else "",
    }


def proposal(row: Repair) -> list[dict[str, str]]:
    """What is said to be right, and the other person of a shared number."""
    said = [(name, held) for name, held in row.proposal.items() if name != "other"]
    lines = [{"field": _label(name), "value": value(name, held)} for name, held in said]
    other = row.proposal.get("other", {})
    return lines + [
        {"field": f"{_('Other person')}: {_label(name)}", "value": value(name, held)}
        for name, held in other.items()
        if held
    ]


def _label(name: str) -> str:
    return str(FIELD.get(name, _("Province of registration")))


def day(on: date) -> str:
    return date_format(on, "d/m/Y")


def choices_of(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Residences that may be ended, as choices of a form."""
    return [
        (str(one["row"].key), f"{one['kind']}: {one['place']}")
        for one in rows
        if one["row"].ends is None or one["row"].kind != ResidenceKind.PERMANENT
    ]
