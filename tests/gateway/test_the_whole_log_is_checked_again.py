"""`lienthong log verify`: what was tampered with is detected and named, and nothing else is."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid

import msgspec
import psycopg
import pytest

from gateway import log_tables
from gateway.attested import attested
from gateway.exchange_cast import country
from lienthong.cli import log as log_verb
from lienthong.gateway import verification
from lienthong.gateway.rows import Place


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def check(here, gateway_db, tmp_path):
    """Some exchanges under two heads, stamped and cosigned; then tamper, and check."""

    def run(*tampering, given=()):
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
                for one in tampering:
                    if not isinstance(one, str):
                        assert log_tables.tamper(gateway_db, *one)
                with psycopg.connect(gateway_db.owner_url, autocommit=True) as connection:
                    for statement in (one for one in tampering if isinstance(one, str)):
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


def birth(kind="answer", side="provider", message="birth-1"):
    """Which row of a birth's exchange is meant."""
    return lambda row: (
        (row.evidence.message_id, row.evidence.kind, row.evidence.side) == (message, kind, side)
    )


def with_evidence(**changes):
    return lambda row: dataclasses.replace(
        row, evidence=msgspec.structs.replace(row.evidence, **changes)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "refused"}, {"status": 404}, {"client": "VN/GOV/G99/other"}, {"body_size": 1},
        {"head": b"200\r\nOK\r\n"}, {"signature": bytes(64)}, {"message_id": "birth-9"},
        {"signature_input": b"nothing"}, {"body_digest": b""}, {"signer": "x"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_changed_row_is_named(check, change):
    found = only(check((birth(), with_evidence(**change))))
    assert found.what == "row"
    assert f"(message {change.get('message_id', 'birth-1')})" in found.name


@pytest.mark.parametrize(
    "change",
    [
        {"subjects": ()},
        {"place": Place(bytes(32), 7)},
        {"place": None, "own_id": uuid.UUID(int=7), "blind": bytes(32)},
    ],
)
def test_a_row_whose_blind_or_subjects_were_changed_is_named(check, change):
    found = only(check((birth(), lambda row: dataclasses.replace(row, **change))))
    assert (found.what, "(message birth-1)" in found.name) == ("row", True)


def test_a_row_that_was_moved_to_another_moment_is_named(check):
    report = check(
        "UPDATE message_record SET time = time + interval '1 microsecond' WHERE n = ("
        " SELECT n FROM message_way WHERE kind = 'answer' AND side = 'provider'"
        " ORDER BY n DESC LIMIT 1)"
    )
    assert only(report).what == "row"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("subject = 5", "true"), ("subjects = '{1}'", "true"), ("leaf = 5", "true"),
        ("exchange = exchange + 1", "true"), ("leaf = NULL", "leaf IS NOT NULL"),
        ("subjects = NULL", "subjects IS NOT NULL"),
    ],
)  # fmt: skip
def test_a_column_that_finds_a_row_and_was_changed_is_named(check, change, where):
    report = check(
        f"UPDATE message_record SET {change}"
        f" WHERE n = (SELECT min(n) FROM message_record WHERE {where})"
    )
    assert only(report).what == "row"


@pytest.mark.parametrize("at", [0, 12, 24, 28, 29, 30, 60, 100, 130])
def test_a_byte_of_a_packed_row_that_was_changed_is_named(check, at):
    report = check(
        f"UPDATE message_record SET packed = set_byte(packed, {at}, get_byte(packed, {at}) # 1)"
        " WHERE n = 3"
    )
    found = only(report)
    assert found.what == "row"
    assert found.name.startswith("of leaf 2") or "(message " in found.name


def test_a_row_that_names_an_unknown_form_or_entry_is_named_with_it(check):
    report = check("UPDATE message_record SET packed = set_byte(packed, 28, 9) WHERE n = 3")
    assert "version 9" in only(report).why
    assert only(report).name == "of leaf 2"


def test_a_way_that_was_changed_is_named_at_every_row_of_it(check):
    report = check("UPDATE log_way SET client = 'VN/GOV/G99/other' WHERE kind = 'answer'")
    assert {finding.what for finding in report.findings} == {"row"}
    assert len(report.findings) == 134


@pytest.mark.parametrize(
    ("table", "entry"), [("log_way", "way"), ("log_signer", "signer"), ("log_seed", "seed"),
                         ("log_shape", "shape")],
)  # fmt: skip
def test_an_entry_that_was_taken_away_is_named_at_every_row_of_it(check, table, entry):
    report = check(f"DELETE FROM {table} WHERE abs(id) = 1")
    whys = {finding.why for finding in report.findings}
    assert len(whys) == 1
    assert f"({entry} " in whys.pop()


def test_a_row_that_was_made_anew_with_fitting_digests_is_named(check):
    """Whoever can write the database can also pack a row; the tree is the witness."""
    report = check(
        "UPDATE message_record r SET exchange = o.exchange, way = o.way, packed = o.packed,"
        " leaf = o.leaf, subject = o.subject"
        " FROM (SELECT * FROM message_record ORDER BY n DESC LIMIT 1) o WHERE r.n = 3"
    )
    assert {finding.what for finding in report.findings} == {"row"}


def test_a_row_that_was_taken_away_is_named(check):
    report = check("DELETE FROM message_record WHERE n IN (3, 5)")
    assert [finding.what for finding in report.findings] == ["row", "row"]
    assert all("is missing" in finding.why for finding in report.findings)


def test_a_changed_leaf_is_named_with_the_heads_that_no_longer_fit(check):
    report = check(
        "UPDATE log_round SET leaves = overlay(leaves PLACING decode(repeat('11', 32), 'hex')"
        " FROM 40 * 32 + 1 FOR 32) WHERE first = 0",
    )
    found = named(report)
    assert ("leaf", "40") in found
    assert ("tile", "0/0") in found
    assert {what for what, _ in found} == {"leaf", "tile", "head", "rollup"}


def test_a_leaf_that_was_taken_away_is_named(check):
    found = named(check("DELETE FROM log_round WHERE first = 0"))
    assert ("leaf", "0") in found


def test_a_leaf_that_was_taken_out_of_its_round_is_named(check):
    found = named(check(
        "UPDATE log_round SET count = count - 1, leaves = substr(leaves, 33) WHERE first = 0"
    ))  # fmt: skip
    assert {("leaf", "0"), ("head", "264")} <= found


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
    report = check("UPDATE log_round SET digest = decode(repeat('44', 32), 'hex')")
    assert {what for what, _ in named(report)} == {"rollup"}


@pytest.mark.parametrize(
    "how", ["''", "substr(counts, 1, length(counts) - 1)", "counts || '\\x01'"]
)
def test_a_count_that_is_not_what_its_rows_come_to_is_named(check, how):
    report = check(f"UPDATE log_round SET counts = {how} WHERE first = 0")
    assert named(report) == {("rollup", "0-263")}


def test_the_command_ends_with_one_and_says_what_does_not_fit(check, capsys):
    report = check("DELETE FROM log_tile")
    assert log_verb.tell(report) == 1
    told = capsys.readouterr().out
    assert "tile 0/0: it is missing" in told
    assert "1 things do not fit" in told
