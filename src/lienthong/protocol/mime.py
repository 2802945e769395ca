"""
Multipart messages, read no further than the exchange must: where the first part lies.

Only the SOAP part is looked into; attachments pass as the bytes they are. A
body whose parts two readers could count differently (a boundary that is the
start of another, a delimiter inside a line, bare line feeds around one) is
refused, because the gateway would then vouch for something the service does
not see (RFC 2046, 5.1.1; RFC 2387).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lienthong.protocol.errors import BadMessage
from lienthong.protocol.headers import Header

MOST_PARTS = 200
LONGEST_PREAMBLE = 1024
LONGEST_PART_HEAD = 16 * 1024
# What may stand between a delimiter and the end of its line.
PADDING = 64

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
CONTENT_TYPE = re.compile(rf"\s*({TOKEN})/({TOKEN})\s*")
PARAMETER = re.compile(rf";\s*({TOKEN})\s*=\s*(?:({TOKEN})|\"((?:[^\"\\\x00-\x1f]|\\.)*)\")\s*")
# RFC 2046 allows more, quoted; nothing that needs quoting inside a pattern is left out.
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*(.*?)[ \t]*", re.DOTALL)
STATED_LENGTH = re.compile(rb"(?:\A|\r\n)(content-length)[ \t]*:[^\r]*(?=\r\n|\Z)", re.I)
AFTER = re.compile(rb"--|[ \t]{0,%d}\r\n" % PADDING)


@dataclass(frozen=True, slots=True)
class ContentType:
    """``type/subtype`` in lower case and its parameters."""

    base: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, value: bytes | None) -> ContentType:
        """Read a header's value; raises BadMessage (InvalidContentType)."""
        try:
            text = (value or b"").decode("ascii").strip()
        except UnicodeDecodeError:
            raise BadMessage("InvalidContentType", "The content type is not ASCII") from None
        found = CONTENT_TYPE.match(text)
        if found is None:
            raise BadMessage("InvalidContentType", "The request names no content type")
        place, parameters = found.end(), dict[str, str]()
        while place < len(text):
            more = PARAMETER.match(text, place)
            if more is None:
                if text[place:].strip(" \t;"):
                    raise BadMessage("InvalidContentType", "The content type cannot be read")
                break
            name = more[1].lower()
            if name in parameters:
                raise BadMessage("InvalidContentType", f"The content type names {name} twice")
            parameters[name] = more[2] or re.sub(r"\\(.)", r"\1", more[3] or "")
            place = more.end()
        return cls(f"{found[1]}/{found[2]}".lower(), parameters)

    @property
    def boundary(self) -> bytes:
        """Of a multipart message; raises BadMessage (MimeParsingFailed)."""
        value = self.parameters.get("boundary", "")
        if BOUNDARY.fullmatch(value) is None:
            raise BadMessage("MimeParsingFailed", "The multipart message has no usable boundary")
        return value.encode("ascii")


@dataclass(frozen=True, slots=True)
class RootPart:
    """The first part of a multipart body: its headers, its bytes and where they lie."""

    headers: tuple[Header, ...]
    content: bytes
    start: int
    """Offset of the content in the whole body."""
    parts: int
    """How many parts the body has in all."""
    stated_length: tuple[int, int, bytes] | None
    """Where the part states its own length: begin and end of the line, and the header's name."""

    def header(self, name: bytes) -> bytes | None:
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None


@dataclass(slots=True)
class MultipartReader:
    """Takes a multipart body piece by piece and keeps nothing of it but the first part."""

    boundary: bytes
    longest_root: int
    """Bytes the first part may have."""
    _held: bytearray = field(default_factory=bytearray)
    _base: int = 0
    """Offset of what is held in the whole body."""
    _look: int = 0
    _parts: int = 0
    _closed: bool = False
    _root: tuple[int, bytes] | None = None

    def feed(self, piece: bytes) -> None:
        """Read on; raises BadMessage (MimeParsingFailed, InvalidSoap)."""
        self._held += piece
        self._scan(last=False)

    def finish(self) -> RootPart:
        """The first part, once the body is whole."""
        self._scan(last=True)
        if not self._closed or self._root is None:
            raise BadMessage("MimeParsingFailed", "The multipart message does not end")
        start, whole = self._root
        head, gap, content = whole.partition(b"\r\n\r\n")
        if whole.startswith(b"\r\n"):
            head, gap, content = b"", b"\r\n", whole[2:]
        elif not gap:
            raise BadMessage("MimeParsingFailed", "The first part has no content")
        if len(head) > LONGEST_PART_HEAD:
            raise BadMessage("MimeParsingFailed", "The head of the first part is too long")
        if len(content) > self.longest_root:
            raise BadMessage("InvalidSoap", "The SOAP message is too long; attach what is long")
        headers = read_part_headers(head)
        length = STATED_LENGTH.search(head)
        stated = (
            None if length is None else (start + length.start(1), start + length.end(), length[1])
        )
        return RootPart(headers, content, start + len(head) + len(gap), self._parts, stated)

    def _scan(self, *, last: bool) -> None:
        delimiter = b"--" + self.boundary
        while True:
            place = self._held.find(delimiter, self._look)
            if place < 0:
                break
            after = place + len(delimiter)
            if not last and len(self._held) < after + PADDING + 2:
                self._look = place
                self._forget(place)
                return  # what follows the delimiter has not arrived yet
            if self._base + place > 0 and self._held[max(place - 2, 0) : place] != b"\r\n":
                if place and self._held[place - 1] in b"\r\n":
                    raise BadMessage("MimeParsingFailed", "A delimiter stands after a bare newline")
                self._look = place + 1  # inside a line: no delimiter
                continue
            self._delimiter(place, after)
        self._look = max(len(self._held) - len(delimiter) + 1, self._look, 0)
        self._forget(self._look)

    def _delimiter(self, place: int, after: int) -> None:
        what = AFTER.match(self._held, after)
        if what is None or self._closed:
            raise BadMessage("MimeParsingFailed", "The parts of the message cannot be told apart")
        if self._parts == 0 and self._base + place > LONGEST_PREAMBLE:
            raise BadMessage("MimeParsingFailed", "The message does not begin with a part")
        if self._parts == 1 and self._root is None:
            # What is held begins with the end of the delimiter's own line.
            self._root = (self._base + 2, bytes(self._held[2 : max(place - 2, 2)]))
        if what[0] == b"--":
            self._closed = True
        else:
            self._parts += 1
            if self._parts > MOST_PARTS:
                raise BadMessage(
                    "MimeParsingFailed", f"The message has more than {MOST_PARTS} parts"
                )
        # The line end stays: the next delimiter needs one, and may follow at once.
        end = what.end() if what[0] == b"--" else what.end() - 2
        del self._held[:end]
        self._base += end
        self._look = 0

    def _forget(self, until: int) -> None:
        """
        Drop what was read, but for the first part and the line end before a delimiter.

        What is refused here would be refused at its end: these bounds keep the memory, and
        leave room for a delimiter that has not arrived whole.
        """
        delimiter = len(self.boundary) + PADDING + 8
        if self._parts == 0:
            if self._base + len(self._held) > LONGEST_PREAMBLE + delimiter:
                raise BadMessage("MimeParsingFailed", "The message does not begin with a part")
            return
        if self._parts == 1 and self._root is None:
            if len(self._held) > self.longest_root + LONGEST_PART_HEAD + delimiter:
                raise BadMessage("InvalidSoap", "The SOAP message is too long; attach what is long")
            return
        gone = max(until - 2, 0)
        del self._held[:gone]
        self._base += gone
        self._look -= gone


def read_part_headers(head: bytes) -> tuple[Header, ...]:
    """The headers of a part, unfolded; raises BadMessage (MimeParsingFailed)."""
    if not head:
        return ()
    headers: list[Header] = []
    for line in re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n"):
        found = LINE.fullmatch(line)
        if found is None or b"\n" in line or b"\r" in line or b"\0" in line:
            raise BadMessage("MimeParsingFailed", "The head of the first part cannot be read")
        if any(name.lower() == found[1].lower() for name, _ in headers):
            raise BadMessage("MimeParsingFailed", "The first part has a header twice")
        headers.append((found[1], found[2]))
    return tuple(headers)


def part_of(whole: bytes, boundary: bytes, number: int) -> bytes:
    """The content of one part of a body that `MultipartReader` found sound; raises BadMessage."""
    pieces = (b"\r\n" + whole).split(b"\r\n--" + boundary)
    if len(pieces) < number + 3:
        raise BadMessage("MimeParsingFailed", "The multipart message lacks a part")
    return pieces[number + 1].partition(b"\r\n\r\n")[2]
