from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

import cast
from lienthong.systems.steering import errors
from lienthong.systems.steering.domain.deadlines import Standing
from lienthong.systems.steering.models import Evidence, Progress, Task
from lienthong.systems.steering.queries.tasks import standing_on, waiting_days
from lienthong.systems.steering.services import evidence, extensions, progress
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]


@pytest.fixture
def task() -> Task:
    """Due on 16 August, so overdue on the 20th."""
    return story.assign(story.document())


@pytest.fixture
def kept() -> Evidence:
    return evidence.keep_file("a.pdf", b"%PDF-1.7 kept", by=story.DEPARTMENT)


def stands(task: Task) -> str:
    return str(standing_on(cast.LEGAL_DAY).get(pk=task.pk).standing)


def claimed(task: Task, kept: Evidence) -> Progress:
    return progress.report(
        task,
        words="Đã trình",
        finishes=True,
        on=date(2021, 8, 13),
        evidence=kept,
        by=story.DEPARTMENT,
    )


def test_an_earlier_day_without_a_file_is_refused(task: Task) -> None:
    with pytest.raises(errors.EvidenceMissing):
        progress.report(
            task, words="Đã trình", finishes=True, on=date(2021, 8, 13), by=story.DEPARTMENT
        )
    assert stands(task) == Standing.OVERDUE


def test_an_earlier_day_counts_only_when_it_is_confirmed(task: Task, kept: Evidence) -> None:
    made = claimed(task, kept)
    task.refresh_from_db()
    assert (task.finished_on, stands(task)) == (cast.LEGAL_DAY, Standing.DONE_LATE)
    assert list(waiting_days(["H33.VP"])) == [made]
    held = progress.decide_day(made, confirm=True, answer="Có dấu ngày 13", by=story.PROVINCE)
    task.refresh_from_db()
    assert (task.finished_on, stands(task)) == (date(2021, 8, 13), Standing.DONE_IN_TIME)
    assert (held.reported_on, held.counts_from) == (cast.LEGAL_DAY, date(2021, 8, 13))


def test_a_day_that_is_not_confirmed_does_not_count(task: Task, kept: Evidence) -> None:
    made = claimed(task, kept)
    progress.decide_day(made, confirm=False, answer="Tệp không ghi ngày", by=story.PROVINCE)
    assert stands(task) == Standing.DONE_LATE
    with pytest.raises(errors.NothingToConfirm):
        progress.decide_day(made, confirm=True, answer="Thôi được", by=story.PROVINCE)


def test_neither_the_lead_nor_another_body_confirms(task: Task, kept: Evidence) -> None:
    made = claimed(task, kept)
    for other in (story.DEPARTMENT, story.MINISTRY):
        with pytest.raises(errors.NotYourTask):
            progress.decide_day(made, confirm=True, answer="Đúng", by=other)


def test_the_same_person_in_another_seat_decides_nothing(task: Task, kept: Evidence) -> None:
    in_both = story.officer("lam.yen", "H33.VP", story.LEADER)
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    with pytest.raises(errors.SamePerson):
        extensions.decide(asked, grant=True, answer="Đồng ý", by=in_both)
    made = claimed(task, kept)
    with pytest.raises(errors.SamePerson):
        progress.decide_day(made, confirm=True, answer="Đúng", by=in_both)


def test_a_day_behind_a_report_of_progress_asks_for_nothing(task: Task) -> None:
    made = progress.report(task, words="Đang soạn", on=date(2021, 8, 13), by=story.DEPARTMENT)
    assert (made.reported_on, made.done_on, made.claim) == (
        cast.LEGAL_DAY,
        date(2021, 8, 13),
        "",
    )


def test_a_file_is_withdrawn_with_a_reason_and_its_report_stays(task: Task, kept: Evidence) -> None:
    made = progress.report(task, words="Kèm tệp", evidence=kept, by=story.DEPARTMENT)
    with pytest.raises(errors.ReasonMissing):
        progress.withdraw_evidence(made, " ", by=story.DEPARTMENT)
    with pytest.raises(errors.NotYourTask):
        progress.withdraw_evidence(made, "Nhầm", by=story.MINISTRY)
    held = progress.withdraw_evidence(made, "Nhầm tệp", by=story.PROVINCE)
    assert held.evidence == kept
    assert held.evidence_withdrawn_reason == "Nhầm tệp"
    with pytest.raises(errors.NoFileThere):
        progress.withdraw_evidence(made, "Lần nữa", by=story.PROVINCE)


def test_the_file_a_confirmed_day_rests_on_is_not_withdrawn(task: Task, kept: Evidence) -> None:
    made = claimed(task, kept)
    progress.decide_day(made, confirm=True, answer="Có dấu ngày 13", by=story.PROVINCE)
    with pytest.raises(errors.EvidenceNeeded):
        progress.withdraw_evidence(made, "Nhầm", by=story.DEPARTMENT)
    progress.take_back(made, "Nhầm nhiệm vụ", by=story.DEPARTMENT)
    progress.withdraw_evidence(made, "Nhầm", by=story.DEPARTMENT)


def test_the_history_of_a_kept_file_is_tracked(kept: Evidence) -> None:
    Evidence.objects.filter(pk=kept.pk).update(name="khac.pdf")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT old->>'name' FROM record_rowhistory"
            " WHERE table_name = 'steering_evidence' AND row_key = %s",
            [str(kept.pk)],
        )
        assert cursor.fetchall() == [("a.pdf",)]
