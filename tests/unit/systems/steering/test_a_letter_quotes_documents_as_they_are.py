from __future__ import annotations

from datetime import date

import pytest

from lienthong.systems.steering.demo import letters as seed
from lienthong.systems.steering.demo.seed import DOCUMENTS
from lienthong.systems.steering.domain.quoting import Cited, Code, check, quotes
from lienthong.systems.steering.domain.symbols import DocumentNumber

ISSUERS = {
    "CP": ("Chính phủ",),
    "TTg": ("Thủ tướng Chính phủ",),
    "G14": ("Bộ Thông tin và Truyền thông", "Bộ TTTT"),
    "G22": ("Văn phòng Chính phủ",),
    "H33.VP": ("Văn phòng Ủy ban nhân dân tỉnh Kiên Giang",),
}
OPENING = (
    "Ủy ban nhân dân tỉnh Kiên Giang nhận được Báo cáo số 76/BC-BTTTT ngày 27/8/2021 của Bộ Thông"
    " tin và Truyền thông về tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019 của Chính"
    " phủ về một số nhiệm vụ, giải pháp trọng tâm phát triển Chính phủ điện tử giai đoạn 2019-2020,"
    " định hướng đến 2025 (đính kèm văn bản)."
)


@pytest.fixture(scope="module")
def register() -> list[Cited]:
    """The documents the seed names, as they are entered."""
    return [
        Cited(n, DocumentNumber.parse(one.number), one.issued_on, ISSUERS[one.issuer], one.subject)
        for n, one in enumerate(DOCUMENTS)
    ]


def test_the_seeds_own_letter_has_exactly_its_one_slip(register: list[Cited]) -> None:
    texts = {"opening": OPENING} | {str(n): one[0] for n, one in enumerate(seed.ITEMS, start=1)}
    found = [one for where, text in texts.items() for one in check(where, text, register)]
    assert [(f.code, f.where, f.quoted, f.expected) for f in found] == [
        (Code.TITLE, "1", "2020", "2030")
    ]
    assert found[0].document == "2304/BTTTT-THH ngày 29/06/2021"
    assert found[0].blocks


def test_the_corrected_letter_has_none(register: list[Cited]) -> None:
    text = seed.ITEMS[0][0].replace("định hướng đến năm 2020", "định hướng đến năm 2030")
    assert check("1", text, register) == []


@pytest.mark.parametrize(
    ("text", "code", "quoted", "expected"),
    [
        ("Công văn số 2304/BTTT-THH", Code.SYMBOL, "2304/BTTT-THH", "2304/BTTTT-THH"),
        ("Công văn số 2305/BTTTT-THH", Code.SYMBOL, "2305/BTTTT-THH", "2304/BTTTT-THH"),
        ("Công văn số 999/BYT-KCB", Code.UNKNOWN, "999/BYT-KCB", ""),
        ("Nghị quyết số 68/NQ-CP ngày 02/7/2021", Code.DAY, "02/7/2021", "01/07/2021"),
        ("Nghị quyết số 68/NQ-CP ngày 31/02/2021", Code.DAY, "31/02/2021", "01/07/2021"),
        ("Nghị quyết số 68/NQ-CP của Quốc hội", Code.ISSUER, "Quốc hội", "Chính phủ"),
        ("Quyết định số 23/2020/QĐ-TTg", Code.SYMBOL, "23/2020/QĐ-TTg", "23/2021/QĐ-TTg"),
    ],
)
def test_each_kind_of_slip_is_named(
    register: list[Cited], text: str, code: Code, quoted: str, expected: str
) -> None:
    (found,) = check("1", f"Triển khai {text}", register)
    assert (found.code, found.quoted, found.expected) == (code, quoted, expected)


def test_every_citation_of_a_sentence_is_read(register: list[Cited]) -> None:
    assert [str(one.number) for one in quotes(OPENING)] == ["76/BC-BTTTT", "17/NQ-CP"]
    text = seed.ITEMS[2][0].replace("07/7/2021", "08/7/2021")
    assert [str(one.number) for one in quotes(text)] == ["68/NQ-CP", "23/2021/QĐ-TTg"]
    (found,) = check("3", text, register)
    assert (found.code, found.quoted, found.expected) == (Code.DAY, "08/7/2021", "07/07/2021")


def test_a_number_two_documents_bear_needs_its_day(register: list[Cited]) -> None:
    twin = Cited(99, DocumentNumber.parse("68/NQ-CP"), date(2019, 9, 4), ("Chính phủ",), "Khác")
    (found,) = check("1", "Nghị quyết số 68/NQ-CP", [*register, twin])
    assert found.code is Code.SEVERAL
    assert check("1", "Nghị quyết số 68/NQ-CP ngày 01/7/2021", [*register, twin]) == []


def test_another_word_in_a_title_is_told_and_blocks_nothing(register: list[Cited]) -> None:
    text = (
        "Chiến lược phát triển Chính phủ điện tử tiến tới Chính phủ số giai đoạn 2021 - 2025, định"
        " hướng đến năm 2030 theo Công văn số 2304/BTTTT-THH"
    )
    (found,) = check("1", text, register)
    assert (found.code, found.quoted, found.expected) == (Code.WORDING, "tiến", "hướng")
    assert not found.blocks


def test_what_only_looks_like_a_number_is_no_citation() -> None:
    text = "đạt 3/4 kế hoạch, 152/200 chỉ tiêu, tốc độ 60 km/h, ngày 20/8/2021, COVID-19"
    assert quotes(text) == []


def test_a_reason_stays_with_the_same_words_only(register: list[Cited]) -> None:
    one = check("1", "Công văn số 2304/BTTT-THH", register)[0]
    again = check("1", "theo Công văn số 2304/BTTT-THH", register)[0]
    other = check("2", "Công văn số 2304/BTTT-THH", register)[0]
    assert one.key == again.key
    assert one.key != other.key
