"""When a gateway signs in batches, towards whom, and that a row alone proves its message."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from gateway.exchange_cast import FIND, JUSTICE, POLICE, asks, country
from lienthong.gateway.bodies import Body
from lienthong.gateway.consumer import Consumer
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.rows import Kind, LogSide
from lienthong.gateway.signing import ALONE_BELOW, CAPABILITY, Signing
from lienthong.protocol import batch, pki
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.receipt import signed_of, verify_receipt
from lienthong.protocol.signature import Draft, Signed, verify_logged_answer, verify_logged_request

MANY = 24


class SlowLog(MemoryLog):
    """A log whose rows take a moment, as commits do, so that exchanges overlap."""

    def append(self, row, *, replay=None):
        done = super().append(row, replay=replay)

        async def later():
            await asyncio.sleep(0.002)
            return await done

        return asyncio.ensure_future(later())


@pytest.fixture(scope="module")
def here():
    return country()


def reading_batches(here, *, batches: bool = True):
    capabilities = ["rfc9421", CAPABILITY] if batches else ["rfc9421"]
    return here.changed(
        gateways=[
            msgspec.structs.replace(entry, capabilities=capabilities)
            for entry in here.snapshot.gateways
        ]
    )


def many_at_once(here, count: int, *, batches: bool = True, gathers: bool = True):
    """The gateway after this many exchanges that were under way together."""
    gateway = here.gateway(snapshot=reading_batches(here, batches=batches))
    gateway.log = gateway.gateway.log = SlowLog()
    gateway.gateway.signing.gathers = gathers

    async def one():
        head = Head(b"POST", f"/r1/{FIND}".encode(), asks(), Caller())
        return await Consumer(gateway.gateway).answer(
            Incoming(head, Body.of(b"{}"), time.monotonic())
        )

    async def story():
        return await asyncio.gather(*(one() for _ in range(count)))

    answers = asyncio.run(story())
    gateway.close()
    assert {answer.status for answer in answers} == {200}
    return gateway


def rows(gateway, kind):
    return [
        row.evidence
        for row in gateway.log.rows
        if row.evidence.kind == kind and row.evidence.side == LogSide.PROVIDER
    ]


def test_exchanges_under_way_together_share_signatures_and_each_row_proves_its_own(here):
    gateway = many_at_once(here, MANY)
    signing = gateway.gateway.signing
    assert signing.together > MANY
    assert signing.batches < signing.together / 2
    requests = {row.request_id: signed_of(row) for row in rows(gateway, Kind.REQUEST)}
    shared = [signed for signed in requests.values() if signed.algorithm == batch.ALGORITHM]
    assert len(shared) >= MANY - ALONE_BELOW
    for request in requests.values():
        verify_logged_request(request, here.keys[JUSTICE].verifying)
    for row in rows(gateway, Kind.ANSWER):
        request = requests[row.request_id]
        verify_logged_answer(signed_of(row), request, here.keys[POLICE].verifying)
    assert signing.under_way == 0


def test_a_receipt_of_one_message_of_a_batch_is_verified_alone(here):
    gateway = many_at_once(here, MANY)
    row = rows(gateway, Kind.REQUEST)[-1]
    assert signed_of(row).algorithm == batch.ALGORITHM
    owner = here.snapshot.members[-1]
    note = gateway.log.seal("VN/GOV/G14/national", here.keys[gateway.gateway.identity.owner])
    certificates = {
        key.kid: key.cert for member in here.snapshot.members for key in member.sign_keys
    }
    assert owner.sign_keys
    receipt = gateway.log.receipt(row.request_id, LogSide.PROVIDER, note, certificates)
    facts = verify_receipt(receipt.dump(), here.anchor)
    assert facts.request_id == row.request_id
    assert (facts.asked_by, facts.answered_by) == (JUSTICE, POLICE)


def test_a_gateway_that_does_not_say_it_reads_batches_gets_none(here):
    gateway = many_at_once(here, MANY, batches=False)
    assert gateway.gateway.signing.batches == 0
    algorithms = {signed_of(row).algorithm for row in rows(gateway, Kind.REQUEST)}
    assert algorithms == {pki.P256}


def test_a_gateway_told_not_to_gather_signs_each_message_alone(here):
    gateway = many_at_once(here, MANY, gathers=False)
    assert gateway.gateway.signing.batches == 0


def test_a_single_exchange_waits_for_nobody(here):
    gateway = many_at_once(here, 1)
    assert (gateway.gateway.signing.batches, gateway.gateway.signing.alone) == (0, 2)


def draft(base: bytes):
    return lambda algorithm: Draft(base, Signed(b"", b"", algorithm, "", 0, b"", b""))


def together(key, count, signing=None):
    """The signatures of this many messages handed over in one turn of the loop."""
    signing = signing or Signing(under_way=ALONE_BELOW)

    async def story():
        work = (signing.sign(draft(b"%d" % n), key, ()) for n in range(count))
        return await asyncio.gather(*work, return_exceptions=True)

    return signing, asyncio.run(story())


def test_a_full_batch_is_signed_at_once_and_the_rest_in_the_next():
    key = SigningKey.generate()
    signing, signed = together(key, batch.MOST_LEAVES + 10)
    assert signing.batches == 2
    for number, one in enumerate(signed):
        batch.verify(one.signature, b"%d" % number, key.verifying)


def test_a_key_that_cannot_sign_fails_every_message_that_waited():
    class Broken(SigningKey):
        def sign(self, data):
            raise RuntimeError("the token is gone")

    signing, ends = together(Broken(SigningKey.generate().verifying), 3)
    assert [str(end) for end in ends] == ["the token is gone"] * 3
    assert signing.batches == 0


def test_a_message_whose_sender_gave_up_takes_nobody_with_it():
    key, signing = SigningKey.generate(), Signing(under_way=ALONE_BELOW)

    async def story():
        tasks = [asyncio.create_task(signing.sign(draft(b"%d" % n), key, ())) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, gone, third = asyncio.run(story())
    assert isinstance(gone, asyncio.CancelledError)
    assert batch.verify(first.signature, b"0", key.verifying)
    assert batch.verify(third.signature, b"2", key.verifying)


def test_members_keys_do_not_share_a_batch():
    signing = Signing(under_way=ALONE_BELOW)
    keys = [SigningKey.generate(), SigningKey.generate()]

    async def story():
        work = (signing.sign(draft(b"%d" % n), keys[n % 2], ()) for n in range(8))
        return await asyncio.gather(*work)

    signed = asyncio.run(story())
    assert signing.batches == 2
    for number, one in enumerate(signed):
        batch.verify(one.signature, b"%d" % number, keys[number % 2].verifying)
