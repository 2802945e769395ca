"""
Drafting and issuing the letter that passes a received document on.

Issuing gives the number of the office's outgoing register (Decree 30/2020/NĐ-CP,
article 15), writes the files, and makes the tasks, all or nothing. Two officers at
one draft: the second is told. An issued letter is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx
from lienthong.web.roles import RoleMissing

from ..domain import passing
from ..domain.deadlines import DueKind, DueRule
from ..domain.symbols import DocumentNumber
from ..errors import (
    ChangedMeanwhile,
    LetterClosed,
    LetterDrafted,
    LetterIncomplete,
    NoSuchTask,
    NothingQuotedSo,
    OpinionMissing,
    QuotesUnexplained,
)
from ..models import (
    DirectiveDocument,
    DocumentLink,
    DocumentRegister,
    ItemTask,
    Letter,
    LetterItem,
    Opinion,
    QuoteReason,
    Reception,
    Task,
)
from ..queries.bodies import bodies_on
from ..queries.letters import cited_documents, findings, findings_shown, given_tasks, paper
from .directives import DocumentEntry, enter_document
from .evidence import keep_file
from .guards import LEADER, reason_of, refuse_others, what_it_was
from .issuing import next_number
from .tasks import TaskEntry, assign

OUTGOING = "di"
LONGEST = 4000
MOST_ITEMS = 40
NO_DATE = DueRule(DueKind.NONE, note="Văn bản không ghi thời hạn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """One item of a letter: its words, what it rests on, the tasks it singles out."""

    text: str
    source: int
    tasks: tuple[int, ...] = ()
    rule: DueRule = NO_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterEntry:
    """What an officer writes of a letter; the other sentences follow from it."""

    symbol: str
    subject: str
    lead: str
    task: str
    recipients: tuple[str, ...]
    authority: tuple[str, ...]
    signer: str
    place: str
    co_leads: tuple[str, ...] = ()
    items: tuple[ItemEntry, ...] = ()


def draft_letter(
    reception: Reception, opinion: Opinion, tasks: Iterable[int] = (), *, lead: str, by: Actor
) -> Letter:
    """
    Open a draft in the usual pattern, with an item for each of these tasks.

    Raises `LetterDrafted` when one is open, `OpinionMissing` for a withdrawn opinion.
    """
    bodies = bodies_on(by.legal_day)
    refuse_others([reception.office], bodies, by=by)
    if opinion.reception_id != reception.pk or opinion.withdrawn_at is not None:
        raise OpinionMissing()
    document = reception.document
    office, body = bodies.name(reception.office), bodies.name(reception.body)
    issuer = bodies.name(document.issuer)
    wanted = set(tasks)
    single = [task for task in given_tasks(reception) if task.pk in wanted]
    with history.acting(by):
        try:
            with transaction.atomic():
                made = Letter.objects.create(
                    reception=reception,
                    opinion=opinion,
                    symbol=usual_symbol(reception.office, by),
                    subject=passing.subject_line(document.kind, document.written, issuer),
                    lead=bodies.get(lead).code,
                    task=passing.general_task(document.kind, issuer, body),
                    recipients="\n".join(passing.default_recipients(office, body)),
                    authority="KT. Chánh Văn phòng\nPhó Chánh Văn phòng",
                    signer="",
                    place=passing.place_of(body),
                    drafted_at=clock.instant(),
                    drafted_by=str(by),
                )
        except IntegrityError as open_already:
            raise LetterDrafted(reception=reception.pk) from open_already
        write_items(
            made,
            [ItemEntry(text=task.text, source=document.pk, tasks=(task.pk,)) for task in single],
        )
        record.done("steering.letter.drafted", made, by=by)
    return made


def usual_symbol(office: str, by: Actor) -> str:
    """The symbol of the office's last letter; the office's abbreviation on the first."""
    last = DirectiveDocument.objects.filter(issuer=office, kind="letter").first()
    known = bodies_on(by.legal_day).find(office)
    first = next(iter(known.abbreviations), "VP") if known else "VP"
    return str(last.symbol) if last else f"{first}-TH"


def save_letter(letter: Letter, entry: LetterEntry, *, version: int, by: Actor) -> Letter:
    """Keep a draft; raises `ChangedMeanwhile`, `LetterClosed`, `LetterIncomplete`, `BadSymbol`."""
    bodies = bodies_on(by.legal_day)
    lead = bodies.get(entry.lead).code
    DocumentNumber.parse(f"1/{entry.symbol}")
    wanted: dict[str, object] = {
        "symbol": entry.symbol.strip(),
        "subject": " ".join(entry.subject.split()),
        "lead": lead,
        "co_leads": "\n".join(entry.co_leads),
        "task": " ".join(entry.task.split()),
        "recipients": "\n".join(entry.recipients),
        "authority": "\n".join(entry.authority),
        "signer": " ".join(entry.signer.split()),
        "place": " ".join(entry.place.split()),
    }
    with history.acting(by):
        held = lock(letter, version, by=by)
        was = what_it_was(held, wanted)
        for name, value in wanted.items():
            setattr(held, name, value)
        held.version += 1
        held.save()
        write_items(held, entry.items)
        record.done("steering.letter.changed", held, by=by, detail={"was": was})
    return held


def write_items(letter: Letter, items: Iterable[ItemEntry]) -> None:
    """Make the items of a draft those given; the history of the rows keeps the others."""
    entries = list(items)
    allowed = {task.pk for task in given_tasks(letter.reception)}
    if len(entries) > MOST_ITEMS or any(
        not one.text.strip() or len(one.text) > LONGEST for one in entries
    ):
        raise LetterIncomplete(items=len(entries))
    letter.items.all().delete()
    for place, entry in enumerate(entries, start=1):
        if not set(entry.tasks) <= allowed:
            raise NoSuchTask()
        rule = entry.rule
        item = LetterItem.objects.create(
            letter=letter,
            place=place,
            text=" ".join(entry.text.split()),
            source_id=entry.source,
            due_kind=rule.kind.value,
            due_day=rule.day,
            due_days=rule.days,
            cadence=rule.cadence.value if rule.cadence else "",
            due_note=" ".join(rule.note.split()),
        )
        ItemTask.objects.bulk_create(ItemTask(item=item, task_id=pk) for pk in entry.tasks)


def lock(letter: Letter, version: int, *, by: Actor) -> Letter:
    """The draft, locked; raises `NotYourTask`, `LetterClosed`, `ChangedMeanwhile`."""
    rows = Letter.objects.select_for_update(of=("self",))
    held = rows.select_related("reception__document", "opinion").get(pk=letter.pk)
    refuse_others([held.reception.office], bodies_on(by.legal_day), by=by)
    if not held.is_draft:
        raise LetterClosed(letter=held.pk)
    if held.version != version:
        raise ChangedMeanwhile(letter=held.pk)
    return held


def explain_quote(letter: Letter, key: str, reason: str, *, by: Actor) -> QuoteReason:
    """
    Write why something stays quoted as it is; the reason stays with the letter.

    Raises `NothingQuotedSo` when the letter has no such finding, `ReasonMissing`.
    """
    words = reason_of(reason)
    with history.acting(by):
        held = lock(letter, letter.version, by=by)
        found = next((one for one in findings(held) if one.key == key), None)
        if found is None:
            raise NothingQuotedSo(letter=held.pk)
        made, _new = QuoteReason.objects.update_or_create(
            letter=held,
            key=key,
            defaults={
                "quoted": found.quoted[:300],
                "expected": found.expected[:300],
                "reason": words,
                "given_at": clock.instant(),
                "given_by": str(by),
            },
        )
        detail = {"quoted": found.quoted[:120], "expected": found.expected[:120], "reason": words}
        record.done("steering.letter.quote_explained", held, by=by, detail=detail)
    return made


def drop_letter(letter: Letter, reason: str, *, version: int, by: Actor) -> Letter:
    """Give a draft up, with a reason; it stays readable and another may be drafted."""
    words = reason_of(reason)
    with history.acting(by):
        held = lock(letter, version, by=by)
        held.state, held.dropped_reason = Letter.State.DROPPED, words
        held.version += 1
        held.save(update_fields=["state", "dropped_reason", "version"])
        record.done("steering.letter.dropped", held, by=by, detail={"reason": words})
    return held


def refuse_unready(letter: Letter) -> None:
    if letter.opinion.withdrawn_at is not None:
        raise OpinionMissing()
    wanted = (letter.lead, letter.task, letter.signer, letter.subject, letter.recipients)
    if not all(wanted):
        raise LetterIncomplete(letter=letter.pk)
    if open_ones := [one.finding.quoted for one in findings_shown(letter) if one.is_open]:
        raise QuotesUnexplained(quotes=open_ones[:10])


def issue_letter(letter: Letter, *, version: int, by: Actor) -> Letter:
    """
    Number the letter, write its files, and give its tasks.

    For a leader of the office. Raises `RoleMissing`, `LetterIncomplete`,
    `QuotesUnexplained`, `PassedBackwards` for a letter before what it cites, and
    what the papers raise; then no number is used up and no task is given.
    """
    if not by.has(LEADER):
        raise RoleMissing(role=LEADER, office=by.office)
    with history.acting(by):
        held = lock(letter, version, by=by)
        refuse_unready(held)
        office, day = held.reception.office, by.legal_day
        held.number, held.issued_on = next_outgoing(office, by), day
        held.issued_at, held.issued_by = clock.instant(), str(by)
        document = register_letter(held, by=by)
        give_tasks(held, document, by=by)
        shown = paper(held)
        name = f"cong-van-{held.number}"
        held.pdf = keep_file(f"{name}.pdf", to_pdf(shown), by=by)
        held.docx = keep_file(f"{name}.docx", to_docx(shown), by=by)
        document.file = held.pdf
        document.save(update_fields=["file"])
        held.document, held.state = document, Letter.State.ISSUED
        held.version += 1
        held.save()
        record.done(
            "steering.letter.issued",
            held,
            by=by,
            detail={"number": held.number, "symbol": held.symbol, "year": day.year},
        )
    return held


def next_outgoing(office: str, by: Actor) -> int:
    """
    The next number of the office's outgoing register.

    The first time it goes on from the highest number the office is known to have
    given. A number that a document entered by hand bears already is stepped over
    and written down: it is used, so the series has no gap.
    """
    day = by.legal_day
    own = DirectiveDocument.objects.filter(issuer=office, issue_year=day.year, act_year=None)
    highest = own.filter(issued_on__lte=day).order_by("-number").first()
    DocumentRegister.objects.get_or_create(
        body=office,
        series=OUTGOING,
        year=day.year,
        defaults={"last": highest.number if highest else 0},
    )
    while True:
        number = next_number(OUTGOING, day.year, office)
        bearer = own.filter(number=number).first()
        if bearer is None:
            return number
        record.done("steering.number.borne", bearer, by=by, detail={"number": number})


def register_letter(letter: Letter, *, by: Actor) -> DirectiveDocument:
    """The letter in the register of tasks, linked with what it passes on and cites."""
    received = letter.reception.document
    cited = [one.pk for one in cited_documents(letter)]
    authority = letter.authority.split("\n")[-1]
    return enter_document(
        DocumentEntry(
            number=f"{letter.number}/{letter.symbol}",
            issuer=letter.reception.office,
            issued_on=by.legal_day,
            subject=f"V/v {letter.subject}",
            signer=f"{authority} {letter.signer}",
            followed_by=letter.reception.office,
            links=(
                (received.pk, DocumentLink.How.PASSES_ON.value),
                *((pk, DocumentLink.How.CITES.value) for pk in cited),
            ),
        ),
        by=by,
    )


def give_tasks(letter: Letter, document: DirectiveDocument, *, by: Actor) -> list[Task]:
    """C0 hands the whole document on; C1, C2, … are the items."""
    co_leads = tuple(line for line in letter.co_leads.split("\n") if line)
    text = letter.task
    made = assign(
        document,
        TaskEntry(
            code="C0",
            text=text[:1].upper() + text[1:],
            leads=(letter.lead,),
            rule=NO_DATE,
            co_leads=co_leads,
            general=True,
            parents=tuple(task.pk for task in given_tasks(letter.reception)),
        ),
        by=by,
    )
    for item in letter.items.select_related("source").prefetch_related("carried__task"):
        carried = [one.task for one in item.carried.all()]
        made += assign(
            document,
            TaskEntry(
                code=f"C{item.place}",
                text=item.text,
                leads=(letter.lead,),
                rule=item.rule,
                source_ref=str(item.place),
                basis=item.source.dated,
                field=next((task.field for task in carried if task.field), ""),
                co_leads=co_leads,
                parents=tuple(task.pk for task in carried),
            ),
            by=by,
        )
    return made
