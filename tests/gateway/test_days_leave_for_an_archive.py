"""A day that is over moves to a Parquet file, and its receipts are made as before."""

from __future__ import annotations

import asyncio
import builtins
from datetime import UTC, date, timedelta

import psycopg
import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from gateway.log_tables import write_and_seal
from gateway.rows_cast import AT, row
from lienthong.gateway import archive, inquiries, parquet, public_log, subjects, verification
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.kernel import clock
from lienthong.protocol.evidence import leaf_of
from lienthong.protocol.receipt import verify_receipt

TOMORROW = timedelta(days=1, hours=1)


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def archived(here, gateway_db, tmp_path):
    """Exchanges of today, archived by an archiver for whom it is tomorrow; then a story."""

    def run(story):
        async def whole():
            async with attested(here, gateway_db, tmp_path) as ready:
                await ready.issue("birth-1")
                await ready.find("other-1")
                await ready.seal()
                await ready.witnesses.show_all()
                await ready.stamper.stamp_next()
                today = clock.instant().astimezone(UTC).date()
                let_the_day_be_over(gateway_db)
                with clock.stopped(at=clock.instant() + TOMORROW):
                    written = await asyncio.to_thread(
                        archive.archive_day, gateway_db.archiver_url, today, tmp_path
                    )
                async with ready.reader.connection() as connection:
                    return await story(ready, connection, written)

        return asyncio.run(whole())

    return run


def let_the_day_be_over(database):
    """The database asks its own clock whether a day is over; here its answer is put off a day."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        (source,) = connection.execute(
            "SELECT pg_get_functiondef('drop_archived_day'::regproc)"
        ).fetchone()
        later = source.replace("now() AT", "(now() + interval '25 hours') AT")
        assert later != source
        connection.execute(later)


def test_a_receipt_of_an_archived_day_is_made_and_verified_as_before(archived, gateway_db):
    async def story(ready, connection, written):
        left = await connection.fetchval("SELECT count(*) FROM message_record")
        receipt = await inquiries.receipt(connection, ready.archive, ready.core, "birth-1")
        detail = await inquiries.detail(connection, ready.archive, ready.core, "birth-1")
        return written, left, receipt, detail, ready.authority.root, ready.country.anchor

    written, left, receipt, detail, root, anchor = archived(story)
    assert (written.rows, left) == (8, 0)
    facts = verify_receipt(receipt.dump(), anchor, [root])
    assert (facts.message_id, facts.status) == ("birth-1", 200)
    assert len(facts.witnesses) == len(facts.stamped_at) == 1
    assert {one.record_verdict for one in detail.records} == {"valid"}
    assert all(one.proof_valid for one in detail.records)


def test_a_promised_leaf_of_an_archived_day_is_proved_by_the_promises_time(archived):
    async def story(ready, connection, written):
        receipt = await inquiries.receipt(connection, ready.archive, ready.core, "birth-1")
        answer = receipt.records[1]
        leaf = leaf_of(answer.blind, answer.evidence.digest())
        seconds = answer.evidence.time // 1_000_000
        with pytest.raises(public_log.Wrong, match="no such leaf"):
            await public_log.inclusion(connection, {"leaf": leaf.hex()})
        with pytest.raises(public_log.Wrong, match="no such leaf"):
            await public_log.inclusion(connection, {"leaf": leaf.hex(), "time": "1"})
        return (
            answer,
            leaf,
            await public_log.inclusion(connection, {"leaf": leaf.hex(), "time": str(seconds)}),
        )

    answer, leaf, proof = archived(story)
    assert (proof.leaf_index, proof.leaf) == (answer.leaf_index, leaf.hex())


def test_an_archive_is_checked_against_the_tree(archived):
    async def story(ready, connection, written):
        return await verification.verify(
            connection, ready.core, ready.archive, ready.authority.roots
        )

    report = archived(story)
    assert report.findings == []
    assert (report.leaves, report.rows, report.archived_rows) == (8, 0, 8)


def test_a_changed_archive_is_named(archived):
    async def story(ready, connection, written):
        path = ready.archive.directory / written.file
        arrow, reader = parquet._pyarrow()
        table = reader.read_table(path)
        rows = table.to_pylist()
        rows[0]["status"] += 1
        reader.write_table(arrow.Table.from_pylist(rows, schema=table.schema), path)
        return await verification.verify(
            connection, ready.core, ready.archive, ready.authority.roots
        )

    report = archived(story)
    assert [finding.what for finding in report.findings] == ["archive", "row"]
    assert "in message_record-" in report.findings[1].name


def test_a_row_that_left_an_archive_is_missed(archived):
    async def story(ready, connection, written):
        path = ready.archive.directory / written.file
        _, reader = parquet._pyarrow()
        table = reader.read_table(path)
        reader.write_table(table.slice(1), path)
        return await verification.verify(
            connection, ready.core, ready.archive, ready.authority.roots
        )

    whys = [finding.why for finding in archived(story).findings]
    assert whys == [
        "the file is not the one that was written",
        "its rows are not those whose leaves have no row",
    ]


@pytest.mark.parametrize("how", ["lost", "garbled"])
def test_an_archive_that_cannot_be_read_is_named_once(archived, how):
    async def story(ready, connection, written):
        path = ready.archive.directory / written.file
        path.unlink() if how == "lost" else path.write_bytes(b"PAR1 not really")
        with pytest.raises(parquet.ArchiveLost):
            await inquiries.receipt(connection, ready.archive, ready.core, "birth-1")
        return await verification.verify(
            connection, ready.core, ready.archive, ready.authority.roots
        )

    (finding,) = archived(story).findings
    assert finding.what == "archive"


def test_a_person_is_found_in_archived_days_too(archived):
    async def story(ready, connection, written):
        keys = ready.core.secrets.subjects
        return await subjects.concerned(connection, ready.archive, keys, "091095000017")

    found = archived(story)
    assert {(one.message_id, one.archived) for one in found.exchanges} == {
        ("birth-1", True), ("other-1", True),
    }  # fmt: skip


def test_a_day_that_is_not_over_or_not_sealed_stays(gateway_db, tmp_path):
    async def story():
        log = PostgresLog(gateway_db.gateway_url)
        await log.start()
        await log.append(row(at=clock.instant()))
        await log.close()

    asyncio.run(story())
    today = clock.instant().astimezone(UTC).date()
    with pytest.raises(archive.NotArchived, match="is not over"):
        archive.archive_day(gateway_db.archiver_url, today, tmp_path)
    with (
        clock.stopped(at=clock.instant() + TOMORROW),
        pytest.raises(archive.NotArchived, match="not under a head"),
    ):
        archive.archive_day(gateway_db.archiver_url, today, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_archiving_that_was_cut_off_is_finished_by_the_next(gateway_db, tmp_path):
    day = date(2026, 9, 3)
    with psycopg.connect(gateway_db.owner_url, autocommit=True) as connection:
        connection.execute("SELECT make_message_days('2026-09-03', 1)")
    write_and_seal(gateway_db, [row(at=AT.replace(month=9, day=3))])
    with psycopg.connect(gateway_db.archiver_url, autocommit=True) as connection:
        written = parquet.write_day(connection, day, tmp_path)
        connection.execute(
            archive.ENTER, [day, written.file, written.rows, written.sha256, clock.instant()]
        )
    assert day in archive.days(gateway_db.archiver_url)
    assert archive.archive_before(gateway_db.archiver_url, date(2026, 9, 4), tmp_path) == [written]
    assert day not in archive.days(gateway_db.archiver_url)


def test_without_pyarrow_the_operator_is_told_what_to_install(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *more):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(parquet.NoParquet, match="lienthong\\[archive\\]"):
        parquet.find_message(tmp_path / "any", "m")
