from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

import cast
from lienthong.exchange.figures import FigureRequest
from lienthong.systems.steering.domain.deadlines import Cadence, DueKind, DueRule, Standing
from lienthong.systems.steering.figures import FIGURES
from lienthong.systems.steering.models import EarlierDue, Task
from lienthong.systems.steering.queries.tasks import standing_on
from lienthong.systems.steering.services import directives, evidence, extensions, progress, tasks
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]
WEEKLY = DueRule(DueKind.CADENCE, day=date(2021, 8, 6), cadence=Cadence.WEEK)


def at(day: date, who: str = "lam.yen", office: str = "H33.STTTT") -> object:
    roles = story.LEADER if office == "H33.VP" else story.ROLES
    return story.officer(who, office, roles, day)


def stands(task: Task, day: date) -> str:
    return str(standing_on(day).get(pk=task.pk).standing)


def overdue(day: date) -> int:
    answer = FIGURES.answer(FigureRequest(start=day.replace(day=1), end=day, codes=("S005",)))
    return int(answer.figures[0].value)


@pytest.fixture
def task() -> Task:
    """Due on 16 August."""
    return story.assign(story.document())


def test_time_granted_later_leaves_an_earlier_day_overdue(task: Task) -> None:
    assert overdue(date(2021, 8, 18)) == 1
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    assert stands(task, cast.LEGAL_DAY) == Standing.IN_TIME
    # Granted on the 20th: the figure of the 18th says what it said on the 18th.
    assert overdue(date(2021, 8, 18)) == 1
    assert overdue(cast.LEGAL_DAY) == 0


def test_periods_reported_later_leave_an_earlier_day_as_it_was() -> None:
    task = story.assign(story.document(), rule=WEEKLY)
    progress.report(task, words="Tuần một", finishes=True, by=at(date(2021, 8, 9)))
    progress.report(task, words="Tuần hai", finishes=True, by=at(date(2021, 8, 19)))
    days = {
        date(2021, 8, 6): Standing.IN_TIME,
        date(2021, 8, 8): Standing.OVERDUE,  # the first week was not reported yet
        date(2021, 8, 9): Standing.IN_TIME,
        date(2021, 8, 13): Standing.IN_TIME,
        date(2021, 8, 18): Standing.OVERDUE,
        date(2021, 8, 19): Standing.IN_TIME,
    }
    assert {day: stands(task, day) for day in days} == days


def test_two_moves_on_one_day_tell_what_held_before_the_first(task: Task) -> None:
    for rule in (DueRule(DueKind.DATE, day=date(2021, 8, 25)), DueRule(DueKind.NONE, note="x")):
        version = Task.objects.get(pk=task.pk).version
        given = tasks.TaskEntry(code="K1", text="Việc", leads=("H33.STTTT",), rule=rule)
        tasks.edit_task(task, given, version=version, by=story.PROVINCE)
    assert stands(task, date(2021, 8, 18)) == Standing.OVERDUE
    assert stands(task, cast.LEGAL_DAY) == Standing.OPEN


def test_a_limit_that_was_none_is_none_for_the_days_before() -> None:
    task = story.assign(story.document(), rule=story.CONTINUOUS)
    given = tasks.TaskEntry(
        code="K1",
        text="Việc",
        leads=("H33.STTTT",),
        rule=DueRule(DueKind.DATE, day=date(2021, 8, 10)),
    )
    tasks.edit_task(task, given, version=1, by=story.PROVINCE)
    assert stands(task, date(2021, 8, 18)) == Standing.OPEN
    assert stands(task, cast.LEGAL_DAY) == Standing.OVERDUE


def test_a_corrected_date_reaches_finished_tasks_and_keeps_granted_time(task: Task) -> None:
    granted = story.assign(Task.objects.get(pk=task.pk).document, "K2")
    asked = extensions.ask(granted, date(2021, 8, 27), "Chờ", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    progress.report(task, words="Xong", finishes=True, by=at(date(2021, 8, 17)))
    assert stands(task, cast.LEGAL_DAY) == Standing.DONE_LATE
    entry = directives.DocumentEntry(
        number="5121/VP-KGVX", issuer="H33.VP", issued_on=date(2021, 8, 4), subject="Về một số việc"
    )
    directives.edit_document(task.document, entry, version=1, by=story.PROVINCE)
    task.refresh_from_db()
    granted.refresh_from_db()
    assert (task.due_on, granted.due_on) == (date(2021, 8, 18), date(2021, 8, 27))
    assert stands(task, cast.LEGAL_DAY) == Standing.DONE_IN_TIME


def test_another_cadence_counts_only_the_periods_that_were_reported_for() -> None:
    task = story.assign(story.document(), rule=WEEKLY)
    for week in ("một", "hai"):
        progress.report(task, words=f"Tuần {week}", finishes=True, by=story.DEPARTMENT)
    monthly = DueRule(DueKind.CADENCE, day=date(2021, 8, 10), cadence=Cadence.MONTH)
    given = tasks.TaskEntry(code="K1", text="Việc", leads=("H33.STTTT",), rule=monthly)
    held = tasks.edit_task(task, given, version=3, by=story.PROVINCE)
    # Weeks were reported up to 13 August, so the month due on the 10th is done.
    assert (held.periods_done, held.due_on) == (1, date(2021, 9, 10))
    last = held.progress.order_by("-period_due")[0]
    progress.take_back(last, "Sai", by=story.DEPARTMENT)
    held.refresh_from_db()
    assert (held.periods_done, held.due_on) == (0, date(2021, 8, 10))


def test_a_cadence_given_up_keeps_no_periods() -> None:
    task = story.assign(story.document(), rule=WEEKLY)
    progress.report(task, words="Tuần một", finishes=True, by=story.DEPARTMENT)
    rule = DueRule(DueKind.DATE, day=date(2021, 8, 31))
    given = tasks.TaskEntry(code="K1", text="Việc", leads=("H33.STTTT",), rule=rule)
    held = tasks.edit_task(task, given, version=2, by=story.PROVINCE)
    assert (held.periods_done, held.due_on) == (0, date(2021, 8, 31))


def test_a_confirmed_day_of_a_period_moves_the_day_its_deadline_ended() -> None:
    task = story.assign(story.document(), rule=WEEKLY)
    kept = evidence.keep_file("a.pdf", b"%PDF-1.7 kept", by=story.DEPARTMENT)
    made = progress.report(
        task,
        words="Tuần một",
        finishes=True,
        on=date(2021, 8, 6),
        evidence=kept,
        by=at(date(2021, 8, 10)),
    )
    assert stands(task, date(2021, 8, 8)) == Standing.OVERDUE
    progress.decide_day(made, confirm=True, answer="Có công văn", by=story.PROVINCE)
    assert stands(task, date(2021, 8, 8)) == Standing.IN_TIME


def test_moves_made_before_they_were_written_down_are_read_from_what_was_granted(
    task: Task,
) -> None:
    from importlib import import_module

    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    weekly = story.assign(task.document, "K2", rule=WEEKLY)
    progress.report(weekly, words="Tuần một", finishes=True, by=story.DEPARTMENT)
    columns = ("task_id", "until", "due_on", "why", "report_id")
    before = list(EarlierDue.objects.order_by("task_id").values_list(*columns))
    migration = import_module("lienthong.systems.steering.migrations.0007_moves_of_deadlines")
    with connection.cursor() as cursor:
        cursor.execute(migration.MOVED)
    again = list(EarlierDue.objects.order_by("-pk").values_list(*columns)[: len(before)])
    assert sorted(again, key=str) == sorted(before, key=str)
    assert len(before) == 2
