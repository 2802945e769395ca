"""
The targets of `fuzz_targets` that read MIME, SOAP and WSDL, and what must hold of them.

A gateway grants, signs and logs by what *it* reads in these bytes while a service acts on
what *it* reads, so beside surviving, a reader must not depend on where the network cut,
and what it writes into a message must be read back by itself as just that.
"""

from __future__ import annotations

import contextlib

from lienthong.gateway import soap_messages, wsdl
from lienthong.gateway.bodies import Body
from lienthong.gateway.soap_messages import SoapMessage
from lienthong.protocol import mime, soap, soap_peer
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.identifiers import encode
from lienthong.protocol.mime import ContentType, MultipartReader, RootPart
from lienthong.protocol.soap import Envelope

HASH = "aGFzaA=="


class Broken(AssertionError):
    """A rule that holds for any input did not."""


def must(holds: bool, rule: str) -> None:
    if not holds:
        raise Broken(rule)


def content_type(data: bytes) -> None:
    with contextlib.suppress(BadMessage):
        found = ContentType.parse(data)
        must(found.base == found.base.lower() and "/" in found.base, "a type is type/subtype")
        must(not set(found.boundary) & set(b'\r\n\0"'), "a boundary stays on its line")


def split(data: bytes) -> tuple[bytes, bytes]:
    """The first line stands for the content type, the rest is the body."""
    first, _, rest = data.partition(b"\n")
    return first.rstrip(b"\r"), rest


def multipart(data: bytes) -> None:
    """The same parts however the network cuts, and the same first part for both readers."""
    first, body = split(data)
    try:
        boundary = ContentType.parse(first).boundary
    except BadMessage:
        return
    whole = _root(boundary, [body])
    for size in (1, 7, max(len(body) // 2, 1)):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        must(_root(boundary, pieces) == whole, "where the network cuts says nothing of the parts")
    if whole is None:
        return
    end = whole.start + len(whole.content)
    must(body[whole.start : end] == whole.content, "the first part lies where it is said to")
    must(mime.part_of(body, boundary, 0) == whole.content, "both readers find the same part")
    must(0 < whole.parts <= mime.MOST_PARTS, "parts are counted")
    for name, value in whole.headers:
        must(not set(name + value) & {0, 10, 13}, "a header of a part is one line")


def _root(boundary: bytes, pieces: list[bytes]) -> RootPart | None:
    reader = MultipartReader(boundary, 4096)
    try:
        for piece in pieces:
            reader.feed(piece)
        return reader.finish()
    except BadMessage:
        return None


def envelope(data: bytes) -> None:
    for charset in (None, "utf-8", "iso-8859-1"):
        with contextlib.suppress(BadMessage):
            _hold(data, soap.read_envelope(data, charset), charset)


def _hold(data: bytes, found: Envelope, charset: str | None) -> None:
    header = found.header
    if header is None or not header.has("id"):
        return
    must(data[found.after_id - 1 : found.after_id] == b">", "a tag ends where it is said to")
    again = soap.read_envelope(soap.apply(soap.with_request_hash(found, HASH), data), charset)
    must(again.header is not None, "a message with a hash is a message")
    assert again.header is not None
    must(again.header.values.get("requestHash") == HASH, "the hash that was put in is read")
    for name in set(header.order) | set(again.header.order):
        must(name == "requestHash" or again.header.same(header, name), f"{name} is not touched")
    must((again.wrapper, again.content) == (found.wrapper, found.content), "nor is the body")
    with contextlib.suppress(BadMessage):
        asked = soap.require_request(found)
        target = soap_peer.target_of(asked)
        for name, value in soap_peer.fields_of(asked, b"text/xml", None):
            must(not set(name + value) & {0, 10, 13}, "a field of an envelope is one line")
        for part in (str(target.service), encode(target.version)):
            must(part.isascii() and part.isprintable(), "a service is named in one way")


def soap_message(data: bytes) -> None:
    """A body as the gateway reads it; the same bytes on disk and in memory."""
    first, body = split(data)
    with contextlib.suppress(BadMessage):
        whole = Body.of(body)
        found = soap_messages.read_now(whole, first)
        must(0 <= found.start <= found.start + found.size <= len(body), "the envelope is inside")
        inner = body[found.start : found.start + found.size]
        must(soap.request_hash(inner) == found.hashed, "what is hashed is the envelope")
        _answer(found, whole, first)


def _answer(found: SoapMessage, body: Body, kind: bytes) -> None:
    header = found.envelope.header
    if header is None or not header.has("id"):
        return
    answered = found.answer_with(body, HASH)
    again = soap_messages.read_now(answered, kind)
    must(again.envelope.header is not None, "an answer with a hash is an answer")
    assert again.envelope.header is not None
    must(again.envelope.header.values.get("requestHash") == HASH, "and carries it")
    if found.head is None:
        must(again.size + body.size == found.size + answered.size, "and grew by that alone")


def wsdl_document(data: bytes) -> None:
    try:
        once = wsdl.without_address(data)
    except XRoadFault:
        return
    must(wsdl.without_address(once) == once, "a description without addresses stays as it is")


TARGETS = {
    "content_type": content_type,
    "multipart": multipart,
    "envelope": envelope,
    "soap_message": soap_message,
    "wsdl": wsdl_document,
}
