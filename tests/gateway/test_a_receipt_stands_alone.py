"""A receipt is checked by sixty lines and openssl, and no byte of it can be another."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from lienthong.gateway import inquiries
from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.receipt import verify_receipt

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "verify_receipt.py"


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture(scope="module")
def made(here, database_server, tmp_path_factory):
    """One receipt with a witness and two time-stamps, and what a stranger needs to check it."""
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    place = tmp_path_factory.mktemp("receipt")

    async def story():
        async with attested(here, database, place) as ready:
            for number in range(3):
                await ready.find(f"other-{number}")
            await ready.issue("birth-1")
            await ready.seal()
            assert await ready.witnesses.show_all() == 1
            stamp = await ready.stamper.stamp_next()
            async with ready.reader.connection() as connection:
                size = await connection.fetchval("SELECT max(size) FROM log_checkpoint")
                note = await connection.fetchval("SELECT note FROM log_checkpoint")
                await ready.stamper._stamp(connection, size, bytes(note))
                receipt = await inquiries.receipt(connection, ready.archive, ready.core, "birth-1")
            return receipt, stamp, ready.authority.root, ready.country.anchor

    try:
        receipt, stamp, stamp_root, anchor = asyncio.run(story())
    finally:
        database.drop()
    (place / "root.pem").write_text(anchor.roots[0])
    (place / "stamps.pem").write_text(pki.pem_of(stamp_root))
    (place / "receipt.json").write_bytes(receipt.dump())
    return place, receipt, stamp, stamp_root, anchor


def ask_script(place, name="receipt.json", *roots):
    command = [sys.executable, "-I", str(SCRIPT), str(place / name), str(place / "root.pem")]
    return subprocess.run(
        [*command, *(str(place / root) for root in roots)], capture_output=True, text=True
    )


def test_the_script_is_short_enough_to_be_read():
    assert len(SCRIPT.read_text().splitlines()) <= 60


def test_the_script_needs_nothing_but_python_and_openssl_and_agrees(made):
    place, *_ = made
    done = ask_script(place, "receipt.json", "stamps.pem")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("OK: VN/GOV/G15/civil-status")


def test_the_facts_name_witness_stamps_and_hosted_keys(made):
    _, receipt, stamp, stamp_root, anchor = made
    facts = verify_receipt(receipt.dump(), anchor, [stamp_root])
    assert [one.name for one in facts.witnesses] == ["VN/GOV/G15/justice"]
    assert facts.stamped_at[0] == stamp.time
    assert len(facts.stamped_at) == 2
    assert facts.hosted == ("VN/GOV/G01", "VN/GOV/G15")
    assert verify_receipt(receipt.dump(), anchor).stamped_at == ()


def test_openssl_verifies_a_time_stamp_of_a_head_by_itself(made, tmp_path):
    place, receipt, *_ = made
    text, _, lines = receipt.checkpoint.rpartition("\n\n")
    (tmp_path / "note").write_text(f"{text}\n\n{lines.splitlines()[0]}\n")
    (tmp_path / "token").write_bytes(receipt.timestamps[0])
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", str(tmp_path / "note"), "-token_in",
         "-in", str(tmp_path / "token"), "-CAfile", str(place / "stamps.pem")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert "Verification: OK" in done.stdout, done.stderr


def changed(value):
    """Other values that differ in one byte, in the first, a middle and the last place."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield value + 1
        return
    try:
        raw = base64.b64decode(value, validate=True) if len(value) > 7 else b""
    except ValueError:
        raw = b""
    if raw and base64.b64encode(raw).decode() == value:
        for place in sorted({0, len(raw) // 2, len(raw) - 1}):
            other = bytearray(raw)
            other[place] ^= 1
            yield base64.b64encode(bytes(other)).decode()
        return
    # What stands after the last line of a note or a certificate is no part of it.
    last = len(value.rstrip("\n")) - 1
    for place in sorted({0, len(value) // 2, last}) if value else ():
        other = "a" if value[place] != "a" else "b"
        yield value[:place] + other + value[place + 1 :]
    if not value:
        yield "a"


def paths(document, so_far=()):
    """Every leaf of the JSON."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from paths(value, (*so_far, key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from paths(value, (*so_far, number))
    else:
        yield so_far


def with_change(document, path, value):
    copy = json.loads(json.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


def at(document, path):
    for step in path:
        document = document[step]
    return document


def test_a_changed_byte_in_any_field_is_noticed(made):
    _, receipt, _, stamp_root, anchor = made
    document = json.loads(receipt.dump())
    unnoticed = []
    count = 0
    for path in paths(document):
        for value in changed(at(document, path)):
            count += 1
            broken = json.dumps(with_change(document, path, value)).encode()
            try:
                verify_receipt(broken, anchor, [stamp_root])
            except (ProtocolError, ValueError):
                continue
            unnoticed.append((path, value))
    assert [path for path, _ in unnoticed] == []
    assert count > 150


# One of each kind of field: a run of openssl for every byte would take minutes.
EACH = [
    ("records", 0, "evidence", "message_id"),
    ("records", 0, "evidence", "time"),
    ("records", 0, "evidence", "head"),
    ("records", 0, "evidence", "subjects_digest"),
    ("records", 1, "evidence", "status"),
    ("records", 1, "evidence", "body_digest"),
    ("records", 1, "evidence", "signature"),
    ("records", 0, "blind"),
    ("records", 0, "leaf_index"),
    ("records", 0, "proof", 0),
    ("records", 1, "base"),
    ("records", 1, "der"),
    ("checkpoint",),
    ("certificates",),
    ("hosted", 0),
    ("hosting", "time"),
    ("hosting", "signature"),
    ("sealer",),
    ("witnesses", 0, "vkey"),
    ("witnesses", 0, "signature"),
    ("timestamps", 0),
    ("timestamps", 1),
]


@pytest.mark.parametrize("path", EACH, ids=[".".join(map(str, path)) for path in EACH])
def test_the_script_notices_a_changed_byte(made, path):
    place, receipt, *_ = made
    document = json.loads(receipt.dump())
    if path == ("certificates",):
        path = ("certificates", document["records"][0]["evidence"]["signer"])
        pem = at(document, path)
        value = pem[:200] + ("A" if pem[200] != "A" else "B") + pem[201:]
    else:
        value = list(changed(at(document, path)))[-1]
    name = "broken.json"
    (place / name).write_text(json.dumps(with_change(document, path, value)))
    done = ask_script(place, name, "stamps.pem")
    assert done.returncode != 0, done.stdout


@pytest.mark.parametrize("line", [0, 1, 2, 3, 5, 6])
def test_the_script_notices_a_changed_line_of_the_head(made, line):
    place, receipt, *_ = made
    document = json.loads(receipt.dump())
    lines = document["checkpoint"].split("\n")
    lines[line] = list(changed(lines[line] + " "))[1].rstrip(" ")
    (place / "broken.json").write_text(json.dumps({**document, "checkpoint": "\n".join(lines)}))
    assert ask_script(place, "broken.json", "stamps.pem").returncode != 0


def test_a_receipt_without_the_hosting_statement_says_nothing_of_hosting(made):
    _, receipt, _, stamp_root, anchor = made
    document = json.loads(receipt.dump())
    bare = json.dumps({**document, "hosting": None, "hosted": []}).encode()
    assert verify_receipt(bare, anchor, [stamp_root]).hosted is None


def test_a_receipt_under_another_root_is_worth_nothing(made, tmp_path):
    place, receipt, _, stamp_root, _ = made
    stranger = country().anchor
    with pytest.raises(ProtocolError):
        verify_receipt(receipt.dump(), stranger, [stamp_root])
    (place / "stranger.pem").write_text(stranger.roots[0])
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(place / "receipt.json"),
         str(place / "stranger.pem")],
        capture_output=True,
    )  # fmt: skip
    assert done.returncode != 0
