from __future__ import annotations

import unicodedata

import pytest

from lienthong.systems.steering.domain.symbols import DocumentNumber, Kind
from lienthong.systems.steering.errors import BadSymbol

SEED = {
    "17/NQ-CP": (17, "NQ-CP", None, Kind.RESOLUTION, "CP"),
    "88/NQ-CP": (88, "NQ-CP", None, Kind.RESOLUTION, "CP"),
    "701/QĐ-TTg": (701, "QĐ-TTg", None, Kind.DECISION, "TTg"),
    "23/2021/QĐ-TTg": (23, "QĐ-TTg", 2021, Kind.DECISION, "TTg"),
    "76/BC-BTTTT": (76, "BC-BTTTT", None, Kind.REPORT, "BTTTT"),
    "2304/BTTTT-THH": (2304, "BTTTT-THH", None, Kind.LETTER, "BTTTT"),
    "4061/VPCP-KSTT": (4061, "VPCP-KSTT", None, Kind.LETTER, "VPCP"),
    "6922/VP-KGVX": (6922, "VP-KGVX", None, Kind.LETTER, "VP"),
    "726/BCA-A05": (726, "BCA-A05", None, Kind.LETTER, "BCA"),
    "1063/CĐ-TTg": (1063, "CĐ-TTg", None, Kind.TELEGRAM, "TTg"),
}


@pytest.mark.parametrize("text", SEED)
def test_number_symbol_kind_and_issuer_are_read(text: str) -> None:
    number = DocumentNumber.parse(text)
    assert (number.number, number.symbol, number.act_year, number.kind, number.body) == SEED[text]
    assert str(number) == text


def test_blanks_and_the_word_before_the_number_may_stand() -> None:
    assert str(DocumentNumber.parse("Số: 76 /BC - BTTTT")) == "76/BC-BTTTT"


def test_a_symbol_without_a_hyphen_is_read_and_marked() -> None:
    number = DocumentNumber.parse("435/LĐCP")
    assert not number.is_standard
    assert number.kind is Kind.LETTER


def test_two_types_that_differ_by_a_stroke_stay_apart() -> None:
    assert DocumentNumber.parse("1/CĐ-TTg").kind is Kind.TELEGRAM
    assert DocumentNumber.parse("1/CD-TTg").kind is Kind.LETTER


def test_decomposed_letters_are_the_same_symbol() -> None:
    text = unicodedata.normalize("NFD", "701/QĐ-TTg")
    assert DocumentNumber.parse(text) == DocumentNumber.parse("701/QĐ-TTg")


def test_a_number_below_ten_is_printed_with_a_zero() -> None:
    assert str(DocumentNumber.parse("7/NQ-CP")) == "07/NQ-CP"


@pytest.mark.parametrize(
    "text",
    ["", "NQ-CP", "17", "17/", "0/NQ-CP", "17//NQ-CP", "17/NQ CP!", "1234567/NQ-CP", "x" * 999],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadSymbol):
        DocumentNumber.parse(text)
