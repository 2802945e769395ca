"""A figure in a sentence keeps its digits, or says that some were left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.periods import Period
from lienthong.systems.steering.domain import editions
from lienthong.systems.steering.domain.stated import Stated
from lienthong.systems.steering.domain.wording import Form, about, exact, more_than, written
from lienthong.systems.steering.errors import MonthNotBegun


def stated(value, part=None, whole=None):
    return Stated("F001", Decimal(str(value)), "", 0, 0, part, whole)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (8110019, Form.EXACT, "8.110.019"),
        ("362.50000000", Form.EXACT, "362,5"),
        ("20.00000000", Form.EXACT, "20"),
        (5, Form.PADDED, "05"),
        (0, Form.PADDED, "0"),
        (10, Form.PADDED, "10"),
        (100, Form.PERCENT, "100%"),
        ("65.11", Form.PERCENT, "65,11%"),
        (20431, Form.MORE_THAN, "hơn 20.000"),
        (20000, Form.MORE_THAN, "20.000"),
        (25, Form.MORE_THAN, "25"),
        (159772, Form.ABOUT, "khoảng 160.000"),
        (154999, Form.ABOUT, "khoảng 150.000"),
        (150, Form.ABOUT, "khoảng 150"),
        (0, Form.ABOUT, "khoảng 0"),
    ],
)
def test_a_figure_is_written_as_the_seed_writes_it(value, form, text):
    assert written(stated(value), form) == text


def test_a_ratio_shows_both_terms():
    assert written(stated(21, 21, 22), Form.OF_WHOLE) == "21/22"
    assert written(stated(21), Form.OF_WHOLE) == "21"


@given(st.integers(min_value=0, max_value=10**12))
def test_more_than_stands_only_before_a_number_below_the_value(value):
    text = more_than(Decimal(value))
    number = int(text.removeprefix("hơn ").replace(".", ""))
    if text.startswith("hơn "):
        assert number < value
        assert value - number < value / 10 + 1
    else:
        assert number == value


@given(st.integers(min_value=0, max_value=10**12))
def test_about_is_never_further_than_a_twentieth(value):
    number = int(about(Decimal(value)).removeprefix("khoảng ").replace(".", ""))
    assert abs(number - value) * 20 <= value


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_exact_loses_no_digit(value):
    assert Decimal(exact(value).replace(".", "").replace(",", ".")) == value


def test_the_window_ends_today_within_a_running_month():
    found = editions.window(Period.month("2021-08"), date(2021, 8, 20))
    assert found.counted == Period(date(2021, 8, 1), date(2021, 8, 20))
    assert not found.is_whole
    assert editions.window(Period.month("2021-08"), date(2021, 9, 3)).is_whole


def test_a_month_that_has_not_begun_has_no_window():
    with pytest.raises(MonthNotBegun):
        editions.window(Period.month("2021-09"), date(2021, 8, 31))


def test_numbers_and_dates_follow_the_decree():
    assert editions.document_number(7) == "Số: 07/BC-BTTTT"
    assert editions.document_number(76) == "Số: 76/BC-BTTTT"
    assert editions.document_number(None).endswith("/BC-BTTTT")
    assert editions.month_words(Period.month("2022-02")) == "tháng 02 năm 2022"
    assert editions.month_words(Period.month("2021-08")) == "tháng 8 năm 2021"
    assert editions.short_day(date(2021, 8, 5)) == "05/8/2021"
