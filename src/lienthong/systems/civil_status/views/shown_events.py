"""What the pages of events show: kinds, a person's section, an entry, its annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.forms import Form
from django.urls import reverse
from django.utils.translation import gettext as _

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.limits import LimitUnit, NoSuchLimit
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.entries import Difference, EventKind, Kind
from lienthong.systems.civil_status.domain.events import SPECS, Spec
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.errors import NotCompetent
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.events import EventForm
from lienthong.systems.civil_status.models import (
    Annotation,
    BirthRegistration,
    Desk,
    Entry,
    MarriageRegistration,
    Notice,
    OtherRegistration,
)
from lienthong.systems.civil_status.services import event_papers, events
from lienthong.systems.civil_status.views import lookups, shown
from lienthong.web import catalogues

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SEXES = {"male": shown.SEXES["male"], "female": shown.SEXES["female"]}


@dataclass(frozen=True, slots=True)
class KindShown:
    """A kind as the list of kinds shows it."""

    kind: str
    title: StrOrPromise
    icon: str
    limit: str
    declarant: str
    competent: bool
    url: str


def kinds(desk: Desk, actor: Actor) -> list[tuple[StrOrPromise, list[KindShown]]]:
    """Every kind in two groups: declared at the desk, and noted from a decision."""
    found: dict[bool, list[KindShown]] = {True: [], False: []}
    for rule in queries.rule_book().on(actor.legal_day):
        if rule.kind in SPECS:
            noted = any(part.code == "issuer" for part in SPECS[rule.kind].parts)
            found[not noted].append(_kind(rule, desk, actor))
    return [(_("Declared at this desk"), found[True]), (_("Noted from a decision"), found[False])]


def _kind(rule: KindRule, desk: Desk, actor: Actor) -> KindShown:
    return KindShown(
        rule.kind,
        event_words.KINDS[rule.kind],
        event_words.ICONS[rule.kind],
        limit_words(rule.limit, actor.legal_day),
        rule.declarant,
        any(_competent(rule, desk, foreign=one, age=age) for one in (0, 1) for age in (0, 99)),
        reverse("civil_status:new_event", args=[rule.kind]),
    )


def _competent(rule: KindRule, desk: Desk, *, foreign: int, age: int) -> bool:
    try:
        rule.check_competence(desk.level, foreign=bool(foreign), age=age)
    except NotCompetent:
        return False
    return True


def limit_words(code: str, on: date) -> str:
    """A time limit as the officer reads it."""
    try:
        limit = catalogues.limits().get(code, on)
    except NoSuchLimit:
        return _("no time limit known")
    if limit.unit is LimitUnit.SAME_DAY:
        return _("the same day")
    if limit.unit is LimitUnit.WORKING_DAYS:
        return _("%(n)s working days") % {"n": limit.amount}
    return _("%(n)s days") % {"n": limit.amount}


def due(rule: KindRule, actor: Actor) -> shown.Due:
    """When this matter is due if it is received now, by the rule of its kind."""
    by_hour = shown.due(actor)
    on = events.due_on(rule, foreign=False, received_at=clock.instant(), legal_day=actor.legal_day)
    return shown.Due(on, by_hour.arc)


def places(spec: Spec) -> dict[str, int]:
    """Numbers of the sections of the form, after the people."""
    asked = [bool(spec.parts), spec.changes, True]
    place, found = len(spec.roles), {}
    for name, is_there in zip(("parts", "changes", "end"), asked, strict=True):
        place += is_there
        found[name] = place
    return found


def person(
    form: Form,
    data: Any,
    role: str,
    looked: lookups.Looked | None = None,
    unreasoned: str = "",
) -> dict[str, Any]:
    """All that the section of one person needs."""
    assert isinstance(form, EventForm)
    spec = form.spec
    codes = [one.code for one in spec.roles]
    found = shown.section(form, data, role, looked, unreasoned)
    optional = _("optional")

    def asked(part: str, w: int, said: str = optional) -> shown.Shown:
        return shown.Shown(form[f"{role}_{part}"], w, found["sources"].get(part, ""), said)

    born_day = asked("born_day", 2, "" if spec.role(role).dated else optional)
    return found | {
        "place": codes.index(role) + 1,
        "title": event_words.ROLES[role],
        "url": reverse("civil_status:new_event", args=[spec.kind]),
        "fields": [asked("name", 4, ""), born_day],
        "more": [
            asked("ethnicity", 2),
            asked("nationality", 2),
            asked("paper", 2),
            asked("residence", 6),
        ],
    }


def undecided(role: str, one: Difference) -> str:
    """What the form asks of an officer before it enters a difference nobody decided."""
    told = _("%(role)s: %(part)s differs from population (%(declared)s, %(known)s).") % {
        "role": event_words.ROLES[role],
        "part": shown.PARTS[one.field],
        "declared": one.declared,
        "known": one.known,
    }
    return f"{told} {_('Choose which one the book says.')}"


def numbers(row: Entry) -> Iterator[str]:
    """The personal IDs an entry names."""
    if isinstance(row, MarriageRegistration):
        yield from filter(None, (row.wife_id, row.husband_id))
    elif isinstance(row, OtherRegistration):
        yield from event_papers.numbers_in(row)


def entry(row: Entry) -> dict[str, Any]:
    """The people, particulars and changes of an entry, in words."""
    if isinstance(row, MarriageRegistration):
        people = {side: _side(row, side) for side in ("wife", "husband")}
        parts, changes = row.particulars, []
        name = f"{row.wife_name} – {row.husband_name}"
    else:
        assert isinstance(row, OtherRegistration)
        people, parts, changes = row.people, row.particulars, row.changes
        name = row.full_name
    return {
        "name": name,
        "people": [(event_words.ROLES[role], _told(one)) for role, one in people.items()],
        "parts": [
            (event_words.PARTS[code], event_words.CHOICES.get(value, value))
            for code, value in parts.items()
        ],
        "changes": _changes(changes),
        "number": row.number
        if isinstance(row, MarriageRegistration)
        else event_papers.printed_number(row),
    }


def _told(one: dict[str, str]) -> dict[str, Any]:
    born = one.get("born_on")
    return one | {"born_on": date.fromisoformat(born) if born else None}


def _side(row: MarriageRegistration, side: str) -> dict[str, str]:
    columns = ("name", "ethnicity", "nationality", "residence", "paper")
    told = {column: str(getattr(row, f"{side}_{column}")) for column in columns}
    born = getattr(row, f"{side}_born_on")
    return told | {
        "personal_id": getattr(row, f"{side}_id") or "",
        "born_on": born.isoformat(),
    }


def notices(desk: Desk) -> list[tuple[Notice, str]]:
    """What other desks have told this one, with the name of each."""
    found = list(queries.unseen_notices(desk=desk))
    offices = Desk.objects.filter(office__in={one.from_office for one in found})
    named = dict(offices.values_list("office", "name"))
    return [(one, named.get(one.from_office, one.from_office)) for one in found]


@dataclass(frozen=True, slots=True)
class Noted:
    """An annotation as a page shows it beside the entry."""

    title: StrOrPromise
    number: str
    noted_on: date
    basis: str
    changes: list[dict[str, Any]]
    url: str


def noted_beside(row: Entry) -> list[Noted]:
    """What was noted beside an entry; a link where the event lies at this desk."""
    return [_noted(one, row) for one in queries.annotations_of(row)]


def _noted(one: Annotation, row: Entry) -> Noted:
    ours = one.by_office == row.custodian
    url = reverse("civil_status:event", args=[one.event, one.by_entry]) if ours else ""
    return Noted(
        event_words.KINDS[one.event],
        one.by_number,
        one.noted_on,
        one.basis,
        _changes(one.changes),
        url,
    )


def _changes(changes: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "field": event_words.FIELDS[one["field"]],
            "was": SEXES.get(one["was"], one["was"]),
            "becomes": SEXES.get(one["becomes"], one["becomes"]),
        }
        for one in changes
        if one["becomes"]
    ]


def altered(row: Entry, desk: Desk) -> dict[str, str] | None:
    """The entry an event altered: its number and office, and the way to it where it is ours."""
    annotation = Annotation.objects.filter(by_entry=row.key, withdrawn_on=None).first()
    if annotation is None:
        return None
    book = queries.BOOKS[Kind(annotation.book)]
    found = book._default_manager.filter(key=annotation.entry, office=annotation.office).first()
    if found is None:
        return None
    office = Desk.objects.filter(office=found.office).first()
    url = ""
    if found.custodian == desk.office:
        url = _url(found)
    return {
        "number": found.number,
        "office": office.name if office else found.office,
        "url": url,
    }


def _url(row: Entry) -> str:
    if isinstance(row, BirthRegistration):
        return reverse("civil_status:birth", args=[row.key])
    kind = Kind.MARRIAGE if isinstance(row, MarriageRegistration) else getattr(row, "event", "")
    return reverse("civil_status:event", args=[kind, row.key])


ALTERING = (
    EventKind.RECOGNITION,
    EventKind.CHANGE,
    EventKind.CORRECTION,
    EventKind.SUPPLEMENT,
    EventKind.ETHNICITY,
    EventKind.ADOPTION,
)


def altering(birth: BirthRegistration) -> list[tuple[StrOrPromise, str]]:
    """What may be registered about a birth, each with its form filled from the entry."""
    return [
        (
            event_words.KINDS[kind],
            f"{reverse('civil_status:new_event', args=[kind])}?entry={birth.key}",
        )
        for kind in ALTERING
    ]
