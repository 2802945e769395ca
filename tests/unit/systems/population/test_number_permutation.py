"""The last six digits: every place gives another number, and the key hides the order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.systems.population.domain import comparing, ids
from lienthong.systems.population.domain.ids import NumberRange, permute
from lienthong.systems.population.errors import NothingCorrected, RangeExhausted, UnknownPrefix

KEY = b"a key of tests"
PLACES = st.integers(min_value=0, max_value=ids.SERIALS - 1)


@given(PLACES, PLACES)
def test_two_places_never_give_one_serial(first: int, second: int) -> None:
    same = permute(first, key=KEY, tweak="091221") == permute(second, key=KEY, tweak="091221")

    assert same == (first == second)


def test_a_whole_block_of_places_has_no_collision() -> None:
    serials = {permute(place, key=KEY, tweak="091221") for place in range(20_000)}

    assert len(serials) == 20_000
    assert all(0 <= serial < ids.SERIALS for serial in serials)


def test_neighbours_in_order_are_no_neighbours_in_number() -> None:
    serials = [permute(place, key=KEY, tweak="091221") for place in range(200)]
    steps = {after - before for before, after in zip(serials, serials[1:], strict=False)}

    assert len(steps) > 190


def test_another_key_or_range_gives_another_order() -> None:
    own = [permute(place, key=KEY, tweak="091221") for place in range(50)]

    assert own != [permute(place, key=b"another", tweak="091221") for place in range(50)]
    assert own != [permute(place, key=KEY, tweak="091321") for place in range(50)]


@pytest.mark.parametrize("place", [-1, ids.SERIALS])
def test_places_outside_the_range_are_an_error(place: int) -> None:
    with pytest.raises(ValueError, match="six digits"):
        permute(place, key=KEY, tweak="091221")


def test_the_range_follows_province_sex_and_year() -> None:
    span = NumberRange.of(province="91", sex=Sex.FEMALE, born_on=date(2021, 8, 17))

    assert span.digits == "091321"
    with pytest.raises(RangeExhausted):
        span.number(ids.SERIALS, key=KEY)


def test_a_province_without_prefix_is_refused() -> None:
    with pytest.raises(UnknownPrefix):
        NumberRange.of(province="99", sex=Sex.MALE, born_on=date(2021, 8, 17))


def test_the_alarm_sounds_at_four_fifths() -> None:
    assert not ids.nearly_full(799_999)
    assert ids.nearly_full(800_000)


def test_a_right_number_is_not_replaced() -> None:
    with pytest.raises(NothingCorrected):
        ids.corrected_range(
            PersonalId("091221000001"), province="", sex=Sex.MALE, born_on=date(2021, 1, 1)
        )


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("trần  nguyễn gia đức", "yes"),
        ("TRẦN NGUYỄN GIA ÐỨC", "yes"),
        ("Tran Nguyen Gia Duc", "partly"),
        ("Trần Nguyễn Gia Đạt", "no"),
    ],
)
def test_names_are_compared_with_their_marks(asked: str, verdict: str) -> None:
    assert comparing.compare_names(asked, "TRẦN NGUYỄN GIA ĐỨC") == verdict


def test_tone_placement_makes_no_difference() -> None:
    assert comparing.compare_names("Lê Thị Hoà", "LÊ THỊ HÒA") == "yes"


@pytest.mark.parametrize(
    ("asked", "precision", "verdict"),
    [
        (date(1944, 3, 8), "day", "yes"),
        (date(1944, 3, 9), "day", "partly"),
        (date(1945, 3, 8), "day", "no"),
        (date(1944, 7, 1), "year", "partly"),
        (date(1944, 7, 1), "month", "no"),
        (date(1943, 3, 8), "year", "no"),
    ],
)
def test_a_date_known_only_in_part_never_says_yes(
    asked: date, precision: str, verdict: str
) -> None:
    assert comparing.compare_dates(asked, date(1944, 3, 8), precision) == verdict


def test_one_no_outweighs_every_yes() -> None:
    assert comparing.overall(("yes", "no", "partly")) == "no"
    assert comparing.overall(()) == "unknown"
