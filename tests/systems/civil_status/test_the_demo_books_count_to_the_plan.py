"""The loaded books count to the scaled figures of the report, each from its own rows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

import cast
from lienthong.exchange.figures import FigureRequest, FigureValue
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.demo import DemoPlan
from lienthong.record import personal
from lienthong.record.models import Entry, RowHistory
from lienthong.systems.civil_status import demo, queries
from lienthong.systems.civil_status.figures import FIGURES
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    Desk,
    ImportStatement,
    RegisterBook,
)
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations

PLAN = DemoPlan.make(Decimal("0.00005"), 76, cast.LEGAL_DAY)


def silent(what: str, done: int, total: int) -> None:
    """Progress is for people."""


@pytest.fixture
def country(db: None, stated: list[tuple[str, int, str]]) -> None:
    demo.load(PLAN, silent)


@pytest.fixture
def figures(country: None) -> dict[str, FigureValue]:
    request = FigureRequest(date(2021, 8, 1), cast.LEGAL_DAY)
    return {figure.code: figure for figure in FIGURES.answer(request).figures}


@pytest.mark.parametrize(
    "code", ["F014", "F016", "F017", "F018", "F019", "F020", "F021", "F022", "F023"]
)
def test_each_figure_is_the_scaled_one(figures: dict[str, FigureValue], code: str) -> None:
    assert figures[code].value == PLAN.figures[code]


def test_there_are_more_users_than_the_report_says(figures: dict[str, FigureValue]) -> None:
    assert figures["F015"].value > PLAN.figures["F015"]


def test_what_was_imported_is_said_to_be(figures: dict[str, FigureValue]) -> None:
    assert figures["F019"].imported == figures["F019"].rows == PLAN.figures["F019"]


def test_a_birth_registered_today_is_counted_on_top(
    country: None, population: ExchangeDouble
) -> None:
    desk = Desk.objects.get(unit=cast.DUONG_TO)
    officer = Actor("a-1", desk.office, desk.unit, cast.LEGAL_DAY)
    entered = births.register_birth(birth=declarations.birth(), by=officer)
    births.take_personal_id(
        key=entered.birth.key,
        personal_id=declarations.CHILD_ID,
        issued_on=cast.LEGAL_DAY,
        message_id="VN-1",
    )

    answer = FIGURES.answer(FigureRequest(date(2021, 8, 1), cast.LEGAL_DAY, codes=("F019", "F020")))
    counted = {figure.code: (figure.value, figure.imported) for figure in answer.figures}
    assert counted == {
        code: (PLAN.figures[code] + 1, PLAN.figures[code]) for code in ("F019", "F020")
    }


def test_the_day_before_it_is_not_counted(country: None, population: ExchangeDouble) -> None:
    before = FIGURES.answer(
        FigureRequest(date(2021, 8, 1), cast.LEGAL_DAY - timedelta(days=1), codes=("F019",))
    ).figures[0]

    assert before.value < PLAN.figures["F019"]


def test_native_numbers_go_on_where_the_imported_book_ends(
    country: None, population: ExchangeDouble
) -> None:
    desk = Desk.objects.get(unit=cast.DUONG_TO)
    officer = Actor("a-1", desk.office, desk.unit, cast.LEGAL_DAY)
    last = RegisterBook.objects.get(office=desk.office, kind="birth", year=2021).last_no

    entered = births.register_birth(birth=declarations.birth(), by=officer)

    assert entered.birth.entry_no == last + 1


def test_some_births_wait_at_the_desk_of_the_story(country: None) -> None:
    desk = Desk.objects.get(unit=cast.DUONG_TO)

    assert queries.births_awaiting_id(desk=desk).count() == 3


def test_the_load_is_one_statement_without_history(country: None) -> None:
    statement = ImportStatement.objects.get()
    parts = ("F019", "F021", "F022", "F023")

    assert statement.rows == sum(PLAN.figures[code] for code in parts)
    assert Entry.objects.filter(what="civil_status.imported").count() == 1
    assert RowHistory.objects.count() == 0


def test_loading_twice_adds_nothing(country: None) -> None:
    demo.load(PLAN, silent)

    assert BirthRegistration.objects.count() == PLAN.figures["F019"]
    assert ImportStatement.objects.count() == 1


def test_imported_books_hold_believable_births(country: None, cuong: Actor) -> None:
    with personal.bulk("test", actor=cuong):
        rows = list(BirthRegistration.objects.all())

    assert all(row.born_on <= row.registered_on for row in rows)
    assert all(row.child_name == row.child_name.upper() for row in rows)
    assert all(row.mother_birth_year and row.mother_birth_year < row.born_on.year for row in rows)
    assert len({row.child_name for row in rows}) > len(rows) * 0.9
    assert all(len(row.personal_id) == 12 for row in rows if row.personal_id)


def test_the_log_is_told_of_the_load_by_its_digest(
    country: None, stated: list[tuple[str, int, str]]
) -> None:
    statement = ImportStatement.objects.get()
    assert stated == [(f"civil_status: {statement.source}", statement.rows, statement.digest)]
    demo.load(PLAN, silent)
    assert stated[0] == stated[1], "told again, the log knows it by its digest"
