from __future__ import annotations

from datetime import date, timedelta

import pytest

import cast
from lienthong.kernel import clock
from lienthong.systems.steering import errors
from lienthong.systems.steering.domain.deadlines import Cadence, DueKind, DueRule, Standing
from lienthong.systems.steering.models import Evidence, Extension, Reminder, Task
from lienthong.systems.steering.queries.tasks import standing_on
from lienthong.systems.steering.services import evidence, extensions, progress, reminding, tasks
from lienthong.web.roles import RoleMissing
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def task() -> Task:
    """Ten working days after 2 August: due on the 16th, so overdue on the 20th."""
    return story.assign(story.document())


def stands(task: Task, day: date = cast.LEGAL_DAY) -> str:
    return str(standing_on(day).get(pk=task.pk).standing)


def test_done_after_its_day_is_late_without_anybody_saying_so(task: Task) -> None:
    assert stands(task) == Standing.OVERDUE
    progress.report(task, words="Đã trình", finishes=True, by=story.DEPARTMENT)
    assert stands(task) == Standing.DONE_LATE


def test_done_on_its_last_day_is_in_time(task: Task) -> None:
    on_the_day = story.officer("lam.yen", "H33.STTTT", story.ROLES, date(2021, 8, 16))
    progress.report(task, words="Đã trình", finishes=True, by=on_the_day)
    assert stands(task) == Standing.DONE_IN_TIME


def test_only_the_lead_reports(task: Task) -> None:
    with pytest.raises(errors.NotYourTask):
        progress.report(task, words="Đã trình", by=story.MINISTRY)


def test_the_office_of_a_committee_reports_for_it() -> None:
    letter = story.document("76/BC-BTTTT", issuer="G14", by=story.MINISTRY)
    task = story.assign(letter, "R2a", leads=("H33",), by=story.MINISTRY, rule=story.CONTINUOUS)
    progress.report(task, words="Đang làm", percent=40, by=story.PROVINCE)
    with pytest.raises(errors.NotYourTask):
        progress.report(task, words="Đang làm", by=story.DEPARTMENT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": "  "},
        {"words": "x", "percent": 101},
        {"words": "x", "on": cast.LEGAL_DAY + timedelta(days=1)},
        {"words": "x", "on": date(2021, 8, 1)},
    ],
)
def test_a_report_that_cannot_be_is_refused(task: Task, wrong: dict[str, object]) -> None:
    with pytest.raises(errors.BadProgress):
        progress.report(task, by=story.DEPARTMENT, **wrong)  # type: ignore[arg-type]


def test_a_finished_task_takes_no_more_reports(task: Task) -> None:
    progress.report(task, words="Xong", finishes=True, by=story.DEPARTMENT)
    with pytest.raises(errors.TaskClosed):
        progress.report(task, words="Thêm", by=story.DEPARTMENT)


def test_a_report_taken_back_puts_the_task_in_hand_again(task: Task) -> None:
    made = progress.report(task, words="Xong", finishes=True, by=story.DEPARTMENT)
    held = progress.take_back(made, "Nhầm nhiệm vụ", by=story.DEPARTMENT)
    assert stands(task) == Standing.OVERDUE
    assert held.words == "Xong"
    with pytest.raises(errors.TaskClosed):
        progress.take_back(made, "Lần nữa", by=story.DEPARTMENT)


def test_a_task_that_comes_again_goes_on_to_its_next_period() -> None:
    rule = DueRule(DueKind.CADENCE, day=date(2021, 8, 6), cadence=Cadence.WEEK)
    task = story.assign(story.document(), rule=rule)
    made = progress.report(task, words="Tuần một", finishes=True, by=story.DEPARTMENT)
    task.refresh_from_db()
    assert (task.finished_on, task.due_on) == (None, date(2021, 8, 13))
    assert made.period_due == date(2021, 8, 6)
    second = progress.report(task, words="Tuần hai", finishes=True, by=story.DEPARTMENT)
    with pytest.raises(errors.ChangedMeanwhile):
        progress.take_back(made, "Sai", by=story.DEPARTMENT)
    progress.take_back(second, "Sai", by=story.DEPARTMENT)
    task.refresh_from_db()
    assert (task.periods_done, task.due_on) == (1, date(2021, 8, 13))


def test_the_same_file_is_kept_once_and_known_by_its_digest(task: Task) -> None:
    first = evidence.keep_file("C:\\to trinh.pdf", PDF, by=story.DEPARTMENT)
    again = evidence.keep_file("khac.pdf", PDF, by=story.DEPARTMENT)
    assert first == again
    assert Evidence.objects.get().name == "to trinh.pdf"
    assert progress.report(task, words="Kèm tờ trình", evidence=first, by=story.DEPARTMENT).evidence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b""),
        ("a.pdf", b"MZ not a document"),
        ("a.exe", b"PK\x03\x04 archive"),
        ("a.pdf", PDF + b"0" * evidence.LARGEST),
    ],
)
def test_a_file_of_another_kind_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(errors.FileRefused):
        evidence.keep_file(name, content, by=story.DEPARTMENT)


def test_more_time_is_asked_by_the_lead_and_granted_by_a_leader(task: Task) -> None:
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    with pytest.raises(errors.ExtensionPending):
        extensions.ask(task, date(2021, 8, 30), "Nữa", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    task.refresh_from_db()
    assert task.due_on == date(2021, 8, 27)
    assert stands(task) == Standing.IN_TIME
    with pytest.raises(errors.AlreadyDecided):
        extensions.decide(asked, grant=False, answer="Thôi", by=story.PROVINCE)


def test_a_refusal_leaves_the_day(task: Task) -> None:
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    extensions.decide(asked, grant=False, answer="Việc gấp", by=story.PROVINCE)
    task.refresh_from_db()
    assert task.due_on == date(2021, 8, 16)
    assert Extension.objects.get().answer == "Việc gấp"


def test_who_may_not_decide(task: Task) -> None:
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    with pytest.raises(RoleMissing):
        extensions.decide(asked, grant=True, answer="Được", by=story.DEPARTMENT)
    with pytest.raises(errors.NotYourTask):
        extensions.decide(
            asked,
            grant=True,
            answer="Được",
            by=story.officer("vu.ha", "G14.TH", story.LEADER),
        )


@pytest.mark.parametrize("day", [date(2021, 8, 16), date(2021, 8, 1)])
def test_more_time_ends_later(task: Task, day: date) -> None:
    with pytest.raises(errors.BadExtension):
        extensions.ask(task, day, "Lý do", by=story.DEPARTMENT)


def test_nothing_is_longer_than_no_limit() -> None:
    task = story.assign(story.document(), rule=story.CONTINUOUS)
    with pytest.raises(errors.BadExtension):
        extensions.ask(task, date(2021, 8, 27), "Lý do", by=story.DEPARTMENT)


def test_a_reminder_is_never_given_twice(task: Task) -> None:
    assert reminding.remind(cast.LEGAL_DAY) == 2  # to its lead, and to the body that follows it
    assert reminding.remind(cast.LEGAL_DAY) == 0
    assert reminding.remind(cast.LEGAL_DAY + timedelta(days=1)) == 0
    assert set(Reminder.objects.values_list("body", "why")) == {
        ("H33.STTTT", "overdue"),
        ("H33.VP", "overdue"),
    }


def test_a_task_nearly_due_is_told_to_its_lead_only() -> None:
    story.assign(story.document(), rule=DueRule(DueKind.DATE, day=date(2021, 8, 25)))
    assert reminding.remind(date(2021, 8, 19)) == 0
    # Three working days before: Friday the 20th for Wednesday the 25th.
    assert reminding.remind(date(2021, 8, 20)) == 1
    assert Reminder.objects.get().why == "soon"


def test_a_moved_deadline_is_reminded_of_anew(task: Task) -> None:
    reminding.remind(cast.LEGAL_DAY)
    asked = extensions.ask(task, date(2021, 8, 24), "Chờ ý kiến", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    assert reminding.remind(cast.LEGAL_DAY) == 1


def test_nothing_is_reminded_of_a_task_that_is_done_or_withdrawn(task: Task) -> None:
    tasks.withdraw(task, "Giao nhầm", version=1, by=story.PROVINCE)
    assert reminding.remind(cast.LEGAL_DAY) == 0


def test_a_reminder_is_read_by_its_own_body(task: Task) -> None:
    reminding.remind(cast.LEGAL_DAY)
    every = list(Reminder.objects.values_list("pk", flat=True))
    assert reminding.mark_read(every, by=story.DEPARTMENT) == 1
    assert reminding.mark_read(every, by=story.DEPARTMENT) == 0


def test_a_year_without_a_calendar_does_not_stop_reminders(task: Task) -> None:
    with clock.stopped(legal_day=date(2039, 1, 3)):
        assert reminding.remind() == 2


def test_a_day_that_was_asked_of_another_limit_is_not_granted(task: Task) -> None:
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    Task.objects.filter(pk=task.pk).update(due_on=date(2021, 9, 30))
    with pytest.raises(errors.ChangedMeanwhile):
        extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    task.refresh_from_db()
    assert task.due_on == date(2021, 9, 30)
    extensions.decide(asked, grant=False, answer="Đã đổi hạn", by=story.PROVINCE)
