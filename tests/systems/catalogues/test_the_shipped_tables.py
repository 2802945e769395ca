"""The tables in the wheel: counts, look-ups and the node's copy."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lienthong.kernel import names
from lienthong.kernel.units import Confidence, Level
from lienthong.web import catalogues
from lienthong.web.catalogues import published
from lienthong.web.catalogues.shipped import shipped
from lienthong.web.catalogues.tables import COLUMNS, BadTable, read, write

IN_2021, LAST, REFORM = date(2021, 8, 20), date(2025, 6, 30), date(2025, 7, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def third() -> published.Sealed:
    return published.seal(shipped(), number=3, made_at=NOW)


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"),
    [(IN_2021, 63, 705, 10_599), (LAST, 63, 696, 10_035), (REFORM, 34, 0, 3_321)],
)
def test_units_on_three_days(day: date, provinces: int, districts: int, communes: int) -> None:
    table = catalogues.units()
    counted = [table.count(level, day) for level in Level]
    assert counted == [provinces, districts, communes]


def test_the_reform_of_2025_leads_every_lowest_unit_somewhere() -> None:
    table = catalogues.units()
    links = [link for link in table.successions if link.happened_on == REFORM]
    lowest = {
        unit.code
        for unit in table.on(LAST)
        if unit.level is Level.COMMUNE
        or (unit.level is Level.DISTRICT and not table.children(unit.code, LAST))
    }
    assert len(lowest) == 10_040
    split = {link.old for link in links if link.confidence is Confidence.SPLIT}
    whole = {link.old for link in links if link.confidence is Confidence.WHOLE} & lowest
    assert (len(whole), len(split)) == (9_569, 471)
    assert whole | split == lowest
    assert sum(link.is_split for link in links) == 1_033


def test_each_split_unit_has_one_default() -> None:
    split = [link for link in catalogues.units().successions if link.is_split]
    defaults = [link.old for link in split if link.is_default]
    assert sorted(defaults) == sorted({link.old for link in split})


def test_every_unit_hangs_under_one_that_stood_on_the_same_days() -> None:
    table = catalogues.units()
    for day in (IN_2021, LAST, REFORM):
        for unit in table.on(day):
            assert table.line(unit.code, day)[-1].level is Level.PROVINCE


def test_every_link_joins_units_that_stood() -> None:
    table = catalogues.units()
    for link in table.successions:
        ended = date.fromordinal(link.happened_on.toordinal() - 1)
        assert table.find(link.old, ended), link
        assert table.find(link.new, link.happened_on), link


def test_no_code_has_two_rows_for_one_day() -> None:
    for code in {unit.code for unit in catalogues.units()}:
        rows = catalogues.units().history(code)
        for earlier, later in zip(rows, rows[1:], strict=False):
            assert earlier.valid_to is not None
            assert earlier.valid_to < later.valid_from


def test_names_are_in_one_form() -> None:
    for unit in catalogues.units():
        assert unit.name == names.older_tone_placement(unit.name)
        assert "(" not in unit.name
        assert unit.name[0].isupper() or unit.name[0].isdigit(), unit


def test_the_desk_of_the_demo_lies_where_it_did() -> None:
    table = catalogues.units()
    assert table.path("31096", IN_2021) == "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang"
    assert [unit.full_name for unit in table.became("31096", IN_2021, REFORM)] == [
        "đặc khu Phú Quốc"
    ]
    assert table.get("24", LAST).name == "Bắc Giang"
    assert table.get("24", REFORM).name == "Bắc Ninh"


def test_rows_of_uncertain_age_say_so() -> None:
    for unit in catalogues.units().on(IN_2021):
        assert unit.doubt
    vanished = catalogues.units().get("00010", IN_2021)  # Nguyễn Trung Trực, merged by 2025
    assert vanished.valid_to == date(2024, 12, 31)
    assert "chưa biết" in vanished.doubt


def test_bodies_have_codes_and_closed_ones_successors() -> None:
    table = catalogues.bodies()
    assert table.get("G14", IN_2021).name == "Bộ Thông tin và Truyền thông"
    committees = [body for body in table.on(IN_2021) if body.code.startswith("H")]
    assert len(committees) == 63
    assert len({body.unit for body in committees}) == 63
    kien_giang = table.get("H33", IN_2021)
    assert kien_giang.unit == "91"
    assert kien_giang.doubt
    assert kien_giang.successor == "H01"
    assert len([body for body in table.on(REFORM) if body.code.startswith("H")]) == 34
    assert table.get("H49", IN_2021).doubt == ""


def test_the_calendar_knows_tet_and_the_extra_day_of_september() -> None:
    calendar = catalogues.calendar()
    assert calendar.years >= set(range(2020, 2027))
    assert calendar.add(date(2021, 2, 8), 5) == date(2021, 2, 22)
    for year in range(2021, 2027):
        assert not calendar.is_working_day(date(year, 9, 2))
        assert not (
            calendar.is_working_day(date(year, 9, 1)) and calendar.is_working_day(date(year, 9, 3))
        )
    assert calendar.is_working_day(date(2020, 9, 1))
    assert calendar.is_working_day(date(2020, 9, 3))
    assert calendar.is_working_day(date(2026, 1, 10))
    assert not calendar.is_working_day(date(2026, 1, 2))


def test_time_limits_of_birth_and_death() -> None:
    limits = catalogues.limits()
    assert limits.get("birth.declare", IN_2021).amount == 60
    assert limits.get("death.declare", IN_2021).amount == 15
    assert limits.get("marriage.settle_foreign", LAST).amount == 15
    assert limits.get("marriage.settle_foreign", REFORM).amount == 5
    assert all(limit.legal_basis for limit in limits)


def test_writing_and_reading_give_the_same_tables() -> None:
    assert read(write(shipped())) == shipped()


def test_a_published_snapshot_is_used_by_the_node(third: published.Sealed) -> None:
    assert catalogues.snapshot_number() == 0
    published.keep(third.content)
    assert catalogues.snapshot_number() == catalogues.units().number == 3
    assert catalogues.units().count(Level.COMMUNE, REFORM) == 3_321


def test_a_snapshot_is_never_rolled_back(third: published.Sealed) -> None:
    published.keep(third.content)
    with pytest.raises(published.OlderSnapshot):
        published.keep(published.seal(shipped(), number=2, made_at=NOW).content)
    assert catalogues.snapshot_number() == 3


def test_sealing_the_same_tables_gives_the_same_bytes(third: published.Sealed) -> None:
    assert published.seal(shipped(), number=3, made_at=NOW) == third


@pytest.mark.parametrize(
    "content",
    [b"", b"not packed", gzip.compress(b"[]"), gzip.compress(b'{"format":"another"}')],
    # Packed bytes hold the time of packing: as ids they would differ from worker to worker.
    ids=["nothing", "not packed", "no object", "another format"],
)
def test_what_is_no_snapshot_is_refused_and_the_old_one_stays(
    content: bytes, third: published.Sealed
) -> None:
    published.keep(third.content)
    with pytest.raises(BadTable):
        published.keep(content)
    assert catalogues.snapshot_number() == 3


def test_a_packed_bomb_is_not_unpacked_whole() -> None:
    with pytest.raises(BadTable):
        published.unseal(gzip.compress(b" " * (published.MOST_BYTES + 1)))


@pytest.mark.parametrize("row", ["91", "91\tX\ttỉnh\tprovince\t\tyesterday\t\t1", "\t" * 7])
def test_a_broken_row_is_refused(row: str) -> None:
    texts = write(shipped()) | {"units": "\t".join(COLUMNS["units"]) + f"\n{row}\n"}
    with pytest.raises(BadTable):
        read(texts)
