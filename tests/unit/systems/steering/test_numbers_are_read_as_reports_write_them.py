"""8.110.019; 65,11; 61/63; hơn 6,3 triệu: read as meant, or refused, never as another number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lienthong.systems.steering.domain.reading import ReadValue, read_value
from lienthong.systems.steering.domain.rounding import Exactness
from lienthong.systems.steering.errors import BadNumberStyle

EXACT, MORE, ROUNDED = Exactness.EXACT, Exactness.MORE_THAN, Exactness.ROUNDED


@pytest.mark.parametrize(
    ("text", "value", "exactness"),
    [
        ("8.110.019", "8110019", EXACT),
        ("8110019", "8110019", EXACT),
        ("08", "8", EXACT),
        ("65,11%", "65.11", EXACT),
        ("-3,5", "-3.5", EXACT),
        ("+12,66", "12.66", EXACT),
        ("6,3 triệu", "6300000", ROUNDED),
        ("hơn 6,3 triệu", "6300000", MORE),
        ("trên 232 tỉ", "232000000000", MORE),
        ("khoảng 150.000", "150000", ROUNDED),
        ("\u00a0hơn\u00a020.000 ", "20000", MORE),
        ("1.000.000", "1000000", EXACT),
    ],
)
def test_a_number_is_read_as_it_is_meant(text, value, exactness):
    assert read_value(text) == ReadValue(Decimal(value), exactness)


def test_both_terms_of_a_share_are_kept():
    assert read_value("61/63") == ReadValue(Decimal(61), EXACT, 61, 63)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8,110,019",
        "65.11",
        "8.110.01",
        "1.23.456",
        "hai mươi",
        "12 nghìn triệu",
        "61/63/64",
        "61,5/63",
        "٣",
        "1e6",
        "0x10",
        "5 5",
        "9" * 25,
        "NaN",
    ],
)
def test_a_number_in_another_style_is_refused(text):
    with pytest.raises(BadNumberStyle):
        read_value(text)
