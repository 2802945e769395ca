"""Loading, reforms and snapshots, with a database."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from lienthong.kernel.actor import Actor
from lienthong.kernel.units import Level
from lienthong.kernel.units import Unit as UnitValue
from lienthong.record.models import Entry
from lienthong.systems.catalogues import queries, services
from lienthong.systems.catalogues.domain.reforms import Part, Replacement
from lienthong.systems.catalogues.errors import BadMerger, CodeInUse, NoSnapshot
from lienthong.systems.catalogues.models import Body, Shipment, Snapshot, Succession, Unit
from lienthong.systems.catalogues.shapes import SnapshotRequest
from lienthong.web import catalogues
from lienthong.web.catalogues import published, tables
from lienthong.web.catalogues.shipped import shipped

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
STEWARD = Actor("a-1", "catalogues", "", DAY, frozenset({"catalogues.steward"}))


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))


def row(code: str, valid_from: date, valid_to: date | None = None, **other: str) -> Unit:
    values = {"name": "Thử", "kind": "xã", "level": "commune"} | other
    return Unit(code=code, valid_from=valid_from, valid_to=valid_to, **values)


def test_loading_brings_every_shipped_row_and_loading_again_none() -> None:
    added = services.load_shipped(by=STEWARD)
    assert added["units"] == len(shipped().units)
    assert added["successions"] == len(shipped().successions)
    assert added["bodies"] == len(shipped().bodies)
    assert set(queries.tables().units) == set(shipped().units)
    assert services.load_shipped(by=STEWARD) == {}
    Shipment.objects.all().delete()  # as when another release ships other rows
    assert set(services.load_shipped(by=STEWARD).values()) == {0}
    assert Entry.objects.filter(what="catalogues.loaded").count() == 1


def test_starting_a_node_puts_its_catalogues_in_use_and_again_costs_nothing(
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.settle()
    assert catalogues.snapshot_number() == 1
    with django_assert_max_num_queries(6):
        assert services.settle().number == 1
    (Path(os.environ["LIENTHONG_HOME"]) / "catalogues" / "snapshot.json.gz").unlink()
    services.settle()
    assert catalogues.snapshot_number() == 1


def test_loading_leaves_what_officers_entered() -> None:
    Unit.objects.create(
        code="01",
        name="Hà Nội mới",
        kind="thành phố",
        level="province",
        valid_from=date(2020, 1, 1),
    )
    services.load_shipped(by=STEWARD)
    assert [unit.name for unit in Unit.objects.filter(code="01")] == ["Hà Nội mới"]


def test_one_code_has_one_row_for_a_day() -> None:
    row("00001", date(2020, 1, 1)).save()
    with pytest.raises(IntegrityError, match="two rows of catalogues_unit"), transaction.atomic():
        row("00001", date(2021, 1, 1)).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        row("00001", date(2019, 1, 1), date(2020, 1, 1)).save()
    row("00001", date(2019, 1, 1), date(2019, 12, 31)).save()


def test_changing_a_row_cannot_make_it_overlap() -> None:
    row("00001", date(2019, 1, 1), date(2019, 12, 31)).save()
    row("00001", date(2020, 1, 1)).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(valid_to=date(2019, 12, 31)).update(valid_to=date(2020, 1, 1))


def test_two_rows_of_one_statement_cannot_overlap_each_other() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.bulk_create([row("00001", date(2020, 1, 1)), row("00001", date(2021, 1, 1))])


def test_a_code_of_another_scheme_is_another_code() -> None:
    body = {"name": "Thử", "kind": "bộ", "valid_from": date(2020, 1, 1)}
    Body.objects.create(code="G22", scheme="qd20", **body)
    Body.objects.create(code="G22", scheme="other", **body)
    with pytest.raises(IntegrityError), transaction.atomic():
        Body.objects.create(code="G22", scheme="qd20", **body | {"valid_from": date(2021, 1, 1)})


def test_a_unit_does_not_end_before_it_begins() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        row("00001", date(2020, 1, 1), date(2019, 12, 31)).save()


def test_publishing_puts_the_tables_in_use_on_this_node(
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    services.load_shipped(by=STEWARD)
    with django_capture_on_commit_callbacks(execute=True):
        snapshot = services.publish(by=STEWARD)
    assert snapshot.number == catalogues.snapshot_number() == 1
    assert catalogues.units().path("31096", date(2021, 8, 20)).startswith("xã Dương Tơ")
    again = services.publish(by=STEWARD)
    assert again.number == 1
    assert Snapshot.objects.count() == 1


def merger(*, new_code: str = "99001") -> Replacement:
    """Ba Đình and Hồng Hà of Hà Nội joined, in a reform nobody has decided."""
    table = catalogues.units()
    parts = tuple(Part(table.get(code, DAY), (new_code,)) for code in ("00004", "00097"))
    new = UnitValue(new_code, "Ba Đình Hồng Hà", "phường", Level.COMMUNE, "01", DAY, None)
    return Replacement(DAY, "Nghị quyết thử", parts, (new,))


def test_a_reform_closes_opens_and_links_and_the_past_stays(
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    services.load_shipped(by=STEWARD)
    services.publish(by=STEWARD)
    services.replace_units(merger(), by=STEWARD)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.publish(by=STEWARD).number == 2
    table = catalogues.units()
    assert table.find("00004", DAY) is None
    assert table.get("00004", date(2026, 2, 28)).name == "Ba Đình"
    assert table.get("99001", DAY).legal_basis == "Nghị quyết thử"
    became = table.became("00001", date(2021, 8, 20), DAY)
    assert [unit.code for unit in became] == ["99001"]
    assert Entry.objects.get(what="catalogues.units_replaced").detail["new"] == ["99001"]


def test_a_reform_of_units_that_do_not_stand_changes_nothing() -> None:
    services.load_shipped(by=STEWARD)
    services.replace_units(merger(), by=STEWARD)
    with pytest.raises(BadMerger), transaction.atomic():
        services.replace_units(merger(new_code="99002"), by=STEWARD)
    assert not Unit.objects.filter(code="99002").exists()
    assert Succession.objects.filter(new="99001").count() == 2


def test_a_code_in_use_is_not_given_again() -> None:
    services.load_shipped(by=STEWARD)
    taken = merger()
    standing = replace(taken.new[0], code="00008")
    with pytest.raises(CodeInUse), transaction.atomic():
        services.replace_units(
            replace(
                taken,
                new=(standing,),
                parts=tuple(Part(part.old, ("00008",)) for part in taken.parts),
            ),
            by=STEWARD,
        )
    assert Unit.objects.get(code="00004", valid_from=date(2025, 7, 1)).valid_to is None


def test_the_offer_answers_the_newest_snapshot_and_spares_who_has_it() -> None:
    from lienthong.systems.catalogues.offers import newest_snapshot

    with pytest.raises(NoSnapshot):
        newest_snapshot(SnapshotRequest(), None)
    services.load_shipped(by=STEWARD)
    snapshot = services.publish(by=STEWARD)
    answer = newest_snapshot(SnapshotRequest(), None)
    assert (answer.number, answer.digest) == (1, snapshot.digest)
    unpacked = published.unseal(answer.content)
    assert tables.write(unpacked) == tables.write(queries.tables())
    assert newest_snapshot(SnapshotRequest(after=1), None).content == b""
