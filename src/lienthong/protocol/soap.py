"""
SOAP messages of the X-Road message protocol, version 4.0: read safely, echoed, completed.

Reading goes through expat without a tree: no document type, no entities, a
bounded depth, and the bytes themselves are never written anew. A header two
readers could understand differently (a field twice, a comment or an element
inside a value, two encodings) is refused, because the gateway grants, signs
and logs by what it reads while the service acts on what *it* reads.

Fields and their rules: PR-MESS of X-Road, with the reference parser where the
two differ (SaxSoapParserImpl at fcd16216, 2026-02-06).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lienthong.protocol.errors import BadMessage

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XROAD = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS = "http://x-road.eu/xsd/identifiers"
REPRESENTATION = "http://x-road.eu/xsd/representation.xsd"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
PROTOCOL = "4.0"

LONGEST_ENVELOPE = 10 << 20
DEEPEST = 100
LONGEST_VALUE = 1024
MOST_FIELDS = 100
# All of them write ASCII as ASCII, so that a field can be put between two tags.
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "us-ascii", "ascii": "us-ascii",
             "iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1"}  # fmt: skip

DECLARED = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']"
)

IDENTIFIER_FIELDS = {
    "client": ({"MEMBER", "SUBSYSTEM"},
               ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")),
    "service": ({"SERVICE"}, ("xRoadInstance", "memberClass", "memberCode", "subsystemCode",
                              "serviceCode", "serviceVersion")),
    "securityServer": ({"SERVER"}, ("xRoadInstance", "memberClass", "memberCode", "serverCode")),
}  # fmt: skip
PARTY_PARTS = ("partyClass", "partyCode")
VALUE_FIELDS = ("id", "userId", "issue", "protocolVersion", "requestHash")
REQUIRED = ("protocolVersion", "client", "id", "service")
COMPULSORY_PARTS = {
    "client": ("xRoadInstance", "memberClass", "memberCode"),
    "service": ("xRoadInstance", "memberClass", "memberCode", "serviceCode"),
    "securityServer": ("xRoadInstance", "memberClass", "memberCode", "serverCode"),
    "representedParty": ("partyCode",),
}
# What an answer must say as its request did (CheckConsistency of the reference code).
ECHOED = ("client", "service", "userId", "representedParty", "issue", "id")

Name = tuple[str, str]
"""Namespace and local name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault as its sender wrote it."""

    code: str
    text: str
    actor: str
    detail: str


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes to put in place of those between two offsets."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of the message protocol; identifiers as their parts by name."""

    values: dict[str, str]
    identifiers: dict[str, dict[str, str]]
    order: tuple[str, ...]

    def has(self, name: str) -> bool:
        return name in self.values or name in self.identifiers

    def same(self, other: Header, name: str) -> bool:
        mine = self.values.get(name), self.identifiers.get(name)
        return mine == (other.values.get(name), other.identifiers.get(name))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was found in a SOAP message."""

    header: Header | None
    wrapper: Name
    """The one element in the body, whose name is the service's code."""
    content: dict[str, str]
    """What ``getWsdl`` asks for, by local name; of other bodies nothing is kept."""
    fault: Fault | None
    encoding: str
    after_id: int
    """Offset behind the end tag of ``id``, where the request hash is put."""
    id_prefix: str | None
    """The prefix under which X-Road's namespace is known there; None when it is not."""
    old_hash: tuple[int, int] | None
    """Where a request hash of the sender's own stands."""


def read_envelope(data: bytes, charset: str | None = None) -> Envelope:
    """
    Read a SOAP message; raises BadMessage with the code of what is wrong.

    ``charset`` is that of the content type; UTF-8 when it names none.
    """
    if len(data) > LONGEST_ENVELOPE:
        raise BadMessage("InvalidSoap", "The SOAP message is too long; attach what is long")
    encoding = ENCODINGS.get((charset or declared_encoding(data) or "utf-8").lower())
    if encoding is None:
        raise BadMessage("InvalidContentType", "The charset is none of UTF-8, ASCII, ISO-8859-1")
    reader = _Reader(data, encoding)
    reader.read()
    return reader.result()


def declared_encoding(data: bytes) -> str | None:
    """The encoding of the XML declaration, for messages whose content type names none."""
    found = DECLARED.match(data)
    return found[1].decode("ascii") if found else None


def require_request(envelope: Envelope) -> Header:
    """The header of a request that has all it must; raises BadMessage."""
    if envelope.fault is not None:
        raise BadMessage("InvalidSoap", "A request is no fault")
    header = require_header(envelope)
    require_name(header, envelope)
    return header


def require_header(envelope: Envelope) -> Header:
    header = envelope.header
    if header is None:
        raise BadMessage("MissingHeader", "The SOAP message has no header")
    for name in REQUIRED:
        if not header.has(name):
            raise BadMessage("MissingHeaderField", f"The required header field {name} is missing")
    if not header.values["protocolVersion"].startswith("4."):
        raise BadMessage("InvalidProtocolVersion", "The protocol version must be 4.x")
    return header


def require_name(header: Header, envelope: Envelope) -> None:
    """The body's element must begin with the service's code (as the reference code checks)."""
    if not envelope.wrapper[1].startswith(header.identifiers["service"]["serviceCode"]):
        raise BadMessage(
            "InconsistentHeaders", "The service's code is not the same in header and body"
        )


def require_answer(envelope: Envelope, request: Header) -> None:
    """Raise BadMessage unless an answer echoes its request's header."""
    header = require_header(envelope)
    require_name(header, envelope)
    for name in ECHOED:
        if not header.same(request, name):
            raise BadMessage(
                "InconsistentResponse",
                f"The header field {name} of the answer is not the request's",
            )


def request_hash(message: bytes) -> str:
    """Of the request's bytes, or of those of its first part."""
    return base64.b64encode(hashlib.sha512(message).digest()).decode("ascii")


def with_request_hash(envelope: Envelope, hashed: str) -> list[Splice]:
    """What makes the answer carry its request's hash, behind ``id``; every other byte stays."""
    prefix = envelope.id_prefix
    declared = ""
    if prefix is None:
        prefix, declared = "xroad", f' xmlns:xroad="{XROAD}"'
    name = f"{prefix}:requestHash" if prefix else "requestHash"
    text = f'<{name}{declared} algorithmId="{SHA512}">{hashed}</{name}>'
    splices = [Splice(envelope.after_id, envelope.after_id, text.encode("ascii"))]
    if envelope.old_hash is not None:
        splices.append(Splice(*envelope.old_hash, b""))
    return sorted(splices, key=lambda splice: splice.start)


def apply(splices: list[Splice], data: bytes) -> bytes:
    """The bytes with the splices made; they are in order and do not overlap."""
    pieces, place = [], 0
    for splice in splices:
        pieces += [data[place : splice.start], splice.text]
        place = splice.end
    return b"".join([*pieces, data[place:]])


@dataclass(slots=True)
class _Reader:
    """Follows expat through one message."""

    data: bytes
    encoding: str
    parser: expat.XMLParserType = field(init=False)
    path: list[Name] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    identifiers: dict[str, dict[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    wrapper: Name | None = None
    content: dict[str, str] = field(default_factory=dict)
    fault: dict[str, str] | None = None
    after_id: int = -1
    id_prefix: str | None = None
    old_hash: tuple[int, int] | None = None
    _text: list[str] | None = None
    """Collects the value of the element that is open, when its value matters."""
    _length: int = 0
    _declared: set[str | None] = field(default_factory=set)
    _hash_start: int = -1

    def read(self) -> None:
        parser = expat.ParserCreate(self.encoding, " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._no_doctype
        parser.EntityDeclHandler = self._no_entities
        parser.XmlDeclHandler = self._declaration
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        self.parser = parser
        try:
            parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise BadMessage(
                "InvalidXml", f"The message is not well-formed XML: {expat.ErrorString(error.code)}"
            ) from None
        finally:
            del self.parser  # it refers to this object: a circle the collector would have to find

    def result(self) -> Envelope:
        if "Body" not in self.seen:
            raise BadMessage("MissingBody", "The SOAP message has no body")
        if self.wrapper is None:
            raise BadMessage("InvalidBody", "The SOAP body must have exactly one element")
        for name, compulsory in COMPULSORY_PARTS.items():
            for part in compulsory:
                if name in self.identifiers and not self.identifiers[name].get(part):
                    raise BadMessage("InvalidXml", f"{name} has no {part}")
        header = Header(self.values, self.identifiers, tuple(self.order))
        fault = None
        if self.fault is not None:
            said = self.fault
            fault = Fault(*(said.get(part, "") for part in
                            ("faultcode", "faultstring", "faultactor", "detail")))  # fmt: skip
        return Envelope(
            header if "Header" in self.seen else None, self.wrapper, self.content, fault,
            self.encoding, self.after_id, self.id_prefix, self.old_hash,
        )  # fmt: skip

    # From expat.

    def _no_doctype(self, *_: object) -> None:
        raise BadMessage("InvalidXml", "A SOAP message has no document type")

    def _no_entities(self, *_: object) -> None:
        raise BadMessage("InvalidXml", "A SOAP message declares no entities")

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is None:
            return
        if ENCODINGS.get(encoding.lower()) != self.encoding:
            raise BadMessage("InvalidXml", "The message names two encodings")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if uri is not None and " " in uri:
            raise BadMessage("InvalidXml", "A namespace is no URI")  # it would split a name anew
        self._declared.add(prefix)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name, prefix = split(tag)
        declared, self._declared = self._declared, set()
        path = self.path
        if len(path) >= DEEPEST:
            raise BadMessage("InvalidXml", f"Elements are nested more than {DEEPEST} deep")
        depth = len(path)
        if self._text is not None and not self._in_detail():
            raise BadMessage("InvalidXml", f"{path[-1][1]} is a value and holds no element")
        if depth == 0:
            if name != (ENVELOPE, "Envelope"):
                raise BadMessage("InvalidSoap", "The message is not a SOAP 1.1 envelope")
        elif depth == 1:
            self._part(name)
        elif path[1] == (ENVELOPE, "Header"):
            if depth == 2:
                self._field(name, prefix, declared, attributes)
            elif depth == 3:
                self._field_part(name)
        elif path[1] == (ENVELOPE, "Body"):
            self._body(depth, name)
        path.append(name)

    def _end(self, tag: str) -> None:
        name = self.path.pop()
        depth = len(self.path)
        text = None
        if self._text is not None and not self._in_detail():
            text, self._text = "".join(self._text), None
        if text is None:
            return
        if depth == 2 and self.path[1] == (ENVELOPE, "Header"):
            self.values[name[1]] = text
            if name[1] == "id":
                self.after_id = self._end_of_tag(text)
            elif name[1] == "requestHash":
                self.old_hash = (self._hash_start, self._end_of_tag(text))
        elif depth == 3 and self.path[1] == (ENVELOPE, "Header"):
            self.identifiers[self.path[2][1]][name[1]] = text
        elif self.fault is not None and self.path[2] == (ENVELOPE, "Fault"):
            self.fault[name[1]] = text.strip()
        elif depth == 3:
            self.content[name[1]] = text

    def _characters(self, data: str) -> None:
        if self._text is not None:
            self._length += len(data)
            if self._length > LONGEST_VALUE:
                if self.path[1] == (ENVELOPE, "Header"):
                    raise BadMessage("InvalidXml", f"The value of {self.path[-1][1]} is too long")
                return  # of a body only the beginning is of interest
            self._text.append(data)

    def _comment(self, data: str) -> None:
        self._interruption()

    def _instruction(self, target: str, data: str) -> None:
        self._interruption()

    def _interruption(self) -> None:
        if self._text is not None and self.path[1] == (ENVELOPE, "Header"):
            raise BadMessage("InvalidXml", f"The value of {self.path[-1][1]} is interrupted")

    # What stands where.

    def _part(self, name: Name) -> None:
        """Header, then body; each once."""
        if name[0] != ENVELOPE:
            return  # SOAP 1.1 lets other elements follow the body
        if name[1] not in ("Header", "Body") or name[1] in self.seen:
            raise BadMessage("InvalidSoap", f"The envelope has {name[1]} where it may not be")
        if name[1] == "Header" and "Body" in self.seen:
            raise BadMessage("InvalidSoap", "The header stands behind the body")
        self.seen.add(name[1])

    def _field(
        self, name: Name, prefix: str, declared: set[str | None], attributes: dict[str, str]
    ) -> None:
        space, local = name
        if len(self.order) >= MOST_FIELDS:
            raise BadMessage("InvalidSoap", "The SOAP header has too many fields")
        known = space == XROAD and (local in IDENTIFIER_FIELDS or local in VALUE_FIELDS)
        if not known and name != (REPRESENTATION, "representedParty"):
            self.order.append("")  # a field of another protocol: the service's business
            return
        if local in self.order:
            raise BadMessage("DuplicateHeaderField", f"The header field {local} is there twice")
        self.order.append(local)
        if local in VALUE_FIELDS:
            self._collect()
            if local == "id":
                self.id_prefix = None if (prefix or None) in declared else prefix
            elif local == "requestHash":
                self._hash_start = self.parser.CurrentByteIndex
            return
        self.identifiers[local] = {}
        if local in IDENTIFIER_FIELDS:
            kind = next((v for k, v in attributes.items()
                         if split(k)[0] == (IDENTIFIERS, "objectType")), None)  # fmt: skip
            if kind not in IDENTIFIER_FIELDS[local][0]:
                raise BadMessage("InvalidXml", f"{local} has no objectType that fits")

    def _field_part(self, name: Name) -> None:
        parent = self.path[2]
        if parent[1] not in self.identifiers or parent[0] not in (XROAD, REPRESENTATION):
            return
        parts = IDENTIFIER_FIELDS[parent[1]][1] if parent[0] == XROAD else PARTY_PARTS
        space = IDENTIFIERS if parent[0] == XROAD else REPRESENTATION
        if name[0] != space or name[1] not in parts:
            raise BadMessage("InvalidXml", f"{parent[1]} has no part {name[1]}")
        if name[1] in self.identifiers[parent[1]]:
            raise BadMessage("DuplicateHeaderField", f"{name[1]} of {parent[1]} is there twice")
        self.identifiers[parent[1]][name[1]] = ""
        self._collect()

    def _body(self, depth: int, name: Name) -> None:
        if depth == 2:
            if self.wrapper is not None:
                raise BadMessage("InvalidBody", "The SOAP body must have exactly one element")
            self.wrapper = name
            if name == (ENVELOPE, "Fault"):
                self.fault = {}
        elif depth == 3 and self.fault is not None:
            if name[1] in self.fault:
                raise BadMessage("InvalidSoap", f"The fault says {name[1]} twice")
            self.fault[name[1]] = ""
            self._collect()
        elif depth == 3 and self.wrapper == (XROAD, "getWsdl"):
            if name[1] in self.content:
                raise BadMessage("InvalidBody", f"{name[1]} is there twice")
            self.content[name[1]] = ""
            self._collect()

    def _in_detail(self) -> bool:
        return self.fault is not None and len(self.path) > 3 and self.path[3][1] == "detail"

    def _collect(self) -> None:
        self._text, self._length = [], 0

    def _end_of_tag(self, text: str) -> int:
        """Behind the end tag that expat is at; of ``<a/>`` expat is behind it already."""
        place = self.parser.CurrentByteIndex
        if not text and self.data[place - 2 : place] == b"/>":
            return place
        return self.data.index(b">", place) + 1


def split(tag: str) -> tuple[Name, str]:
    """Name and prefix of what expat calls ``namespace local prefix``."""
    pieces = tag.split(" ")
    if len(pieces) == 1:
        return ("", pieces[0]), ""
    return (pieces[0], pieces[1]), pieces[2] if len(pieces) > 2 else ""


# Writing.


def fault_message(code: str, text: str, detail: str, actor: str = "") -> bytes:
    """A SOAP fault with the prefix ``SOAP-ENV``, which tools of the Estonian state look for."""
    said = f"<faultactor>{escape(actor)}</faultactor>" if actor else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}"><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"<faultcode>{escape(code)}</faultcode><faultstring>{escape(text)}</faultstring>{said}"
        f'<detail><faultDetail xmlns="">{escape(detail)}</faultDetail></detail>'
        "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def message(header: Header, body: str, *, hashed: str = "") -> bytes:
    """A message of a gateway's own: this header, an answer's hash, and a body in XML."""
    fields = [_field_xml(header, name) for name in header.order if name != "requestHash"]
    if hashed:
        place = [name for name in header.order if name != "requestHash"].index("id") + 1
        fields.insert(
            place, f'<xroad:requestHash algorithmId="{SHA512}">{hashed}</xroad:requestHash>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xroad="{XROAD}"'
        f' xmlns:id="{IDENTIFIERS}"><SOAP-ENV:Header>{"".join(fields)}</SOAP-ENV:Header>'
        f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _field_xml(header: Header, name: str) -> str:
    if name in header.values:
        return f"<xroad:{name}>{escape(header.values[name])}</xroad:{name}>"
    parts = header.identifiers.get(name)
    if parts is None:
        return ""
    if name == "representedParty":
        inner = "".join(f"<repr:{n}>{escape(parts[n])}</repr:{n}>"
                        for n in PARTY_PARTS if n in parts)  # fmt: skip
        return f'<repr:{name} xmlns:repr="{REPRESENTATION}">{inner}</repr:{name}>'
    return identifier_xml(name, parts)


def identifier_xml(name: str, parts: dict[str, str]) -> str:
    """An identifier as an element of X-Road's namespace."""
    order = IDENTIFIER_FIELDS[name][1]
    inner = "".join(f"<id:{n}>{escape(parts[n])}</id:{n}>" for n in order if parts.get(n))
    kinds: dict[str, Callable[[], str]] = {
        "client": lambda: "SUBSYSTEM" if parts.get("subsystemCode") else "MEMBER",
        "service": lambda: "SERVICE",
        "securityServer": lambda: "SERVER",
    }
    return f"<xroad:{name} id:objectType={quoteattr(kinds[name]())}>{inner}</xroad:{name}>"
