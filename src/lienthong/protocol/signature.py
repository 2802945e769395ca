"""
HTTP message signatures (RFC 9421) with one fixed list of components.

A request's signature covers method, path, query, the body's digest, the digest
of the serialised part (so every surviving header) and the identifiers. The
answer's signature covers status, both digests and, by ``;req``, the request's
signature, so that neither can be shown without the other (decision 13).

What stands in ``alg`` says how the base is signed: by the member's key itself
(``ecdsa-p256-sha256``, ``ed25519``), or together with others (``lt-batch-1``,
only towards a gateway whose entry in the snapshot says it reads them).

The base is joined from bytes in a fixed order: about a thousandth of the time
a general library needs, which the tests use as their oracle.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable

import msgspec

from lienthong.protocol import batch, digest, rest
from lienthong.protocol.errors import (
    BadDigest,
    Expired,
    MalformedSignature,
    MissingSignature,
    UnknownKey,
)
from lienthong.protocol.headers import (
    CLIENT,
    CONTENT_DIGEST,
    HEAD_DIGEST,
    ID,
    REQUEST_ID,
    SIGNATURE,
    SIGNATURE_INPUT,
    Header,
    get,
    index,
)
from lienthong.protocol.pki import ALGORITHMS, SigningKey, VerifyingKey
from lienthong.protocol.rest import RequestPart, ResponsePart

LABEL = b"lienthong"
TAG = b"lienthong-1"
SKEW = 300
"""Seconds a signature may be older or younger than the verifier's clock (decision 16)."""

REQUEST_COMPONENTS = (
    b'("@method" "@path" "@query" "content-digest" "lienthong-head-digest"'
    b' "x-road-client" "x-road-id" "x-road-request-id")'
)
ANSWER_COMPONENTS = (
    b'("@status" "content-digest" "lienthong-head-digest" "content-digest";req'
    b' "x-road-request-id";req "signature";req;key="lienthong")'
)
PARAMETERS = (
    rb";created=(\d{1,12});keyid=\"([A-Za-z0-9_-]{43})\""
    rb";alg=\"("
    + b"|".join((*ALGORITHMS, batch.ALGORITHM))
    + rb")\";nonce=\"([A-Za-z0-9_-]{16,64})\";tag=\"lienthong-1\""
)
REQUEST_INPUT = re.compile(re.escape(REQUEST_COMPONENTS) + PARAMETERS)
ANSWER_INPUT = re.compile(re.escape(ANSWER_COMPONENTS) + PARAMETERS)
PRINTABLE_LINES = re.compile(rb"[\x20-\x7e\n]*")
LONGEST_VALUE = -(-batch.LONGEST // 3) * 4
SIGNATURE_VALUE = re.compile(rb":([A-Za-z0-9+/]{1,%d}={0,2}):" % LONGEST_VALUE)

FindKey = Callable[[str], VerifyingKey]
"""From a key's name to the key; raises UnknownKey (or Expired) itself."""


class Signed(msgspec.Struct, frozen=True):
    """A signature with what it was made over, as the log keeps it."""

    input: bytes
    """Component list and parameters: the value of ``Signature-Input`` after its label."""
    signature: bytes
    """The key's 64 bytes, or the evidence of a batch; ``algorithm`` says which."""
    algorithm: bytes
    kid: str
    created: int
    head: bytes
    """The serialised part."""
    body_digest: bytes
    """Raw SHA-256 of the body."""
    request_id: bytes = b""
    """Of a request, as its part says it; read out of ``head`` when it is not known."""

    def headers(self) -> list[Header]:
        """What the message carries between gateways."""
        return [
            (CONTENT_DIGEST, digest.field(self.body_digest)),
            (HEAD_DIGEST, digest.field(digest.sha256(self.head))),
            (SIGNATURE_INPUT, LABEL + b"=" + self.input),
            (SIGNATURE, LABEL + b"=" + signature_field(self.signature)),
        ]


def signature_field(signature: bytes) -> bytes:
    return b":" + binascii.b2a_base64(signature, newline=False) + b":"


class Draft(msgspec.Struct, frozen=True):
    """A message about to be signed: its base, and everything but the signature."""

    base: bytes
    unsigned: Signed

    def finish(self, signature: bytes) -> Signed:
        """The signed message."""
        is_ = self.unsigned
        return Signed(
            is_.input, signature, is_.algorithm, is_.kid, is_.created, is_.head, is_.body_digest,
            is_.request_id,
        )  # fmt: skip


def draft_request(
    part: RequestPart, body_digest: bytes, kid: str, algorithm: bytes, *, now: float
) -> Draft:
    """What its member signs of a request; MalformedPart when a covered value is not printable."""
    signed_input = _input(REQUEST_COMPONENTS, kid, algorithm, int(now))
    head = part.serialise()
    base = request_base(part, head, body_digest, signed_input)
    return Draft(
        base,
        Signed(
            signed_input, b"", algorithm, kid, int(now), head, body_digest,
            part.header(REQUEST_ID) or b"",
        ),
    )  # fmt: skip


def draft_answer(
    part: ResponsePart,
    body_digest: bytes,
    request: Signed,
    kid: str,
    algorithm: bytes,
    *,
    now: float,
) -> Draft:
    """What the provider signs of an answer; it covers the request's signature."""
    signed_input = _input(ANSWER_COMPONENTS, kid, algorithm, int(now))
    head = part.serialise()
    base = answer_base(part.status, head, body_digest, request, signed_input)
    return Draft(base, Signed(signed_input, b"", algorithm, kid, int(now), head, body_digest))


def sign_request(part: RequestPart, body_digest: bytes, key: SigningKey, *, now: float) -> Signed:
    """Sign a request for its member, by itself; raises as `draft_request`."""
    draft = draft_request(part, body_digest, key.kid, key.algorithm, now=now)
    return draft.finish(key.sign(draft.base))


def open_request(
    part: RequestPart,
    body_digest: bytes,
    carried: list[Header],
    find_key: FindKey,
    *,
    now: float,
    skew: float = SKEW,
) -> Signed:
    """
    The signature of a request that was received, once it holds.

    ``part`` is what the receiver rebuilt from the wire, ``body_digest`` what it
    computed over the body, ``carried`` the headers between gateways. Raises
    MissingSignature, MalformedSignature, BadDigest, UnknownKey, Expired, BadSignature.
    """
    signed = _carried(
        carried, REQUEST_INPUT, part.serialise(), body_digest, part.header(REQUEST_ID) or b""
    )
    return _opened(request_base(part, signed.head, body_digest, signed.input), signed, find_key,
                   now, skew)  # fmt: skip


def sign_answer(
    part: ResponsePart, body_digest: bytes, request: Signed, key: SigningKey, *, now: float
) -> Signed:
    """Sign an answer for the provider, by itself."""
    draft = draft_answer(part, body_digest, request, key.kid, key.algorithm, now=now)
    return draft.finish(key.sign(draft.base))


def open_answer(
    part: ResponsePart,
    body_digest: bytes,
    request: Signed,
    carried: list[Header],
    find_key: FindKey,
    *,
    now: float,
    skew: float = SKEW,
) -> Signed:
    """The signature of an answer, once it holds for this very request; raises as `open_request`."""
    signed = _carried(carried, ANSWER_INPUT, part.serialise(), body_digest)
    base = answer_base(part.status, signed.head, body_digest, request, signed.input)
    return _opened(base, signed, find_key, now, skew)


def verify_logged_request(signed: Signed, key: VerifyingKey) -> RequestPart:
    """The request whose signature a log row or receipt keeps, once it holds; time is not asked."""
    part = RequestPart.parse(signed.head)
    _match(REQUEST_INPUT, signed.input)
    _check(signed, request_base(part, signed.head, signed.body_digest, signed.input), key)
    return part


def verify_logged_answer(signed: Signed, request: Signed, key: VerifyingKey) -> ResponsePart:
    """The answer whose signature is kept, once it holds for this request."""
    part = ResponsePart.parse(signed.head)
    _match(ANSWER_INPUT, signed.input)
    base = answer_base(part.status, signed.head, signed.body_digest, request, signed.input)
    _check(signed, base, key)
    return part


def read_signed(signed_input: bytes, signature: bytes, head: bytes, body_digest: bytes) -> Signed:
    """A `Signed` from kept bytes, its key and time read out of the parameters."""
    found = re.search(PARAMETERS, signed_input)
    if found is None:
        raise MalformedSignature
    return Signed(
        signed_input, signature, found[3], found[2].decode(), int(found[1]), head, body_digest
    )


def request_base(part: RequestPart, head: bytes, body_digest: bytes, signed_input: bytes) -> bytes:
    """The signature base of a request (RFC 9421, section 2.5)."""
    path, query = rest.split_target(part.target)
    client, message_id, request_id = (part.header(name) for name in (CLIENT, ID, REQUEST_ID))
    if client is None or message_id is None or request_id is None:
        raise rest.MalformedPart("the request lacks one of the exchange's identifiers")
    return _base(
        (
            (b'"@method"', part.method),
            (b'"@path"', path),
            (b'"@query"', b"?" + (query or b"")),
            (b'"content-digest"', digest.field(body_digest)),
            (b'"lienthong-head-digest"', digest.field(digest.sha256(head))),
            (b'"x-road-client"', client.strip()),
            (b'"x-road-id"', message_id.strip()),
            (b'"x-road-request-id"', request_id.strip()),
        ),
        signed_input,
    )


def answer_base(
    status: int, head: bytes, body_digest: bytes, request: Signed, signed_input: bytes
) -> bytes:
    request_id = request.request_id or get(RequestPart.parse(request.head).headers, REQUEST_ID)
    if not request_id:
        raise rest.MalformedPart("the request has no request id")
    return _base(
        (
            (b'"@status"', str(status).encode()),
            (b'"content-digest"', digest.field(body_digest)),
            (b'"lienthong-head-digest"', digest.field(digest.sha256(head))),
            (b'"content-digest";req', digest.field(request.body_digest)),
            (b'"x-road-request-id";req', request_id.strip()),
            (b'"signature";req;key="lienthong"', signature_field(request.signature)),
        ),
        signed_input,
    )


def _base(components: tuple[tuple[bytes, bytes], ...], signed_input: bytes) -> bytes:
    lines = [name + b": " + value for name, value in components]
    lines.append(b'"@signature-params": ' + signed_input)
    base = b"\n".join(lines)
    # A line more than there are components: a value brought one of its own.
    if PRINTABLE_LINES.fullmatch(base) is None or base.count(b"\n") != len(components):
        raise rest.MalformedPart("a covered value is not printable ASCII")
    return base


def _input(components: bytes, kid: str, algorithm: bytes, created: int) -> bytes:
    return b'%b;created=%d;keyid="%b";alg="%b";nonce="%b";tag="%b"' % (
        components, created, kid.encode(), algorithm, secrets.token_urlsafe(16).encode(), TAG,
    )  # fmt: skip


def _match(form: re.Pattern[bytes], value: bytes) -> re.Match[bytes]:
    found = form.fullmatch(value)
    if found is None:
        raise MalformedSignature("the signature does not cover what this exchange requires")
    return found


def _carried(
    carried: list[Header],
    form: re.Pattern[bytes],
    head: bytes,
    body_digest: bytes,
    request_id: bytes = b"",
) -> Signed:
    values = index(carried)
    wrapped_input, wrapped = values.get(SIGNATURE_INPUT), values.get(SIGNATURE)
    if wrapped_input is None or wrapped is None:
        raise MissingSignature
    prefix = LABEL + b"="
    if not wrapped_input.startswith(prefix) or not wrapped.startswith(prefix):
        raise MalformedSignature
    signed_input = wrapped_input[len(prefix) :]
    found = _match(form, signed_input)
    value = SIGNATURE_VALUE.fullmatch(wrapped[len(prefix) :])
    if value is None:
        raise MalformedSignature
    for name, computed in ((CONTENT_DIGEST, body_digest), (HEAD_DIGEST, digest.sha256(head))):
        stated = values.get(name)
        if stated is None or digest.parse(stated) != computed:
            raise BadDigest(f"{name.decode()} does not fit what was received")
    try:
        raw = base64.b64decode(value[1], validate=True)
    except binascii.Error:
        raise MalformedSignature from None
    kid, created = found[2].decode(), int(found[1])
    return Signed(signed_input, raw, found[3], kid, created, head, body_digest, request_id)


def _opened(base: bytes, signed: Signed, find_key: FindKey, now: float, skew: float) -> Signed:
    if abs(now - signed.created) > skew:
        raise Expired("the signature is not of this time")
    key = find_key(signed.kid)
    if key.kid != signed.kid:
        raise UnknownKey
    _check(signed, base, key)
    return signed


def _check(signed: Signed, base: bytes, key: VerifyingKey) -> None:
    """Raise BadSignature unless the key signed this base, alone or in a batch."""
    if signed.algorithm == batch.ALGORITHM:
        batch.verify(signed.signature, base, key)
        return
    if signed.algorithm != key.algorithm:
        raise MalformedSignature("the signature names another algorithm than its key's")
    key.verify(signed.signature, base)
