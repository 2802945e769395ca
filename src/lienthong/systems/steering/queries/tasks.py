"""Reads about tasks: how they stand on a day, boards by body, field and deadline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.fields import CharField as PlainCharField

from lienthong.kernel import names

from ..domain.deadlines import Standing, Tally
from ..models import Extension, Reminder, Task

Rows = QuerySet[Any]
"""Tasks with the annotated column ``standing``, which their type does not know."""

SOON_DAYS = 7
"""Days before its deadline in which a task is told apart as nearly due."""

SORTS = {
    "due": ("finished_on", "due_on", "pk"),
    "-due": ("-due_on", "-pk"),
    "document": ("-document__issued_on", "document_id", "pk"),
    "lead": ("lead", "due_on", "pk"),
    "code": ("code", "lead", "pk"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a board is asked for; an empty field asks for nothing."""

    text: str = ""
    body: str = ""
    field: str = ""
    standing: str = ""
    """A `Standing`, or ``soon``, ``not_done``, ``done``."""
    document: int | None = None
    due_from: date | None = None
    due_to: date | None = None
    sort: str = "due"
    leads: frozenset[str] | None = None
    """Only tasks led by one of these, such as all bodies of a level."""
    mine: frozenset[str] = frozenset()
    """Bodies whose tasks are wanted: as lead, with the lead, or followed by them."""


def standing_on(day: date, tasks: Rows | None = None) -> Rows:
    """
    Tasks with the column ``standing`` as it is at the end of a day.

    The same rule as `domain.deadlines.standing`, which a test holds it to.
    """
    done = Q(finished_on__lte=day)
    rule = Case(
        When(withdrawn_on__lte=day, then=Value(Standing.WITHDRAWN.value)),
        When(
            done & Q(due_on__isnull=False, finished_on__gt=F("due_on")),
            then=Value(Standing.DONE_LATE.value),
        ),
        When(done, then=Value(Standing.DONE_IN_TIME.value)),
        When(due_on__isnull=True, then=Value(Standing.OPEN.value)),
        When(due_on__lt=day, then=Value(Standing.OVERDUE.value)),
        default=Value(Standing.IN_TIME.value),
        output_field=PlainCharField(),
    )
    rows = Task.objects.all() if tasks is None else tasks
    return rows.annotate(standing=rule)


def board(asked: Filter, day: date) -> Rows:
    """The tasks asked for, with ``standing``, in the order asked for."""
    rows = standing_on(day).select_related("document")
    if asked.text:
        for word in names.folding_key(asked.text).split():
            rows = rows.filter(search_key__contains=word)
    if asked.body:
        rows = rows.filter(lead=asked.body)
    if asked.leads is not None:
        rows = rows.filter(lead__in=asked.leads)
    if asked.field:
        rows = rows.filter(field=asked.field)
    if asked.document:
        rows = rows.filter(document=asked.document)
    if asked.due_from:
        rows = rows.filter(due_on__gte=asked.due_from)
    if asked.due_to:
        rows = rows.filter(due_on__lte=asked.due_to)
    if asked.mine:
        rows = rows.filter(concerns(asked.mine))
    rows = _standing(rows, asked.standing, day)
    order = SORTS.get(asked.sort, SORTS["due"])
    return rows.order_by(*(_nulls_last(column) for column in order))


def concerns(bodies: Iterable[str]) -> Q:
    """Tasks these bodies lead, work on with the lead, gave or follow."""
    wanted = list(bodies)
    return (
        Q(lead__in=wanted)
        | Q(pk__in=Task.objects.filter(co_leads__body__in=wanted).values("pk"))
        | Q(document__followed_by__in=wanted)
        | Q(document__issuer__in=wanted)
    )


def _nulls_last(column: str) -> Any:
    if column == "finished_on":
        # What is still to be done comes before what is done.
        return F(column).desc(nulls_first=True)
    if not column.lstrip("-").startswith("due_on"):
        return column
    plain = F(column.lstrip("-"))
    return plain.desc(nulls_last=True) if column[0] == "-" else plain.asc(nulls_last=True)


def _standing(rows: Rows, wanted: str, day: date) -> Rows:
    match wanted:
        case "soon":
            return rows.filter(
                standing=Standing.IN_TIME, due_on__lte=day + timedelta(days=SOON_DAYS)
            )
        case "not_done":
            return rows.filter(standing__in=[Standing.OPEN, Standing.IN_TIME, Standing.OVERDUE])
        case "done":
            return rows.filter(standing__in=[Standing.DONE_IN_TIME, Standing.DONE_LATE])
        case "":
            return rows.exclude(standing=Standing.WITHDRAWN)
        case _:
            return rows.filter(standing=wanted)


def tally(rows: Rows) -> Tally:
    """Counts of a queryset that carries ``standing``."""
    counted = (
        rows.order_by().values("standing").annotate(n=Count("pk")).values_list("standing", "n")
    )
    return Tally(**{str(standing): n for standing, n in counted})


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a board: a body or field with its tasks counted."""

    key: str
    tally: Tally
    soon: int


def by(rows: Rows, column: str, day: date, *, most: int = 200) -> list[Group]:
    """Tasks grouped by ``lead`` or ``field``; those with most overdue first."""
    counted: dict[str, dict[str, int]] = {}
    for key, standing, n in (
        rows.order_by()
        .values(column, "standing")
        .annotate(n=Count("pk"))
        .values_list(column, "standing", "n")
    ):
        counted.setdefault(key, {})[standing] = n
    near = dict(
        _standing(rows, "soon", day)
        .order_by()
        .values(column)
        .annotate(n=Count("pk"))
        .values_list(column, "n")
    )
    groups = [Group(key, Tally(**parts), near.get(key, 0)) for key, parts in counted.items()]
    groups.sort(key=lambda g: (-g.tally.overdue, -g.soon, -g.tally.not_done, g.key))
    return groups[:most]


@dataclass(frozen=True, slots=True)
class Week:
    """Unfinished tasks due from Monday to Sunday."""

    start: date
    end: date
    due: int


def by_week(rows: Rows, day: date, *, weeks: int = 6) -> list[Week]:
    """How many unfinished tasks fall due in this week and the following ones."""
    monday = day - timedelta(days=day.weekday())
    last = monday + timedelta(days=7 * weeks - 1)
    dues = rows.filter(standing=Standing.IN_TIME, due_on__lte=last).order_by()
    counts: dict[date, int] = dict(
        dues.values("due_on").annotate(n=Count("pk")).values_list("due_on", "n")
    )
    found = []
    for number in range(weeks):
        start = monday + timedelta(days=7 * number)
        end = start + timedelta(days=6)
        found.append(Week(start, end, sum(n for on, n in counts.items() if start <= on <= end)))
    return found


def fields_used() -> list[str]:
    """The fields of work in use, in alphabetical order."""
    used = Task.objects.exclude(field="").order_by().values_list("field", flat=True).distinct()
    return sorted(used, key=names.alphabetical_key)


def leads_used() -> list[str]:
    return sorted(Task.objects.order_by().values_list("lead", flat=True).distinct())


def waiting_requests(bodies: Iterable[str]) -> QuerySet[Extension]:
    """Requests for more time that these bodies decide on, oldest first."""
    return (
        Extension.objects.filter(
            state=Extension.State.ASKED, task__document__followed_by__in=list(bodies)
        )
        .select_related("task__document")
        .order_by("asked_at")
    )


def reminders_of(bodies: Iterable[str], *, unread: bool = False) -> QuerySet[Reminder]:
    rows = Reminder.objects.filter(body__in=list(bodies)).select_related("task__document")
    return rows.filter(read_at=None) if unread else rows
