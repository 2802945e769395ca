"""Reads about received documents and letters: the paper, its quotations, what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import QuerySet

from lienthong.kernel import clock
from lienthong.kernel.words import long_date
from lienthong.web.papers.blocks import (
    Addressees,
    Block,
    Document,
    LetterHead,
    Paragraph,
    Signing,
    Text,
)

from ..domain import passing
from ..domain.bodies import Bodies
from ..domain.cascade import Passed, coverage
from ..domain.quoting import Cited, Finding, check, quotes
from ..errors import NoSuchLetter
from ..models import DirectiveDocument, Letter, LetterItem, QuoteReason, Reception, Task
from .bodies import bodies_on
from .directives import CoverageShown

ROOM = "\u00a0" * 6


def receptions(offices: Iterable[str]) -> QuerySet[Reception]:
    """What these offices received, newest first."""
    rows = Reception.objects.filter(office__in=list(offices)).select_related("document")
    return rows.prefetch_related("letters", "opinions").order_by("-received_on", "-pk")


def reception(pk: int, offices: Iterable[str]) -> Reception:
    """One received document of these offices; raises `NoSuchLetter` for another's."""
    rows = Reception.objects.select_related("document", "file")
    found = rows.filter(pk=pk, office__in=list(offices)).first()
    if found is None:
        raise NoSuchLetter(reception=pk)
    return found


def letter(pk: int, offices: Iterable[str]) -> Letter:
    """One letter of these offices; raises `NoSuchLetter` for another's."""
    rows = Letter.objects.select_related(
        "reception__document", "opinion", "document", "pdf", "docx"
    )
    found = rows.filter(pk=pk, reception__office__in=list(offices)).first()
    if found is None:
        raise NoSuchLetter(letter=pk)
    return found


def given_tasks(reception: Reception) -> list[Task]:
    """The tasks the received document gives to the body it was sent to."""
    rows = reception.document.tasks.filter(lead=reception.body, withdrawn_on=None)
    return list(rows.order_by("pk"))


def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph of the letter, and where it stands in it."""

    where: str
    text: str
    mark: str = ""


def parts(letter: Letter, bodies: Bodies) -> list[Part]:
    """The paragraphs of the letter, in order; items are told by their number."""
    held, document = letter.reception, letter.reception.document
    office, body = bodies.name(held.office), bodies.name(held.body)
    items = list(letter.items.all())
    return [
        Part("subject", letter.subject),
        Part(
            "opening",
            passing.opening(
                body,
                document.kind,
                document.written,
                document.issued_on,
                bodies.name(document.issuer),
                document.subject,
            ),
        ),
        Part("decided", passing.decided(letter.opinion.title, letter.opinion.leader)),
        Part(
            "task",
            passing.given(
                within(bodies.name(letter.lead), body),
                [passing.short_name(name) for name in lines(letter.co_leads)],
                letter.task,
                items=bool(items),
            ),
        ),
        *(Part(str(item.place), item.text, f"{item.place}.") for item in items),
        Part("closing", passing.closing(passing.here(office, body), letter.opinion.title)),
    ]


def within(name: str, body: str) -> str:
    """``Sở Thông tin và Truyền thông`` of the same province, without the province's name."""
    place = passing.PLACE.match(body)
    return name.removesuffix(f" tỉnh {place[1]}") if place else name


def paper(letter: Letter, *, number: int | None = None, on: date | None = None) -> Document:
    """The letter as a tree of blocks; a draft leaves room for its number and its day."""
    bodies = bodies_on(letter.issued_on or clock.today())
    held = letter.reception
    office, body = bodies.name(held.office), bodies.name(held.body)
    shown = {part.where: part for part in parts(letter, bodies)}
    subject = shown.pop("subject").text
    number, on = number or letter.number, on or letter.issued_on
    lead = bodies.name(letter.lead)
    blocks: list[Block] = [
        LetterHead(
            parent=passing.short_name(body) if office != body else "",
            body=passing.within(office, body),
            number=f"Số: {f'{number:02d}' if number else ROOM}/{letter.symbol}",
            place_date=date_line(letter.place, on),
            about=f"V/v {subject}",
        ),
        Addressees((within(lead, body),)),
        *(Paragraph((Text(part.text),), mark=part.mark) for part in shown.values()),
        Signing(
            tuple(f"{text};" for text in lines(letter.recipients)[:-1])
            + tuple(f"{text}." for text in lines(letter.recipients)[-1:]),
            lines(letter.authority),
            letter.signer,
        ),
    ]
    return Document(
        title=f"Công văn {number or '…'}/{letter.symbol}",
        at=letter.issued_at or letter.drafted_at,
        blocks=tuple(blocks),
        demo=bool(settings.DEMO),
    )


def date_line(place: str, on: date | None) -> str:
    if on is not None:
        return f"{place}, {long_date(on)}"
    day = clock.today()
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{place}, ngày{ROOM}tháng {month} năm {day.year}"


def register(bodies: Bodies, numbers: Iterable[int], symbols: Iterable[str]) -> list[Cited]:
    """Documents that may be meant: of a cited number, or of a cited symbol."""
    found = DirectiveDocument.objects.filter(number__in=set(numbers))
    found |= DirectiveDocument.objects.filter(symbol__in=set(symbols))
    return [
        Cited(
            document.pk,
            document.written,
            document.issued_on,
            issuer_names(bodies, document.issuer),
            document.subject,
        )
        for document in found.order_by("pk")
    ]


def issuer_names(bodies: Bodies, code: str) -> tuple[str, ...]:
    """A body's name, its short form, and the abbreviations that are words."""
    known = bodies.find(code)
    name = bodies.name(code)
    short = tuple(text for text in known.abbreviations if " " in text) if known else ()
    return tuple(dict.fromkeys((name, passing.short_name(name), *short)))


def findings(letter: Letter) -> list[Finding]:
    """Everything the letter quotes otherwise than the register has it."""
    bodies = bodies_on(letter.issued_on or clock.today())
    written = parts(letter, bodies)
    said = [quote for part in written for quote in quotes(part.text)]
    known = register(bodies, (q.number.number for q in said), (q.number.symbol for q in said))
    return [
        found
        for part in written
        if part.where not in ("decided", "closing")
        for found in check(part.where, part.text, known)
    ]


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding with the reason somebody gave for it, if any."""

    finding: Finding
    reason: QuoteReason | None

    @property
    def is_open(self) -> bool:
        return self.finding.blocks and self.reason is None


def findings_shown(letter: Letter) -> list[FindingShown]:
    reasons = {one.key: one for one in letter.quote_reasons.all()}
    return [FindingShown(found, reasons.get(found.key)) for found in findings(letter)]


def cited_documents(letter: Letter) -> list[DirectiveDocument]:
    """The other documents the letter cites and the register has, oldest first."""
    bodies = bodies_on(letter.issued_on or clock.today())
    numbers = {
        (quote.number, quote.on) for part in parts(letter, bodies) for quote in quotes(part.text)
    }
    wanted = {item.source_id for item in letter.items.all()}
    for number, on in numbers:
        rows = DirectiveDocument.objects.filter(number=number.number, symbol=number.symbol)
        found = [one for one in rows if one.written == number]
        meant = found if len(found) == 1 else [one for one in found if one.issued_on == on]
        wanted |= {one.pk for one in meant}
    wanted.discard(letter.reception.document_id)
    return list(DirectiveDocument.objects.filter(pk__in=wanted).order_by("issued_on", "pk"))


def coverage_of_draft(letter: Letter) -> CoverageShown:
    """What the letter would do with the tasks of the received document, item by item."""
    held = letter.reception
    given = given_tasks(held)
    items = list(letter.items.prefetch_related("carried"))
    general = Passed(0, frozenset(task.pk for task in given), general=True)
    passed = [
        Passed(-item.place, frozenset(one.task_id for one in item.carried.all())) for item in items
    ]
    return CoverageShown(
        earlier=held.document,
        later=letter.document or held.document,
        body=held.body,
        result=coverage([task.pk for task in given], [general, *passed]),
        tasks={task.pk: task for task in given} | stand_ins(held, items),
    )


def stand_ins(reception: Reception, items: Sequence[LetterItem]) -> dict[int, Task]:
    """Tasks that do not exist yet, for showing: C0 of the whole, C1 of the first item."""
    document = reception.document
    made = {0: Task(document=document, code="C0", text="")}
    return made | {
        -item.place: Task(document=document, code=f"C{item.place}", text=item.text)
        for item in items
    }
