"""What the pages about tasks show, made from rows: tiles, groups, weeks, one task, its history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.record import audit
from lienthong.web.actors import officer_name

from ..domain.deadlines import Cadence, DueKind, Standing
from ..forms.tasks import CADENCES, STANDINGS, BoardForm
from ..models import DirectiveDocument, DocumentLink, Evidence, Extension, Reminder, Task
from ..models.directives import Origin
from ..queries import tasks as boards
from ..queries.tasks import SOON_DAYS, Filter, Group

SUFFIXES = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
LOOKS = {
    Standing.OVERDUE: ("danger", "alert-triangle"),
    Standing.IN_TIME: ("info", "clock"),
    Standing.OPEN: ("neutral", "circle-dashed"),
    Standing.DONE_IN_TIME: ("success", "circle-check"),
    Standing.DONE_LATE: ("warning", "history"),
    Standing.WITHDRAWN: ("neutral", "ban"),
}
SOON = ("warning", "hourglass")


def asked(request: HttpRequest, context: dict[str, Any]) -> tuple[BoardForm, Filter]:
    """The question of the address; what cannot be read asks for nothing and is told."""
    form = BoardForm(
        request.GET,
        bodies=context["bodies"],
        leads=boards.leads_used(),
        fields_used=boards.fields_used(),
    )
    form.is_valid()
    data = form.cleaned_data
    level = data.get("level", "")
    of_level = (body.code for body in context["bodies"].of_level(level)) if level else ()
    return form, Filter(
        leads=frozenset(of_level) if level else None,
        text=data.get("q", ""),
        body=data.get("body", ""),
        field=data.get("field", ""),
        standing=data.get("standing", ""),
        document=data.get("document"),
        due_from=data.get("due_from"),
        due_to=data.get("due_to"),
        sort=data.get("sort") or "due",
        mine=context["mine"] if data.get("whose") == "mine" else frozenset(),
    )


def without_standing(filter: Filter) -> Filter:
    return replace(filter, standing="")


def narrowed(request: HttpRequest) -> bool:
    """Whether more is asked than a tile asks."""
    plain = ("trang", "sort", "standing")
    return any(value for key, value in request.GET.items() if key not in plain)


def query_without(request: HttpRequest, *names: str, **more: str) -> str:
    """The present question as text, without some parts and with others."""
    query = request.GET.copy()
    for name in (*names, *more):
        query.pop(name, None)
    for name, value in more.items():
        query[name] = value
    return query.urlencode()


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    count: int
    colour: str
    icon: str
    query: str
    current: bool


def tiles(request: HttpRequest, every: Any, day: date) -> list[Tile]:
    """Counts a leader sees at once, red first; each leads to its tasks."""
    counted = boards.tally(every)
    horizon = day + timedelta(days=SOON_DAYS)
    soon = every.filter(standing=Standing.IN_TIME, due_on__lte=horizon).count()
    present = request.GET.get("standing", "")
    words = {str(key): str(label) for key, label in STANDINGS}

    def tile(key: str, count: int, look: tuple[str, str]) -> Tile:
        query = query_without(request, "trang", standing=key)
        return Tile(words[key], count, *look, query, present == key)

    return [
        tile(Standing.OVERDUE.value, counted.overdue, LOOKS[Standing.OVERDUE]),
        tile("soon", soon, SOON),
        tile(Standing.IN_TIME.value, counted.in_time, LOOKS[Standing.IN_TIME]),
        tile(Standing.OPEN.value, counted.open, LOOKS[Standing.OPEN]),
        tile(Standing.DONE_IN_TIME.value, counted.done_in_time, LOOKS[Standing.DONE_IN_TIME]),
        tile(Standing.DONE_LATE.value, counted.done_late, LOOKS[Standing.DONE_LATE]),
    ]


@dataclass(frozen=True, slots=True)
class GroupShown:
    name: str
    group: Group
    query: str
    parts: tuple[tuple[str, int, int], ...]
    """Colour, start and length in thousandths of the group's tasks."""


def shown_groups(
    request: HttpRequest, every: Any, column: str, context: dict[str, Any], most: int = 8
) -> list[GroupShown]:
    key = "body" if column == "lead" else column
    found = []
    for group in boards.by(every, column, context["day"], most=most):
        name = context["bodies"].name(group.key) if column == "lead" else group.key
        query = query_without(request, "trang", **{key: group.key})
        found.append(GroupShown(name or _("No field"), group, query, parts(group)))
    return found


def parts(group: Group) -> tuple[tuple[str, int, int], ...]:
    counted = group.tally
    lengths = (
        ("danger", counted.overdue),
        ("warning", group.soon),
        ("neutral", counted.not_yet_due - group.soon),
        ("success", counted.done),
    )
    total, start, drawn = counted.total or 1, 0, []
    for colour, number in lengths:
        length = round(1000 * number / total)
        if number:
            drawn.append((colour, start, max(length, 6)))
        start += length
    return tuple(drawn)


def shown_weeks(request: HttpRequest, every: Any, day: date) -> list[dict[str, Any]]:
    weeks = boards.by_week(every, day)
    most = max((week.due for week in weeks), default=0) or 1
    return [
        {
            "week": week,
            "length": round(1000 * week.due / most),
            "now": week.start <= day <= week.end,
            "query": query_without(
                request,
                "trang",
                standing="not_done",
                due_from=f"{week.start:%d/%m/%Y}",
                due_to=f"{week.end:%d/%m/%Y}",
            ),
        }
        for week in weeks
    ]


def shown(task: Any, context: dict[str, Any]) -> dict[str, Any]:
    """A task that carries ``standing``, with its state in words, colour and icon."""
    standing, day = Standing(task.standing), context["day"]
    near = standing is Standing.IN_TIME and task.due_on and task.due_on <= day + timedelta(days=7)
    colour, icon = SOON if near else LOOKS[standing]
    words = {str(key): str(label) for key, label in STANDINGS}
    return {
        "task": task,
        "lead": context["bodies"].name(task.lead),
        "colour": colour,
        "icon": icon,
        "state": words["soon"] if near else words[standing.value],
        "distance": distance(task, standing, day),
        "rule": rule_words(task),
    }


def related(task: Task, context: dict[str, Any]) -> dict[str, Any]:
    return shown(
        boards.standing_on(context["day"]).select_related("document").get(pk=task.pk), context
    )


def distance(task: Any, standing: Standing, day: date) -> str:
    """How far the deadline is, in words."""
    if task.due_on is None or standing is Standing.WITHDRAWN:
        return ""
    if standing is Standing.OVERDUE:
        days = (day - task.due_on).days
        return ngettext("%(n)s day over", "%(n)s days over", days) % {"n": days}
    if standing is Standing.IN_TIME:
        days = (task.due_on - day).days
        if days == 0:
            return _("due today")
        return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    if standing is Standing.DONE_LATE:
        days = (task.finished_on - task.due_on).days
        return ngettext("%(n)s day late", "%(n)s days late", days) % {"n": days}
    return ""


def rule_words(task: Task) -> str:
    """The rule the deadline was computed by."""
    match DueKind(task.due_kind):
        case DueKind.WORKING_DAYS:
            days = task.due_days or 0
            return ngettext(
                "%(n)s working day after the document",
                "%(n)s working days after the document",
                days,
            ) % {"n": days}
        case DueKind.CADENCE:
            often = dict((str(key), str(label)) for key, label in CADENCES)
            return often[Cadence(task.cadence).value]
        case DueKind.NONE:
            return str(task.due_note)
        case _:
            return ""


def reports_shown(task: Task, context: dict[str, Any]) -> list[dict[str, Any]]:
    mine = context["mine"]
    rows = task.progress.select_related("evidence")
    return [
        {
            "report": one,
            "who": officer_name(one.by),
            "body": context["bodies"].name(one.body),
            "imported": one.origin == Origin.IMPORT,
            "may_open": one.evidence is not None and concerned(one.evidence, mine),
        }
        for one in rows
    ]


def extensions_shown(task: Task) -> list[dict[str, Any]]:
    looks = {
        Extension.State.ASKED: ("warning", "hourglass", _("Waits for a decision")),
        Extension.State.GRANTED: ("success", "circle-check", _("Granted")),
        Extension.State.REFUSED: ("danger", "x", _("Refused")),
    }
    return [
        {
            "one": one,
            "asked_by": officer_name(one.asked_by),
            "decided_by": officer_name(one.decided_by),
            "look": dict(
                zip(("colour", "icon", "words"), looks[Extension.State(one.state)], strict=True)
            ),
        }
        for one in task.extensions.all()
    ]


def deed_words(what: str) -> str:
    words = {
        "steering.document.entered": _("The document was entered"),
        "steering.document.changed": _("The document was changed"),
        "steering.task.assigned": _("The task was given"),
        "steering.task.changed": _("The task was changed"),
        "steering.task.withdrawn": _("The task was withdrawn"),
        "steering.task.restored": _("The withdrawal was undone"),
        "steering.task.reported": _("Progress was reported"),
        "steering.task.finished": _("It was reported as finished"),
        "steering.task.report_taken_back": _("A report was taken back"),
        "steering.extension.asked": _("More time was asked"),
        "steering.extension.granted": _("More time was granted"),
        "steering.extension.refused": _("More time was refused"),
    }
    return words.get(what, what)


def column_words(name: str) -> str:
    words = {
        "text": _("Task"),
        "lead": _("Lead body"),
        "code": _("Code"),
        "due_on": _("Deadline"),
        "due_day": _("Date, or first date"),
        "due_days": _("Working days"),
        "due_kind": _("Time limit"),
        "due_note": _("Why no date"),
        "cadence": _("Comes again"),
        "product": _("Product"),
        "field": _("Field of work"),
        "basis": _("Basis"),
        "source_ref": _("Place in the document"),
        "subject": _("Subject line"),
        "issued_on": _("Date"),
        "signer": _("Signed by"),
        "issuer": _("Issuing body"),
        "number": _("Number and symbol"),
        "symbol": _("Number and symbol"),
        "urgency": _("Urgency"),
        "file": _("File of the document"),
    }
    return words.get(name, name)


def history_shown(row: Task | DirectiveDocument, context: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that was done to it, newest first, with what it said before."""
    return [
        {
            "at": entry.at,
            "words": deed_words(entry.what),
            "who": officer_name(entry.actor) or _("loaded"),
            "was": [
                (column_words(name), said(name, value, context))
                for name, value in (entry.detail or {}).get("was", {}).items()
            ],
            "reason": (entry.detail or {}).get("reason", ""),
        }
        for entry in audit.entries_about(row)[:100]
    ]


def said(name: str, value: str, context: dict[str, Any]) -> str:
    """An old value as people read it: a body by its name, nothing as a dash."""
    if name in ("lead", "issuer", "followed_by"):
        return str(context["bodies"].name(value))
    return value or "–"


def reminder_shown(one: Reminder, context: dict[str, Any]) -> dict[str, Any]:
    overdue = one.why == Reminder.Why.OVERDUE
    return {
        "one": one,
        "lead": context["bodies"].name(one.task.lead),
        "overdue": overdue,
        "colour": "danger" if overdue else "warning",
        "icon": "alert-triangle" if overdue else "hourglass",
        "words": _("Overdue") if overdue else _("Nearly due"),
    }


def possible_parents(document: DirectiveDocument, most: int = 300) -> list[Task]:
    """Tasks this document may carry on: of the documents it goes back to, for its own side."""
    earlier = document.earlier_links.exclude(how=DocumentLink.How.CITES).values("earlier")
    served = {document.followed_by, document.issuer, document.followed_by.partition(".")[0]}
    rows = Task.objects.filter(document__in=earlier, lead__in=served, withdrawn_on=None)
    return list(rows.select_related("document").order_by("document_id", "pk")[:most])


def concerned(file: Evidence, mine: Iterable[str]) -> bool:
    """Whether a file was given to a task, or with a document, of one of these bodies."""
    bodies = list(mine)
    of_task = (
        Q(task__lead__in=bodies)
        | Q(task__document__followed_by__in=bodies)
        | Q(task__document__issuer__in=bodies)
        | Q(task__co_leads__body__in=bodies)
    )
    return (
        file.shown_in.filter(of_task).exists()
        # A document that assigns tasks is read by everybody who follows tasks.
        or file.documents.exists()
    )


def suffix(file: Evidence) -> str:
    return SUFFIXES.get(file.media_type, "")


def csv_row(task: Any, context: dict[str, Any]) -> list[object]:
    one = shown(task, context)
    return [
        task.document.written,
        task.document.issued_on,
        task.code,
        task.text,
        one["lead"],
        "; ".join(co.words for co in task.co_leads.all()),
        task.field,
        task.due_on or one["rule"],
        one["state"],
        task.finished_on or "",
        task.product,
    ]


def cell(value: object) -> str:
    """Text no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
