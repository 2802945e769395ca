"""
Receiving a document at a body's desk, and recording what its leader said about it.

The incoming register counts by office and year (Decree 30/2020/NĐ-CP, article 22).
A file that comes with the document is read aside and must bear the same number.
"""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.bodies import Bodies
from ..domain.drafting.head import read_head
from ..domain.drafting.text import paragraphs
from ..domain.symbols import DocumentNumber
from ..errors import (
    BadIssueDate,
    FileOfAnother,
    NoTextInFile,
    OpinionMissing,
    ReceivedAlready,
)
from ..models import DirectiveDocument, Evidence, Letter, Opinion, Reception
from ..queries.bodies import bodies_on, own_body
from .guards import reason_of, refuse_others
from .issuing import next_number
from .reading import text_of

ARRIVALS = "den"
LONGEST_WORDS = 4000


def body_served(office: str, bodies: Bodies) -> str:
    """The body an office works for: the committee of its office, else the office's own."""
    return next((body.code for body in bodies if body.served_by == office), office)


def receive(
    document: DirectiveDocument,
    *,
    by: Actor,
    on: date | None = None,
    file: Evidence | None = None,
) -> Reception:
    """
    Enter a document into the incoming register of the body the officer works for.

    Raises `ReceivedAlready`, and `BadIssueDate` for a day before the document or to come.
    """
    day, bodies, office = on or by.legal_day, bodies_on(by.legal_day), own_body(by)
    if not document.issued_on <= day <= by.legal_day:
        raise BadIssueDate(day=day.isoformat())
    with history.acting(by):
        try:
            with transaction.atomic():
                made = Reception.objects.create(
                    body=body_served(office, bodies),
                    office=office,
                    document=document,
                    number=next_number(ARRIVALS, day.year, office),
                    received_on=day,
                    received_at=clock.instant(),
                    received_by=str(by),
                    file=file,
                )
        except IntegrityError as twice:
            raise ReceivedAlready(document=str(document)) from twice
        record.done("steering.document.received", document, by=by, detail={"number": made.number})
    return made


def refuse_another(content: bytes, document: DirectiveDocument, bodies: Bodies) -> None:
    """
    Raises `FileOfAnother` when a DOCX or PDF bears another number or day than the document.

    A scan has no text to compare and is kept as it is; `FileRefused` for a harmful file.
    """
    if not content.startswith((b"%PDF-", b"PK\x03\x04")):
        return
    try:
        head = read_head(paragraphs(text_of(content)), bodies)
    except NoTextInFile:
        return
    if head.number is not None and DocumentNumber.parse(head.number.value) != document.written:
        raise FileOfAnother(file=head.number.value, chosen=str(document))
    if head.issued_on is not None and head.issued_on.value != document.issued_on.isoformat():
        raise FileOfAnother(file=head.issued_on.value, chosen=document.issued_on.isoformat())


def record_opinion(
    reception: Reception, *, leader: str, title: str, given_on: date, words: str, by: Actor
) -> Opinion:
    """
    Keep what a leader said: who, when, in which words.

    Raises `NotYourTask`, `OpinionMissing`, and `BadIssueDate` for a day before the
    document arrived or to come.
    """
    said = [" ".join(part.split()) for part in (leader, title)]
    text = words.strip()
    if not all(said) or not text or len(text) > LONGEST_WORDS:
        raise OpinionMissing()
    if not reception.received_on <= given_on <= by.legal_day:
        raise BadIssueDate(day=given_on.isoformat())
    refuse_others([reception.office], bodies_on(by.legal_day), by=by)
    with history.acting(by):
        made = Opinion.objects.create(
            reception=reception,
            leader=said[0],
            title=said[1],
            given_on=given_on,
            words=text,
            recorded_at=clock.instant(),
            recorded_by=str(by),
        )
        record.done("steering.opinion.recorded", reception, by=by, detail={"opinion": made.pk})
    return made


def withdraw_opinion(opinion: Opinion, reason: str, *, by: Actor) -> Opinion:
    """Take a wrong record back; one an issued letter rests on stays (`OpinionMissing`)."""
    words = reason_of(reason)
    with history.acting(by):
        held = Opinion.objects.select_for_update(of=("self",)).get(pk=opinion.pk)
        refuse_others([held.reception.office], bodies_on(by.legal_day), by=by)
        if held.withdrawn_at is not None or held.letters.exclude(state=Letter.State.DROPPED):
            raise OpinionMissing("A letter rests on this opinion.", opinion=held.pk)
        held.withdrawn_at, held.withdrawn_by = clock.instant(), str(by)
        held.withdrawn_reason = words
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        record.done("steering.opinion.withdrawn", held.reception, by=by, detail={"reason": words})
    return held
