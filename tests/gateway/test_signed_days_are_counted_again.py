"""`lienthong log verify`: every signed day is counted again from the rows, archived ones too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import psycopg
import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from gateway.rows_cast import CLIENT, ORIGIN, SERVICE, row
from gateway.test_days_leave_for_an_archive import let_the_day_be_over
from lienthong.cli import log as log_verb
from lienthong.gateway import archive, days, dictionary, rollups, statements, verification
from lienthong.gateway.rows import LogSide, Outcome
from lienthong.kernel import clock
from lienthong.protocol.day_totals import SignedDay, counts_digest, read_day, sign_day
from lienthong.protocol.pki import SigningKey

IMPORTED = [{"hour": "2021-08-01T17:00:00Z", "client": CLIENT, "service": SERVICE, "count": 5}]
COUNTING = {"side": LogSide.PROVIDER, "gateway": ORIGIN}


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def checked(here, gateway_db, tmp_path, monkeypatch):
    """
    Three days of exchanges, two of them closed and signed, and one day's import.

    Then what somebody does to them, and the check as the archiver's role runs it.
    """

    def run(*tampering, archived=0, rows=()):
        async def story():
            async with attested(here, gateway_db, tmp_path) as ready:
                start = today().replace(hour=2, minute=0) - timedelta(days=2)
                with psycopg.connect(gateway_db.owner_url) as owner:
                    first = start.astimezone(UTC).date()
                    owner.execute("SELECT make_message_days(%s, 3)", [first])
                for number in range(3):
                    at = (start + timedelta(days=number)).astimezone(UTC)
                    for one in (*some_rows(at), *(make(at) for make in rows)):
                        await ready.log.append(one)
                await ready.seal()
                connection = ready.sealer._connection
                prepared = statements.prepare(
                    msgspec.json.encode({"source": "history", "rows": IMPORTED})
                )
                await statements.enter(connection, prepared, gateway=ORIGIN)
                await ready.seal()
                key = here.keys[ready.core.identity.owner]
                now = clock.instant()
                while await rollups.close_hours(connection, now) == rollups.HOURS_AT_ONCE:
                    pass
                await days.close_days(connection, gateway=ORIGIN, key=key, now=now)
                for number in range(archived):
                    on = (start + timedelta(days=number)).astimezone(UTC).date()
                    if not number:
                        let_the_day_be_over(gateway_db)
                    with clock.stopped(at=clock.instant() + timedelta(days=1)):
                        await asyncio.to_thread(
                            archive.archive_day, gateway_db.archiver_url, on, tmp_path
                        )
                for act in tampering:
                    await act(ready, gateway_db, key)
                reader = await asyncpg.connect(gateway_db.archiver_url)
                try:
                    return await verification.verify(
                        reader, ready.core, ready.archive, ready.authority.roots
                    )
                finally:
                    await reader.close()

        return asyncio.run(story())

    return run


def some_rows(at: datetime):
    return [
        row(at=at, **COUNTING), row(at=at + timedelta(hours=20), **COUNTING),
        row(at=at, gateway=ORIGIN, side=LogSide.CONSUMER),
        row(at=at, gateway=ORIGIN, side=LogSide.CONSUMER, outcome=Outcome.UNREACHABLE, status=500),
        row(at=at, service="VN/GOV/G01/population/listMethods", **COUNTING),
    ]  # fmt: skip


def named(report):
    return [(finding.what, finding.name) for finding in report.findings]


def today() -> datetime:
    """The day that cannot be closed yet: in its first minutes still the one before."""
    return clock.local(clock.instant() - rollups.SETTLED_AFTER)


def yesterday() -> str:
    return (today().date() - timedelta(days=1)).isoformat()


def signed_anew(change, source="", key=None):
    """Somebody with the database in hand puts another document in the place of yesterday's."""

    async def act(ready, database, owners):
        with psycopg.connect(database.owner_url) as connection:
            day, document = connection.execute(
                "SELECT day, document FROM signed_day WHERE (source = '') = %s"
                " ORDER BY day DESC LIMIT 1", [not source],
            ).fetchone()  # fmt: skip
            totals = change(read_day(msgspec.json.decode(bytes(document), type=SignedDay)))
            totals = msgspec.structs.replace(totals, counts_sha256=counts_digest(totals.rows))
            written = msgspec.json.encode(sign_day(totals, key or owners))
            connection.execute(
                "UPDATE signed_day SET document = %s WHERE day = %s AND (source = '') = %s",
                [written, day, not source],
            )

    return act


def more(totals):
    rows = [msgspec.structs.replace(one, count=one.count + 7) for one in totals.rows]
    return msgspec.structs.replace(totals, rows=rows)


def test_days_that_hold_are_counted_and_nothing_is_named(checked, capsys):
    report = checked()
    assert named(report) == []
    assert (report.days, report.late) == (3, 0)  # two of traffic, one imported
    assert log_verb.tell(report) == 0
    assert "3 signed days" in capsys.readouterr().out


@pytest.mark.parametrize("archived", [0, 2, 3])
def test_a_day_that_states_more_than_its_rows_is_named(checked, archived):
    report = checked(signed_anew(more), archived=archived)
    assert named(report) == [("day", yesterday())]
    assert f"{CLIENT} → {SERVICE}" in report.findings[0].why
    assert "signed 8, counted 1" in report.findings[0].why


@pytest.mark.parametrize("archived", [2, 3])
def test_days_in_archives_hold_too_also_with_names_that_stand_for_many(
    checked, archived, monkeypatch
):
    monkeypatch.setattr(dictionary, "MOST_REFUSED_WAYS", 1)
    refused = {"outcome": Outcome.REFUSED, "status": 500, "fault": "Server.ServerProxy.X"}
    rows = [
        lambda at, n=n: row(at=at, client=f"VN/GOV/X{n}/y", **COUNTING, **refused) for n in range(3)
    ]
    report = checked(archived=archived, rows=rows)
    assert named(report) == []
    assert report.days == 3
    assert report.archived_rows > 0


def test_an_imported_day_is_compared_with_its_hours(checked):
    report = checked(signed_anew(more, source="history"))
    ((what, name),) = named(report)
    assert (what, name.startswith("2021-08-02 imported by ")) == ("day", True)
    assert "signed 12, counted 5" in report.findings[0].why


@pytest.mark.parametrize(
    ("change", "key", "told"),
    [
        (lambda one: one, SigningKey.generate(), "exchange.unknown_key"),
        (lambda one: msgspec.structs.replace(one, root="ab" * 32), None, "none of this log's"),
        (lambda one: msgspec.structs.replace(one, day=one.day - timedelta(1)), None, "another day"),
        (lambda one: msgspec.structs.replace(one, gateway="VN/GOV/G14/x"), None, "bad_proof"),
    ],
    ids=["key", "root", "day", "gateway"],
)
def test_a_document_that_does_not_hold_is_named(checked, change, key, told):
    report = checked(signed_anew(change, key=key))
    assert named(report) == [("day", yesterday())]
    assert told in report.findings[0].why


def test_answers_sealed_after_the_close_are_told_apart_and_no_finding(checked):
    async def late(ready, database, key):
        at = today().replace(hour=3, minute=0) - timedelta(days=1)
        await ready.log.append(row(at=at.astimezone(UTC), **COUNTING))
        await ready.seal()

    report = checked(late)
    assert named(report) == []
    assert (report.days, report.late) == (3, 1)


def test_nothing_is_concluded_of_days_whose_archive_is_away(checked):
    async def away(ready, database, key):
        for file in ready.archive.directory.glob("*.parquet"):
            file.unlink()

    report = checked(away, archived=1)
    assert {what for what, _ in named(report)} == {"archive"}
