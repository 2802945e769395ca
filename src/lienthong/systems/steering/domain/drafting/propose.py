"""
The tasks of a document, proposed.

Work is given in a part of the document only (after "quyết nghị", "yêu cầu",
"chỉ đạo", in the recommendations of a report), by a body at the head of a
paragraph, or by items under such a head. Verbs that give work open an item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from ..bodies import Bodies
from ..deadlines import DueRule
from .confidence import Confidence
from .dues import due_in
from .head import Head, read_head
from .leads import Finder, Named, named_in
from .text import Paragraph, paragraphs, sentences
from .verbs import NOT_WORK, VERBS

OPENS = re.compile(rf"^(?:phải\s+|cần\s+|có trách nhiệm\s+)?(?:{VERBS})\b{NOT_WORK}", re.IGNORECASE)
SPLIT = re.compile(rf";\s+(?:đồng thời,?\s+)?(?=(?:{VERBS})\b{NOT_WORK})", re.IGNORECASE)
# A unit inside a body, which no list knows: it is told to work all the same.
UNIT = re.compile(
    r"^(?:Tổng cục|Cục|Vụ|Sở|Phòng|Ban|Trung tâm|Viện|Chi cục|Thanh tra|Văn phòng)\s[^,;:.]{2,70}?"
    rf"(?:,\s*|\s+)(?=(?:là\s|{VERBS}\b))"
)
BEGINS = re.compile(
    r"quyết nghị\s*:|quyết định\s*:|yêu cầu\s*:|(?:có )?ý kiến(?: chỉ đạo)?(?: như sau)?\s*:"
    r"|chỉ thị\s*:|chỉ đạo\s*(?:như sau)?\s*:|như sau\s*:|đề xuất,\s*kiến nghị"
    r"|nhiệm vụ(?:,| và) giải pháp|tổ chức thực hiện|đề nghị\s*:|điện\s*:|nội dung sau\s*:"
    r"|(?:việc|nhiệm vụ) sau\s*:",
    re.IGNORECASE,
)
ENDS = re.compile(
    r"^(?:Nơi nhận|Trên đây là|TM\.|KT\.|TL\.|TUQ\.)|thông báo ý kiến|thông báo để các"
    r"|^(?:Nghị quyết|Quyết định|Chỉ thị|Công điện|Kế hoạch) này\b|báo cáo tóm tắt"
    r"|^Trong quá trình thực hiện",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"^(?:[^,;:.]{3,60}?\s)?(?:giao|yêu cầu|đề nghị|kiến nghị)\s+(?:cho\s+)?", re.IGNORECASE
)
LEADS = re.compile(r"\bchủ trì\b", re.IGNORECASE)
CONTINUES = re.compile(
    r"(?:như sau|công việc|nhiệm vụ|nội dung|việc|sau đây|sau)\s*:\s*$", re.IGNORECASE
)
SERVES = re.compile(
    r"^(?:chủ trì|là\s+(?:cơ quan|đơn vị)\s+(?:chủ trì|đầu mối)|làm đầu mối)\s*,?\s*", re.IGNORECASE
)
REPORT = re.compile(r"^BÁO CÁO$")
MOST = 60
"""Proposals of one text: a page of more could not be sent in one form."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One task as the rules see it, to be confirmed, edited or dropped by a person."""

    place: str
    """Where it stands: ``III.2.a``."""
    text: str
    source: str
    """The sentence it was read from."""
    lead: str
    group: str
    co_leads: tuple[str, ...]
    rule: DueRule
    says_when: bool
    confidence: Confidence
    general: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    head: Head
    tasks: tuple[Proposal, ...]
    more: bool = False
    """Whether the text gives more than are proposed."""


def draft(text: str, bodies: Bodies) -> Draft:
    """Everything the rules can propose of a text; nothing in it is saved by this."""
    found = paragraphs(text)
    head = read_head(found, bodies)
    day = date.fromisoformat(head.issued_on.value) if head.issued_on else None
    finder = Finder(bodies, head.issuer.value if head.issuer else "")
    items = Reading(finder, day).tasks(giving_part(found))
    return Draft(head, tuple(items[:MOST]), more=len(items) > MOST)


def giving_part(found: list[Paragraph]) -> Iterator[Paragraph]:
    """The paragraphs that give work: of a report only its recommendations."""
    is_report = any(REPORT.match(p.text) for p in found[:22])
    begins = re.compile(r"đề xuất,\s*kiến nghị|kiến nghị,\s*đề xuất", re.IGNORECASE)
    inside = False
    for paragraph in found:
        whole = paragraph.text
        if inside and ENDS.search(whole):
            return
        if not inside:
            pattern = begins if is_report else BEGINS
            inside = pattern.search(whole) is not None
            if inside and not is_report and ASKS.match(asked := last_sentence(whole)):
                yield Paragraph(paragraph.mark, asked)
            continue
        yield paragraph


def last_sentence(text: str) -> str:
    """What a paragraph comes to: its last sentence is the one that asks."""
    spoken = sentences(text)
    return spoken[-1] if spoken else text


@dataclass
class Reading:
    """Walks the paragraphs with the heads they stand under."""

    finder: Finder
    day: date | None

    def tasks(self, part: Iterable[Paragraph]) -> list[Proposal]:
        self.heads: dict[int, Named] = {}
        self.marks: dict[int, str] = {}
        found: list[Proposal] = []
        every = list(part)
        for at, paragraph in enumerate(every):
            below = every[at + 1].depth if at + 1 < len(every) else 0
            found += self.paragraph(paragraph, below)
            if len(found) > MOST:
                break
        return found

    def paragraph(self, paragraph: Paragraph, below: int) -> list[Proposal]:
        depth = paragraph.depth
        if paragraph.mark:
            self.marks = {k: v for k, v in self.marks.items() if k < depth}
            self.marks[depth] = paragraph.mark.rstrip(".):")
        if self.is_title(paragraph, below):
            self.heads = {k: v for k, v in self.heads.items() if k < depth}
            return []
        own = self.opening(paragraph.text)
        above = self.above(depth)
        if paragraph.text.endswith(":") or self.is_heading(paragraph, own):
            self.heads = {k: v for k, v in self.heads.items() if k < depth}
            if own.is_known:
                self.heads[depth] = own
            # "Giao Sở … chủ trì … tham mưu … Tập trung một số công việc:" gives work of its own.
            return self.general(paragraph, own) if own.is_known else []
        if not paragraph.mark:
            self.heads = {k: v for k, v in self.heads.items() if k < 4}
        return self.work(paragraph.text, own if own.is_known else above, own.is_known)

    def is_title(self, paragraph: Paragraph, below: int) -> bool:
        """A heading that names a subject and no body, with deeper items under it."""
        text = paragraph.text
        if text.isupper():
            return True
        open_end = not text.endswith((".", ";", ":", "/.", ","))
        deeper = bool(paragraph.mark) and paragraph.depth < below
        return open_end and deeper and len(text) < 120 and not self.opening(text).is_known

    def above(self, depth: int) -> Named:
        nearer = [named for level, named in sorted(self.heads.items()) if level < depth]
        return nearer[-1] if nearer else self.heads.get(4, Named())

    def opening(self, text: str) -> Named:
        """Who is told to do something by the first words, as in ``Giao Bộ A chủ trì``."""
        start = match.end() if (match := ASKS.match(text)) else 0
        named = named_in(text[start:], self.finder, opening=4 if start else 2)
        return replace(named, after=named.after + start) if named.is_known else named

    def is_heading(self, paragraph: Paragraph, own: Named) -> bool:
        """``2. Các bộ, ngành, địa phương`` alone on its line."""
        rest = paragraph.text[own.after :].strip(" .,:")
        return own.is_known and len(rest) < 4

    def general(self, paragraph: Paragraph, own: Named) -> list[Proposal]:
        """What a heading that goes on with items gives by itself."""
        spoken = [s for s in sentences(paragraph.text) if not CONTINUES.search(s)]
        if not spoken or not LEADS.search(spoken[0]):
            return []
        made = self.work(" ".join(spoken), own, True)
        return [replace(one, general=True) for one in made[:1]]

    def work(self, text: str, named: Named, named_here: bool) -> list[Proposal]:
        rest = text[named.after :] if named_here else text
        if not named_here and (unit := UNIT.match(text)) is not None:
            # Somebody else than the head above is told to do this, and no list knows who.
            named, rest = Named(), text[unit.end() :]
        rest = self.trimmed(rest)
        if not rest or not OPENS.match(rest):
            return []
        sure = self.confidence(text, named, named_here)
        return [self.proposal(piece, text, named, sure) for piece in self.pieces(rest)]

    def trimmed(self, rest: str) -> str:
        """Without ``chủ trì, phối hợp …`` and blanks before the work itself."""
        plain = rest.strip(" ,:;.–-")
        plain = re.sub(
            r"^(?:chủ trì|là cơ quan chủ trì|làm đầu mối)\s*,?\s*", "", plain, flags=re.I
        )
        return plain.strip(" ,:;")

    def pieces(self, rest: str) -> list[str]:
        """Items joined by a semicolon are tasks of their own where each opens with a verb."""
        return [piece.strip(" ;./") for piece in SPLIT.split(rest) if piece.strip(" ;./")]

    def confidence(self, text: str, named: Named, named_here: bool) -> Confidence:
        if not named.is_known:
            return Confidence.LOW
        said = LEADS.search(text) or ASKS.match(text)
        return Confidence.HIGH if named_here and said else Confidence.MEDIUM

    def proposal(self, piece: str, text: str, named: Named, sure: Confidence) -> Proposal:
        rule, says = due_in(piece, self.day)
        if not says:
            whole, whole_says = due_in(text, self.day)
            # A date at the end of the paragraph holds for all of it.
            if whole_says and whole.kind != "none":
                rule, says = whole, True
        return Proposal(
            place=".".join(
                mark for _level, mark in sorted(self.marks.items()) if mark not in "-–+•*"
            ),
            text=piece[0].upper() + piece[1:],
            source=text,
            lead=named.lead,
            group=named.group,
            co_leads=named.co_leads,
            rule=rule,
            says_when=says,
            confidence=sure,
        )
