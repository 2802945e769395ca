from __future__ import annotations

import html
import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import cast
from lienthong.exchange.figures import FigureRequest
from lienthong.kernel.demo import DemoPlan
from lienthong.systems.steering import demo
from lienthong.systems.steering.domain.deadlines import DueKind, DueRule
from lienthong.systems.steering.figures import FIGURES
from lienthong.systems.steering.models import Task
from lienthong.systems.steering.queries.tasks import counted_by
from lienthong.systems.steering.services import extensions
from lienthong.systems.steering.views import board
from lienthong.systems.steering.views.history import column_words, said
from lienthong.systems.steering.views.shown import rows_at
from systems.steering import tasks_cast as story
from systems.steering.test_the_desk_of_tasks_is_by_body import TASKS, desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]


@pytest.fixture
def loaded(stated: list[tuple[str, int, str]]) -> None:
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)


@pytest.fixture
def province() -> Client:
    return desk("ngo.phuc", "H33.VP", *story.LEADER)


def listed(client: Client, query: str) -> int:
    """How many tasks the list below the board says it holds."""
    page = client.get(f"{TASKS}?{query}").content.decode()
    said = re.search(r'<h2 id="danh-sach">([^<]+)</h2>', page)
    assert said is not None
    words = said[1].replace(".", "").split()
    return 1 if words[0] == "Một" else int(words[0])


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("end", [date(2021, 7, 31), cast.LEGAL_DAY])
def test_every_figure_leads_to_as_many_tasks_as_it_counts(province: Client, end: date) -> None:
    answer = FIGURES.answer(FigureRequest(start=end.replace(day=1), end=end))
    for figure in answer.figures:
        shown = SimpleNamespace(system="steering", code=figure.code, window_end=end)
        query = rows_at(shown)  # type: ignore[arg-type]
        expected = figure.rows if figure.code == "S006" else int(figure.value)
        assert f"figure={figure.code}" in query
        assert listed(province, query) == expected, figure.code


def test_what_happened_since_does_not_change_the_rows_of_a_figure(province: Client) -> None:
    task = story.assign(story.document())
    asked = extensions.ask(task, date(2021, 8, 27), "Chờ ý kiến", by=story.DEPARTMENT)
    extensions.decide(asked, grant=True, answer="Đồng ý", by=story.PROVINCE)
    assert listed(province, "figure=S005&as_of=18/08/2021") == 1
    assert listed(province, "figure=S005&as_of=20/08/2021") == 0
    page = province.get(f"{TASKS}?figure=S005&as_of=18/08/2021").content.decode()
    assert "16/08/2021" in page


@pytest.mark.usefixtures("loaded")
def test_a_week_and_a_group_list_what_they_count(province: Client) -> None:
    page = province.get(f"{TASKS}?standing=overdue").content.decode()
    weeks = re.findall(r'<a href="\?([^"]+)"><span class="lt-num">.*?<b class="lt-num">(\d+)', page)
    assert sum(int(count) for _query, count in weeks) > 0
    for query, count in weeks:
        query = html.unescape(query)
        assert "as_of=20%2F08%2F2021" in query
        if int(count):
            assert listed(province, query) == int(count)
    groups = re.findall(
        r'<li><a href="\?([^"]+)"><b>[^<]+</b></a>.*?<span>\d+/(\d+) hoàn thành', page, re.DOTALL
    )
    assert len(groups) > 3
    for query, total in groups[:3]:
        assert listed(province, html.unescape(query)) == int(total)


def test_a_week_within_a_narrower_question_stays_narrow(province: Client) -> None:
    letter = story.document()
    for number, day in enumerate((23, 24, 26), start=1):
        rule = DueRule(DueKind.DATE, day=date(2021, 8, day))
        story.assign(letter, f"K{number}", rule=rule)
    page = province.get(f"{TASKS}?due_from=24/08/2021").content.decode()
    weeks = re.findall(r'<a href="\?([^"]+)"><span class="lt-num">.*?<b class="lt-num">(\d+)', page)
    query = next(query for query, count in weeks if count == "2")
    assert listed(province, html.unescape(query)) == 2


def test_a_day_to_come_is_not_known(province: Client) -> None:
    page = province.get(f"{TASKS}?as_of=21/08/2021").content.decode()
    assert "Chưa ai biết" in page


def test_related_tasks_are_read_at_once() -> None:
    letter = story.document()
    made = [story.assign(letter, f"K{number}") for number in range(6)]
    context = {"day": cast.LEGAL_DAY, "bodies": story_bodies()}
    with CaptureQueriesContext(
        connection,
    ) as asked:
        shown = board.related(made, context)
    assert [one["task"].pk for one in shown] == [task.pk for task in made]
    assert len(asked) == 1


def story_bodies() -> object:
    from lienthong.systems.steering.queries.bodies import bodies_on

    return bodies_on(cast.LEGAL_DAY)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("due_kind", "working_days", "Số ngày làm việc"),
        ("cadence", "month", "hằng tháng"),
        ("urgency", "express", "Hỏa tốc"),
        ("kind", "resolution", "Nghị quyết"),
        ("due_on", "2021-08-16", "16/08/2021"),
        ("general", "True", "có"),
        ("lead", "G14", "Bộ Thông tin và Truyền thông"),
        ("basis", "", "–"),
    ],
)
def test_history_says_old_values_in_vietnamese(name: str, value: str, words: str) -> None:
    assert said(name, value, {"bodies": story_bodies()}) == words


def test_no_column_of_a_task_or_document_is_left_without_words() -> None:
    from lienthong.systems.steering.models import DirectiveDocument
    from lienthong.systems.steering.services import directives, tasks

    entry = tasks.TaskEntry(code="x", text="x", leads=(), rule=story.CONTINUOUS)
    document = directives.DocumentEntry(
        number="1/VP-X", issuer="G14", issued_on=date(2021, 8, 1), subject="x"
    )
    from lienthong.systems.steering.domain.symbols import DocumentNumber

    number = DocumentNumber.parse("1/VP-X")
    columns = {*tasks.columns(entry), *directives.columns(document, number, "G14", "G14")}
    assert {column_words(name) for name in columns}.isdisjoint({"Thông tin khác"})
    assert columns <= {f.name for m in (Task, DirectiveDocument) for f in m._meta.fields}


def test_a_figure_that_is_not_of_tasks_has_no_board() -> None:
    with pytest.raises(KeyError):
        counted_by("F001", cast.LEGAL_DAY)
    other = SimpleNamespace(system="directory", code="F069", window_end=cast.LEGAL_DAY)
    assert rows_at(other) == ""  # type: ignore[arg-type]
