"""What several pages of this desk show: the queue, what was done, a parent's section."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.forms import BoundField, Form
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.exchange import outbox
from lienthong.exchange.models import State
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.working_days import RECEIPT_CLOSES
from lienthong.record import audit, personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import DeathState, Difference, IdState
from lienthong.systems.civil_status.errors import DuplicateBirth, DuplicateDeath
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.entries import PARENTS, PARTICULARS, EntryForm
from lienthong.systems.civil_status.models import BirthRegistration, Desk, Entry
from lienthong.systems.civil_status.views import lookups
from lienthong.web import actors, catalogues, problem_counts

LONGEST_QUEUE = 50
PAGE_SECONDS = 5.0
DAY_BEGINS = 7
DEEDS: dict[str, str | Promise] = {
    "civil_status.birth_registered": gettext_lazy("Entered in the birth book"),
    "civil_status.death_registered": gettext_lazy("Entered in the death book"),
    "civil_status.parent_checked": gettext_lazy("Parent compared with population"),
    "civil_status.id_received": gettext_lazy("Personal ID received"),
    "civil_status.id_asked_again": gettext_lazy("Asked again for the personal ID"),
    "civil_status.birth_printed": gettext_lazy("Birth certificate printed"),
    "civil_status.death_printed": gettext_lazy("Death extract printed"),
    "civil_status.birth_withdrawn": gettext_lazy("Entry withdrawn"),
    "civil_status.death_confirmed": gettext_lazy("Population locked the record"),
    "civil_status.event_registered": gettext_lazy("Entered in the book"),
    "civil_status.annotated": gettext_lazy("Noted beside this entry"),
    "civil_status.population_followed": gettext_lazy("Population follows the book"),
    "civil_status.event_told_again": gettext_lazy("Population told again"),
    "civil_status.marriage_printed": gettext_lazy("Marriage certificate printed"),
    "civil_status.other_printed": gettext_lazy("Extract printed"),
    "civil_status.death_told_again": gettext_lazy("Population told again"),
}
PARTS: dict[str, str | Promise] = {
    "name": gettext_lazy("Full name"),
    "birth_year": gettext_lazy("Birth year"),
    "born_day": gettext_lazy("Birth date"),
    "ethnicity": gettext_lazy("Ethnicity"),
    "nationality": gettext_lazy("Nationality"),
    "residence": gettext_lazy("Residence"),
    "sex": gettext_lazy("Sex"),
}
SEXES = {"female": gettext_lazy("Female"), "male": gettext_lazy("Male")}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the queue."""

    key: UUID
    name: str
    kind: str
    what: str
    color: str
    icon: str
    due: str
    url: str
    due_on: date | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Deed:
    at: datetime
    what: str
    note: str


def queue(desk: Desk, actor: Actor) -> list[Waiting]:
    """What the desk has in hand, by the legal clock; one aggregate look is written."""
    with personal.bulk(
        "queue of the desk",
        actor=actor,
        fields=("name", "state"),
        legal_basis="Luật Hộ tịch Điều 5",
    ) as look:
        rows = [
            _birth(row, actor.legal_day)
            for row in queries.births_in_hand(desk=desk)[:LONGEST_QUEUE]
        ]
        rows += [
            _death(row, actor.legal_day)
            for row in queries.deaths_in_hand(desk=desk)[:LONGEST_QUEUE]
        ]
        rows += [
            _marriage(row, actor.legal_day)
            for row in queries.marriages_to_print(desk=desk)[:LONGEST_QUEUE]
        ]
        rows += [
            _event(row, actor.legal_day)
            for row in queries.events_to_print(desk=desk)[:LONGEST_QUEUE]
        ]
        look.count = len(rows)
    # What waits for population comes first: nobody else will notice if it never answers.
    return sorted(rows, key=lambda row: (not row.waits, row.due_on or date.max, row.name))


def _birth(row: BirthRegistration, today: date) -> Waiting:
    waits = row.id_state == IdState.WAITING
    what = _("Waits for the personal ID") if waits else _("To print and sign")
    if row.late:
        what = _("%(what)s, declared late") % {"what": what}
    return _waiting(
        row,
        row.child_name,
        _("Birth"),
        what,
        waits,
        reverse("civil_status:birth", args=[row.key]),
        today,
    )


def _death(row: Any, today: date) -> Waiting:
    waits = row.state == DeathState.WAITING
    what = _("Waits for population to lock the record") if waits else _("To print and sign")
    return _waiting(
        row,
        row.full_name,
        _("Death"),
        what,
        waits,
        reverse("civil_status:death", args=[row.key]),
        today,
    )


def _marriage(row: Any, today: date) -> Waiting:
    url = reverse("civil_status:event", args=["marriage", row.key])
    name = f"{row.wife_name} – {row.husband_name}"
    return _waiting(row, name, _("Marriage"), _("To print and sign"), False, url, today)


def _event(row: Any, today: date) -> Waiting:
    url = reverse("civil_status:event", args=[row.event, row.key])
    kind = str(event_words.KINDS[row.event])
    return _waiting(row, row.full_name, kind, _("To print and sign"), False, url, today)


def _waiting(
    row: Entry, name: str, kind: str, what: str, waits: bool, url: str, today: date
) -> Waiting:
    due, color, icon = _("no time limit known"), "neutral", "clock"
    if row.due_on is not None:
        left = (row.due_on - today).days
        if left < 0:
            due, color, icon = (
                _("due since %(day)s") % {"day": f"{row.due_on:%d/%m/%Y}"},
                "danger",
                "alert-triangle",
            )
        elif left == 0:
            due, color = _("due today"), "warning" if waits else "neutral"
        else:
            due = _("due %(day)s") % {"day": f"{row.due_on:%d/%m/%Y}"}
    return Waiting(row.key, name, kind, what, color, icon, due, url, row.due_on, waits)


def deeds(row: Entry) -> list[Deed]:
    """What was done to an entry, newest first, in words."""
    return [
        Deed(entry.at, str(DEEDS.get(entry.what, entry.what)), _note(entry.what, entry.detail))
        for entry in audit.entries_about(row)[:20]
    ]


def _note(what: str, detail: Mapping[str, Any]) -> str:
    if what == "civil_status.parent_checked":
        role = str(event_words.ROLES.get(detail["role"], "")).lower()
        if detail["role"] in PARENTS:
            role = _("mother") if detail["role"] == "mother" else _("father")
        names = ", ".join(str(PARTS.get(part, part)) for part in detail["different"])
        if names:
            return _("%(role)s: differs in %(names)s") % {"role": role, "names": names}
        return _("%(role)s: %(same)s particulars agree") % {"role": role, "same": detail["same"]}
    return str(detail.get("message_id") or detail.get("number") or "")


@dataclass(frozen=True, slots=True)
class Undecided:
    """A difference as the form shows it: both values, and a field for a reason."""

    field: str
    part: str | Promise
    declared: str
    known: str
    reason_name: str
    reason: str
    reason_missing: bool


def undecided(role: str, one: Difference) -> str:
    """What the form asks of an officer before it enters a difference nobody decided."""
    words = (
        _("%(part)s of the mother differs from population (%(declared)s, %(known)s).")
        if role == "mother"
        else _("%(part)s of the father differs from population (%(declared)s, %(known)s).")
    )
    told = words % {"part": PARTS[one.field], "declared": one.declared, "known": one.known}
    return f"{told} {_('Choose which one the book says.')}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of a person's section: its width in sixths, and where its value came from."""

    bound: BoundField
    w: int
    source: str | Promise = ""
    optional: str = ""


def section(
    form: Form,
    data: Any,
    role: str,
    looked: lookups.Looked | None = None,
    unreasoned: str = "",
) -> dict[str, Any]:
    """What the section of any person has; ``unreasoned`` was to be kept without a reason."""
    found = lookups.compare(data, role, looked)
    died_on = found.known.get("died_on")
    from_population = {*found.filled, *(one.field for one in found.taken)}
    return {
        "role": role,
        "looked": found,
        "rows": [
            Undecided(
                one.field,
                PARTS[one.field],
                one.declared,
                one.known,
                f"{role}_{one.field}_reason",
                str(data.get(f"{role}_{one.field}_reason") or ""),
                one.field == unreasoned,
            )
            for one in found.different
        ],
        "kept": [(one, PARTS[one.field]) for one in found.kept],
        "taken": [(one, PARTS[one.field]) for one in found.taken],
        "filled": ", ".join(str(PARTS[part]).lower() for part in found.filled),
        "died_on": date.fromisoformat(died_on) if died_on else None,
        "number": form[f"{role}_id"],
        "known": form[f"{role}_known"],
        "settled": form[f"{role}_settled"],
        "sources": {part: _("Population") for part in from_population},
    }


def parent(
    form: Form,
    data: Any,
    role: str,
    looked: lookups.Looked | None = None,
    unreasoned: str = "",
) -> dict[str, Any]:
    """All that the section of one parent needs."""
    found = section(form, data, role, looked, unreasoned)
    optional = _("optional")

    def asked(part: str, w: int, said: str = optional) -> Shown:
        return Shown(form[f"{role}_{part}"], w, found["sources"].get(part, ""), said)

    return found | {
        "place": 2 if role == "mother" else 3,
        "title": _("Mother") if role == "mother" else _("Father"),
        "url": reverse("civil_status:new_birth"),
        "unknown": form[f"{role}_unknown"],
        "fields": [asked("name", 4, ""), asked("birth_year", 2)],
        "more": [asked("ethnicity", 3), asked("nationality", 3), asked("residence", 6)],
    }


@dataclass(frozen=True, slots=True)
class Mark:
    """A particular of the book beside which a difference stood, and who decided it."""

    part: str | Promise
    declared: str
    known: str
    choice: str
    reason: str


def parent_in_book(birth: BirthRegistration, role: str) -> dict[str, Any]:
    """A parent as the book says it, with what differed from population."""
    marks = {
        one["field"]: Mark(
            PARTS[one["field"]],
            _said(one["field"], one["declared"]),
            _said(one["field"], one["known"]),
            one["choice"],
            one["reason"],
        )
        for one in birth.differences
        if one["role"] == role
    }
    columns = ("id", *PARTICULARS)
    return {
        "role": role,
        "marks": marks,
        "chosen_by": actors.officer_name(birth.registrar),
    } | {column: getattr(birth, f"{role}_{column}") for column in columns}


def _said(field: str, value: str) -> str:
    return str(SEXES.get(value, value)) if field == "sex" else value


def duplicate(
    error: DuplicateBirth | DuplicateDeath | None, desk: Desk, url_name: str
) -> dict[str, Any] | None:
    """The entry a new one looks like: its office by name, and the way to it where it is ours."""
    if error is None:
        return None
    office = str(error.detail["office"])
    other = Desk.objects.filter(office=office).first()
    ours = error.detail["custodian"] == desk.office
    return error.detail | {
        "office": other.name if other else office,
        "url": reverse(url_name, args=[error.detail["key"]]) if ours else "",
    }


@dataclass(frozen=True, slots=True)
class Due:
    """When a matter received now is due, and how much is left until the hour that decides it."""

    on: date | None
    arc: int
    """Length of the ring, of 220: what is left of the hours before 15:00, or all of it after."""


def due(actor: Actor) -> Due:
    now = clock.instant()
    local = clock.local(now)
    left = (RECEIPT_CLOSES.hour - local.hour) * 60 - local.minute
    hours = RECEIPT_CLOSES.hour - DAY_BEGINS
    share = min(1.0, left / (hours * 60)) if left > 0 else 1.0
    on = entries.due_on(now, actor.legal_day, catalogues.calendar())
    return Due(on, max(4, round(220 * share)))


def delivered(row: int) -> str:
    """
    Send a row of the outbox now, within what a page may take; its state afterwards.

    The relay hears of the row in the same moment and may be faster: then its sending
    is waited for, so that a number that comes at once is on the screen at once.
    """
    end = time.monotonic() + PAGE_SECONDS
    outcome = outbox.deliver(row, PAGE_SECONDS)
    while outcome == State.SENDING and time.monotonic() < end:
        time.sleep(0.03)
        outcome = outbox.state_of(row)
    return outcome


def counted(form: EntryForm, *codes: str) -> None:
    """Count what was wrong with a declaration, and what had to be mended in its names."""
    found = form.problem_codes() | form.mended_codes()
    problem_counts.count(*codes, *(f"civil_status.{code}" for code in found))


def pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF shown in the browser, kept by nobody on the way."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
