"""
The report as a tree of blocks: the words of the outline with the figures of an edition.

A sentence is written only from figures its system stated. One whose system did
not answer says so at its place; one that no system can state yet goes to the list
of what is not answered. Both are read from the outline, so nothing falls between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from lienthong.kernel import clock
from lienthong.kernel.words import long_date
from lienthong.web.papers.blocks import (
    Addressees,
    Annex,
    Aside,
    Block,
    Document,
    Heading,
    Inline,
    LetterHead,
    Number,
    Paragraph,
    Signing,
    Text,
    Title,
    numbers_of,
)

from ..domain import editions as about
from ..domain.catalogue import Way
from ..domain.outline import OUTLINE, Fig, Item, Section, Sentence, Slot, Term
from ..domain.relations import Verdict, relation
from ..domain.remarks import Remark, of_summary
from ..domain.stated import Figures
from ..domain.summary import summary_outline
from ..domain.titles import TITLES
from ..domain.wording import exact, written
from ..manifest import SOURCES
from ..models import CollectedFigure, Issuance, Passage, RelationCheck, ReportEdition
from . import compared, editions, ministries, ways
from .narrative import passages_of
from .provenance import figures_tables, open_points_table, relations_table
from .trends import month_before

ABSTRACT = (
    "Tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019 của Chính phủ về một số nhiệm vụ,"
    " giải pháp trọng tâm phát triển Chính phủ điện tử giai đoạn 2019 - 2020, định hướng đến 2025"
)
MANDATE = (
    "Thực hiện ý kiến chỉ đạo của Thủ tướng Chính phủ tại Văn bản số 435/LĐCP ngày 16/10/2019 về"
    " việc báo cáo tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019 về một số nhiệm vụ,"
    " giải pháp trọng tâm phát triển Chính phủ điện tử giai đoạn 2019 - 2020, định hướng đến 2025"
    " tại các phiên họp Chính phủ thường kỳ, Bộ Thông tin và Truyền thông xin báo cáo tình hình"
    " thực hiện trong "
)
CLOSING = (
    "Trên đây là Báo cáo tình hình thực hiện Nghị quyết số 17/NQ-CP, Bộ Thông tin và Truyền thông"
    " kính trình Chính phủ, Thủ tướng Chính phủ./."
)
ADDRESSEES = ("Chính phủ", "Thủ tướng Chính phủ")
RECIPIENTS = (
    "Như trên;",
    "Thủ tướng Chính phủ (để b/c);",
    "Các Phó Thủ tướng Chính phủ (để b/c);",
    "Văn phòng Chủ tịch nước;",
    "Các bộ, cơ quan ngang bộ, cơ quan thuộc CP;",
    "UBND các tỉnh, thành phố trực thuộc TW;",
    "Bộ TTTT: Bộ trưởng, các Thứ trưởng, các đơn vị thuộc Bộ;",
    "Lưu: VT, THH (CĐS).",
)
REMARK = "remark"
"""Tone of what a page says beside the text and a paper leaves to its table of relations."""
NOTHING_HAPPENED = (
    "Các hệ thống đã trả lời không có bản ghi nào phát sinh trong tháng này; các số phát sinh bằng"
    " không, các số lũy kế là của những ngày trước."
)
OPEN_ANNEX = "Phụ lục II"
OPEN_TITLE = "Nội dung chưa có hệ thống trả lời"
OPEN_ANCHOR = "chua-tra-loi"
AUTHORITY = ("KT. Bộ trưởng", "Thứ trưởng")


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A sentence of the report that no system answers yet."""

    section: Section
    sentence: Sentence
    reason: str
    """``person`` (an officer writes it), ``absent`` (no such system yet), ``unstated``."""

    @property
    def system_title(self) -> str:
        return TITLES[self.sentence.system]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page or a file shows of one edition, read once."""

    edition: ReportEdition
    sources: tuple[editions.Source, ...]
    figures: dict[str, CollectedFigure]
    every_figure: tuple[CollectedFigure, ...]
    checks: dict[str, RelationCheck]
    issuance: Issuance | None = None
    """Number and signer, once it has them."""
    passages: Mapping[str, tuple[Passage, ...]] = field(default_factory=dict)
    """What persons wrote, by section."""

    @classmethod
    def of(cls, edition: ReportEdition) -> Report:
        found = editions.figures_of(edition)
        return cls(
            edition=edition,
            sources=editions.sources(edition),
            figures=editions.printed_figures(found),
            every_figure=found,
            checks=editions.checks_of(edition),
            issuance=edition.issuances.filter(refused_at=None).first(),
            passages=passages_of(edition),
        )

    @property
    def at(self) -> datetime:
        """The moment written into its files: of issue, or of the last asking."""
        asked = [source.last.asked_at for source in self.sources if source.last]
        at: datetime = self.edition.issued_at or max(asked, default=self.edition.opened_at)
        return at

    @property
    def is_without_records(self) -> bool:
        """
        Whether nothing happened in its month by what every system that answered stated.

        A stock of earlier days says nothing of a month; the figures of what happened do.
        """
        flows = [figure for figure in self.every_figure if figure.kind == "flow"]
        in_month = [f for f in flows if f.window_start >= self.edition.period_start]
        return bool(in_month) and not any(figure.rows for figure in in_month)

    @property
    def stated(self) -> Figures:
        """The printed figures as the rules see them."""
        return {code: figure.stated for code, figure in self.figures.items()}

    def source(self, system: str) -> editions.Source | None:
        return next((source for source in self.sources if source.system == system), None)

    def failing(self, code: str = "") -> list[RelationCheck]:
        """Relations that fail, of one figure or of all."""
        return [
            check
            for check in self.checks.values()
            if check.verdict == Verdict.FAILS and (not code or code in relation(check.key).codes)
        ]

    def remarks(self) -> list[RelationCheck]:
        return [check for check in self.checks.values() if check.verdict == Verdict.REMARK]

    def reason_open(self, sentence: Sentence) -> str:
        """Why a sentence cannot be written, or nothing when it can."""
        if not sentence.parts:
            return "person"
        if self.states_some(sentence):
            return ""
        if sentence.system not in SOURCES:
            return "absent"
        source = self.source(sentence.system)
        return "unstated" if source is not None and source.answer is not None else ""

    def states_some(self, sentence: Sentence) -> bool:
        """Whether at least one of its figures has a value."""
        return any(code in self.figures for code in sentence.codes)

    def open_points(self) -> list[OpenPoint]:
        return [
            OpenPoint(section, sentence, reason)
            for section in OUTLINE
            for item in section.items
            for sentence in item.sentences
            if (reason := self.reason_open(sentence))
            and not (reason == "person" and self.passages.get(section.anchor))
        ]


def document(report: Report) -> Document:
    """The whole report with its annexes."""
    month = about.month_words(report.edition.month)
    return Document(
        title=f"Báo cáo {month}",
        at=report.at,
        blocks=(*printed(body(report)), *annexes(report)),
        demo=bool(settings.DEMO),
    )


def printed(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Without the remarks, which stand among the relations of the annex."""
    return (b for b in blocks if not (isinstance(b, Aside) and b.tone == REMARK))


def summary(report: Report) -> Document:
    """The summary report: the same figure objects, fewer of them, the same signatures."""
    month = about.month_words(report.edition.month)
    return Document(
        title=f"Báo cáo tóm tắt {month}",
        at=report.at,
        blocks=tuple(printed(summary_body(report))),
        demo=bool(settings.DEMO),
    )


def summary_body(report: Report) -> tuple[Block, ...]:
    """Without sections that have nothing to say, and without framed remarks on the text."""
    blocks: list[Block] = list(opening(report, "Báo cáo tóm tắt"))
    for section in summary_outline():
        written: list[Block] = [
            block
            for item in section.items
            for block in item_blocks(report, item)
            if not isinstance(block, Aside)
        ]
        written += narrative(report, section)
        if written or section.level == 1 or not section.items:
            number = "II." if section.anchor == "III" else section.number
            blocks.append(Heading(section.level, number, section.title, section.anchor))
            blocks.extend(written)
    return (*without_empty(blocks), Paragraph((Text(CLOSING),)), signing(report))


def without_empty(blocks: list[Block]) -> list[Block]:
    """Leave out headings that have nothing under them, until none is left."""
    kept = [
        block
        for block, after in zip(blocks, [*blocks[1:], None], strict=True)
        if not (
            isinstance(block, Heading)
            and (after is None or (isinstance(after, Heading) and after.level <= block.level))
        )
    ]
    return kept if len(kept) == len(blocks) else without_empty(kept)


def not_in_summary(report: Report) -> tuple[str, ...]:
    """Codes printed in the full report that the summary leaves out (X13: allowed, and listed)."""
    kept = set(numbers_of(summary_body(report)))
    return tuple(code for code in sorted(numbers_of(body(report))) if code not in kept)


def remarks_on_summary(report: Report) -> tuple[Remark, ...]:
    """What the summary leaves out of the full report, and what only it would have (X13)."""
    return of_summary(numbers_of(body(report)), numbers_of(summary_body(report)))


def opening(report: Report, kind: str) -> Iterator[Block]:
    """Boxes 1 to 5 and 9a, and the mandate."""
    edition = report.edition
    yield LetterHead(
        body=about.BODY_LINES,
        number=about.document_number(edition.number, edition.symbol),
        place_date=place_date(edition),
    )
    yield Title(kind, ABSTRACT)
    yield Addressees(ADDRESSEES)
    yield Paragraph((Text(f"{MANDATE}{about.month_words(edition.month)} như sau:"),))


def narrative(report: Report, section: Section) -> list[Block]:
    """Paragraphs that persons wrote for a section, in their order."""
    return [
        Paragraph((Text(passage.text),), mark=passage.mark)
        for passage in report.passages.get(section.anchor, ())
        if passage.text
    ]


def body(report: Report) -> tuple[Block, ...]:
    """From the national name to the signatures."""
    blocks: list[Block] = list(opening(report, "Báo cáo"))
    blocks.extend(ways.correction_notice(report.edition))
    if report.is_without_records:
        blocks.append(Aside("warning", "Tháng không có phát sinh", (Text(NOTHING_HAPPENED),)))
    for section in OUTLINE:
        blocks.append(Heading(section.level, section.number, section.title, section.anchor))
        blocks.extend(section_blocks(report, section))
    blocks.append(Paragraph((Text(CLOSING),)))
    blocks.append(signing(report))
    return tuple(blocks)


def signing(report: Report) -> Signing:
    """Boxes 7 and 9b; a draft does not name who will sign."""
    if report.issuance is None:
        return Signing(RECIPIENTS, AUTHORITY)
    lines = about.authority_lines(report.issuance.signer_title)
    return Signing(RECIPIENTS, lines, report.issuance.signer_name)


def place_date(edition: ReportEdition) -> str:
    """Box 4; a draft leaves the day open, as drafts do."""
    if edition.issued_on is None:
        day, room = clock.today(), "\u00a0" * 6
        return f"{about.PLACE}, ngày{room}tháng {about.month_number(day)} năm {day.year}"
    return f"{about.PLACE}, {long_date(edition.issued_on)}"


def section_blocks(report: Report, section: Section) -> Iterator[Block]:
    """The paragraphs of one section, or one line that says nobody answers it yet."""
    written_any = False
    for item in section.items:
        for block in item_blocks(report, item):
            written_any = True
            yield block
    for passage in narrative(report, section):
        written_any = True
        yield passage
    if section.items and not written_any:
        yield Paragraph(
            (
                Text("Chưa có hệ thống trả lời mục này; xem danh sách tại ", italic=True),
                Text(OPEN_ANNEX, italic=True, to=OPEN_ANCHOR),
                Text(".", italic=True),
            )
        )
    codes = [c for item in section.items for s in item.sentences for c in s.codes]
    yield from ways.ways_line(report.figures, codes)
    for check in report.failing():
        if relation(check.key).codes[0] in codes:
            yield failing_aside(check, report)
    for check in report.remarks():
        if relation(check.key).codes[0] in codes:
            yield Aside(REMARK, relation(check.key).words, (), key=check.key)


def item_blocks(report: Report, item: Item) -> Iterator[Block]:
    inlines: list[Inline] = []
    silent: dict[str, list[str]] = {}
    for sentence in item.sentences:
        if report.reason_open(sentence):
            continue
        if not report.states_some(sentence):
            silent.setdefault(sentence.system, []).extend(sentence.codes)
            continue
        inlines += [Text(" "), *sentence_inlines(report, sentence)]
    if inlines:
        lead = (Text(item.lead),) if item.lead else ()
        yield Paragraph((*lead, *(inlines if item.lead else inlines[1:])), mark=item.mark)
    for system, codes in silent.items():
        yield missing_aside(report, system, codes)
    for system in dict.fromkeys(s.system for s in item.sentences):
        source = report.source(system)
        if source is not None and source.state == "stale" and inlines:
            yield stale_aside(source)


def sentence_inlines(report: Report, sentence: Sentence) -> Iterator[Inline]:
    for part in sentence.parts:
        match part:
            case Fig():
                yield number_inline(report, part)
            case Slot():
                yield Text(slot_text(report, part))
            case Term():
                yield Text(part.text)
            case _:
                yield Text(part)


def number_inline(report: Report, part: Fig) -> Number:
    figure = report.figures.get(part.code)
    if figure is None:
        return Number(part.code, "chưa có số liệu", "missing")
    state = "fails" if report.failing(part.code) else ""
    if not state and figure.state == CollectedFigure.State.STALE:
        state = "stale"
    if not state and figure.way != Way.LIVE:
        state = str(figure.way)
    return Number(part.code, written(figure.stated, part.form), state)


def slot_text(report: Report, slot: Slot) -> str:
    edition = report.edition
    figure = report.figures.get(slot.code)
    match slot.name:
        case "as_of":
            return about.short_day(edition.counted_to)
        case "start" if figure is not None:
            return about.short_day(figure.window_start)
        case "end" if figure is not None:
            return about.short_day(figure.window_end)
        case "start" | "end":
            return "…"
        case "month":
            return about.month_words(edition.month)
        case "last_month":
            return about.month_words(month_before(edition.month))
        case "months":
            first = edition.period_start
            return f"{first.month} tháng đầu năm {first.year}"
        case _:
            return str(edition.period_start.year)


def failing_aside(check: RelationCheck, report: Report) -> Aside:
    """A contradiction, printed with both sides; the figures stay as they were stated."""
    rule = relation(check.key)
    assert check.left is not None
    assert check.right is not None
    words = (
        f"{exact(check.left)} và {exact(check.right)}, lệch"
        f" {exact(abs(check.left - check.right))}. Báo cáo giữ nguyên số liệu như đơn vị gửi."
    )
    advice = rule.advice(report.stated)
    note = f" Ghi chú: {check.note}" if check.note else ""
    title = f"Quan hệ không khớp: {rule.words}"
    text = f"{words} {advice}".rstrip() + note
    return Aside("danger", title, (Text(text),), key=check.key)


def missing_aside(report: Report, system: str, codes: list[str]) -> Aside:
    source = report.source(system)
    since = source.silent_since if source else None
    when = f"không trả lời từ {moment(since)}" if since else "chưa được hỏi"
    return Aside(
        "warning",
        f"Chưa có số liệu của {TITLES[system]}",
        (Text(f"Hệ thống {when}. Còn thiếu: {', '.join(codes)}."),),
    )


def stale_aside(source: editions.Source) -> Aside:
    assert source.answer is not None
    assert source.silent_since is not None
    return Aside(
        "warning",
        f"Số liệu cũ của {TITLES[source.system]}",
        (
            Text(
                f"Số liệu trên lấy lúc {moment(source.answer.asked_at)}; hệ thống không trả lời"
                f" từ {moment(source.silent_since)}."
            ),
        ),
    )


def moment(at: datetime) -> str:
    """``08:20 ngày 20/08/2021`` on the clocks of Viet Nam."""
    return f"{clock.local(at):%H:%M ngày %d/%m/%Y}"


def annexes(report: Report) -> tuple[Block, ...]:
    """Where each number comes from, what holds between them, and what nobody answers yet."""
    number = about.document_number(report.edition.number, report.edition.symbol)
    reference = f"(Kèm theo Báo cáo {number.removeprefix('Số: ').strip()})"
    if report.edition.number is None:
        reference = "(Kèm theo dự thảo Báo cáo)"
    points = report.open_points()
    return (
        Annex("Phụ lục I", "Nguồn của từng số liệu", reference),
        *ways.shares_table(report.figures),
        *ways.corrections_table(report.edition),
        *figures_tables(report.every_figure, printed=report.figures),
        *relations_table(report.checks.values(), report.stated),
        *ways.remarks_table(report.edition.remark_rows.all()),
        Annex(OPEN_ANNEX, OPEN_TITLE, reference, anchor=OPEN_ANCHOR),
        *open_points_table(
            [
                (p.section.label, p.sentence.gist, p.sentence.codes, p.system_title, p.reason)
                for p in points
            ]
        ),
        Annex("Phụ lục III", "Nhiệm vụ và số liệu của từng bộ, cơ quan ngang bộ", reference),
        *ministries.annex(report.edition, report.figures.values()),
        Annex("Phụ lục IV", "So với tháng trước và cùng kỳ năm trước", reference),
        *compared.annex(report.edition, report.figures),
    )
