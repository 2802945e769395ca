"""`lienthong log verify`: what was tampered with is detected and named, and nothing else is."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from lienthong.cli import log as log_verb
from lienthong.gateway import verification


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def check(here, gateway_db, tmp_path):
    """Some exchanges under two heads, stamped and cosigned; then tamper, and check."""

    def run(*tampering: str, given=()):
        async def story():
            async with attested(here, gateway_db, tmp_path) as ready:
                await asyncio.gather(*(ready.find(f"first-{n}") for n in range(65)))
                await ready.issue("birth-1")
                await ready.seal()
                await ready.witnesses.show_all()
                await ready.stamper.stamp_next()
                await ready.issue("birth-2")
                await ready.seal()
                await ready.stamper.stamp_next()
                with psycopg.connect(gateway_db.owner_url, autocommit=True) as connection:
                    for statement in tampering:
                        done = connection.execute(statement, given if "%s" in statement else None)
                        assert done.rowcount > 0, statement
                async with ready.reader.connection() as connection:
                    return await verification.verify(
                        connection, ready.core, ready.archive, ready.authority.roots
                    )

        return asyncio.run(story())

    return run


def named(report):
    return {(finding.what, finding.name) for finding in report.findings}


def test_a_log_that_nobody_touched_holds(check, capsys):
    report = check()
    assert named(report) == set()
    assert (report.leaves, report.rows, report.heads) == (268, 268, 2)
    assert (report.tiles, report.timestamps, report.cosignatures) == (1, 2, 1)
    assert log_verb.tell(report) == 0
    assert "Everything fits together." in capsys.readouterr().out


def only(report):
    (finding,) = report.findings
    return finding


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'refused'", "status = 404", "client = 'VN/GOV/G99/other'", "body_size = 1",
        "head = head || 'x'", "signature = decode(repeat('00', 64), 'hex')",
        "time = time + interval '1 microsecond'", "subjects = '{}'",
        "blind = decode(repeat('00', 32), 'hex')",
    ],
)  # fmt: skip
def test_a_changed_row_is_named(check, change):
    report = check(
        f"UPDATE message_record SET {change} WHERE message_id = 'birth-1'"
        " AND kind = 'answer' AND side = 'provider'"
    )
    if change.startswith("time"):
        # The row stands elsewhere now: its leaf has lost it, and it has no leaf.
        assert {finding.what for finding in report.findings} == {"row"}
        return
    found = only(report)
    assert found.what == "row"
    assert "(message birth-1)" in found.name


def test_a_row_that_was_made_anew_with_fitting_digests_is_named(check):
    """Whoever can write the database can also compute a digest; the tree is the witness."""
    report = check(
        "UPDATE message_record r SET blind = o.blind, record_digest = o.record_digest,"
        " leaf = o.leaf, kind = o.kind, side = o.side, message_id = o.message_id, head = o.head,"
        " request_id = o.request_id, outcome = o.outcome, status = o.status, signer = o.signer,"
        " body_digest = o.body_digest, body_size = o.body_size, signature = o.signature,"
        " signature_input = o.signature_input, subjects = o.subjects, service = o.service,"
        " subjects_digest = o.subjects_digest, gateway = o.gateway"
        " FROM (SELECT * FROM message_record WHERE message_id = 'birth-2'"
        "       AND kind = 'answer' AND side = 'consumer') o"
        " WHERE r.message_id = 'birth-1' AND r.kind = 'answer' AND r.side = 'consumer'"
    )
    assert {finding.what for finding in report.findings} == {"row"}


def test_a_row_that_was_taken_away_is_named(check):
    report = check("DELETE FROM message_record WHERE message_id = 'birth-1' AND side = 'consumer'")
    assert [finding.what for finding in report.findings] == ["row", "row"]
    assert all("is missing" in finding.why for finding in report.findings)


def test_a_changed_leaf_is_named_with_the_heads_that_no_longer_fit(check):
    report = check(
        "UPDATE log_leaf SET leaf = decode(repeat('11', 32), 'hex') WHERE seq = 40",
    )
    found = named(report)
    assert ("leaf", "40") in found
    assert ("tile", "0/0") in found
    assert {what for what, _ in found} == {"leaf", "tile", "head", "rollup"}


def test_a_leaf_that_was_taken_away_is_named(check):
    found = named(check("DELETE FROM log_leaf WHERE seq = 100"))
    assert ("leaf", "100") in found


def test_a_changed_tile_is_named(check):
    report = check("UPDATE log_tile SET root = decode(repeat('22', 32), 'hex')")
    assert named(report) == {("tile", "0/0")}


def test_a_tile_that_was_taken_away_is_named(check):
    assert named(check("DELETE FROM log_tile")) == {("tile", "0/0")}


def test_a_head_whose_signature_does_not_hold_is_named(check):
    report = check(
        "UPDATE log_checkpoint SET note = convert_to(replace(convert_from(note, 'utf8'),"
        " 'lienthong-time ', 'lienthong-time 1'), 'utf8') WHERE size = 268"
    )
    assert {("head", "268"), ("timestamp", "268")} <= named(report)


def test_a_head_that_stands_under_another_root_is_named(check):
    report = check(
        "UPDATE log_checkpoint SET root = decode(repeat('33', 32), 'hex') WHERE size = 264"
    )
    assert named(report) == {("head", "264")}


def test_a_changed_time_stamp_is_named(check):
    report = check(
        "UPDATE log_timestamp SET token = set_byte(token, length(token) - 1,"
        " get_byte(token, length(token) - 1) # 1) WHERE size = 264"
    )
    assert named(report) == {("timestamp", "264")}


def test_a_time_stamp_of_another_head_is_named(check):
    report = check(
        "UPDATE log_timestamp SET token = (SELECT token FROM log_timestamp WHERE size = 268)"
        " WHERE size = 264"
    )
    assert named(report) == {("timestamp", "264")}


def test_a_changed_cosignature_is_named(check):
    report = check("UPDATE log_cosignature SET line = replace(line, substr(line, 60, 4), 'AAAA')")
    assert named(report) == {("cosignature", "264 of VN/GOV/G15/justice")}


def test_a_sum_whose_leaves_are_others_is_named(check):
    report = check("UPDATE rollup SET range_digest = decode(repeat('44', 32), 'hex')")
    assert {what for what, _ in named(report)} == {"rollup"}


def test_the_command_ends_with_one_and_says_what_does_not_fit(check, capsys):
    report = check("DELETE FROM log_tile")
    assert log_verb.tell(report) == 1
    told = capsys.readouterr().out
    assert "tile 0/0: it is missing" in told
    assert "1 things do not fit" in told
