from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

import cast
from lienthong.record import audit
from lienthong.systems.steering import errors
from lienthong.systems.steering.domain.deadlines import DueKind, DueRule
from lienthong.systems.steering.models import DirectiveDocument, Task
from lienthong.systems.steering.services import directives, tasks
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]


def entry(**changed: object) -> directives.DocumentEntry:
    return directives.DocumentEntry(
        **{  # type: ignore[arg-type]
            "number": "5121/VP-KGVX",
            "issuer": "H33.VP",
            "issued_on": date(2021, 8, 2),
            "subject": "Về một số việc",
        }
        | changed
    )


def test_the_kind_is_read_from_the_symbol() -> None:
    assert story.document("17/NQ-CP", issuer="CP", by=story.GOVERNMENT).kind == "resolution"
    assert story.document("9/CĐ-TTg", issuer="TTg", by=story.GOVERNMENT).kind == "telegram"
    assert story.document().kind == "letter"


def test_a_document_is_entered_once() -> None:
    story.document()
    with pytest.raises(errors.AlreadyEntered):
        story.document()
    assert DirectiveDocument.objects.count() == 1
    # The same number of another year is another document.
    story.document(on=date(2020, 8, 3))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"number": "năm nghìn"}, errors.BadSymbol),
        ({"issued_on": cast.LEGAL_DAY + timedelta(days=1)}, errors.BadIssueDate),
        ({"issued_on": date(1921, 8, 2)}, errors.BadIssueDate),
        ({"number": "23/2020/QĐ-TTg"}, errors.BadIssueDate),
        ({"issuer": "Bộ Ma thuật"}, errors.NoSuchBodyKnown),
        ({"subject": "  "}, errors.ReasonMissing),
        ({"followed_by": "G14"}, errors.NotYourTask),
    ],
)
def test_an_entry_that_cannot_be_is_refused(
    changed: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        directives.enter_document(entry(**changed), by=story.PROVINCE)
    assert not DirectiveDocument.objects.exists()


def test_the_limit_counts_working_days_from_the_document() -> None:
    task = story.assign(story.document())
    assert task.due_on == date(2021, 8, 16)


def test_a_paragraph_for_many_makes_a_task_for_each() -> None:
    letter = story.document("76/BC-BTTTT", issuer="G14", by=story.MINISTRY)
    given = tasks.TaskEntry(
        code="R2a",
        text="Tổ chức triển khai",
        leads=("G15", "Bộ Y tế", "H33", "G15"),
        rule=story.CONTINUOUS,
    )
    made = tasks.assign(letter, given, by=story.MINISTRY)
    assert [task.lead for task in made] == ["G15", "G18", "H33"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"leads": ("Sở Không có",)}, errors.NoSuchBodyKnown),
        ({"leads": ()}, errors.ReasonMissing),
        ({"rule": DueRule(DueKind.DATE, day=date(2021, 8, 1))}, errors.BadDueRule),
        ({"rule": DueRule(DueKind.NONE)}, errors.BadDueRule),
        ({"code": "K1"}, errors.CodeTaken),
        ({"parents": (987654,)}, errors.NoSuchTask),
    ],
)
def test_a_task_that_cannot_be_is_refused_and_leaves_nothing(
    changed: dict[str, object], error: type[Exception]
) -> None:
    letter = story.document()
    story.assign(letter)
    given: dict[str, object] = {"code": "K2", "leads": ("H33.STTTT",), "rule": story.CONTINUOUS}
    with pytest.raises(error):
        story.assign(letter, **(given | changed))  # type: ignore[arg-type]
    assert Task.objects.count() == 1


def test_only_who_follows_a_document_gives_its_tasks() -> None:
    letter = story.document()
    with pytest.raises(errors.NotYourTask):
        story.assign(letter, by=story.MINISTRY)


def test_the_second_of_two_editors_is_told() -> None:
    task = story.assign(story.document())
    given = tasks.TaskEntry(
        code="K1", text="Mới", leads=("H33.STTTT",), rule=DueRule(DueKind.WORKING_DAYS, days=10)
    )
    tasks.edit_task(task, given, version=1, by=story.PROVINCE)
    late = tasks.TaskEntry(
        code="K1", text="Cũ", leads=("H33.STTTT",), rule=DueRule(DueKind.WORKING_DAYS, days=5)
    )
    with pytest.raises(errors.ChangedMeanwhile):
        tasks.edit_task(task, late, version=1, by=story.PROVINCE)
    assert Task.objects.get().text == "Mới"
    newest = audit.entries_about(task)[0]
    assert newest.detail["was"] == {"text": "Làm việc K1"}


def test_two_editors_of_a_document_as_well() -> None:
    letter = story.document()
    directives.edit_document(letter, entry(subject="Một"), version=1, by=story.PROVINCE)
    with pytest.raises(errors.ChangedMeanwhile):
        directives.edit_document(letter, entry(subject="Hai"), version=1, by=story.PROVINCE)
    assert DirectiveDocument.objects.get().subject == "Một"


def test_a_corrected_date_of_the_document_moves_its_limits() -> None:
    letter = story.document()
    task = story.assign(letter)
    directives.edit_document(
        letter, entry(issued_on=date(2021, 8, 3)), version=1, by=story.PROVINCE
    )
    task.refresh_from_db()
    assert task.due_on == date(2021, 8, 17)


def test_a_task_is_withdrawn_with_a_reason_and_can_come_back() -> None:
    task = story.assign(story.document())
    with pytest.raises(errors.ReasonMissing):
        tasks.withdraw(task, " ", version=1, by=story.PROVINCE)
    held = tasks.withdraw(task, "Giao nhầm", version=1, by=story.PROVINCE)
    assert held.withdrawn_on == cast.LEGAL_DAY
    back = tasks.restore(held, version=2, by=story.PROVINCE)
    assert back.withdrawn_on is None
    assert [one.what for one in audit.entries_about(task)] == [
        "steering.task.restored",
        "steering.task.withdrawn",
        "steering.task.assigned",
    ]
    assert audit.entries_about(task)[1].detail["reason"] == "Giao nhầm"


def test_the_database_deletes_no_task() -> None:
    task = story.assign(story.document())
    with pytest.raises(DatabaseError, match="withdrawn, not deleted"), transaction.atomic():
        Task.objects.filter(pk=task.pk).delete()


def test_a_department_is_added_under_ones_own_body() -> None:
    added = directives.add_body(
        code="H33.SXD", name="Sở Xây dựng tỉnh Kiên Giang", serves_parent=False, by=story.PROVINCE
    )
    assert added.parent == "H33"
    story.assign(story.document(), leads=("Sở Xây dựng tỉnh Kiên Giang",))
    with pytest.raises(errors.CodeTaken):
        directives.add_body(code="H33.SXD", name="Khác", serves_parent=False, by=story.PROVINCE)
    with pytest.raises(errors.NotYourTask):
        directives.add_body(code="H01.SXD", name="Khác", serves_parent=False, by=story.PROVINCE)
