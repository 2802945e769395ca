"""
Entering documents, their links, and bodies the catalogues do not have.

A document is known by issuer, number, symbol and year (Decree 30/2020, article
15); entering it twice is refused. Two officers at one document: the second is
told, and nothing of the first is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.symbols import DocumentNumber
from ..errors import (
    AlreadyEntered,
    BadIssueDate,
    CascadeCircles,
    ChangedMeanwhile,
    CodeTaken,
    NotYourTask,
    PassedBackwards,
    ReasonMissing,
)
from ..models import AddedBody, DirectiveDocument, DocumentLink, Evidence
from ..models.directives import Origin, Urgency
from ..queries.bodies import bodies_of, bodies_on, own_body
from ..queries.directives import above_documents
from .dues import due_of
from .guards import refuse_others, what_it_was

FIRST_DAY = date(1945, 9, 2)
LONGEST_SUBJECT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry:
    """What an officer says of a document; its kind is read from the symbol."""

    number: str
    issuer: str
    issued_on: date
    subject: str
    signer: str = ""
    urgency: str = Urgency.NORMAL
    followed_by: str = ""
    """Empty for the officer's own body."""
    links: tuple[tuple[int, str], ...] = ()
    """Earlier documents with what this one does with them."""


def enter_document(
    entry: DocumentEntry, *, by: Actor, file: Evidence | None = None
) -> DirectiveDocument:
    """
    Enter a document into the register of tasks.

    Raises `BadSymbol`, `BadIssueDate`, `NoSuchBodyKnown`, `AlreadyEntered`,
    `NotYourTask` for a body the officer does not act for, `PassedBackwards`.
    """
    number, issuer, follower = checked(entry, by=by)
    with history.acting(by):
        try:
            with transaction.atomic():
                document = DirectiveDocument.objects.create(
                    **columns(entry, number, issuer, follower),
                    file=file,
                    origin=Origin.ENTERED,
                    entered_on=by.legal_day,
                    entered_at=clock.instant(),
                    entered_by=str(by),
                )
        except IntegrityError as twice:
            raise AlreadyEntered(document=str(number), issuer=issuer) from twice
        set_links(document, entry.links)
        record.done("steering.document.entered", document, by=by, detail={"number": str(number)})
    return document


def edit_document(
    document: DirectiveDocument,
    entry: DocumentEntry,
    *,
    version: int,
    by: Actor,
    file: Evidence | None = None,
) -> DirectiveDocument:
    """Correct what was entered; raises `ChangedMeanwhile` when ``version`` is an old one."""
    number, issuer, follower = checked(entry, by=by)
    with history.acting(by):
        held = lock_document(document, version, by=by)
        due_before = held.issued_on
        wanted = columns(entry, number, issuer, follower)
        was = what_it_was(held, wanted)
        for name, value in wanted.items():
            setattr(held, name, value)
        if file is not None:
            was["file"] = held.file.digest if held.file else ""
            held.file = file
        held.version += 1
        try:
            with transaction.atomic():
                held.save()
        except IntegrityError as twice:
            raise AlreadyEntered(document=str(number), issuer=issuer) from twice
        set_links(held, entry.links)
        if due_before != held.issued_on:
            recount_dues(held)
        record.done("steering.document.changed", held, by=by, detail={"was": was})
    return held


def checked(entry: DocumentEntry, *, by: Actor) -> tuple[DocumentNumber, str, str]:
    """The number, issuer and follower of an entry; raises what is wrong with it."""
    number = DocumentNumber.parse(entry.number)
    if not FIRST_DAY <= entry.issued_on <= by.legal_day:
        raise BadIssueDate(day=entry.issued_on.isoformat())
    if number.act_year not in (None, entry.issued_on.year):
        raise BadIssueDate(day=entry.issued_on.isoformat(), year=number.act_year)
    if not entry.subject.strip():
        raise ReasonMissing("Write what the document is about.")
    bodies = bodies_on(by.legal_day)
    issuer = bodies.get(entry.issuer).code
    follower = bodies.get(entry.followed_by).code if entry.followed_by else own_body(by)
    refuse_others([follower], bodies, by=by)
    return number, issuer, follower


def columns(
    entry: DocumentEntry, number: DocumentNumber, issuer: str, follower: str
) -> dict[str, object]:
    return {
        "number": number.number,
        "act_year": number.act_year,
        "symbol": number.symbol,
        "kind": number.kind.value,
        "issuer": issuer,
        "issued_on": entry.issued_on,
        "issue_year": entry.issued_on.year,
        "subject": " ".join(entry.subject.split())[:LONGEST_SUBJECT],
        "signer": " ".join(entry.signer.split()),
        "urgency": entry.urgency,
        "followed_by": follower,
    }


def set_links(document: DirectiveDocument, links: Iterable[tuple[int, str]]) -> None:
    """Make the links of a document those given; an earlier one must not be of a later day."""
    wanted = dict(links)
    held = {link.earlier_id: link for link in document.earlier_links.all()}
    for key in held.keys() - wanted.keys():
        held[key].delete()
    for earlier in DirectiveDocument.objects.filter(pk__in=wanted):
        if earlier.issued_on > document.issued_on:
            raise PassedBackwards(earlier=str(earlier), later=str(document))
        if earlier.pk == document.pk or document.pk in above_documents([earlier.pk]):
            raise CascadeCircles(document=str(document))
        DocumentLink.objects.update_or_create(
            later=document, earlier=earlier, defaults={"how": wanted[earlier.pk]}
        )


def recount_dues(document: DirectiveDocument) -> None:
    """A corrected date moves what is counted from it; a granted extension stands."""
    for task in document.tasks.filter(finished_on=None, withdrawn_on=None):
        if not task.extensions.filter(state="granted").exists():
            task.due_on = due_of(task.rule, document.issued_on, task.periods_done)
            task.version = F("version") + 1
            task.save(update_fields=["due_on", "version"])


def lock_document(document: DirectiveDocument, version: int, *, by: Actor) -> DirectiveDocument:
    """The document, locked; before any of its tasks, always."""
    held = DirectiveDocument.objects.select_for_update().get(pk=document.pk)
    refuse_others([held.followed_by], bodies_on(by.legal_day), by=by)
    if held.version != version:
        raise ChangedMeanwhile(document=str(held))
    return held


def add_body(
    *, code: str, name: str, serves_parent: bool, abbreviation: str = "", by: Actor
) -> AddedBody:
    """
    Add a body under the officer's own: a department, the office of the committee.

    Raises `CodeTaken` when the code or the name is there already.
    """
    bodies = bodies_on(by.legal_day)
    acting = bodies_of(by, bodies)
    parent = next((one for one in sorted(acting) if code.startswith(f"{one}.")), "")
    if not parent:
        raise NotYourTask("The code of a new body begins with the code of your own.", code=code)
    if bodies.find(code) is not None:
        raise CodeTaken(code=code)
    with history.acting(by):
        try:
            with transaction.atomic():
                added = AddedBody.objects.create(
                    code=code,
                    name=" ".join(name.split()),
                    parent=parent,
                    serves_parent=serves_parent,
                    abbreviation=abbreviation.strip(),
                    valid_from=by.legal_day,
                    added_by=str(by),
                )
        except IntegrityError as twice:
            raise CodeTaken(code=code) from twice
        record.done("steering.body.added", added, by=by, detail={"code": code})
    return added
