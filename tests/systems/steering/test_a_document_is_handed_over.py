from __future__ import annotations

from datetime import date

import pytest

from lienthong.record import audit
from lienthong.systems.steering import errors
from lienthong.systems.steering.domain.bodies import Bodies
from lienthong.systems.steering.models import DirectiveDocument, Task
from lienthong.systems.steering.queries.bodies import bodies_of, bodies_on
from lienthong.systems.steering.services import directives, tasks
from lienthong.systems.steering.views.board import possible_parents
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]


@pytest.fixture
def early() -> DirectiveDocument:
    """A report of the ministry that the province entered first."""
    return story.document("76/BC-BTTTT", issuer="G14", by=story.PROVINCE)


def test_who_entered_first_hands_it_over(early: DirectiveDocument) -> None:
    assert early.followed_by == "H33.VP"
    held = directives.hand_over(early, "G14", "Cơ quan ban hành", version=1, by=story.PROVINCE)
    assert held.followed_by == "G14"
    story.assign(held, "R1", by=story.MINISTRY)
    with pytest.raises(errors.NotYourTask):
        story.assign(held, "R2", by=story.PROVINCE)
    entry = audit.entries_about(early)[0]
    assert entry.detail["was"] == {"followed_by": "H33.VP"}
    assert entry.detail["reason"] == "Cơ quan ban hành"


def test_the_issuer_takes_its_own_document_over(early: DirectiveDocument) -> None:
    with pytest.raises(errors.NotYourTask):
        directives.hand_over(early, "G22", "Không phải của tôi", version=1, by=story.MINISTRY)
    held = directives.hand_over(early, "G14", "Văn bản của Bộ", version=1, by=story.MINISTRY)
    assert held.followed_by == "G14"


@pytest.mark.parametrize(
    ("to", "reason", "version", "error"),
    [
        ("G14", " ", 1, errors.ReasonMissing),
        ("G14", "x", 7, errors.ChangedMeanwhile),
        ("H33.VP", "x", 1, errors.AlreadyFollows),
        ("Bộ Ma thuật", "x", 1, errors.NoSuchBodyKnown),
    ],
)
def test_a_hand_over_that_cannot_be_is_refused(
    early: DirectiveDocument, to: str, reason: str, version: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        directives.hand_over(early, to, reason, version=version, by=story.PROVINCE)


def test_another_body_hands_nothing_over(early: DirectiveDocument) -> None:
    with pytest.raises(errors.NotYourTask):
        directives.hand_over(early, "G22", "x", version=1, by=story.GOVERNMENT)


def test_a_correction_by_the_committees_office_keeps_who_follows() -> None:
    letter = directives.enter_document(
        directives.DocumentEntry(
            number="9/UBND-VX",
            issuer="H33",
            issued_on=date(2021, 8, 2),
            subject="Về một việc",
            followed_by="H33",
        ),
        by=story.PROVINCE,
    )
    entry = directives.DocumentEntry(
        number="9/UBND-VX", issuer="H33", issued_on=date(2021, 8, 2), subject="Về một việc khác"
    )
    held = directives.edit_document(letter, entry, version=1, by=story.PROVINCE)
    assert (held.subject, held.followed_by) == ("Về một việc khác", "H33")


def test_a_document_bears_so_many_leads_and_no_more(
    early: DirectiveDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "MOST_LEADS", 2)
    with pytest.raises(errors.TooManyTasks):
        story.assign(early, leads=("G01", "G02", "G03"))
    monkeypatch.setattr(tasks, "MOST_TASKS", 3)
    story.assign(early, "R1", leads=("G01", "G02"))
    with pytest.raises(errors.TooManyTasks):
        story.assign(early, "R2", leads=("G01", "G02"))
    assert Task.objects.count() == 2


def test_a_second_office_takes_no_rights_in_silence() -> None:
    with pytest.raises(errors.OfficeThere):
        directives.add_body(
            code="H33.VP2", name="Văn phòng thứ hai", serves_parent=True, by=story.PROVINCE
        )
    assert "H33" in bodies_of(story.PROVINCE)
    known: Bodies = bodies_on(story.PROVINCE.legal_day)
    served = known.find("H33")
    assert served is not None
    assert served.served_by == "H33.VP"


def test_a_withdrawn_parent_that_is_set_stays_in_the_list() -> None:
    earlier = story.document("1/VP-KGVX")
    above = story.assign(earlier, "A", leads=("H33",))
    letter = story.document("2/VP-KGVX", links=((earlier.pk, "passes_on"),))
    below = story.assign(letter, "B", parents=(above.pk,))
    tasks.withdraw(above, "Giao nhầm", version=1, by=story.PROVINCE)
    assert possible_parents(letter) == []
    assert possible_parents(letter, of=below) == [above]
    given = tasks.TaskEntry(
        code="B", text="Sửa chữ", leads=("H33.STTTT",), rule=below.rule, parents=(above.pk,)
    )
    tasks.edit_task(below, given, version=1, by=story.PROVINCE)
    assert [link.parent for link in below.passed_from.all()] == [above]


def test_parents_and_co_leads_that_were_there_stand_in_the_history() -> None:
    earlier = story.document("1/VP-KGVX")
    above = story.assign(earlier, "A", leads=("H33",))
    letter = story.document("2/VP-KGVX", links=((earlier.pk, "passes_on"),))
    below = story.assign(letter, "B", parents=(above.pk,), co_leads=("các ngành liên quan",))
    given = tasks.TaskEntry(code="B", text="Làm việc B", leads=("H33.STTTT",), rule=below.rule)
    tasks.edit_task(below, given, version=1, by=story.PROVINCE)
    was = audit.entries_about(below)[0].detail["was"]
    assert was == {"co_leads": "các ngành liên quan", "parents": "01/VP-KGVX A"}
