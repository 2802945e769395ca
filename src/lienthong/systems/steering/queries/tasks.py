"""Reads about tasks: how they stand on a day, boards by body, field and deadline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields import CharField as PlainCharField

from lienthong.kernel import names

from ..domain.bodies import PRIME_MINISTER, Level
from ..domain.deadlines import DONE, Standing, Tally
from ..domain.symbols import DocumentNumber
from ..models import EarlierDue, Extension, Progress, Reminder, Task
from .bodies import bodies_on

Rows = QuerySet[Any]
"""Tasks with the annotated column ``standing``, which their type does not know."""

SOON_DAYS = 7
"""Days before its deadline in which a task is told apart as nearly due."""

NO_FIELD = "-"
"""In a filter: tasks without a field of work."""

SORTS = {
    "due": ("finished_on", "due_then", "pk"),
    "-due": ("-due_then", "-pk"),
    "document": ("-document__issued_on", "document_id", "pk"),
    "lead": ("lead", "due_then", "pk"),
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
    figure: str = ""
    """Only the rows this figure counts, by the figure's own rule."""
    mine: frozenset[str] = frozenset()
    """Bodies whose tasks are wanted: as lead, with the lead, or followed by them."""


def due_then(day: date) -> Case:
    """
    The deadline that held at the end of a day, in SQL.

    Extensions granted later, periods reported later and corrections made later do
    not count yet. The first move after the day tells what held before it.
    """
    later = EarlierDue.objects.filter(task=OuterRef("pk"), until__gt=day)
    first = later.order_by("until", "pk").values("due_on")[:1]
    return Case(When(Exists(later), then=Subquery(first)), default=F("due_on"))


def standing_on(day: date, tasks: Rows | None = None) -> Rows:
    """
    Tasks with the columns ``standing`` and ``due_then`` as they are at the end of a day.

    The same rule as `domain.deadlines.standing`, which a test holds it to.
    """
    done = Q(finished_on__lte=day)
    rule = Case(
        When(withdrawn_on__lte=day, then=Value(Standing.WITHDRAWN.value)),
        When(
            done & Q(due_then__isnull=False, finished_on__gt=F("due_then")),
            then=Value(Standing.DONE_LATE.value),
        ),
        When(done, then=Value(Standing.DONE_IN_TIME.value)),
        When(due_then__isnull=True, then=Value(Standing.OPEN.value)),
        When(due_then__lt=day, then=Value(Standing.OVERDUE.value)),
        default=Value(Standing.IN_TIME.value),
        output_field=PlainCharField(),
    )
    rows = Task.objects.all() if tasks is None else tasks
    return rows.annotate(due_then=due_then(day)).annotate(standing=rule)


def board(asked: Filter, day: date) -> Rows:
    """The tasks asked for, with ``standing``, in the order asked for."""
    rows = counted_by(asked.figure, day) if asked.figure else standing_on(day)
    rows = rows.select_related("document")
    if asked.text:
        for word in names.folding_key(asked.text).split():
            rows = rows.filter(search_key__contains=word)
    if asked.body:
        rows = rows.filter(lead=asked.body)
    if asked.leads is not None:
        rows = rows.filter(lead__in=asked.leads)
    if asked.field:
        rows = rows.filter(field="" if asked.field == NO_FIELD else asked.field)
    if asked.document:
        rows = rows.filter(document=asked.document)
    if asked.due_from:
        rows = rows.filter(due_then__gte=asked.due_from)
    if asked.due_to:
        rows = rows.filter(due_then__lte=asked.due_to)
    if asked.mine:
        rows = rows.filter(concerns(asked.mine))
    rows = _standing(rows, asked.standing, day)
    order = SORTS.get(asked.sort, SORTS["due"])
    return rows.order_by(*(_nulls_last(column) for column in order))


COMMITTEES = DocumentNumber.parse("701/QĐ-TTg")
COMMITTEES_ISSUED = date(2020, 5, 26)
COUNTED = {
    "S001": tuple(one for one in Standing if one is not Standing.WITHDRAWN),
    "S002": (Standing.DONE_IN_TIME,),
    "S003": (Standing.DONE_LATE,),
    "S004": (Standing.IN_TIME, Standing.OPEN),
    "S005": (Standing.OVERDUE,),
    "S006": (*DONE, Standing.OVERDUE),
}
"""For each figure of all tasks: how the tasks it counts stand."""
LEVELS = {"F069": Level.PROVINCE, "F070": Level.MINISTRY}


def counted_by(figure: str, day: date) -> Rows:
    """
    The tasks one of this system's figures counts at the end of a day.

    Figures, and the boards they lead to, both read this. KeyError for another figure.
    """
    if level := LEVELS.get(figure):
        codes = {body.code for body in bodies_on(day).of_level(level)}
        return committees_reorganised(day).filter(lead__in=codes)
    return assigned_by(day).filter(standing__in=COUNTED[figure])


def assigned_by(day: date) -> Rows:
    """Tasks of the documents issued by a day."""
    return standing_on(day).filter(document__issued_on__lte=day)


def committees_reorganised(day: date) -> Rows:
    """Tasks under Decision 701/QĐ-TTg that were done by a day."""
    return standing_on(day).filter(
        document__number=COMMITTEES.number,
        document__symbol=COMMITTEES.symbol,
        document__issued_on=COMMITTEES_ISSUED,
        document__issuer=PRIME_MINISTER,
        standing__in=DONE,
    )


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
    if not column.lstrip("-").startswith("due_then"):
        return column
    plain = F(column.lstrip("-"))
    return plain.desc(nulls_last=True) if column[0] == "-" else plain.asc(nulls_last=True)


def _standing(rows: Rows, wanted: str, day: date) -> Rows:
    match wanted:
        case "soon":
            return rows.filter(
                standing=Standing.IN_TIME, due_then__lte=day + timedelta(days=SOON_DAYS)
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
    dues = rows.filter(standing=Standing.IN_TIME, due_then__lte=last).order_by()
    counts: dict[date, int] = dict(
        dues.values("due_then").annotate(n=Count("pk")).values_list("due_then", "n")
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


def waiting_days(bodies: Iterable[str]) -> QuerySet[Progress]:
    """Finishes with an earlier day that these bodies confirm or not, oldest first."""
    return (
        Progress.objects.filter(
            claim=Progress.Claim.WAITS,
            withdrawn_at=None,
            task__document__followed_by__in=list(bodies),
        )
        .select_related("task__document")
        .order_by("reported_at")
    )


def reminders_of(bodies: Iterable[str], *, unread: bool = False) -> QuerySet[Reminder]:
    rows = Reminder.objects.filter(body__in=list(bodies)).select_related("task__document")
    return rows.filter(read_at=None) if unread else rows
