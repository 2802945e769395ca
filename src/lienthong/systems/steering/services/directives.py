"""
Entering documents, their links, and bodies the catalogues do not have.

A document is known by issuer, number, symbol and year (Decree 30/2020, article
15); entering it twice is refused. Two officers at one document: the second is
told, and nothing of the first is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.deadlines import DueKind
from ..domain.symbols import DocumentNumber
from ..errors import (
    AlreadyEntered,
    AlreadyFollows,
    BadIssueDate,
    CascadeCircles,
    ChangedMeanwhile,
    CodeTaken,
    NotYourTask,
    OfficeThere,
    PassedBackwards,
    ReasonMissing,
)
from ..models import AddedBody, DirectiveDocument, DocumentLink, EarlierDue, Evidence
from ..models.directives import Origin, Urgency
from ..queries.bodies import bodies_of, bodies_on, own_body
from ..queries.directives import above_documents
from .dues import due_of, move, stands_by_extension
from .guards import reason_of, refuse_others, what_it_was

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
    """Empty for the officer's own body; later it is handed over, never edited."""
    links: tuple[tuple[int, str], ...] = ()
    """Earlier documents with what this one does with them."""
    unlink_reason: str = ""
    """Why a link that was there is left out now."""


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
        set_links(document, entry, by=by)
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
    """
    Correct what was entered; who follows it stays (`hand_over`).

    Raises `ChangedMeanwhile` when ``version`` is an old one, `ReasonMissing` when a
    link is left out without a reason.
    """
    number, issuer = identified(entry, by=by)
    with history.acting(by):
        held = lock_document(document, version, by=by)
        due_before = held.issued_on
        wanted = columns(entry, number, issuer, held.followed_by)
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
        links_were = set_links(held, entry, by=by)
        if due_before != held.issued_on:
            recount_dues(held, by.legal_day)
        detail: dict[str, object] = {"was": was | links_were}
        if links_were:
            detail["reason"] = " ".join(entry.unlink_reason.split())
        record.done("steering.document.changed", held, by=by, detail=detail)
    return held


def hand_over(
    document: DirectiveDocument, to: str, reason: str, *, version: int, by: Actor
) -> DirectiveDocument:
    """
    Let another body follow a document and its tasks from now on.

    The body that follows it hands it over; the issuer may also take its own
    document over from whoever entered it first. Raises `NotYourTask`,
    `NoSuchBodyKnown`, `AlreadyFollows`, `ChangedMeanwhile`, `ReasonMissing`.
    """
    words = reason_of(reason)
    bodies = bodies_on(by.legal_day)
    receiver = bodies.get(to).code
    with history.acting(by):
        held = DirectiveDocument.objects.select_for_update().get(pk=document.pk)
        mine = bodies_of(by, bodies)
        takes_own = held.issuer in mine and receiver in mine
        if held.followed_by not in mine and not takes_own:
            raise NotYourTask(office=by.office)
        if held.version != version:
            raise ChangedMeanwhile(document=str(held))
        if receiver == held.followed_by:
            raise AlreadyFollows(body=receiver)
        was = {"followed_by": held.followed_by}
        held.followed_by = receiver
        held.version += 1
        held.save(update_fields=["followed_by", "version"])
        record.done(
            "steering.document.handed_over",
            held,
            by=by,
            detail={"was": was, "to": receiver, "reason": words},
        )
    return held


def checked(entry: DocumentEntry, *, by: Actor) -> tuple[DocumentNumber, str, str]:
    """The number, issuer and follower of an entry; raises what is wrong with it."""
    number, issuer = identified(entry, by=by)
    bodies = bodies_on(by.legal_day)
    follower = bodies.get(entry.followed_by).code if entry.followed_by else own_body(by)
    refuse_others([follower], bodies, by=by)
    return number, issuer, follower


def identified(entry: DocumentEntry, *, by: Actor) -> tuple[DocumentNumber, str]:
    """The number and issuer of an entry; raises what is wrong with it."""
    number = DocumentNumber.parse(entry.number)
    if not FIRST_DAY <= entry.issued_on <= by.legal_day:
        raise BadIssueDate(day=entry.issued_on.isoformat())
    if number.act_year not in (None, entry.issued_on.year):
        raise BadIssueDate(day=entry.issued_on.isoformat(), year=number.act_year)
    if not entry.subject.strip():
        raise ReasonMissing("Write what the document is about.")
    return number, bodies_on(by.legal_day).get(entry.issuer).code


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


def set_links(document: DirectiveDocument, entry: DocumentEntry, *, by: Actor) -> dict[str, str]:
    """
    Make the links of a document those given; an earlier one must not be of a later day.

    What is left out is withdrawn with the entry's reason and stays readable. Returns
    what the audit says of it: the documents that were linked, by kind of link.
    """
    wanted = dict(entry.links)
    gone = [link for link in links_of(document) if link.earlier_id not in wanted]
    if gone:
        reason = reason_of(entry.unlink_reason)
        for link in gone:
            link.withdrawn_at, link.withdrawn_by = clock.instant(), str(by)
            link.withdrawn_reason = reason
            link.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    for earlier in DirectiveDocument.objects.filter(pk__in=wanted):
        if earlier.issued_on > document.issued_on:
            raise PassedBackwards(earlier=str(earlier), later=str(document))
        if earlier.pk == document.pk or document.pk in above_documents([earlier.pk]):
            raise CascadeCircles(document=str(document))
        DocumentLink.objects.update_or_create(
            later=document, earlier=earlier, defaults={"how": wanted[earlier.pk]}
        )
    was: dict[str, list[str]] = {}
    for link in gone:
        was.setdefault(f"link_{link.how}", []).append(link.earlier.dated)
    return {how: "; ".join(documents) for how, documents in was.items()}


def links_of(document: DirectiveDocument) -> list[DocumentLink]:
    return list(document.earlier_links.select_for_update(of=("self",)).select_related("earlier"))


def recount_dues(document: DirectiveDocument, day: date) -> None:
    """
    A corrected date moves what is counted from it, of finished tasks too.

    A granted extension stands. The earlier deadlines stay known for the days before.
    """
    rows = document.tasks.select_for_update(of=("self",)).exclude(due_kind=DueKind.NONE)
    for task in rows.order_by("pk"):
        if stands_by_extension(task):
            continue
        due_on = due_of(task.rule, document.issued_on, task.periods_done)
        if due_on != task.due_on:
            move(task, due_on, why=EarlierDue.Why.CORRECTION, on=day)
            task.version += 1
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

    Raises `CodeTaken` when the code or the name is there already, `OfficeThere` when
    a second office would work for the same body.
    """
    bodies = bodies_on(by.legal_day)
    acting = bodies_of(by, bodies)
    parent = next((one for one in sorted(acting) if code.startswith(f"{one}.")), "")
    if not parent:
        raise NotYourTask("The code of a new body begins with the code of your own.", code=code)
    if bodies.find(code) is not None:
        raise CodeTaken(code=code)
    if serves_parent and any(body.code == parent and body.served_by for body in bodies):
        raise OfficeThere(body=parent)
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
            if "steering_one_office_serves" in str(twice):
                raise OfficeThere(body=parent) from twice
            raise CodeTaken(code=code) from twice
        record.done("steering.body.added", added, by=by, detail={"code": code})
    return added
