"""
SOAP messages as bodies: where the envelope lies in the bytes, and what it says.

Long envelopes are read in a thread, so that ten megabytes of somebody's XML do
not hold up everybody else's requests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lienthong.gateway.bodies import Body
from lienthong.gateway.operational import SoapSeen
from lienthong.protocol import soap
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.mime import ContentType, MultipartReader
from lienthong.protocol.soap import Envelope

XML_TYPES = ("text/xml", "application/xop+xml")
PLAIN = (b"", b"7bit", b"8bit", b"binary")
# Beyond this a thread is cheaper than the wait of the others.
IN_THE_LOOP = 64 * 1024


@dataclass(frozen=True, slots=True)
class SoapMessage:
    """A SOAP message whose bytes stay where they are."""

    envelope: Envelope
    hashed: str
    """The request hash of this message."""
    start: int
    """Offset of the envelope in the body."""
    size: int
    head: tuple[int, int, bytes] | None = None
    """Where the first part states its own length, and the line's beginning."""
    attachments: int = 0
    multipart: bool = False

    def answer_with(self, body: Body, hashed: str) -> Body:
        """This answer with its request's hash, every other byte as it came."""
        splices = soap.with_request_hash(self.envelope, hashed)
        grown = sum(len(splice.text) - (splice.end - splice.start) for splice in splices)
        places = [(self.start + s.start, self.start + s.end, s.text) for s in splices]
        if self.head is not None:
            begin, end, name = self.head
            places.insert(0, (begin, end, b"%b: %d" % (name, self.size + grown)))
        return body.spliced(places)


async def read(body: Body, content_type: bytes | None) -> SoapMessage:
    """The SOAP message in a body; raises BadMessage."""
    if body.size <= IN_THE_LOOP:
        return read_now(body, content_type)
    return await asyncio.to_thread(read_now, body, content_type)


def read_now(body: Body, content_type: bytes | None) -> SoapMessage:
    kind = ContentType.parse(content_type)
    if kind.base in XML_TYPES:
        if body.size == 0:
            raise BadMessage("MissingSoap", "The request has no SOAP message")
        if body.size > soap.LONGEST_ENVELOPE:
            raise BadMessage("InvalidSoap", "The SOAP message is too long; attach what is long")
        data = body.whole()
        envelope = soap.read_envelope(data, kind.parameters.get("charset"))
        return SoapMessage(envelope, soap.request_hash(data), 0, len(data))
    if kind.base != "multipart/related":
        raise BadMessage("InvalidContentType", f"Invalid content type: {kind.base}")
    return read_multipart(body, kind)


def read_multipart(body: Body, kind: ContentType) -> SoapMessage:
    """A message with attachments, of which only the first part is looked into."""
    reader = MultipartReader(kind.boundary, soap.LONGEST_ENVELOPE)
    for chunk in body.chunks():
        reader.feed(chunk)
    root = reader.finish()
    named = kind.parameters.get("start")
    said = root.header(b"content-id")
    if named is not None and (said or b"").decode("latin-1") != named:
        raise BadMessage("MimeParsingFailed", "The SOAP message is not the first part")
    part = ContentType.parse(root.header(b"content-type"))
    if part.base not in XML_TYPES:
        raise BadMessage("InvalidContentType", f"Invalid content type: {part.base}")
    if (root.header(b"content-transfer-encoding") or b"").lower() not in PLAIN:
        raise BadMessage("InvalidSoap", "The SOAP message must not be in a transfer encoding")
    envelope = soap.read_envelope(root.content, part.parameters.get("charset"))
    return SoapMessage(
        envelope, soap.request_hash(root.content), root.start, len(root.content),
        root.stated_length, attachments=root.parts - 1, multipart=True,
    )  # fmt: skip


def note_request(seen: SoapSeen, message: SoapMessage, body: Body) -> None:
    """Keep for the operational data what the request was like."""
    seen.request_size, seen.request_attachments = message.size, message.attachments
    seen.request_mime_size = body.size if message.multipart else None


def note_answer(seen: SoapSeen, message: SoapMessage, body: Body) -> None:
    seen.response_size, seen.response_attachments = message.size, message.attachments
    seen.response_mime_size = body.size if message.multipart else None
    if message.envelope.fault is not None:
        seen.fault_code = message.envelope.fault.code
        seen.fault_string = message.envelope.fault.text
