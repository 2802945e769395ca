from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template

from lienthong.web.templatetags import lienthong as tags


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (8110019, "8.110.019"),
        (Decimal("65.11"), "65,11"),
        (Decimal("1E+3"), "1.000"),
        (-1200, "\u22121.200"),
        (0, "0"),
        (None, ""),
    ],
)
def test_numbers_have_dots_between_thousands_and_a_decimal_comma(value: object, shown: str) -> None:
    assert tags.vn_number(value) == shown


def test_a_ratio_keeps_its_decimals() -> None:
    assert tags.vn_percent(Decimal("0.6511")) == "65,11%"
    assert tags.vn_percent(1, 0) == "100%"


def test_money_is_named_in_words() -> None:
    assert tags.money(950820) == "950.820\u00a0đồng"


def test_a_moment_is_shown_as_clocks_in_viet_nam_show_it() -> None:
    evening_in_utc = datetime(2021, 8, 19, 23, 15, tzinfo=UTC)
    assert tags.vn_date(evening_in_utc) == "06:15, 20/08/2021"
    assert tags.vn_date(evening_in_utc, "day") == "20/08/2021"
    assert tags.vn_date(evening_in_utc, "time") == "06:15"


def test_the_weekday_comes_first_when_asked() -> None:
    assert tags.vn_date(date(2021, 8, 20), "long") == "thứ Sáu, 20/08/2021"
    assert tags.vn_date(date(2021, 8, 22), "long") == "Chủ nhật, 22/08/2021"
    assert tags.vn_date(date(2021, 8, 20), "iso") == "2021-08-20"
    assert tags.vn_date(None) == ""


def test_a_personal_id_is_read_in_threes() -> None:
    assert tags.personal_id("091321004217").split("\u00a0") == ["091", "321", "004", "217"]
    assert tags.personal_id("12345") == "12345"


def test_initials_are_of_the_given_name_which_comes_last() -> None:
    assert tags.initials("Lê Thị Mỹ Hạnh") == "MH"
    assert tags.initials("Đỗ Lạ") == "ĐL"
    assert tags.initials("") == ""


def test_an_icon_beside_a_word_is_silent_and_one_alone_has_a_name() -> None:
    beside = Template('{% icon "bell" %}').render(Context())
    named = Template('{% icon "bell" 20 label=name %}')
    alone = named.render(Context({"name": "2 tin <mới>"}))
    assert 'aria-hidden="true"' in beside
    assert 'role="img"' in alone
    assert "2 tin &lt;mới&gt;" in alone
