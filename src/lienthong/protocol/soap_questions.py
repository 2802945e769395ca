"""
What a SOAP message asks a gateway about itself: the bodies of the monitoring services.

Shapes: PR-OPMON 1.6 (operational and health data) and PR-ENVMONMES 1.3
(metrics). The message was read before by `soap.read_envelope`, which refused
document types, entities and deep nesting; here only the body is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from lienthong.protocol.errors import BadMessage
from lienthong.protocol.identifiers import MemberId, SubsystemId
from lienthong.protocol.soap import DEEPEST, ENVELOPE, IDENTIFIERS, Name, split

OPERATIONAL = "http://x-road.eu/xsd/op-monitoring.xsd"
ENVIRONMENT = "http://x-road.eu/xsd/monitoring"
NAMESPACES = {
    "getSecurityServerOperationalData": OPERATIONAL,
    "getSecurityServerHealthData": OPERATIONAL,
    "getSecurityServerMetrics": ENVIRONMENT,
}
MOST_FIELDS = 200
LONGEST_TEXT = 1024
BODY_DEPTH = 2
CRITERIA = ("searchCriteria", "filterCriteria")
PARTS = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by the service's code."""

    code: str
    records_from: int | None = None
    """Unix seconds."""
    records_to: int | None = None
    client: SubsystemId | MemberId | None = None
    fields: tuple[str, ...] = ()

    def span(self) -> tuple[int, int]:
        """The span of a search for records; raises BadMessage without one."""
        if self.records_from is None or self.records_to is None:
            raise BadMessage("InvalidRequest", "searchCriteria lacks recordsFrom or recordsTo")
        return self.records_from, self.records_to


def read_question(envelope: bytes, encoding: str, code: str) -> Question:
    """The question in an envelope; raises BadMessage."""
    reader = _Reader(code)
    parser = expat.ParserCreate(encoding, " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(envelope, True)
    except expat.ExpatError:
        raise BadMessage("InvalidXml", "The message is not well-formed XML") from None
    return reader.result()


def _refuse(*_: object) -> None:
    raise BadMessage("InvalidXml", "A SOAP message has no document type")


@dataclass(slots=True)
class _Reader:
    code: str
    path: list[Name] = field(default_factory=list)
    found: bool = False
    values: dict[str, str] = field(default_factory=dict)
    client: dict[str, str] | None = None
    fields: list[str] = field(default_factory=list)
    _text: list[str] | None = None
    _length: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= DEEPEST:
            raise BadMessage("InvalidXml", "Elements are nested too deep")
        if self._text is not None:
            raise BadMessage("InvalidBody", f"{self.path[-1][1]} is a value and holds no element")
        self.path.append(split(tag)[0])
        inside = self.inside
        if inside == []:
            self.found = self.path[-1] == (NAMESPACES[self.code], self.code)
        elif self._is_value(inside):
            self._text, self._length = [], 0
        elif inside is not None and len(inside) == 2 and inside[1] == "client":
            if self.client is not None:
                raise BadMessage("InvalidBody", "client is there twice")
            self.client = {}

    def end(self, tag: str) -> None:
        inside = self.inside
        if self._text is not None and inside:
            self._take(inside, "".join(self._text).strip())
            self._text = None
        self.path.pop()

    def characters(self, data: str) -> None:
        if self._text is None:
            return
        self._length += len(data)
        if self._length > LONGEST_TEXT:
            raise BadMessage("InvalidBody", f"The value of {self.path[-1][1]} is too long")
        self._text.append(data)

    @property
    def inside(self) -> list[str] | None:
        """Names below the body's element; None elsewhere."""
        path = self.path
        if len(path) <= BODY_DEPTH or path[1] != (ENVELOPE, "Body"):
            return None
        return [name for _, name in path[BODY_DEPTH + 1 :]]

    def _is_value(self, inside: list[str] | None) -> bool:
        if not self.found or inside is None:
            return False
        space, name = self.path[-1]
        own = space == NAMESPACES[self.code]
        if len(inside) == 2 and own:
            return (inside[0] in CRITERIA and name in ("recordsFrom", "recordsTo")) or (
                inside[0] == "outputSpec" and name == "outputField"
            )
        identifier = len(inside) == 3 and inside[0] in CRITERIA and inside[1] == "client"
        return identifier and space == IDENTIFIERS and name in PARTS

    def _take(self, inside: list[str], text: str) -> None:
        name = inside[-1]
        if name == "outputField":
            if len(self.fields) >= MOST_FIELDS:
                raise BadMessage("InvalidBody", "Too many output fields are asked for")
            self.fields.append(text)
            return
        into = self.values if len(inside) == 2 else self.client
        if into is None or name in into:
            raise BadMessage("InvalidBody", f"{name} is there twice")
        into[name] = text

    def result(self) -> Question:
        if not self.found:
            raise BadMessage("InvalidBody", f"The body is not a {self.code}")
        return Question(
            code=self.code,
            records_from=self._number("recordsFrom"),
            records_to=self._number("recordsTo"),
            client=self._client(),
            fields=tuple(self.fields),
        )

    def _number(self, name: str) -> int | None:
        text = self.values.get(name)
        if text is None:
            return None
        plain = text.removeprefix("-")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 19):
            raise BadMessage("InvalidRequest", f"{name} is not a number of seconds")
        return int(text)

    def _client(self) -> SubsystemId | MemberId | None:
        said = self.client
        if said is None:
            return None
        if not all(said.get(part) for part in PARTS[:3]):
            raise BadMessage("InvalidRequest", "client lacks a part of its identifier")
        member = MemberId(*(said[part] for part in PARTS[:3]))
        subsystem = said.get("subsystemCode")
        if not subsystem:
            return member
        return SubsystemId(member.instance, member.member_class, member.code, subsystem)
