from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.identifiers import (
    BadPersonalId,
    Mismatch,
    PersonalId,
    Sex,
    century_sex_digit,
)
from lienthong.kernel.pin_prefixes import PIN_PREFIXES

GIRL_OF_2021 = PersonalId("091321004217")


def kinds(personal_id: PersonalId, **known: object) -> list[Mismatch]:
    return [warning.kind for warning in personal_id.structure_warnings(**known)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["091321004217", "091 321 004 217", "091.321.004.217", " 091321004217\n"]
)
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    assert PersonalId.parse(text) == GIRL_OF_2021


@pytest.mark.parametrize(
    "text",
    ["", "09132100421", "0913210042170", "09132100421a", "٠٩١٣٢١٠٠٤٢١٧", "091-321-004-217"],
)
def test_what_has_not_twelve_digits_is_refused(text: str) -> None:
    with pytest.raises(BadPersonalId) as refused:
        PersonalId.parse(text)
    assert text == "" or text not in str(refused.value)


def test_the_number_tells_place_sex_and_year() -> None:
    assert GIRL_OF_2021.prefix == "091"
    assert PIN_PREFIXES[GIRL_OF_2021.prefix] == "Kiên Giang"
    assert GIRL_OF_2021.sex is Sex.FEMALE
    assert GIRL_OF_2021.birth_year == 2021
    assert GIRL_OF_2021.serial == "004217"


def test_a_number_does_not_show_in_logs() -> None:
    assert "4217" not in repr(GIRL_OF_2021)
    assert "321" not in repr([GIRL_OF_2021])
    assert str(GIRL_OF_2021) == "091321004217"
    assert GIRL_OF_2021.masked.endswith("217")
    assert "004" not in GIRL_OF_2021.masked


def test_a_matching_person_gives_no_warning() -> None:
    assert GIRL_OF_2021.structure_warnings(Sex.FEMALE, date(2021, 8, 12), prefix="091") == ()


def test_contradictions_are_warnings_each_with_its_kind() -> None:
    found = kinds(GIRL_OF_2021, sex=Sex.MALE, born_on=date(1999, 1, 1), prefix="001")
    assert found == [Mismatch.OTHER_PREFIX, Mismatch.SEX, Mismatch.CENTURY, Mismatch.YEAR]


def test_a_year_alone_can_be_compared() -> None:
    assert kinds(GIRL_OF_2021, born_on=2021) == []
    assert kinds(GIRL_OF_2021, born_on=1921) == [Mismatch.CENTURY]


def test_an_unknown_place_is_a_warning_and_not_a_refusal() -> None:
    assert kinds(PersonalId("003321004217")) == [Mismatch.UNKNOWN_PREFIX]


def test_prefixes_of_abolished_provinces_stay_known() -> None:
    assert len(PIN_PREFIXES) == 63
    assert PIN_PREFIXES["091"] == "Kiên Giang"  # part of An Giang since 2025-07-01
    assert PIN_PREFIXES["024"] == "Bắc Giang"  # unit code 24 is Bắc Ninh today


@pytest.mark.parametrize(
    ("year", "male"), [(1900, 0), (1999, 0), (2000, 2), (2099, 2), (2100, 4), (2200, 6), (2399, 8)]
)
def test_the_fourth_digit_counts_centuries_and_sexes(year: int, male: int) -> None:
    assert century_sex_digit(Sex.MALE, year) == male
    assert century_sex_digit(Sex.FEMALE, year) == male + 1


@pytest.mark.parametrize("year", [1899, 2400])
def test_the_numbering_has_ends(year: int) -> None:
    with pytest.raises(ValueError, match="1900"):
        century_sex_digit(Sex.MALE, year)


@given(
    st.sampled_from(sorted(PIN_PREFIXES)),
    st.sampled_from(Sex),
    st.integers(1900, 2399),
    st.integers(0, 999_999),
)
def test_a_composed_number_matches_its_person(
    prefix: str, sex: Sex, year: int, serial: int
) -> None:
    made = PersonalId.compose(prefix=prefix, sex=sex, year=year, serial=serial)
    assert made.structure_warnings(sex, year, prefix=prefix) == ()
    assert (made.sex, made.birth_year, int(made.serial)) == (sex, year, serial)
    assert PersonalId.parse(made.grouped) == made


@pytest.mark.parametrize("part", [{"serial": 1_000_000}, {"serial": -1}, {"prefix": "91"}])
def test_parts_that_do_not_fit_are_refused(part: dict[str, object]) -> None:
    whole: dict[str, object] = {"prefix": "091", "sex": Sex.MALE, "year": 2021, "serial": 1}
    with pytest.raises(ValueError, match="digits"):
        PersonalId.compose(**(whole | part))  # type: ignore[arg-type]
