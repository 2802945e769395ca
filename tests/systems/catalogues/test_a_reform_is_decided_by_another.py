"""A reform of units from its first line to the published catalogues, and back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import cast
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.units import Level, UnitTable
from lienthong.record.models import Entry
from lienthong.systems.catalogues import queries, services
from lienthong.systems.catalogues.domain.reforms import Fault
from lienthong.systems.catalogues.errors import (
    BuiltUpon,
    DayHasCome,
    ReasonMissing,
    ReformChanged,
    ReformHasFaults,
    ReformNotOpen,
    SameOfficer,
)
from lienthong.systems.catalogues.models import Reform, Succession, Unit
from lienthong.systems.catalogues.queries import reforms as reading
from lienthong.systems.catalogues.services import reforms
from lienthong.systems.catalogues.services.reforms import From, Heading, Into

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

ROLES = frozenset({"catalogues.steward"})
DAY = date(2021, 11, 1)
KIEN_HAI, HON_TRE, LAI_SON = "912", "31108", "31111"


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def loaded(empty_home: None, db: None) -> None:
    """The country of 2021: the rows of 2025 would stand in the way of a reform before them."""
    services.load_shipped()
    Succession.objects.all().delete()
    Unit.objects.filter(valid_from__gte=date(2025, 1, 1)).delete()
    Unit.objects.filter(valid_to__gte=date(2021, 8, 20)).update(valid_to=None)


def officer(account: str, office: str = "G09.CQDP") -> Actor:
    return Actor(account, office, "", cast.LEGAL_DAY, ROLES)


GIANG, OANH = officer("giang"), officer("oanh")


def table() -> UnitTable:
    return queries.tables().unit_table


def heading(day: date = DAY, within: str = "91") -> Heading:
    return Heading("Sắp xếp xã của huyện Kiên Hải", day, "Nghị quyết thử số 1", within)


def joined(code: str = HON_TRE, *made_of: From) -> Into:
    """Hòn Tre goes on under its code and takes Lại Sơn in."""
    return Into(
        code,
        "Hòn Tre",
        "xã",
        Level.COMMUNE,
        KIEN_HAI,
        made_of or (From(HON_TRE), From(LAI_SON)),
    )


def draft(*units: Into, day: date = DAY, within: str = "91") -> Reform:
    made = reforms.open_reform(heading(day, within), by=GIANG)
    for unit in units or (joined(),):
        made = reforms.put_unit(made, unit, version=made.version, by=GIANG)
    return made


def proposed(*units: Into, day: date = DAY, within: str = "91") -> Reform:
    made = draft(*units, day=day, within=within)
    return reforms.propose(made, table(), version=made.version, by=GIANG)


def faults(made: Reform) -> set[tuple[Fault, str]]:
    return {(one.fault, one.code) for one in reading.written(made, table()).complaints}


def test_a_unit_takes_in_its_neighbour_and_the_past_stays() -> None:
    made = proposed()
    done = reforms.decide(made, version=made.version, by=OANH)
    eve = DAY - timedelta(days=1)
    now = table()
    assert done.state == "decided"
    assert done.snapshot == queries.newest_snapshot().number  # type: ignore[union-attr]
    assert now.find(LAI_SON, DAY) is None
    assert now.get(LAI_SON, eve).name == "Lại Sơn"
    assert [unit.code for unit in now.became(LAI_SON, date(2021, 8, 20), DAY)] == [HON_TRE]
    assert {link.old for link in now.predecessors(HON_TRE, DAY)} == {HON_TRE, LAI_SON}
    assert now.get(HON_TRE, DAY).legal_basis == "Nghị quyết thử số 1"
    assert Entry.objects.get(what="catalogues.reform.decided").actor == str(OANH)


def test_who_proposed_does_not_decide_from_another_seat_either() -> None:
    made = proposed()
    for same in (GIANG, officer("giang", "G09.VP")):
        with pytest.raises(SameOfficer):
            reforms.decide(made, version=made.version, by=same)
    assert table().find(LAI_SON, DAY) is not None
    assert queries.newest_snapshot() is None


def test_a_draft_is_not_decided_and_a_proposed_one_not_written_in() -> None:
    made = draft()
    with pytest.raises(ReformNotOpen):
        reforms.decide(made, version=made.version, by=OANH)
    made = reforms.propose(made, table(), version=made.version, by=GIANG)
    with pytest.raises(ReformNotOpen):
        reforms.put_unit(made, joined(), version=made.version, by=GIANG)


def test_the_second_of_two_editors_is_told() -> None:
    made = reforms.open_reform(heading(), by=GIANG)
    reforms.put_unit(made, joined(), version=1, by=GIANG)
    with pytest.raises(ReformChanged):
        reforms.put_unit(made, joined("99999"), version=1, by=OANH)
    assert [unit.code for unit in made.new_units.all()] == [HON_TRE]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((joined("31114"),), (Fault.CODE_IN_USE, "31114")),
        ((joined(HON_TRE, From(HON_TRE), From("10")),), (Fault.WRONG_LEVEL, "10")),
        (
            (Into(HON_TRE, "Hòn Tre", "quận", Level.COMMUNE, KIEN_HAI, (From(HON_TRE),)),),
            (Fault.WRONG_KIND, HON_TRE),
        ),
        (
            (Into(HON_TRE, "Hòn Tre", "xã", Level.COMMUNE, "99", (From(HON_TRE),)),),
            (Fault.NO_PARENT, HON_TRE),
        ),
        ((joined(HON_TRE, From(HON_TRE, is_default=False)),), (Fault.NO_DEFAULT, HON_TRE)),
    ],
)
def test_what_cannot_be_is_said_before_anyone_decides(
    units: tuple[Into, ...], expected: tuple[Fault, str]
) -> None:
    made = draft(*units)
    assert expected in faults(made)
    with pytest.raises(ReformHasFaults):
        reforms.propose(made, table(), version=made.version, by=GIANG)


def test_a_unit_that_a_later_reform_ends_is_not_ended_before() -> None:
    Unit.objects.filter(code=LAI_SON).update(valid_to=date(2025, 6, 30))
    assert (Fault.LATER_REFORM, LAI_SON) in faults(draft())


def test_an_old_unit_that_never_stood_is_named() -> None:
    made = draft(joined(HON_TRE, From(HON_TRE), From("88888")))
    assert reading.written(made, table()).missing == ("88888",)
    with pytest.raises(ReformHasFaults):
        reforms.propose(made, table(), version=made.version, by=GIANG)


def test_a_reform_without_units_is_not_proposed() -> None:
    made = reforms.open_reform(heading(), by=GIANG)
    assert (Fault.EMPTY, "") in faults(made)
    with pytest.raises(ReformHasFaults):
        reforms.propose(made, table(), version=1, by=GIANG)


def test_units_below_a_joined_district_get_the_new_one_above_them() -> None:
    """Communes of Kiên Hải lie in Kiên Lương once their district is joined to it."""
    into = Into("902", "Kiên Lương", "huyện", Level.DISTRICT, "91", (From("902"), From(KIEN_HAI)))
    made = proposed(into)
    found = reading.written(made, table())
    below = table().children(KIEN_HAI, DAY)
    assert found.carried == len(below) > 2
    before = table().count(Level.COMMUNE, DAY)
    reforms.decide(made, version=made.version, by=OANH)
    now = table()
    assert now.count(Level.COMMUNE, DAY) == before
    assert now.path(HON_TRE, DAY).startswith("xã Hòn Tre, huyện Kiên Lương")
    assert now.path(HON_TRE, DAY - timedelta(days=1)).startswith("xã Hòn Tre, huyện Kiên Hải")


def test_below_a_split_district_each_unit_must_be_placed() -> None:
    east = Into("902", "Kiên Lương", "huyện", Level.DISTRICT, "91", (From("902"), From(KIEN_HAI)))
    west = Into(
        KIEN_HAI, "Kiên Hải", "huyện", Level.DISTRICT, "91", (From(KIEN_HAI, False, "các đảo"),)
    )
    assert (Fault.CHILD_UNDECIDED, HON_TRE) in faults(draft(east, west))


def test_a_split_unit_asks_where_and_names_the_larger_part() -> None:
    larger = joined(HON_TRE, From(HON_TRE), From(LAI_SON, True, "phần lớn"))
    smaller = Into(
        "31114",
        "An Sơn",
        "xã",
        Level.COMMUNE,
        KIEN_HAI,
        (From("31114"), From(LAI_SON, False, "ấp Bãi Nhà")),
    )
    made = proposed(larger, smaller)
    reforms.decide(made, version=made.version, by=OANH)
    links = table().successors(LAI_SON, date(2021, 8, 20))
    assert [(link.new, link.is_default, link.share) for link in links] == [
        (HON_TRE, True, "phần lớn"),
        ("31114", False, "ấp Bãi Nhà"),
    ]
    assert all(link.is_split for link in links)


def test_a_decided_reform_is_revoked_before_its_day_by_another() -> None:
    before = set(queries.tables().units)
    made = proposed()
    made = reforms.decide(made, version=made.version, by=OANH)
    with pytest.raises(ReasonMissing):
        reforms.revoke(made, "  ", version=made.version, by=GIANG)
    with pytest.raises(SameOfficer):
        reforms.revoke(made, "Văn bản bị hủy", version=made.version, by=OANH)
    undone = reforms.revoke(made, "Văn bản bị hủy", version=made.version, by=GIANG)
    assert undone.state == "revoked"
    assert set(queries.tables().units) == before
    assert not Succession.objects.exists()
    assert undone.snapshot == 2


def test_what_has_come_into_force_is_not_revoked() -> None:
    made = proposed(day=clock.today())
    made = reforms.decide(made, version=made.version, by=OANH)
    with pytest.raises(DayHasCome):
        reforms.revoke(made, "Muộn", version=made.version, by=GIANG)


def test_a_reform_that_another_rests_on_is_not_revoked() -> None:
    first = proposed()
    first = reforms.decide(first, version=first.version, by=OANH)
    later = proposed(joined(HON_TRE, From(HON_TRE), From("31114")), day=DAY + timedelta(days=30))
    reforms.decide(later, version=later.version, by=OANH)
    with pytest.raises(BuiltUpon):
        reforms.revoke(first, "Sai", version=first.version, by=GIANG)
    assert table().find(LAI_SON, DAY) is None


def test_two_reforms_cannot_end_the_same_unit() -> None:
    first, second = proposed(), proposed(joined("31114", From("31114"), From(LAI_SON)))
    reforms.decide(first, version=first.version, by=OANH)
    with pytest.raises(ReformHasFaults):
        reforms.decide(second, version=second.version, by=OANH)
    assert table().find("31114", DAY) is not None
    second.refresh_from_db()
    assert second.is_proposed


def test_a_reform_is_sent_back_with_a_reason_and_withdrawn() -> None:
    made = proposed()
    made = reforms.send_back(made, "Thiếu An Sơn", version=made.version, by=OANH)
    assert (made.state, made.reason) == ("draft", "Thiếu An Sơn")
    made = reforms.withdraw(made, "Không làm nữa", version=made.version, by=GIANG)
    with pytest.raises(ReformNotOpen):
        reforms.withdraw(made, "Lần nữa", version=made.version, by=GIANG)
