from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import numbers, words
from lienthong.kernel.money import Dong, apportion


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        (0, "không"),
        (5, "năm"),
        (10, "mười"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (25, "hai mươi lăm"),
        (30, "ba mươi"),
        (101, "một trăm linh một"),
        (105, "một trăm linh năm"),
        (111, "một trăm mười một"),
        (1000, "một nghìn"),
        (1999, "một nghìn chín trăm chín mươi chín"),
        (2005, "hai nghìn không trăm linh năm"),
        (2021, "hai nghìn không trăm hai mươi mốt"),
        (1_000_005, "một triệu không trăm linh năm"),
        (232_000_000_000, "hai trăm ba mươi hai tỷ"),
        (1_000_000_000_001, "một nghìn tỷ không trăm linh một"),
        (-3, "âm ba"),
    ],
)
def test_numbers_are_spoken(number: int, spoken: str) -> None:
    assert words.number_in_words(number) == spoken


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_no_two_numbers_sound_alike(one: int, other: int) -> None:
    assert (words.number_in_words(one) == words.number_in_words(other)) == (one == other)


def test_a_date_in_words_as_on_a_birth_certificate() -> None:
    assert words.date_in_words(date(2021, 8, 12)) == (
        "Ngày mười hai tháng tám năm hai nghìn không trăm hai mươi mốt"
    )
    assert words.date_in_words(date(2000, 4, 1)) == "Ngày một tháng tư năm hai nghìn"


def test_a_long_date_has_zeros_where_clerical_rules_want_them() -> None:
    assert words.long_date(date(2021, 8, 5)) == "ngày 05 tháng 8 năm 2021"
    assert words.long_date(date(2021, 2, 20)) == "ngày 20 tháng 02 năm 2021"


def test_a_month_outside_the_year_is_refused() -> None:
    with pytest.raises(ValueError, match="12"):
        words.month_in_words(13)


def test_points_stand_between_thousands_and_a_comma_before_decimals() -> None:
    assert numbers.vn_number(8_110_019) == "8.110.019"
    assert numbers.vn_number(Decimal("1234.5"), 2) == "1.234,50"
    assert numbers.en_number(8_110_019) == "8,110,019"
    assert numbers.percent(Decimal("65.11")) == "65,11%"
    assert numbers.share(22, 22) == "100,00%"
    assert numbers.share(0, 0) == "-"


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (8_110_019, "8,1 triệu"),
        (2_000_000, "2 triệu"),
        (999_960, "1 triệu"),
        (490_000, "490 nghìn"),
        (232_000_000_000, "232 tỷ"),
        (950_000, "950 nghìn"),
        (-1_500, "-1,5 nghìn"),
        (1_000_000_000_000, "1.000 tỷ"),
        (950, "950"),
        (0, "0"),
    ],
)
def test_large_numbers_are_shortened(value: int, short: str) -> None:
    assert numbers.shortened(value) == short


def test_halves_are_rounded_away_from_zero() -> None:
    assert numbers.rounded(Decimal("0.5")) == 1
    assert numbers.rounded(Decimal("2.5")) == 3
    assert numbers.rounded(Decimal("-2.5")) == -3


def test_dong_are_whole() -> None:
    with pytest.raises(TypeError):
        Dong(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Dong(True)
    assert str(Dong(950_820)) == "950.820 đồng"
    assert Dong(200_000).in_words() == "Hai trăm nghìn đồng"
    assert Dong(100) + Dong(1) - Dong(3) * 2 == Dong(95)
    assert Dong(1_000_001).portion(Decimal("0.8")) == Dong(800_001)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_shares_add_up_to_the_whole(total: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        weights = [1, *weights]
    shares = apportion(total, weights)
    assert sum(shares) == total
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_nothing_can_be_shared_out_by_no_weight() -> None:
    with pytest.raises(ValueError, match="weights"):
        apportion(1, [0, 0])
    assert apportion(0, [0, 0]) == (0, 0)
