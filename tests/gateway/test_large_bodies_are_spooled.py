"""Bodies above one mebibyte: encrypted on disk, bounded in memory, verified before they go on."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
import time
import tracemalloc

import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import FIND, ISSUE, asks, country
from lienthong.exchange.cards import Effect, Offer
from lienthong.gateway import bodies
from lienthong.gateway.bodies import (
    CHUNK,
    IN_MEMORY,
    Body,
    BodyRefused,
    Receiver,
    Refusal,
    SpoolRoom,
)
from lienthong.gateway.consumer import Consumer
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.protocol.snapshot import OfferEntry

MIB = 1 << 20
PLAIN = b"Nguyen Thi Lan, sinh ngay 17 thang 8; "


@pytest.fixture
def room(tmp_path):
    return SpoolRoom(tmp_path)


def received(room, data: bytes, piece: int = 10_000) -> Body:
    receiver = Receiver(64 * MIB, room)
    for start in range(0, len(data), piece):
        receiver.write(data[start : start + piece])
    return receiver.finish()


def on_disk(body: Body) -> bytes:
    """What somebody who steals the disk would find."""
    descriptor = body._spool._file.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY - 1, IN_MEMORY])
def test_up_to_one_mebibyte_stays_in_memory(room, size):
    body = received(room, b"x" * size)
    assert body.data is not None
    assert (room.used, room.memory_used) == (0, size)
    body.close()
    assert room.memory_used == 0


@pytest.mark.parametrize("size", [IN_MEMORY + 1, 2 * MIB, 2 * MIB + 1, 3 * MIB + CHUNK])
def test_what_is_longer_lies_on_disk_and_reads_back_the_same(room, size):
    data = random.Random(size).randbytes(size)
    body = received(room, data)
    assert body.data is None
    assert (room.used, room.memory_used) == (size, 0)
    for _ in range(2):
        assert b"".join(body.chunks()) == data
    assert body.sha256 == hashlib.sha256(data).digest()
    assert body.hashed.sha512 == hashlib.sha512(data).digest()
    body.close()
    body.close()
    assert room.used == 0


def test_the_file_has_no_name_and_holds_nothing_readable(room, tmp_path):
    data = PLAIN * (2 * MIB // len(PLAIN))
    body = received(room, data)
    assert list(tmp_path.iterdir()) == []
    kept = on_disk(body)
    assert len(kept) > len(data)
    assert PLAIN[:12] not in kept
    # Equal chunks of plain text are not equal on the disk, so repetition shows nothing either.
    step = CHUNK + bodies.TAG
    chunks = [kept[at : at + step] for at in range(0, len(kept) - step, step)]
    assert len(set(chunks)) == len(chunks)
    body.close()


def test_a_chunk_changed_or_moved_on_disk_is_not_sent(room):
    body = received(room, os.urandom(2 * MIB))
    descriptor, step = body._spool._file.fileno(), CHUNK + bodies.TAG
    first, second = os.pread(descriptor, step, 0), os.pread(descriptor, step, step)
    os.pwrite(descriptor, second, 0)
    with pytest.raises(Exception, match=r"^$") as moved:
        list(body.chunks())
    assert type(moved.value).__name__ == "InvalidTag"
    os.pwrite(descriptor, first[:-1] + bytes([first[-1] ^ 1]), 0)
    with pytest.raises(Exception, match=r"^$") as changed:
        list(body.chunks())
    assert type(changed.value).__name__ == "InvalidTag"
    body.close()


def test_memory_stays_bounded_while_a_long_body_comes_and_goes(room):
    piece = os.urandom(64 << 10)
    tracemalloc.start()
    try:
        receiver = Receiver(bodies.IN_MEMORY * 64, room)
        for _ in range(512):
            receiver.write(piece)
        body = receiver.finish()
        sent = sum(len(chunk) for chunk in body.chunks())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == 32 * MIB
    assert peak < 6 * MIB
    body.close()


def test_a_full_quota_refuses_the_next_body_and_takes_it_once_there_is_room(room):
    room.quota = 3 * MIB
    held = received(room, b"a" * (2 * MIB))
    receiver = Receiver(64 * MIB, room)
    with pytest.raises(BodyRefused) as full:
        receiver.write(b"b" * (2 * MIB))
    assert full.value.why is Refusal.NO_ROOM
    receiver.discard()
    assert room.used == 2 * MIB, "what the refused one had taken is given back"
    held.close()
    received(room, b"b" * (2 * MIB)).close()
    assert room.used == 0


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_told_like_a_full_quota(room, monkeypatch, problem):
    def full(descriptor, data):
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(bodies.os, "write", full)
    receiver = Receiver(64 * MIB, room)
    with pytest.raises(BodyRefused) as refused:
        receiver.write(b"a" * (2 * MIB))
    assert refused.value.why is Refusal.NO_ROOM
    receiver.discard()
    assert (room.used, room.memory_used) == (0, 0)


def test_a_spool_whose_directory_is_gone_is_told_like_a_full_disk(tmp_path):
    room = SpoolRoom(tmp_path / "gone")
    receiver = Receiver(64 * MIB, room)
    with pytest.raises(BodyRefused) as refused:
        receiver.write(b"a" * (2 * MIB))
    assert refused.value.why is Refusal.NO_ROOM
    receiver.discard()


# -- through the gateway ---------------------------------------------------------------


@pytest.fixture(scope="module")
def here():
    return country()


def incoming(target: str, body: Body, **more: str) -> Incoming:
    head = Head(b"POST", target.encode(), asks(**more), Caller())
    return Incoming(head, body, time.monotonic())


def test_a_long_body_goes_through_both_sides_unchanged(here, room):
    seen = []

    def system(request):
        seen.append(hashlib.sha256(request.body).hexdigest())
        return SystemAnswer(body=b"{}", headers=[(b"Lienthong-Subject", b"091095000017")])

    gateway = here.gateway(system=system)
    data = os.urandom(3 * MIB)
    body = received(room, data)
    try:
        request = incoming(f"/r1/{ISSUE}", body, Idempotency_Key="long")
        answer = asyncio.run(Consumer(gateway.gateway).answer(request))
    finally:
        gateway.close()
    assert answer.status == 200
    assert seen == [hashlib.sha256(data).hexdigest()]
    assert {row.evidence.body_size for row in gateway.log.rows[:2]} == {3 * MIB}
    assert gateway.log.rows[1].evidence.body_digest == hashlib.sha256(data).digest()
    body.close()


def test_the_system_sees_no_byte_of_a_long_body_that_is_not_the_signed_one(here, room):
    asked = []
    gateway = here.gateway(system=lambda request: asked.append(request) or SystemAnswer())
    signed, other = received(room, b"a" * (2 * MIB)), received(room, b"b" * (2 * MIB))
    to_peer = gateway.gateway.way_out.to_peer

    class Swapping:
        """Somebody between the gateways puts another body of the same length in its place."""

        to_provider = gateway.gateway.way_out.to_provider

        async def to_peer(self, entry, message, *, deadline, limit):
            assert message.body is signed
            swapped = type(message)(message.method, message.target, message.headers, other)
            return await to_peer(entry, swapped, deadline=deadline, limit=limit)

    gateway.gateway.way_out = Swapping()
    try:
        request = incoming(f"/r1/{ISSUE}", signed, Idempotency_Key="swapped")
        answer = asyncio.run(Consumer(gateway.gateway).answer(request))
    finally:
        gateway.close()
        signed.close()
        other.close()
    assert dict(answer.headers)[b"x-road-error"] == b"Client.InvalidBody"
    assert asked == []


def test_an_offer_takes_ten_mebibytes_unless_it_says_otherwise_and_never_above_one_gibibyte(here):
    def limit(**values):
        return OfferEntry(provider="GOV/G01/population", code="a.b.v1", **values).longest_body

    assert limit() == 10 * MIB
    assert limit(max_body=4096) == 4096
    assert limit(max_body=5 << 30) == 1 << 30
    with pytest.raises(ValueError, match="1 GiB"):
        Offer(
            code="film.keep.v1", title="", request=object, answers=object,
            effect=Effect.CHANGING, max_body=(1 << 30) + 1,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "limit"), [(FIND, 4096), (ISSUE, 10 * MIB), ("VN/GOV/G01/nobody/a.b.v1", 64 << 10)]
)
def test_the_edge_asks_for_the_limit_of_the_very_offer(here, target, limit):
    gateway = here.gateway()
    head = Head(b"POST", f"/r1/{target}".encode(), asks(), Caller())
    assert Consumer(gateway.gateway).body_limit(head) == limit
    gateway.close()


class Counting:
    """An application that says what it was given."""

    def __init__(self):
        self.refused = []

    def body_limit(self, head):
        return 1 << 30

    async def answer(self, request):
        self.refused.append(request.refused)
        return Outgoing(200 if request.refused is None else 500, b"OK", [])

    def malformed(self, why, caller):
        raise AssertionError(why)


@pytest.mark.scenario
def test_a_body_for_which_there_is_no_room_is_refused_before_it_is_sent(room):
    """A gigabyte is not read only to be thrown away."""
    import socket

    room.quota = 100 * MIB
    application = Counting()
    edge = Edge(application, room)
    try:
        with socket.create_connection(("127.0.0.1", edge.port), timeout=20) as client:
            client.sendall(
                b"POST /r1/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: %d\r\n\r\n" % (1 << 30)
            )
            assert client.recv(100).startswith(b"HTTP/1.1 500"), "no 100 Continue"
    finally:
        edge.close()
    assert application.refused == [Refusal.NO_ROOM]
    assert (room.used, room.memory_used) == (0, 0)


@pytest.mark.scenario
def test_a_connection_cut_in_the_middle_of_a_long_body_gives_its_room_back(room):
    import socket

    application = Counting()
    edge = Edge(application, room)
    try:
        client = socket.create_connection(("127.0.0.1", edge.port), timeout=20)
        client.sendall(
            b"POST /r1/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (8 * MIB)
            + b"a" * (3 * MIB)
        )
        deadline = time.monotonic() + 20
        while room.used < 2 * MIB and time.monotonic() < deadline:
            time.sleep(0.01)
        assert room.used > 0
        client.close()
        while room.used and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        edge.close()
    assert (room.used, room.memory_used) == (0, 0)
    assert application.refused == []
