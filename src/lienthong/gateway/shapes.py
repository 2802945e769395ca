"""
Heads of messages as a known shape and what differs from one message to the next.

A machine sends the same head again and again; only ids, hashes and dates are
others. So a head becomes a *template*, in which a control character stands for
what the row says elsewhere (client, service, ids) or keeps as raw bytes beside
it, and the template is kept once, as a numbered shape of the dictionary.

A template lives as long as the log, while rows leave it. So the only values
that enter one are those of technical headers (`TECHNICAL`), and of these none
that looks like an id (`ID_LIKE`). Every other value stays in its row, whoever
sends it and however often.

Nothing here may change what comes out: `expand` gives back the very bytes.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import uuid
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

LONGEST_TEMPLATE = 2_000
LONGEST_VALUE = 200
LONGEST_HEAD = 1 << 20
SHORTEST_ID = 8
CLIENT, SERVICE, MESSAGE, REQUEST, HASH, DATE, VALUE = (bytes([one]) for one in range(1, 8))
MARKS = re.compile(rb"[\x00-\x07]")
SLOTS = re.compile(b"([\x05-\x07])")
HASH_LINE = b"\r\nx-road-request-hash:"
# Of 64 bytes: the last letter before the padding spells two bits and no more.
HASH_TEXT = re.compile(rb"[A-Za-z0-9+/]{85}[AQgw]==")
DATE_LINES = (b"\r\nDate:", b"\r\ndate:")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TECHNICAL = frozenset(
    b"accept accept-charset accept-encoding accept-language accept-ranges allow cache-control"
    b" content-encoding content-language content-type content-security-policy"
    b" cross-origin-opener-policy cross-origin-resource-policy mime-version permissions-policy"
    b" pragma referrer-policy soapaction strict-transport-security vary x-content-type-options"
    b" x-frame-options x-xss-protection".split()
)
ID_LIKE = re.compile(rb"[0-9]{5}|[0-9A-Fa-f]{12}|[A-Za-z0-9+/_-]{28}|[@\x80-\xff]")
REASONS = frozenset(one.phrase.encode() for one in HTTPStatus)
METHODS = frozenset(b"DELETE GET HEAD OPTIONS PATCH POST PUT TRACE".split())
STATUS = re.compile(rb"[1-5][0-9]{2}")

# What a head that has no shape yet is deflated against; the most usual at its end. A part
# of form 1 for ever: another text would need another form.
SEED_1 = (
    b"DELETE\r\nPUT\r\nPATCH\r\nHEAD\r\nGET\r\n/r1/VN/GOV/VN/COM//listMethods\r\n/soap/"
    b"500\r\nInternal Server Error\r\n404\r\nNot Found\r\n409\r\nConflict\r\n400\r\nBad Request"
    b"\r\n201\r\nCreated\r\n204\r\nNo Content\r\nContent-Type:text/xml;charset=UTF-8\r\n"
    b"multipart/related;boundary=application/problem+json\r\nAuthorization:Bearer \r\n"
    b"traceparent:00-\r\nX-Road-Issue:\r\nX-Road-UserId:\r\nX-Road-Represented-Party:\r\n"
    b"Idempotency-Key:\x07\r\nAccept-Language:vi\r\nCache-Control:no-store\r\nVary:Accept-Language"
    b"\r\nAccept-Encoding:gzip, deflate, br, identity\r\nAccept:*/*\r\nX-Road-Client:\x01\r\n"
    b"200\r\nOK\r\nContent-Type:application/json\r\nDate:\x06\r\nx-road-id:\x03\r\n"
    b"x-road-client:\x01\r\nx-road-service:\x02\r\nx-road-request-id:\x04\r\n"
    b"x-road-request-hash:\x05\r\nPOST\r\n/r1/\x02\r\nX-Road-Client:\x01\r\n"
    b"Content-Type:application/json\r\nAccept:application/json\r\nX-Road-Id:\x03\r\n"
    b"x-road-request-id:\x04\r\n"
)
WHOLE, DEFLATED, TEMPLATE = 0, 1, 2
"""How a head without a shape stands there."""


class Facts(NamedTuple):
    """What a row says of its message outside the head."""

    message_id: str
    request_id: str
    client: str
    service: str
    time: int

    def texts(self) -> tuple[tuple[bytes, bytes], ...]:
        """What a mark stands for, in the order of replacing."""
        return (
            (SERVICE, _bytes(self.service)), (CLIENT, _bytes(self.client)),
            (MESSAGE, self.message_id.encode()), (REQUEST, self.request_id.encode()),
        )  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _bytes(name: str) -> bytes:
    return name.encode()


class Filled(NamedTuple):
    """A head in its short form."""

    shape: int
    """0 when there is none."""
    rest: bytes
    template: bytes = b""
    """What could become a shape; empty when it may not, or is one."""


def shorten(head: bytes, facts: Facts, shapes: Mapping[bytes, int]) -> Filled:
    """The short form of a head, by a shape when one is known for it."""
    if not head:
        return Filled(0, b"")
    if MARKS.search(head) is not None:
        return Filled(0, _without_template(head))
    text, values = _marked(head, facts)
    shape = shapes.get(text)
    if shape is not None:
        return Filled(shape, b"".join(values))
    general = _general(text, values)
    if general is None:
        return Filled(0, _without_template(head))
    template, values = general
    rest = b"".join(values)
    shape = shapes.get(template)
    if shape is not None:
        return Filled(shape, rest)
    deflated = deflate(template)
    known = template if len(template) <= LONGEST_TEMPLATE else b""
    return Filled(0, b"%c%b%b" % (TEMPLATE, _piece(deflated), rest), known)


def expand(rest: bytes, shape: bytes, facts: Facts) -> bytes:
    """The head again; ValueError when its form is broken."""
    if not shape:
        if not rest:
            return b""
        form, rest = rest[0], rest[1:]
        if form == WHOLE:
            return rest
        if form == DEFLATED:
            return inflate(rest)
        if form != TEMPLATE:
            raise ValueError("no known form")
        length, at = _number(rest, 0)
        shape, rest = inflate(rest[at : at + length]), rest[at + length :]
    text = _filled(shape, rest, facts.time)
    for mark, value in reversed(facts.texts()):
        if mark in text:
            text = text.replace(mark, value)
    return text


# -- from a head to its template ---------------------------------------------------------------


def _marked(head: bytes, facts: Facts) -> tuple[bytes, list[bytes]]:
    """The head with marks for what the row says elsewhere, and the raw values of its slots."""
    text = head
    for mark, value in facts.texts():
        if len(value) >= SHORTEST_ID:
            text = text.replace(value, mark)
    hash_at, value = -1, b""
    # Only an answer has either of them.
    found = text.find(HASH_LINE)
    if found >= 0:
        start = found + len(HASH_LINE)
        value = _hash(text[start : start + 88])
        if value and text[start + 88 : start + 90] == b"\r\n":
            hash_at = start
            text = text[:start] + HASH + text[start + 88 :]
    for line in DATE_LINES:
        found = text.find(line)
        if found < 0:
            continue
        start = found + len(line)
        seconds = seconds_of(text[start : start + 29])
        if seconds is not None and text[start + 29 : start + 31] == b"\r\n":
            date = _signed(seconds - facts.time // 1_000_000)
            text = text[:start] + DATE + text[start + 29 :]
            if hash_at < 0:
                return text, [date]
            return text, [date, value] if start < hash_at else [value, date]
        break
    return text, [value] if hash_at >= 0 else []


def _hash(text: bytes) -> bytes:
    if HASH_TEXT.fullmatch(text) is None:
        return b""
    return binascii.a2b_base64(text)


def _general(text: bytes, values: list[bytes]) -> tuple[bytes, list[bytes]] | None:
    """The template with a slot for every value that may not stand in one; None without form."""
    lines = text.split(b"\r\n")
    if len(lines) < 3 or lines[-1] != b"":
        return None
    if any(mark in line for mark in (HASH, DATE) for line in lines[:2]):
        return None  # a reason that looks like a header is no slot of a template
    raw = iter(values)
    slots: list[bytes] = []
    first = lines[0] if lines[0] in METHODS or STATUS.fullmatch(lines[0]) else None
    template = [first if first is not None else VALUE]
    if first is None:
        slots.append(value_of(lines[0]))
    template.append(_second(lines[1], slots))
    for line in lines[2:-1]:
        name, colon, value = line.partition(b":")
        if not colon or ID_LIKE.search(name) is not None or len(name) > LONGEST_VALUE:
            template.append(VALUE)
            slots.append(value_of(line))
        elif value in (HASH, DATE):
            template.append(line)
            slots.append(next(raw))
        elif value in (CLIENT, SERVICE, MESSAGE, REQUEST) or _is_technical(name, value):
            template.append(line)
        else:
            template.append(name + b":" + VALUE)
            slots.append(value_of(value))
    if next(raw, None) is not None:
        return None
    return b"\r\n".join([*template, b""]), slots


def _second(line: bytes, slots: list[bytes]) -> bytes:
    """A reason, or a target as far as it names the service."""
    if line in REASONS or line in (b"/r1/" + SERVICE, b"/soap/" + SERVICE):
        return line
    for known in (b"/r1/" + SERVICE, b"/soap/" + SERVICE):
        if line.startswith(known):
            slots.append(value_of(line[len(known) :]))
            return known + VALUE
    slots.append(value_of(line))
    return VALUE


def _is_technical(name: bytes, value: bytes) -> bool:
    return (
        name.lower() in TECHNICAL
        and len(value) <= LONGEST_VALUE
        and MARKS.search(value) is None
        and ID_LIKE.search(value) is None
    )


def _filled(template: bytes, rest: bytes, time: int) -> bytes:
    pieces = SLOTS.split(template)
    at = 0
    for place in range(1, len(pieces), 2):
        slot = pieces[place]
        if slot == HASH:
            raw = _take(rest, at, 64)
            at += 64
            pieces[place] = base64.b64encode(raw)
        elif slot == DATE:
            value, at = _number(rest, at)
            pieces[place] = date_of(_unsigned(value) + time // 1_000_000)
        else:
            pieces[place], at = _read_value(rest, at)
    if at != len(rest):
        raise ValueError("there is more than its shape has room for")
    return b"".join(pieces)


# -- values ------------------------------------------------------------------------------------

UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEX = re.compile(rb"(?:[0-9a-f]{2}){6,100}")
TRACE = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
DECIMAL = re.compile(rb"0|[1-9][0-9]{0,17}")
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}){5,100}[A-Za-z0-9+/=]{4}")
TEXT, AS_UUID, AS_HEX, AS_TRACE, AS_DECIMAL, AS_BASE64 = range(6)


def value_of(text: bytes) -> bytes:
    """A value in the shortest form that spells it exactly: its kind, then its bytes."""
    if UUID.fullmatch(text) is not None:
        return b"%c%b" % (AS_UUID, bytes.fromhex(text.replace(b"-", b"").decode()))
    if (found := TRACE.fullmatch(text)) is not None:
        return b"%c%b" % (AS_TRACE, bytes.fromhex(b"".join(found.groups()).decode()))
    if DECIMAL.fullmatch(text) is not None:
        return b"%c%b" % (AS_DECIMAL, _leb(int(text)))
    if HEX.fullmatch(text) is not None:
        return b"%c%b" % (AS_HEX, _piece(bytes.fromhex(text.decode())))
    if BASE64.fullmatch(text) is not None:
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            raw = b""
        if raw and base64.b64encode(raw) == text:
            return b"%c%b" % (AS_BASE64, _piece(raw))
    return b"%c%b" % (TEXT, _piece(text))


def _read_value(rest: bytes, at: int) -> tuple[bytes, int]:
    kind, at = _take(rest, at, 1)[0], at + 1
    if kind == AS_UUID:
        return str(uuid.UUID(bytes=_take(rest, at, 16))).encode(), at + 16
    if kind == AS_TRACE:
        text = _take(rest, at, 25).hex().encode()
        return b"00-%b-%b-%b" % (text[:32], text[32:48], text[48:]), at + 25
    value, at = _number(rest, at)
    if kind == AS_DECIMAL:
        return b"%d" % value, at
    raw = _take(rest, at, value)
    if kind == AS_HEX:
        return raw.hex().encode(), at + value
    if kind == AS_BASE64:
        return base64.b64encode(raw), at + value
    if kind != TEXT:
        raise ValueError("no known kind of value")
    return raw, at + value


def _take(rest: bytes, at: int, length: int) -> bytes:
    if at + length > len(rest):
        raise ValueError("it ends too early")
    return rest[at : at + length]


def _leb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> bytes:
    return _leb(value << 1 if value >= 0 else (-value << 1) - 1)


def _unsigned(value: int) -> int:
    return -(value + 1 >> 1) if value & 1 else value >> 1


def _piece(value: bytes) -> bytes:
    return _leb(len(value)) + value


def _number(rest: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = _take(rest, at, 1)[0]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("no such number")


DATE_TEXT = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    rb"|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
          b"Dec")  # fmt: skip


@functools.lru_cache(maxsize=256)
def seconds_of(text: bytes) -> int | None:
    """Seconds since 1970 of a date as HTTP writes it, when that is how it is written again."""
    if DATE_TEXT.fullmatch(text) is None:
        return None
    day, month, year = int(text[5:7]), MONTHS.index(text[8:11]) + 1, int(text[12:16])
    try:
        moment = datetime(
            year, month, day, int(text[17:19]), int(text[20:22]), int(text[23:25]), tzinfo=UTC
        )
    except ValueError:
        return None
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return seconds if date_of(seconds) == text else None


@functools.lru_cache(maxsize=256)
def date_of(seconds: int) -> bytes:
    try:
        moment = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("no such date") from None
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        DAYS[moment.weekday()], moment.day, MONTHS[moment.month - 1], moment.year, moment.hour,
        moment.minute, moment.second,
    )  # fmt: skip


# -- heads without a shape -----------------------------------------------------------------------


def _without_template(head: bytes) -> bytes:
    deflated = deflate(head)
    if len(deflated) < len(head):
        return b"%c%b" % (DEFLATED, deflated)
    return b"%c%b" % (WHOLE, head)


def deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, SEED_1)
    return packer.compress(text) + packer.flush()


def inflate(data: bytes) -> bytes:
    """Raises ValueError for what `deflate` did not make, and for a head beyond any size."""
    unpacker = zlib.decompressobj(-15, zdict=SEED_1)
    try:
        text = unpacker.decompress(data, LONGEST_HEAD)
    except zlib.error:
        raise ValueError("it does not inflate") from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("it does not inflate whole")
    return text
