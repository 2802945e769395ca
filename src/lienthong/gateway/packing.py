"""
A row of the message log as the bytes the database keeps, and back again, byte for byte.

What SQL asks for stands in columns: time, the exchange's key, and the number of
a *way* (who, whom, how it ended; `lienthong.gateway.dictionary`). Everything
else is packed into one value. Text that is only a number in another spelling
(UUIDs, base64, dates) is kept as the number, heads as a known shape with what
differs; whatever does not fit its form exactly is kept as it stands. The form's
version and the numbers of the dictionary's entries are in the value, so that
a reader who lacks one can say which.

Layout of version 1 (integers without a sign are LEB128)::

    12  rest of the message key      the first 4 bytes are the column's upper half
    12  rest of the request key      and its lower half
     4  counter of the row under its seed
     1  version
     n  flags, seed, signer, shape; then the fields in the order of `pack`
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import NamedTuple

from lienthong.gateway.rows import Evidence, Kind, LogRow, Place
from lienthong.gateway.shapes import Facts, Filled, expand
from lienthong.kernel.errors import LienThongError
from lienthong.protocol import batch
from lienthong.protocol.evidence import digest_of_subjects, leaf_of
from lienthong.protocol.pki import ALGORITHMS
from lienthong.protocol.signature import ANSWER_COMPONENTS, REQUEST_COMPONENTS

VERSION = 1
KEYS = 24
FRONT = 28
SIGNATURE_BYTES = 64
DIGEST_BYTES = 32
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID_LENGTH = 36
NO_KEY = b"\0" * 16
ALGORITHM_CODES = (*ALGORITHMS, batch.ALGORITHM)
# A nonce is of 16 bytes, and its last letter spells four bits and no more.
PARAMETERS = re.compile(
    rb";created=(0|[1-9]\d{0,11});keyid=\"([A-Za-z0-9_-]{43})\""
    rb";alg=\"(" + b"|".join(ALGORITHM_CODES) + rb")\";nonce=\"([A-Za-z0-9_-]{21}[AQgw])\""
    rb";tag=\"lienthong-1\""
)
CODES = {name: code for code, name in enumerate(ALGORITHM_CODES)}
FROM_URL = bytes.maketrans(b"-_", b"+/")
SMALL = tuple(bytes([one]) for one in range(0x80))

# Flags: how each field stands there.
MESSAGE_UUID, MESSAGE_PREFIXED = 1, 2
REQUEST_UUID = 4
OWN_BLIND = 8
SIGNATURE_WHOLE, DIGEST_WHOLE = 16, 32
INPUT_PARSED, INPUT_OF_REQUEST = 64, 128
HAS_TRACE, HAS_SUBJECTS, HAS_NAMES = 256, 512, 1024
HEAD_SHAPED = 2048
TRACE_UUID = 4096
ALGORITHM_SHIFT = 13


class Unreadable(LienThongError):
    """A row's packed form cannot be read."""

    code = "gateway.unreadable_row"


class UnknownVersion(Unreadable):
    """A row is packed in a form this release does not know."""

    code = "gateway.unknown_packing"


class UnknownEntry(Unreadable):
    """A row names an entry of the dictionary that is not there."""

    code = "gateway.unknown_entry"


@dataclass(frozen=True, slots=True)
class Way:
    """What many rows have in common: the names in them, and how they ended."""

    kind: str
    side: str
    gateway: str
    client: str
    service: str
    outcome: str
    fault: str
    status: int
    peer: str
    mode: str
    effect: str
    grant: str
    reason: str
    in_row: bool = False
    """Whether the names stand in the rows themselves, because there were too many of them."""


Names = tuple[str, str, str, int, str, str, str, str]
"""Client, service, fault, status, peer, effect, grant, reason: what a row of a way that
stands for many keeps itself."""


class Packed(NamedTuple):
    """A row as it goes into the columns of ``message_record``."""

    time: int
    """Microseconds since 1970."""
    exchange: int
    """Key of the message in the upper, of the request in the lower half; signed."""
    way: int
    subjects: tuple[int, ...]
    leaf: int | None
    """The head of the leaf's hash, where a promise names it."""
    packed: bytes


# -- keys --------------------------------------------------------------------------------


def key_of(text: str) -> bytes:
    """Sixteen bytes that name an id: those of the UUID at its end, or the head of its SHA-256."""
    return _key(text)[0]


def _key(text: str) -> tuple[bytes, bool]:
    """The key, and whether it is that of a UUID."""
    if not text:
        return NO_KEY, False
    tail = text[-UUID_LENGTH:]
    if UUID_TEXT.fullmatch(tail) is not None:
        return bytes.fromhex(tail.replace("-", "")), True
    return hashlib.sha256(text.encode()).digest()[:16], False


def exchange_of(message_key: bytes, request_key: bytes) -> int:
    return int.from_bytes(message_key[:4] + request_key[:4], "big", signed=True)


def span_of_message(message_id: str) -> tuple[int, int]:
    """The least and greatest key of an exchange under this message id."""
    key = key_of(message_id)
    return exchange_of(key, NO_KEY), exchange_of(key, b"\xff" * 4)


def short(value: bytes) -> int:
    """The four bytes an index keeps of a hash."""
    return int.from_bytes(value[:4], "big", signed=True)


def short_of_subject(pseudonym: bytes) -> int:
    # Its own first bytes may be a year, the same for everybody.
    return int.from_bytes(pseudonym[-4:], "big", signed=True)


# -- writing -----------------------------------------------------------------------------


def number(value: int) -> bytes:
    """LEB128."""
    if 0 <= value < 0x80:
        return SMALL[value]
    if value < 0:
        raise ValueError("a length below zero")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed_number(value: int) -> bytes:
    return number(value << 1 if value >= 0 else (-value << 1) - 1)


def piece(value: bytes) -> bytes:
    return number(len(value)) + value


def pack(
    row: LogRow, *, way: int, seed: int, signer: int, head: Filled, names: Names | None = None
) -> Packed:
    """
    The row in the database's form.

    ``way``, ``seed`` and ``signer`` are the dictionary's numbers, ``signer`` 0 when the row
    spells it out; ``names`` go into the row when its way stands for many.
    """
    evidence = row.evidence
    flags = 0
    fields: list[bytes] = []
    message_id, request_id = evidence.message_id, evidence.request_id
    message_key, is_uuid = _key(message_id)
    if is_uuid and len(message_id) == UUID_LENGTH:
        flags |= MESSAGE_UUID
    elif is_uuid and message_id[:-UUID_LENGTH] == _prefix(evidence.gateway):
        flags |= MESSAGE_PREFIXED
    else:
        fields.append(piece(message_id.encode()))
    request_key, is_uuid = _key(request_id)
    if is_uuid and len(request_id) == UUID_LENGTH:
        flags |= REQUEST_UUID
    else:
        fields.append(piece(request_id.encode()))
    place = row.place
    if place is None:
        flags |= OWN_BLIND
        fields += (row.id.bytes, piece(row.blind))
    if not signer:
        fields.append(piece(evidence.signer.encode()))
    flags |= _pack_signature(evidence, fields)
    fields.append(number(evidence.body_size))
    if row.trace:
        flags |= HAS_TRACE | _pack_trace(row.trace, fields)
    if row.subjects:
        flags |= HAS_SUBJECTS
        fields.append(number(len(row.subjects)))
        fields += [piece(one) for one in row.subjects]
    if names is not None:
        flags |= HAS_NAMES
        fields += [
            signed_number(one) if isinstance(one, int) else piece(one.encode()) for one in names
        ]
    if head.shape:
        flags |= HEAD_SHAPED
    front = (
        message_key[4:], request_key[4:],
        (place.counter if place is not None else 0).to_bytes(4, "big"), b"\x01",
        number(flags), number(seed if place is not None else 0), number(signer),
        number(head.shape),
    )  # fmt: skip
    promised = evidence.kind == Kind.ANSWER and evidence.side == "consumer"
    return Packed(
        time=evidence.time,
        exchange=exchange_of(message_key, request_key),
        way=way,
        subjects=tuple(short_of_subject(one) for one in row.subjects),
        leaf=short(row.leaf) if promised else None,
        packed=b"".join((*front, *fields, head.rest)),
    )


def _prefix(gateway: str) -> str:
    """What a gateway puts before the ids it makes: its instance."""
    return gateway.partition("/")[0] + "-"


def _pack_signature(evidence: Evidence, fields: list[bytes]) -> int:
    flags = 0
    if len(evidence.signature) == SIGNATURE_BYTES:
        flags |= SIGNATURE_WHOLE
        fields.append(evidence.signature)
    else:
        fields.append(piece(evidence.signature))
    if len(evidence.body_digest) == DIGEST_BYTES:
        flags |= DIGEST_WHOLE
        fields.append(evidence.body_digest)
    else:
        fields.append(piece(evidence.body_digest))
    given = evidence.signature_input
    if given.startswith(REQUEST_COMPONENTS):
        parsed, at = INPUT_PARSED | INPUT_OF_REQUEST, len(REQUEST_COMPONENTS)
    elif given.startswith(ANSWER_COMPONENTS):
        parsed, at = INPUT_PARSED, len(ANSWER_COMPONENTS)
    else:
        parsed = at = 0
    found = PARAMETERS.fullmatch(given, at) if parsed else None
    if found is None or found[2] != evidence.signer.encode():
        fields.append(piece(given))
        return flags
    created, _, algorithm, nonce = found.groups()
    fields.append(signed_number(int(created) - evidence.time // 1_000_000))
    fields.append(binascii.a2b_base64(nonce.translate(FROM_URL) + b"=="))
    return flags | parsed | CODES[algorithm] << ALGORITHM_SHIFT


def _pack_trace(trace: str, fields: list[bytes]) -> int:
    if UUID_TEXT.fullmatch(trace) is not None:
        fields.append(bytes.fromhex(trace.replace("-", "")))
        return TRACE_UUID
    fields.append(piece(trace.encode()))
    return 0


# -- reading -----------------------------------------------------------------------------


class _Reader:
    """Reads on from a place; whatever is too short or malformed is `Unreadable`."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self.data):
            raise Unreadable("a row's packed form is too short")
        found = self.data[self.at : end]
        self.at = end
        return found

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise Unreadable("a row's packed form holds no such number")

    def signed(self) -> int:
        value = self.number()
        return -(value + 1 >> 1) if value & 1 else value >> 1

    def piece(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.piece().decode()
        except UnicodeDecodeError:
            raise Unreadable("a name in a row is no text") from None


@dataclass(frozen=True, slots=True)
class Parts:
    """A packed row taken apart, nothing looked up yet."""

    time: int
    way: int
    message_id: str | None
    """None when the way's gateway is needed to spell it: then it is ``prefix + message_uuid``."""
    message_uuid: str
    request_id: str
    counter: int
    seed: int
    own: tuple[uuid.UUID, bytes] | None
    signer: int
    spelled_signer: str
    signature: bytes
    body_digest: bytes
    input: bytes | None
    created: int
    nonce: bytes
    algorithm: bytes
    of_request: bool
    body_size: int
    trace: str
    subjects: tuple[bytes, ...]
    names: Names | None
    shape: int
    head: bytes

    def named(self, gateway: str) -> str:
        """The message id, of a row of this gateway."""
        return self.message_id if self.message_id is not None else (
            _prefix(gateway) + self.message_uuid
        )  # fmt: skip


def take_apart(time: int, exchange: int, way: int, packed: bytes) -> Parts:
    """Read a row's packed form without any dictionary; raises `Unreadable`."""
    if len(packed) <= FRONT:
        raise Unreadable("a row's packed form is too short")
    halves = exchange.to_bytes(8, "big", signed=True)
    if packed[FRONT] != VERSION:
        raise UnknownVersion(f"{UnknownVersion.message()} (version {packed[FRONT]})")
    reader = _Reader(packed, FRONT + 1)
    flags, seed, signer, shape = (reader.number() for _ in range(4))
    message_uuid = _uuid_text(halves[:4] + packed[:12])
    message_id: str | None = None
    form = flags & 3
    if form == 0:
        message_id = reader.text()
    elif form == MESSAGE_UUID:
        message_id = message_uuid
    by_key = flags & REQUEST_UUID
    request_id = _uuid_text(halves[4:] + packed[12:KEYS]) if by_key else reader.text()
    own = (uuid.UUID(bytes=reader.take(16)), reader.piece()) if flags & OWN_BLIND else None
    spelled = "" if signer else reader.text()
    signature = reader.take(SIGNATURE_BYTES) if flags & SIGNATURE_WHOLE else reader.piece()
    body_digest = reader.take(DIGEST_BYTES) if flags & DIGEST_WHOLE else reader.piece()
    signed_input, created, nonce, algorithm = None, 0, b"", b""
    if flags & INPUT_PARSED:
        created = reader.signed() + time // 1_000_000
        nonce = reader.take(16)
        code = flags >> ALGORITHM_SHIFT & 3
        if code >= len(ALGORITHM_CODES):
            raise Unreadable("a row names no known algorithm")
        algorithm = ALGORITHM_CODES[code]
    else:
        signed_input = reader.piece()
    body_size = reader.number()
    trace = ""
    if flags & TRACE_UUID:
        trace = _uuid_text(reader.take(16))
    elif flags & HAS_TRACE:
        trace = reader.text()
    subjects: tuple[bytes, ...] = ()
    if flags & HAS_SUBJECTS:
        subjects = tuple(reader.piece() for _ in range(reader.number()))
    names = _names(reader) if flags & HAS_NAMES else None
    return Parts(
        time=time, way=way, message_id=message_id, message_uuid=message_uuid,
        request_id=request_id, counter=int.from_bytes(packed[KEYS:FRONT], "big"), seed=seed,
        own=own, signer=signer, spelled_signer=spelled, signature=signature,
        body_digest=body_digest, input=signed_input, created=created, nonce=nonce,
        algorithm=algorithm, of_request=bool(flags & INPUT_OF_REQUEST), body_size=body_size,
        trace=trace, subjects=subjects, names=names, shape=shape, head=packed[reader.at :],
    )  # fmt: skip


def _names(reader: _Reader) -> Names:
    client, service, fault = reader.text(), reader.text(), reader.text()
    status = reader.signed()
    peer, effect, grant, reason = (reader.text() for _ in range(4))
    return client, service, fault, status, peer, effect, grant, reason


def _uuid_text(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def assemble(parts: Parts, way: Way, *, seed: bytes | None, signer: str, shape: bytes) -> LogRow:
    """The row as it was when it was made; digest and leaf are computed from it anew."""
    names = parts.names or (
        way.client, way.service, way.fault, way.status, way.peer, way.effect, way.grant,
        way.reason,
    )  # fmt: skip
    client, service, fault, status, peer, effect, grant, reason = names
    message_id = parts.named(way.gateway)
    signer = signer or parts.spelled_signer
    facts = Facts(message_id, parts.request_id, client, service, parts.time)
    try:
        head = expand(parts.head, shape, facts)
    except (ValueError, binascii.Error) as problem:
        raise Unreadable(f"a row's head cannot be read: {problem}") from None
    evidence = Evidence(
        kind=way.kind,
        side=way.side,
        gateway=way.gateway,
        time=parts.time,
        message_id=message_id,
        request_id=parts.request_id,
        client=client,
        service=service,
        outcome=way.outcome,
        fault=fault,
        status=status,
        head=head,
        body_digest=parts.body_digest,
        body_size=parts.body_size,
        signature_input=parts.input if parts.input is not None else _input(parts, signer),
        signature=parts.signature,
        signer=signer,
        subjects_digest=digest_of_subjects(parts.subjects),
    )
    place = None if seed is None else Place(seed, parts.counter)
    own_id, blind = parts.own or (None, b"")
    if place is not None:
        blind = place.blind(parts.time)
    try:
        digest = evidence.digest()
    except UnicodeEncodeError:
        raise Unreadable("a row's names are no text") from None
    return LogRow(
        evidence=evidence, blind=blind, record_digest=digest, leaf=leaf_of(blind, digest),
        place=place, own_id=own_id, peer=peer, mode=way.mode, effect=effect, grant=grant,
        trace=parts.trace, reason=reason, subjects=parts.subjects,
    )  # fmt: skip


def pack_again(parts: Parts, row: LogRow) -> Packed:
    """A row that was read, packed as it was: equal to what it was read from, byte for byte."""
    return pack(
        row, way=parts.way, seed=parts.seed, signer=parts.signer,
        head=Filled(parts.shape, parts.head), names=parts.names,
    )  # fmt: skip


def _input(parts: Parts, signer: str) -> bytes:
    return b'%b;created=%d;keyid="%b";alg="%b";nonce="%b";tag="lienthong-1"' % (
        REQUEST_COMPONENTS if parts.of_request else ANSWER_COMPONENTS,
        parts.created,
        signer.encode(),
        parts.algorithm,
        base64.urlsafe_b64encode(parts.nonce).rstrip(b"="),
    )
