"""What a system or a peer may answer with, and how far a failed request is said to have come."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

import pytest

from lienthong.gateway.bodies import EMPTY, Body, SpoolRoom
from lienthong.gateway.pool import (
    Address,
    AnswerTooLarge,
    BadAnswer,
    Lost,
    NotReached,
    OutOfTime,
    Pool,
)

pytestmark = pytest.mark.scenario
HEAD = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


class Script:
    """Answers each request on each connection with the next of its pieces; None hangs up."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.connections = 0
        self.requests = 0

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while self.answers:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                answer = self.answers.pop(0)
                if answer is None:
                    break
                if isinstance(answer, float):
                    await asyncio.sleep(answer)
                    break
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer or b"\r\n\r\n" not in answer:
                    break
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def with_script(script, story, **settings):
    async def run():
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        pool = Pool(settings.pop("room", SpoolRoom()), **settings)
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])

        async def send(body=EMPTY, *, patience=5.0, limit=1 << 20, head=HEAD, **more):
            deadline = time.monotonic() + patience
            return await pool.send(address, head, body, deadline=deadline, limit=limit, **more)

        try:
            return await story(send)
        finally:
            pool.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def once(*answers, **more):
    script = Script(*answers)
    return with_script(script, lambda send: send(**more))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_is_used_again():
    script = Script(OK, OK, OK)

    async def story(send):
        return [(await send()).body.data for _ in range(3)]

    assert with_script(script, story) == [b"ok"] * 3
    assert script.connections == 1


def test_a_connection_that_says_close_is_not_used_again():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    script = Script(closing, OK)

    async def story(send):
        return [(await send()).status for _ in range(2)]

    assert with_script(script, story) == [200, 200]
    assert script.connections == 2


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
         b"abc"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)  # fmt: skip
def test_every_way_to_end_a_body_is_understood(answer, body):
    assert once(answer).body.whole() == body


def test_a_head_request_does_not_wait_for_the_body_its_length_speaks_of():
    answer = once(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", bodiless=True)
    assert (answer.status, answer.body.size) == (200, 0)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, Lost),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", OutOfTime),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nab", Lost),
        (b"SSH-2.0-x\r\n", BadAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", BadAnswer),
        (b"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n", BadAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"a" * 2000, AnswerTooLarge),
        (0.9, OutOfTime),
    ],
)
def test_a_failed_answer_says_that_the_other_side_may_have_acted(answer, error):
    with pytest.raises(error) as raised:
        once(answer, patience=0.5, limit=1000)
    assert raised.value.delivered


def test_nobody_listening_means_nothing_was_delivered():
    async def story():
        pool = Pool(SpoolRoom())
        await pool.send(Address("127.0.0.1", 9), HEAD, EMPTY, deadline=time.monotonic() + 1,
                        limit=1)  # fmt: skip

    with pytest.raises(NotReached) as raised:
        asyncio.run(story())
    assert not raised.value.delivered


@pytest.mark.parametrize("again", [True, False])
def test_a_kept_connection_that_died_is_replaced_once_for_requests_that_may_repeat(again):
    script = Script(OK, None, OK)

    async def story(send):
        await send()
        return await send(again=again)

    if again:
        assert with_script(script, story).status == 200
        assert script.connections == 2
    else:
        with pytest.raises(Lost):
            with_script(script, story)
        assert script.requests == 2, "it was sent once and not again"


def test_a_system_that_died_with_a_request_in_its_hands_was_reached():
    """Gone when asked again is not never reached: its first try may have had its effect."""

    async def run():
        script = Script(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", None)
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        pool = Pool(SpoolRoom())
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])

        async def send():
            return await pool.send(
                address, HEAD, EMPTY, deadline=time.monotonic() + 5, limit=1 << 20, again=True
            )

        try:
            await send()
            server.close()  # those connected stay so; nobody else gets in
            with pytest.raises(Lost):
                await send()
        finally:
            pool.close()
            await server.wait_closed()
        return script.requests

    assert asyncio.run(run()) == 2


def test_a_new_connection_that_dies_is_not_tried_again():
    script = Script(None, OK)
    with pytest.raises(Lost):
        with_script(script, lambda send: send(again=True))
    assert script.requests == 1


def test_bytes_nobody_asked_for_end_the_connection():
    script = Script(OK + OK, OK)

    async def story(send):
        first = await send()
        await asyncio.sleep(0.05)
        second = await send()
        return first.status, second.status

    assert with_script(script, story) == (200, 200)
    assert script.connections == 2


def test_a_long_answer_is_spooled_unreadable_to_others(tmp_path, monkeypatch):
    """Nothing of the body can be found in what the spool wrote."""
    written = []
    write = os.write

    def keep(descriptor, data):
        written.append(bytes(data))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", keep)
    secret = b"091095000017 " * 200_000
    room = SpoolRoom(tmp_path)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(secret)
    script = Script(head + secret)

    async def story(send):
        return await send(limit=8 << 20)

    body = with_script(script, story, room=room).body
    assert body.data is None
    assert body.sha256 == Body.of(secret).sha256
    assert body.hashed == Body.of(secret).hashed
    assert b"".join(body.chunks()) == secret
    spooled = b"".join(written)
    assert len(spooled) > len(secret)
    assert b"091095000017" not in spooled
    body.close()
    assert room.used == 0


@pytest.mark.parametrize(
    "begun",
    [
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Trailer: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2;ext=",
    ],
    ids=["head", "trailer", "chunk extension"],
)
def test_an_answer_whose_framing_never_ends_is_no_answer(begun):
    async def flood(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            writer.write(begun)
            for _ in range(1000):
                writer.write(b"a" * 4096)
                await writer.drain()
        writer.close()

    script = Script()
    script.serve = flood
    with pytest.raises(BadAnswer):
        with_script(script, lambda send: send(patience=20))


def test_an_answer_that_comes_too_late_gives_its_room_back():
    """One without a length ends with its connection, which the deadline closes first."""

    async def dribble(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 100_000)
        await reader.read()
        writer.close()

    script, room = Script(), SpoolRoom()
    script.serve = dribble

    async def story(send):
        with pytest.raises(OutOfTime):
            await send(patience=0.3)
        await asyncio.sleep(0.05)

    with_script(script, story, room=room)
    assert (room.memory_used, room.used) == (0, 0)
