"""A witness signs heads that extend one another, and no others (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.attested import attested
from gateway.exchange_cast import OPERATOR, POLICE, country
from lienthong.gateway.witness import witness_key
from lienthong.kernel import clock
from lienthong.protocol import merkle
from lienthong.protocol.checkpoint import Checkpoint, sign_checkpoint
from lienthong.protocol.cosignature import (
    WitnessKey,
    cosign,
    open_cosignature,
    read_submission,
    write_submission,
)
from lienthong.protocol.errors import BadProof, BadSignature
from lienthong.protocol.pki import SigningKey

ORIGIN = "VN/GOV/G14/national"


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture
def play(here, gateway_db, tmp_path):
    def run(story):
        async def whole():
            async with attested(here, gateway_db, tmp_path) as ready:
                return await story(ready)

        return asyncio.run(whole())

    return run


def grown(*sizes):
    """A tree, and its heads at these sizes with their proofs from the one before."""
    whole, notes = merkle.Tree(), []
    for number in range(sizes[-1]):
        whole.append(hashlib.sha256(number.to_bytes(4, "big")).digest())
    for old, size in zip((0, *sizes), sizes, strict=False):
        notes.append((old, size, whole.root(size), whole.consistency(old, size)))
    return notes


def note_of(here, size, root, *, origin=ORIGIN, by=OPERATOR):
    head = Checkpoint(origin, size, root, int(clock.instant().timestamp()))
    return sign_checkpoint(head, here.keys[by])


def submission(here, made, **changes):
    old, size, root, proof = made
    return write_submission(old, proof, note_of(here, size, root, **changes))


def test_heads_that_extend_each_other_are_signed(here, play):
    async def story(ready):
        answers = []
        for made in grown(1, 7, 300, 1000):
            note = note_of(here, made[1], made[2])
            status, line = await ready.submit(write_submission(made[0], made[3], note))
            answers.append((status, line.decode(), note))
        return answers, ready.witness

    answers, witness = play(story)
    key = WitnessKey("VN/GOV/G15/justice", witness.key.public_key().public_bytes_raw())
    for status, line, note in answers:
        assert status == 200
        assert open_cosignature(note, line, key).witness == key.name


def test_another_history_is_refused_with_422(here, play):
    other = merkle.Tree()
    for number in range(9):
        other.append(hashlib.sha256(b"other" + bytes([number])).digest())

    async def story(ready):
        (first,) = grown(7)
        assert (await ready.submit(submission(here, first)))[0] == 200
        forked = (7, 9, other.root(9), other.consistency(7, 9))
        status, _ = await ready.submit(submission(here, forked))
        async with ready.reader.connection() as connection:
            kept = await connection.fetchval("SELECT max(size) FROM witnessed_head")
        return status, kept

    assert play(story) == (422, 7)


def test_another_root_of_the_same_size_is_never_signed(here, play):
    async def story(ready):
        (first,) = grown(7)
        assert (await ready.submit(submission(here, first)))[0] == 200
        return await ready.submit(submission(here, (7, 7, b"\x07" * 32, ())))

    assert play(story) == (409, b"7\n")


def test_a_log_that_starts_from_an_old_head_is_told_the_newest(here, play):
    async def story(ready):
        first, second = grown(7, 20)
        await ready.submit(submission(here, first))
        await ready.submit(submission(here, second))
        return await ready.submit(submission(here, first)), await ready.submit(
            submission(here, (20, 20, second[2], ()))
        )

    told, again = play(story)
    assert told == (409, b"20\n")
    assert again[0] == 200


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("stranger", 403), ("unknown log", 404), ("another member's log", 403), ("garbage", 400),
        ("shrinking", 400),
    ],
)  # fmt: skip
def test_what_is_not_a_peers_signed_head_is_refused(here, play, what, status):
    async def story(ready):
        (made,) = grown(7)
        if what == "stranger":
            return await ready.submit(submission(here, made), certificate="00" * 32)
        if what == "unknown log":
            return await ready.submit(submission(here, made, origin="VN/GOV/G14/other"))
        if what == "another member's log":
            return await ready.submit(submission(here, made, by=POLICE))
        if what == "garbage":
            return await ready.submit(b"old x\n\nnothing")
        return await ready.submit(submission(here, (9, 7, made[2], ())))

    assert play(story)[0] == status


def test_the_logs_gateway_collects_the_cosignature_of_its_newest_head(here, play):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        first = await ready.witnesses.show_all()
        again = await ready.witnesses.show_all()
        await ready.issue("birth-2")
        await ready.seal()
        second = await ready.witnesses.show_all()
        async with ready.reader.connection() as connection:
            sizes = await connection.fetch("SELECT size FROM log_cosignature ORDER BY size")
            return first, again, second, [one["size"] for one in sizes]

    assert play(story) == (1, 0, 1, [4, 8])


def test_a_witness_that_is_away_is_asked_again_and_nothing_else_waits(here, play):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        ready.way.away = True
        away = await ready.witnesses.show_all()
        ready.way.away = False
        return away, await ready.witnesses.show_all()

    assert play(story) == (0, 1)


def test_a_log_whose_database_was_restored_cannot_hide_what_was_witnessed(here, play):
    """The witness knows a longer history than the log tells now: it refuses, and says the size."""

    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        for made in grown(9):
            assert (await ready.submit(submission(here, made)))[0] == 200
        return await ready.witnesses.show_all()

    assert play(story) == 0


def test_a_cosignature_holds_for_its_head_only(here):
    key = Ed25519PrivateKey.generate()
    public = WitnessKey("VN/GOV/G15/justice", key.public_key().public_bytes_raw())
    note, other = note_of(here, 3, b"\1" * 32), note_of(here, 3, b"\2" * 32)
    line = cosign(note, public.name, key, now=1_700_000_000)
    assert open_cosignature(note, line, public).time == 1_700_000_000
    assert WitnessKey.parse(str(public)) == public
    with pytest.raises(BadSignature):
        open_cosignature(other, line, public)
    raw = bytearray(base64.b64decode(line.split()[2]))
    for place in range(len(raw)):
        broken = bytearray(raw)
        broken[place] ^= 1
        text = f"— {public.name} {base64.b64encode(bytes(broken)).decode()}\n"
        with pytest.raises(BadSignature):
            open_cosignature(note, text, public)


def test_a_cosignature_is_in_the_form_of_the_specification(here):
    """C2SP tlog-cosignature: key id over name, 0x0A, 0x04 and key; time, then the text."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    note = note_of(here, 3, b"\1" * 32)
    _, name, value = cosign(note, "witness.example", key, now=1_679_315_147).split()
    raw = base64.b64decode(value)
    public = key.public_key().public_bytes_raw()
    assert raw[:4] == hashlib.sha256(b"witness.example\n\x04" + public).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == 1_679_315_147
    text = note.rpartition(b"\n\n")[0] + b"\n"
    key.public_key().verify(raw[12:], b"cosignature/v1\ntime 1679315147\n" + text)


def test_a_submission_is_read_as_it_was_written(here):
    made = grown(5, 900)[1]
    note = note_of(here, made[1], made[2])
    body = write_submission(made[0], made[3], note)
    assert body.startswith(b"old 5\n")
    read = read_submission(body)
    assert (read.old, read.proof, read.note) == (5, tuple(made[3]), note)
    for broken in (b"", b"old 5\n", b"old -1\n\n" + note, b"old 05\n\n" + note,
                   b"old 5\nAAAA\n\n" + note, b"new 5\n\n" + note):  # fmt: skip
        with pytest.raises(BadProof):
            read_submission(broken)


def test_the_key_of_a_witness_is_made_once(tmp_path):
    first = witness_key(tmp_path, b"passphrase")
    again = witness_key(tmp_path, b"passphrase")
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="(?i)decrypt|password"):
        witness_key(tmp_path, b"another")
    with pytest.raises(BadSignature):
        WitnessKey.parse("VN/GOV/G15/justice+00000000+" + "A" * 44)


def test_only_a_key_its_owner_stands_for_is_a_witness(here, play):
    async def story(ready):
        statement = ready.witness.statement()
        with pytest.raises(BadSignature):
            statement.opened(SigningKey.generate().verifying)

    play(story)
