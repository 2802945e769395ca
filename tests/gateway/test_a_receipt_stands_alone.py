"""A receipt is checked by sixty lines and openssl, and no byte of it can be another."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.attested import attested
from gateway.exchange_cast import country
from lienthong.gateway import inquiries
from lienthong.gateway.signing import CAPABILITY
from lienthong.kernel import clock
from lienthong.protocol import pki
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import SigningKey
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
    # Sixty for what is signed alone by P-256, nine for Ed25519 and for what is signed together.
    assert len(SCRIPT.read_text().splitlines()) <= 69


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


MANY = 12


@pytest.fixture(scope="module", params=pki.ALGORITHMS, ids=lambda name: name.decode())
def together(request, database_server, tmp_path_factory):
    """A receipt of one exchange whose two messages were signed with others, by either algorithm."""
    here = reading_batches(country_signing_by(request.param))
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    place = tmp_path_factory.mktemp("together")

    async def story():
        async with attested(here, database, place) as ready:
            await asyncio.gather(*(ready.issue(f"birth-{number}") for number in range(MANY)))
            await ready.seal()
            async with ready.reader.connection() as connection:
                return [
                    await inquiries.receipt(
                        connection, ready.archive, ready.core, f"birth-{number}"
                    )
                    for number in range(MANY)
                ]

    try:
        receipts = asyncio.run(story())
    finally:
        database.drop()
    (place / "root.pem").write_text(here.anchor.roots[0])
    (receipt,) = [one for one in receipts if in_batches(one) == 2][-1:]
    (place / "receipt.json").write_bytes(receipt.dump())
    return place, receipt, here.anchor


def country_signing_by(algorithm):
    """The small exchange whose members sign by this algorithm."""
    here = country()
    if algorithm == pki.P256:
        return here
    now = clock.instant()
    keys = {member: SigningKey.generate(algorithm) for member in here.keys}
    members = []
    for entry in here.snapshot.members:
        member = MemberId("VN", entry.member_class, entry.code)
        certificate = here.authority.issue_sign(
            keys[member].verifying, member=member, name=entry.name, now=now
        )
        sign_key = msgspec.structs.replace(
            entry.sign_keys[0], kid=keys[member].kid, cert=pki.pem_of(certificate),
            algorithm=algorithm.decode(),
        )  # fmt: skip
        members.append(msgspec.structs.replace(entry, sign_keys=[sign_key]))
    return dataclasses.replace(here, keys=keys, snapshot=here.changed(members=members))


def reading_batches(here):
    entries = [
        msgspec.structs.replace(entry, capabilities=["rfc9421", CAPABILITY])
        for entry in here.snapshot.gateways
    ]
    return dataclasses.replace(here, snapshot=here.changed(gateways=entries))


def in_batches(receipt):
    inputs = [record.evidence.signature_input for record in receipt.records]
    return sum(b'alg="lt-batch-1"' in one for one in inputs)


def test_the_script_verifies_messages_that_were_signed_together(together):
    place, receipt, anchor = together
    assert in_batches(receipt) == 2
    facts = verify_receipt(receipt.dump(), anchor)
    done = ask_script(place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"OK: {facts.client}, {facts.service}, status 200")


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("what", ["step", "count", "index", "der", "base"])
def test_nothing_of_a_batchs_evidence_can_be_another(together, side, what):
    place, receipt, anchor = together
    document = json.loads(receipt.dump())
    record = document["records"][side]
    field = "evidence" if what in ("step", "count", "index") else what
    if field == "evidence":
        raw = bytearray(base64.b64decode(record["evidence"]["signature"]))
        raw[{"step": 20, "count": 6, "index": 8}[what]] ^= 1
        record["evidence"]["signature"] = base64.b64encode(bytes(raw)).decode()
    else:
        raw = bytearray(base64.b64decode(record[field]))
        raw[-1] ^= 1
        record[field] = base64.b64encode(bytes(raw)).decode()
    broken = json.dumps(document).encode()
    with pytest.raises(ProtocolError):
        verify_receipt(broken, anchor)
    (place / "broken.json").write_bytes(broken)
    done = ask_script(place, "broken.json")
    assert done.returncode != 0, done.stdout


def test_a_batchs_evidence_in_another_order_is_refused_by_the_script_itself(together):
    """With the log's own proof left out, so that nothing but the batch's is looked at."""
    place, receipt, _ = together
    script = SCRIPT.read_text()
    weaker = script.replace(
        'need(climb(leaf, record["leaf_index"], size, steps, b"\\1") == raw(top), '
        "f\"{e['kind']}: head\")",
        "pass",
    )
    assert weaker != script
    (place / "weaker.py").write_text(weaker)
    document = json.loads(receipt.dump())
    raw = bytearray(base64.b64decode(document["records"][0]["evidence"]["signature"]))
    raw[20] ^= 1
    document["records"][0]["evidence"]["signature"] = base64.b64encode(bytes(raw)).decode()
    (place / "broken.json").write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "-I", str(place / "weaker.py"), str(place / "broken.json"),
         str(place / "root.pem")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "BAD: request" in done.stderr


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
