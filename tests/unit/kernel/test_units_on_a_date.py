"""A code names nothing without a day; a reform links units and rewrites none."""

from __future__ import annotations

from datetime import date

import pytest

from lienthong.kernel.bodies import Body, BodyTable, NoSuchBody
from lienthong.kernel.units import (
    Confidence,
    Level,
    NoSuchUnit,
    Succession,
    Unit,
    UnitTable,
)

START, LAST, REFORM = date(2004, 7, 8), date(2025, 6, 30), date(2025, 7, 1)
BEFORE, AFTER = date(2021, 8, 20), date(2026, 1, 1)


def old(code: str, name: str, kind: str, level: Level, parent: str = "") -> Unit:
    return Unit(code, name, kind, level, parent, START, LAST)


def new(code: str, name: str, kind: str, level: Level, parent: str = "") -> Unit:
    return Unit(code, name, kind, level, parent, REFORM, None)


def link(before: str, after: str, *, split: bool = False, default: bool = True) -> Succession:
    confidence = Confidence.SPLIT if split else Confidence.WHOLE
    return Succession(before, after, REFORM, confidence, default)


TABLE = UnitTable.of(
    [
        old("91", "Kiên Giang", "tỉnh", Level.PROVINCE),
        old("911", "Phú Quốc", "thành phố", Level.DISTRICT, "91"),
        old("31090", "Cửa Dương", "xã", Level.COMMUNE, "911"),
        old("31096", "Dương Tơ", "xã", Level.COMMUNE, "911"),
        old("31105", "Thổ Châu", "xã", Level.COMMUNE, "911"),
        new("91", "An Giang", "tỉnh", Level.PROVINCE),
        new("31078", "Phú Quốc", "đặc khu", Level.COMMUNE, "91"),
        new("31105", "Thổ Châu", "đặc khu", Level.COMMUNE, "91"),
        Unit("01", "Hà Nội", "thành phố", Level.PROVINCE, "", START, None),
        new("00004", "Hòa Bình", "phường", Level.COMMUNE, "01"),
        new("00008", "Hóa Bình", "phường", Level.COMMUNE, "01"),
    ],
    [
        link("91", "91"),
        link("31096", "31078"),
        link("31105", "31105"),
        link("31090", "31105", split=True, default=False),
        link("31090", "31078", split=True),
    ],
    number=7,
)


def test_a_surviving_code_changes_its_name() -> None:
    assert TABLE.get("91", LAST).name == "Kiên Giang"
    assert TABLE.get("91", REFORM).name == "An Giang"


def test_a_code_is_unknown_outside_its_days() -> None:
    with pytest.raises(NoSuchUnit):
        TABLE.get("31096", REFORM)
    assert TABLE.find("31078", LAST) is None
    with pytest.raises(NoSuchUnit):
        TABLE.get("31096", date(1990, 1, 1))


def test_a_path_goes_up_as_things_were_that_day() -> None:
    assert TABLE.path("31096", BEFORE) == "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang"
    assert TABLE.path("31078", AFTER) == "đặc khu Phú Quốc, tỉnh An Giang"
    assert TABLE.province_of("31096", BEFORE).name == "Kiên Giang"
    assert TABLE.is_within("31096", "911", BEFORE)
    assert not TABLE.is_within("31096", "01", BEFORE)


def test_children_are_of_the_day_and_in_alphabetical_order() -> None:
    assert [unit.name for unit in TABLE.children("911", BEFORE)] == [
        "Cửa Dương",
        "Dương Tơ",
        "Thổ Châu",
    ]
    assert TABLE.children("911", AFTER) == ()
    assert [unit.name for unit in TABLE.provinces(AFTER)] == ["An Giang", "Hà Nội"]


def test_communes_of_a_province_are_found_through_districts() -> None:
    assert [unit.code for unit in TABLE.communes("91", BEFORE)] == ["31090", "31096", "31105"]
    assert [unit.code for unit in TABLE.communes("91", AFTER)] == ["31078", "31105"]
    assert [unit.code for unit in TABLE.communes("31078", AFTER)] == ["31078"]


def test_a_whole_unit_has_one_successor() -> None:
    assert [step.new for step in TABLE.successors("31096", BEFORE)] == ["31078"]
    assert [unit.full_name for unit in TABLE.became("31096", BEFORE, AFTER)] == ["đặc khu Phú Quốc"]


def test_a_split_unit_has_candidates_with_the_default_first() -> None:
    steps = TABLE.successors("31090", BEFORE)
    assert [(step.new, step.is_default, step.is_split) for step in steps] == [
        ("31078", True, True),
        ("31105", False, True),
    ]
    assert [unit.code for unit in TABLE.became("31090", BEFORE, AFTER)] == ["31078", "31105"]


def test_a_code_that_stays_is_followed_to_its_new_unit() -> None:
    assert [unit.name for unit in TABLE.became("91", BEFORE, AFTER)] == ["An Giang"]
    assert TABLE.successors("91", AFTER) == ()


def test_a_standing_unit_became_itself() -> None:
    assert [unit.name for unit in TABLE.became("01", BEFORE, AFTER)] == ["Hà Nội"]
    assert [unit.name for unit in TABLE.became("91", BEFORE, LAST)] == ["Kiên Giang"]


def test_a_new_unit_knows_what_it_was_made_of() -> None:
    assert sorted(step.old for step in TABLE.predecessors("31078", AFTER)) == ["31090", "31096"]
    assert TABLE.predecessors("31096", BEFORE) == ()


def test_search_works_with_and_without_marks() -> None:
    assert [unit.code for unit in TABLE.search("duong to", BEFORE)] == ["31096"]
    assert [unit.code for unit in TABLE.search("Dương Tơ", BEFORE)] == ["31096"]
    assert [unit.code for unit in TABLE.search("hoa binh", AFTER)] == ["00004", "00008"]
    assert [unit.code for unit in TABLE.search("hoà bình", AFTER)] == ["00004"]
    assert TABLE.search("duong to", AFTER) == ()
    assert TABLE.search("  ", BEFORE) == ()


def test_search_puts_exact_names_first_and_can_keep_to_a_level() -> None:
    found = TABLE.search("duong", BEFORE)
    assert [unit.code for unit in found] == ["31096", "31090"]
    assert TABLE.search("phu quoc", AFTER, Level.DISTRICT) == ()
    assert [unit.code for unit in TABLE.search("31105", BEFORE)] == ["31105"]
    assert len(TABLE.search("o", BEFORE, limit=1)) == 1


def test_counts_and_days_of_change() -> None:
    assert TABLE.count(Level.COMMUNE, BEFORE) == 3
    assert TABLE.days_of_change == (START, REFORM)
    assert TABLE.changed_on_or_before(LAST) == START
    assert TABLE.changed_on_or_before(date(1990, 1, 1)) is None
    assert {unit.code for unit in TABLE.on(REFORM)} == {"91", "31078", "31105", "01"} | {
        "00004",
        "00008",
    }


def test_a_closed_body_names_its_successor_and_the_code_is_dated() -> None:
    table = BodyTable.of(
        [
            Body("H33", "qd20", "UBND tỉnh Kiên Giang", "tỉnh", "91", START, LAST, "H01"),
            Body("H01", "qd20", "UBND tỉnh An Giang", "tỉnh", "89", START, None),
            Body("000.00.00.H33", "qcvn102", "UBND tỉnh Kiên Giang", "tỉnh", "91", START, None),
        ]
    )
    assert table.get("H33", BEFORE).successor == "H01"
    assert [body.code for body in table.on(BEFORE)] == ["H01", "H33"]
    assert table.committee_of("91", BEFORE) == table.get("H33", BEFORE)
    assert table.get("000.00.00.H33", BEFORE, scheme="qcvn102").unit == "91"
    with pytest.raises(NoSuchBody):
        table.get("H33", AFTER)
