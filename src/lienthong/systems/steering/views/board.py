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

from lienthong.web.actors import officer_name

from ..domain.deadlines import Cadence, DueKind, Standing
from ..forms.board import STANDINGS, BoardForm
from ..forms.tasks import CADENCES
from ..models import (
    DirectiveDocument,
    DocumentLink,
    Evidence,
    Extension,
    Progress,
    Reception,
    Reminder,
    Task,
)
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
CLAIMS = {
    Progress.Claim.WAITS.value: ("warning", "hourglass"),
    Progress.Claim.CONFIRMED.value: ("success", "circle-check"),
    Progress.Claim.REFUSED.value: ("danger", "x"),
}


def asked(request: HttpRequest, context: dict[str, Any]) -> tuple[BoardForm, Filter]:
    """The question of the address; what cannot be read asks for nothing and is told."""
    form = BoardForm(
        request.GET,
        bodies=context["bodies"],
        leads=boards.leads_used(),
        fields_used=boards.fields_used(),
        today=context["today"],
    )
    form.is_valid()
    data = form.cleaned_data
    # Everything on the page, the tiles too, is of this day.
    context["day"] = data.get("as_of") or context["today"]
    level = data.get("level", "")
    of_level = (body.code for body in context["bodies"].of_level(level)) if level else ()
    return form, Filter(
        leads=frozenset(of_level) if level else None,
        text=data.get("q", ""),
        body=data.get("body", ""),
        field=data.get("field", ""),
        standing=data.get("standing", ""),
        figure=data.get("figure", ""),
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
    plain = ("trang", "sort", "standing", "as_of", "figure")
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
    soon = every.filter(standing=Standing.IN_TIME, due_then__lte=horizon).count()
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
        # The counts of a group are of every state, and so is what it leads to.
        wanted = {key: group.key or boards.NO_FIELD}
        query = query_without(request, "trang", "standing", **wanted)
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


def shown_weeks(request: HttpRequest, every: Any, asked: Filter, day: date) -> list[dict[str, Any]]:
    """Each week with the question that lists exactly the tasks counted in it, also tomorrow."""
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
                standing=Standing.IN_TIME.value,
                as_of=f"{day:%d/%m/%Y}",
                due_from=f"{max(week.start, asked.due_from or week.start):%d/%m/%Y}",
                due_to=f"{min(week.end, asked.due_to or week.end):%d/%m/%Y}",
            ),
        }
        for week in weeks
    ]


def shown(task: Any, context: dict[str, Any]) -> dict[str, Any]:
    """A task that carries ``standing``, with its state in words, colour and icon."""
    standing, day = Standing(task.standing), context["day"]
    due = task.due_then
    near = standing is Standing.IN_TIME and due and due <= day + timedelta(days=SOON_DAYS)
    colour, icon = SOON if near else LOOKS[standing]
    words = {str(key): str(label) for key, label in STANDINGS}
    return {
        "task": task,
        "due": due,
        "lead": context["bodies"].name(task.lead),
        "colour": colour,
        "icon": icon,
        "state": words["soon"] if near else words[standing.value],
        "distance": distance(task, standing, day),
        "rule": rule_words(task),
    }


def related(tasks: Iterable[Task], context: dict[str, Any]) -> list[dict[str, Any]]:
    """Several tasks as they stand, in the order given, read at once."""
    order = [task.pk for task in tasks]
    rows = boards.standing_on(context["day"]).select_related("document").in_bulk(order)
    return [shown(rows[pk], context) for pk in order]


def distance(task: Any, standing: Standing, day: date) -> str:
    """How far the deadline is, in words."""
    if task.due_then is None or standing is Standing.WITHDRAWN:
        return ""
    if standing is Standing.OVERDUE:
        days = (day - task.due_then).days
        return ngettext("%(n)s day over", "%(n)s days over", days) % {"n": days}
    if standing is Standing.IN_TIME:
        days = (task.due_then - day).days
        if days == 0:
            return _("due today")
        return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    if standing is Standing.DONE_LATE:
        days = (task.finished_on - task.due_then).days
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
            "may_open": one.evidence is not None
            and one.evidence_withdrawn_at is None
            and concerned(one.evidence, mine),
            "claim": CLAIMS.get(one.claim),
            "claim_by": officer_name(one.claim_by),
            "may_withdraw_file": one.evidence is not None
            and one.evidence_withdrawn_at is None
            and (one.withdrawn_at is not None or one.claim in ("", Progress.Claim.REFUSED)),
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


def possible_parents(
    document: DirectiveDocument, most: int = 300, *, of: Task | None = None
) -> list[Task]:
    """
    Tasks this document may carry on: of the documents it goes back to, for its own side.

    What ``of`` carries on already stays in the list, also when it was withdrawn since.
    """
    earlier = document.earlier_links.exclude(how=DocumentLink.How.CITES).values("earlier")
    served = {document.followed_by, document.issuer, document.followed_by.partition(".")[0]}
    wanted = Q(document__in=earlier, lead__in=served, withdrawn_on=None)
    if of is not None:
        wanted |= Q(pk__in=of.passed_from.values("parent"))
    rows = Task.objects.filter(wanted)
    return list(rows.select_related("document").order_by("document_id", "pk")[:most])


def concerned(file: Evidence, mine: Iterable[str]) -> bool:
    """Whether a file was given to a task, or came with a document, of one of these bodies."""
    bodies = list(mine)
    of_task = (
        Q(task__lead__in=bodies)
        | Q(task__document__followed_by__in=bodies)
        | Q(task__document__issuer__in=bodies)
        | Q(task__co_leads__body__in=bodies)
    )
    shown_in = file.shown_in.filter(evidence_withdrawn_at=None)
    return (
        shown_in.filter(of_task).exists()
        # A document that assigns tasks is read by everybody who follows tasks.
        or file.documents.exists()
        or Reception.objects.filter(file=file, office__in=bodies).exists()
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
        one["due"] or one["rule"],
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
