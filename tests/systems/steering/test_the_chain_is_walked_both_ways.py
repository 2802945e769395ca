from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import cast
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.periods import Period
from lienthong.systems.steering import demo, errors
from lienthong.systems.steering.figures import FIGURES
from lienthong.systems.steering.models import DirectiveDocument, Task
from lienthong.systems.steering.queries import directives, tasks
from lienthong.systems.steering.services import tasks as writing
from systems.steering import tasks_cast as story

pytestmark = pytest.mark.django_db
LINE = ["17/NQ-CP", "435/LĐCP", "76/BC-BTTTT", "6922/VP-KGVX"]


@pytest.fixture
def loaded(stopped_clock: object, stated: list[tuple[str, int, str]]) -> None:
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)


def named(text: str) -> DirectiveDocument:
    return directives.document_numbered(text)


def written(steps: list[directives.Step]) -> list[str]:
    return [str(step.document) for step in steps]


@pytest.mark.usefixtures("loaded")
def test_from_the_resolution_down_to_the_letter() -> None:
    down = written(directives.later(named("17/NQ-CP")))
    assert [one for one in down if one in LINE] == ["435/LĐCP", "76/BC-BTTTT", "6922/VP-KGVX"]


@pytest.mark.usefixtures("loaded")
def test_from_the_letter_up_to_the_resolution() -> None:
    up = written(directives.earlier(named("6922/VP-KGVX")))
    assert up[0] == "76/BC-BTTTT"
    assert set(up) == {"76/BC-BTTTT", "435/LĐCP", "17/NQ-CP"}


@pytest.mark.usefixtures("loaded")
def test_the_line_is_the_same_from_each_of_its_documents() -> None:
    assert written(directives.chain(named("6922/VP-KGVX"))) == LINE


@pytest.mark.usefixtures("loaded")
def test_the_letter_singles_out_four_tasks_and_leaves_five_to_the_general_one() -> None:
    (found,) = directives.coverage_of(named("6922/VP-KGVX"), "H33")
    singled = {task.code: [one.code for one in by] for task, by in found.singled_out}
    assert singled == {"R2a": ["C1"], "R2c": ["C2"], "R2d": ["C2"], "R2đ": ["C3"]}
    assert {task.code for task, _by in found.only_general} == {
        "R2b-1",
        "R2b-2",
        "R2e",
        "R2g-1",
        "R2g-2",
    }
    assert found.left_out == []


@pytest.mark.usefixtures("loaded")
def test_without_the_general_task_those_are_left_out() -> None:
    letter = named("6922/VP-KGVX")
    Task.objects.filter(document=letter, code="C0").update(
        withdrawn_on=date(2021, 9, 12), withdrawn_reason="thử"
    )
    (found,) = directives.coverage_of(letter, "H33")
    assert {task.code for task in found.left_out} == {"R2b-1", "R2b-2", "R2e", "R2g-1", "R2g-2"}


@pytest.mark.usefixtures("loaded")
def test_a_task_leads_up_and_down() -> None:
    task = Task.objects.get(code="C2")
    assert [one.code for one in directives.parents_of(task)] == ["R2c", "R2d"]
    above = directives.parents_of(task)[0]
    assert {one.code for one in directives.children_of(above)} == {"C0", "C2"}


@pytest.mark.usefixtures("loaded")
def test_every_task_of_the_fact_sheet_is_there_with_its_leads() -> None:
    leads = {
        code: Task.objects.filter(code=code).count()
        for code in ("R1", "R2a", "R2b-1", "R2b-2", "R2c", "R2d", "R2đ", "R2e", "R2g-1", "R2g-2")
    }
    assert leads.pop("R1") == 1
    assert (leads.pop("R2g-1"), leads.pop("R2g-2")) == (63, 63)
    # 22 ministries, 4 agencies, 63 provinces.
    assert set(leads.values()) == {89}
    assert set(Task.objects.filter(code__in=["C0", "C1", "C2", "C3"]).values_list("lead")) == {
        ("H33.STTTT",)
    }


@pytest.mark.usefixtures("loaded")
def test_loading_again_adds_nothing(stated: list[tuple[str, int, str]]) -> None:
    before = Task.objects.count()
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)
    assert Task.objects.count() == before
    assert stated[0] == stated[1]


@pytest.mark.usefixtures("loaded")
def test_the_figures_of_committees_are_counted_from_tasks_done() -> None:
    period = Period(date(2021, 8, 1), date(2021, 8, 20))
    values = {one.code: one for one in FIGURES.answer(request(period)).figures}
    assert (values["F069"].value, values["F070"].value) == (32, 4)
    assert (values["F069"].rows, values["F069"].imported) == (32, 32)
    task = Task.objects.filter(code="701-1", lead="H33").get()
    assert task.finished_on is None
    Task.objects.filter(pk=task.pk).update(finished_on=date(2021, 8, 19))
    assert FIGURES.answer(request(period)).figures[0].value == 33


@pytest.mark.usefixtures("loaded")
def test_the_figures_of_tasks_keep_the_identities() -> None:
    period = Period(date(2021, 8, 1), date(2021, 8, 20))
    values = {one.code: int(one.value) for one in FIGURES.answer(request(period)).figures}
    assert values["S001"] == sum(values[code] for code in ("S002", "S003", "S004", "S005"))
    assert values["S005"] > 0
    # The report and the letter come later, so their tasks are not counted yet.
    later = Period(date(2021, 9, 1), date(2021, 9, 30))
    assert int(FIGURES.answer(request(later)).figures[2].value) > values["S001"] + 700


def request(period: Period) -> object:
    from lienthong.exchange.figures import FigureRequest

    return FigureRequest(start=period.start, end=period.end)


@pytest.mark.usefixtures("loaded")
def test_a_board_stands_by_body_and_by_week() -> None:
    rows = tasks.board(tasks.Filter(), cast.LEGAL_DAY)
    groups = tasks.by(rows, "lead", cast.LEGAL_DAY)
    assert groups[0].tally.overdue >= 1
    assert sum(group.tally.total for group in groups) == tasks.tally(rows).total
    weeks = tasks.by_week(rows, cast.LEGAL_DAY)
    assert weeks[0].start.weekday() == 0
    assert sum(week.due for week in weeks) > 0


@pytest.mark.usefixtures("loaded")
def test_a_board_finds_words_without_their_marks() -> None:
    found = tasks.board(tasks.Filter(text="so suc khoe"), cast.LEGAL_DAY)
    assert [task.code for task in found] == ["88-1"]
    mine = tasks.board(tasks.Filter(mine=frozenset({"H33.STTTT"})), cast.LEGAL_DAY)
    assert {task.code for task in mine} == {"C0", "C1", "C2", "C3", "K1", "K2"}


@pytest.mark.usefixtures("stopped_clock", "offices")
def test_the_same_rule_in_sql_and_in_python() -> None:
    from lienthong.systems.steering.domain.deadlines import standing

    letter = story.document()
    days = [None, date(2021, 8, 10), date(2021, 8, 20), date(2021, 8, 21)]
    made = story.assign(letter, "A")
    for due in days:
        for finished in days:
            for withdrawn in days:
                Task.objects.filter(pk=made.pk).update(
                    due_on=due,
                    due_kind="date" if due else "none",
                    finished_on=finished,
                    withdrawn_on=withdrawn,
                    withdrawn_reason="thử",
                )
                for day in (date(2021, 8, 9), date(2021, 8, 20), date(2021, 8, 30)):
                    row = tasks.standing_on(day).get(pk=made.pk)
                    assert row.standing == standing(due, finished, withdrawn, day)


@pytest.mark.usefixtures("stopped_clock", "offices")
def test_a_cascade_that_would_circle_is_refused() -> None:
    first = story.assign(story.document("1/VP-KGVX"), "A")
    second = story.assign(story.document("2/VP-KGVX"), "B", parents=(first.pk,))
    given = writing.TaskEntry(
        code="A",
        text="Làm việc A",
        leads=("H33.STTTT",),
        rule=first.rule,
        parents=(second.pk,),
    )
    with pytest.raises(errors.CascadeCircles):
        writing.edit_task(first, given, version=1, by=story.PROVINCE)
    with pytest.raises(errors.CascadeCircles):
        story.document("3/VP-KGVX", links=((0, "cites"),)) and writing.edit_task(
            second,
            writing.TaskEntry(
                code="B",
                text="b",
                leads=("H33.STTTT",),
                rule=second.rule,
                parents=(second.pk,),
            ),
            version=1,
            by=story.PROVINCE,
        )


@pytest.mark.usefixtures("stopped_clock", "offices")
def test_an_earlier_document_passes_nothing_on() -> None:
    late = story.document("1/VP-KGVX", on=date(2021, 8, 19))
    above = story.assign(late, "A")
    early = story.document("2/VP-KGVX", on=date(2021, 8, 2))
    with pytest.raises(errors.PassedBackwards):
        story.assign(early, "B", parents=(above.pk,))
    with pytest.raises(errors.PassedBackwards):
        story.document("3/VP-KGVX", on=date(2021, 8, 2), links=((late.pk, "passes_on"),))
