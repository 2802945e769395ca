"""Credentials of the systems reach each other, and no log; the signature still covers them."""

from __future__ import annotations

import msgspec
import pytest

from gateway.exchange_cast import ISSUE, asks, country
from lienthong.gateway.bodies import Body
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.settings import BadSettings, concealed_names
from lienthong.protocol import conceal, rest
from lienthong.protocol import headers as names
from lienthong.protocol.conceal import as_signed, check_concealed
from lienthong.protocol.errors import BadDigest, MalformedSignature
from lienthong.protocol.receipt import verify_receipt
from lienthong.protocol.rest import RequestPart, ResponsePart
from lienthong.protocol.snapshot import CAPABILITIES

TOKEN, COOKIE = b"Bearer mot-hai-ba-bon-nam", b"session=9f2c; theme=dark"
SESSION = b"session=new; HttpOnly"
BODY = b'{"born_on":"2021-08-17"}'


@pytest.fixture(scope="module")
def here():
    made = country()
    entry = msgspec.structs.replace(made.snapshot.gateways[0], capabilities=list(CAPABILITIES))
    return made, made.changed(gateways=[entry])


@pytest.fixture
def asked():
    """What the system behind the gateway was asked, one after the other."""
    return []


@pytest.fixture
def gateway(here, asked):
    made, snapshot = here

    def system(request):
        asked.append(request)
        return SystemAnswer(
            200, b'{"personal_id":"1"}',
            ((b"Content-Type", b"application/json"), (b"Set-Cookie", SESSION),
             (b"Lienthong-Subject", b"001099000001")),
        )  # fmt: skip

    gateway = made.gateway(system=system, snapshot=snapshot)
    yield gateway
    gateway.close()


def exchange(gateway):
    sent = asks(Authorization=TOKEN.decode(), Cookie=COOKIE.decode(), Idempotency_Key="k")
    answer = gateway.call("POST", f"/r1/{ISSUE}", sent, BODY)
    assert answer.status == 200, answer.body.whole()
    return answer, sent


def everything(row) -> bytes:
    """Every byte of a row that any log keeps."""
    return msgspec.msgpack.encode(row.evidence)


def test_both_systems_get_what_the_other_sent_and_no_row_holds_it(gateway, asked):
    answer, _ = exchange(gateway)
    assert asked[0].header(b"authorization") == TOKEN
    assert asked[0].header(b"cookie") == COOKIE
    assert asked[0].header(names.CONCEALED) is None
    assert names.get(answer.headers, b"set-cookie") == SESSION
    assert names.get(answer.headers, names.CONCEALED) is None
    rows = gateway.gateway.log.rows
    assert len(rows) == 4
    for row in rows:
        for secret in (TOKEN, COOKIE, SESSION, b"mot-hai", b"9f2c"):
            assert secret not in everything(row)
        assert b"lienthong-concealed;sha-256=:" in row.evidence.head


def test_the_receipt_proves_the_exchange_and_whose_credential_it_was(gateway, here):
    made, snapshot = here
    exchange(gateway)
    log, owner = gateway.gateway.log, gateway.gateway.identity.owner
    note = log.seal(str(gateway.gateway.identity), made.keys[owner])
    certificates = {key.kid: key.cert for member in snapshot.members for key in member.sign_keys}
    row = log.rows[0].evidence
    for side in ("consumer", "provider"):
        receipt = log.receipt(row.request_id, side, note, certificates)
        assert verify_receipt(receipt, made.anchor).status == 200
        asked, answered = (record.evidence.head for record in receipt.records)
        check_concealed(asked, b"Authorization", TOKEN)
        check_concealed(asked, b"cookie", COOKIE)
        check_concealed(answered, b"Set-Cookie", SESSION)
        for other in (TOKEN + b"x", b"", COOKIE):
            with pytest.raises(BadDigest):
                check_concealed(asked, b"Authorization", other)


def test_the_request_hash_is_of_what_the_client_sent(gateway):
    """X-Road's hash: a client that kept its own headers computes the same."""
    answer, sent = exchange(gateway)
    part = rest.request_part(
        b"POST", f"/r1/{ISSUE}".encode(), sent,
        request_id=names.get(answer.headers, names.REQUEST_ID),
        message_id=names.get(answer.headers, names.ID),
    )  # fmt: skip
    hashed = Body.of(BODY).hashed
    assert names.get(answer.headers, names.REQUEST_HASH) == rest.request_hash(
        part.serialise(), hashed
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: [(n, b"Bearer other" if n == b"Authorization" else v) for n, v in headers],
        lambda headers: [(n, v) for n, v in headers if n.lower() != names.CONCEALED],
        lambda headers: [
            (n, v.replace(b"authorization", b"cookie2") if n.lower() == names.CONCEALED else v)
            for n, v in headers
        ],
    ],
    ids=["value", "note", "names"],
)
def test_a_credential_changed_on_the_way_is_not_what_was_signed(gateway, asked, change):
    calls = gateway.gateway.way_out
    real = type(calls).to_peer

    class Tampering:
        def __getattr__(self, name):
            return getattr(calls, name)

        async def to_peer(self, entry, message, **more):
            message = msgspec.structs.replace(message, headers=change(list(message.headers)))
            return await real(calls, entry, message, **more)

    gateway.gateway.way_out = Tampering()
    sent = asks(Authorization=TOKEN.decode(), Cookie=COOKIE.decode(), Idempotency_Key="k")
    answer = gateway.call("POST", f"/r1/{ISSUE}", sent, BODY)
    assert answer.status == 400
    assert b"lienthong-head-digest does not fit what was received" in answer.body.whole()
    assert asked == []


def test_towards_a_gateway_of_the_last_release_all_is_as_it_was(here, asked):
    made, _ = here  # whose entry names no capability
    gateway = made.gateway(system=lambda request: (asked.append(request), SystemAnswer())[1])
    sent = asks(Authorization=TOKEN.decode(), Idempotency_Key="k")
    gateway.call("POST", f"/r1/{ISSUE}", sent, BODY)
    gateway.close()
    assert asked[0].header(b"authorization") == TOKEN
    assert TOKEN in gateway.gateway.log.rows[0].evidence.head


# -- the form ---------------------------------------------------------------------------------

PART = RequestPart(b"GET", b"/r1/x", ((b"Authorization", TOKEN), (b"A", b"b")))
NOTE = b"AAAAAAAAAAAAAAAAAAAAAA==;"


def test_what_is_concealed_is_told_apart_from_message_to_message():
    names_of = frozenset({b"authorization"})
    first, note = conceal.conceal(PART, names_of)
    second, _ = conceal.conceal(PART, names_of)
    assert first.headers[0] != second.headers[0]  # the same token leaves no mark
    assert first.headers[1] == PART.headers[1]
    assert as_signed(PART, [(b"Lienthong-Concealed", note)]) == first
    assert conceal.conceal(PART, frozenset({b"cookie"})) == (PART, b"")
    answer = ResponsePart(200, b"OK", ((b"Set-Cookie", b"s"),))
    assert conceal.conceal(answer, frozenset({b"set-cookie"}))[0].status == 200


@pytest.mark.parametrize(
    "note",
    [b"", b";", b"AAAA;authorization", b"!;authorization", NOTE, NOTE + b"x-road-client",
     NOTE + b"content-type", NOTE + b"authorization,", NOTE + b"a b",
     NOTE + b",".join(b"h%d" % n for n in range(17)), NOTE[:-1]],
)  # fmt: skip
def test_a_note_that_hides_what_all_must_see_or_cannot_be_read_is_refused(note):
    with pytest.raises(MalformedSignature):
        as_signed(PART, [(names.CONCEALED, note)])


def test_the_list_is_the_operators_within_what_may_be_hidden():
    assert concealed_names(["Authorization", "X-Api-Key"]) == {b"authorization", b"x-api-key"}
    assert concealed_names([]) == frozenset()
    for wrong in ("X-Road-Client", "Content-Type", "Lienthong-Subject", "a b", "Signature-Input"):
        with pytest.raises(BadSettings):
            concealed_names([wrong])
