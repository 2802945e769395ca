"""
From the number to the seal: the order of article 14 of Decree 30/2020.

Number and day first, then the final files, then the person signs the PDF, then the
body seals it, and the machine-readable twin is signed beside it. Each step is a
transaction of its own and can be taken up again after a fault: the number is in the
register from the first moment, and what was made is kept by digest and not made twice.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.protocol import document_keys
from lienthong.protocol.document_keys import DocumentKey
from lienthong.record import history
from lienthong.web.papers.decree30.check import check
from lienthong.web.papers.decree30.faults import errors
from lienthong.web.papers.signatures import signing as pdf_signing
from lienthong.web.papers.signatures import twins
from lienthong.web.papers.signatures.errors import NoCertificate
from lienthong.web.papers.signatures.signing import Desk, Signer

from ..domain.editions import BODY, PLACE, State, authority_lines
from ..errors import LayoutBroken, NotSignedYet, NotSigning, NotTheSigner, SignedAlready
from ..models import DocumentRegister, Issuance, IssuedFile, ReportEdition
from ..queries import editions
from ..queries.document import Report, not_in_summary
from ..queries.export import described, printed_numbers
from .files import FILES, SIGNED, write
from .guards import reason_of
from .issuing import lock, next_number, refuse_unready

Step = IssuedFile.Step
SIGN_REASON, SEAL_REASON = "Ký ban hành báo cáo", "Phát hành báo cáo"


def signers() -> list[DocumentKey]:
    """Officers whose keys sign for this body here and now; empty where it signs on paper."""
    if document_keys.key_of(settings.NODE, BODY) is None:
        return []
    now = clock.instant()
    return [one for one in document_keys.officers_of(settings.NODE, BODY) if one.holds_at(now)]


def number(edition: ReportEdition, signer: str, *, by: Actor) -> Issuance:
    """
    Give the edition its number and its day; its figures are closed from here on.

    Raises as `issuing.issue` does, or `NoCertificate` when this officer has no key;
    then no number is used.
    """
    holder = next((one.holder for one in signers() if one.holder.account == signer), None)
    if holder is None:
        raise NoCertificate(account=signer)
    with history.acting(by):
        locked = lock(edition)
        refuse_unready(locked)
        day, now = clock.today(), clock.instant()
        locked.number = next_number(locked.symbol, day.year)
        locked.state = State.SIGNING
        locked.issued_on, locked.issued_at, locked.issued_by = day, now, str(by)
        locked.save()
        given = Issuance.objects.create(
            edition=locked,
            number=locked.number,
            symbol=locked.symbol,
            year=day.year,
            signer=signer,
            signer_name=holder.name,
            signer_title=holder.title,
            numbered_at=now,
            numbered_by=str(by),
        )
        detail = {"number": given.number, "symbol": given.symbol, "year": given.year}
        record.done("steering.edition.numbered", locked, by=by, detail=detail)
    return given


def print_files(given: Issuance, *, by: Actor) -> None:
    """
    Make the final files of a numbered edition, once; what is there is left as it is.

    Raises `LayoutBroken` when the PDF does not keep the decree's layout: it is not signed.
    """
    have = set(given.files.filter(step=Step.PRINTED).values_list("kind", flat=True))
    report = Report.of(given.edition)
    for kind in FILES:
        if kind in have:
            continue
        content = write(report, kind)
        if kind in SIGNED and (faults := errors(check(content))):
            raise LayoutBroken(rules=sorted({fault.rule for fault in faults}))
        keep(given, kind, Step.PRINTED, content)
    if not have:
        record.done("steering.edition.printed", given.edition, by=by, detail={"files": len(FILES)})


def sign(given: Issuance, account: str, *, by: Actor) -> Issuance:
    """
    The person's signature on the PDF.

    ``account`` is the sign-in name of the officer who acts and has just given a
    one-time code. Raises `NotTheSigner`, `SignedAlready`, or what signing raises.
    """
    print_files(given, by=by)
    if account != given.signer:
        raise NotTheSigner(account=account)
    signer = Signer.of(settings.NODE, BODY, account)
    made = {
        kind: pdf_signing.sign_as_person(
            bytes(given.files.get(kind=kind, step=Step.PRINTED).content),
            signer,
            desk=desk(),
            authority=authority_lines(given.signer_title),
            reason=SIGN_REASON,
        )
        for kind in SIGNED
    }
    with history.acting(by):
        locked = waiting(given)
        if locked.signed_at is not None:
            raise SignedAlready(edition=str(given.edition))
        for kind, content in made.items():
            keep(locked, kind, Step.SIGNED, content)
        locked.signed_at = clock.instant()
        locked.save(update_fields=["signed_at"])
        record.done("steering.edition.signed", locked.edition, by=by)
    return locked


def seal(given: Issuance, *, by: Actor) -> ReportEdition:
    """
    The body's seal, the signed twin, and the edition in force.

    Raises `NotSignedYet`, or what signing raises; then nothing is published.
    """
    held = waiting_now(given)
    if held.signed_at is None:
        raise NotSignedYet(edition=str(given.edition))
    mine = Signer.of(settings.NODE, BODY)
    sealed = {
        kind: pdf_signing.seal(
            bytes(held.files.get(kind=kind, step=Step.SIGNED).content),
            mine,
            desk=desk(),
            reason=SEAL_REASON,
        )
        for kind in SIGNED
    }
    report = Report.of(held.edition)
    twin = twins.sign_twin(twin_of(report, held, sealed), mine, desk=desk())
    with history.acting(by):
        locked = waiting(given)
        edition = ReportEdition.objects.select_for_update().get(pk=locked.edition_id)
        for kind, content in {**sealed, "json": twin}.items():
            keep(locked, kind, Step.ISSUED, content)
        for printed in locked.files.filter(step=Step.PRINTED).exclude(kind__in=SIGNED):
            keep(locked, printed.kind, Step.ISSUED, bytes(printed.content))
        locked.sealed_at, locked.sealed_by = clock.instant(), str(by)
        locked.save(update_fields=["sealed_at", "sealed_by"])
        editions.editions_of(edition.month).filter(state=State.ISSUED).update(
            state=State.SUPERSEDED
        )
        edition.state = State.ISSUED
        edition.save(update_fields=["state"])
        detail = {"number": locked.number, "symbol": locked.symbol, "year": locked.year}
        record.done("steering.edition.issued", edition, by=by, detail=detail)
    return edition


def refuse(given: Issuance, reason: str, *, by: Actor) -> Issuance:
    """
    Take an edition back to its desk, with the reason.

    Its number is given again when it is still the highest of the year; else it
    stays in the register as cancelled. Raises `ReasonMissing` or `NotSigning`.
    """
    words = reason_of(reason)
    with history.acting(by):
        # The order of locks is edition, issuance, register, as in numbering.
        edition = ReportEdition.objects.select_for_update().get(pk=given.edition_id)
        locked = waiting(given)
        register = DocumentRegister.objects.select_for_update().get(
            body=BODY, series=locked.symbol, year=locked.year
        )
        locked.number_returned = register.last == locked.number
        if locked.number_returned:
            register.last -= 1
            register.save(update_fields=["last"])
        locked.refused_at, locked.refused_by, locked.reason = clock.instant(), str(by), words
        locked.save()
        edition.number, edition.state = None, State.DRAFT
        edition.issued_on, edition.issued_at, edition.issued_by = None, None, ""
        edition.save()
        detail = {"number": locked.number, "returned": locked.number_returned}
        record.done("steering.edition.refused", edition, by=by, detail=detail)
    return locked


def waiting(given: Issuance) -> Issuance:
    """The row, locked, while it waits; raises `NotSigning` once it is sealed or refused."""
    locked = Issuance.objects.select_for_update().select_related("edition").get(pk=given.pk)
    return refuse_ended(locked)


def waiting_now(given: Issuance) -> Issuance:
    """The row as it is, without a lock; raises as `waiting`."""
    return refuse_ended(Issuance.objects.select_related("edition").get(pk=given.pk))


def refuse_ended(given: Issuance) -> Issuance:
    if given.sealed_at is not None or given.refused_at is not None:
        raise NotSigning(edition=str(given.edition))
    return given


def keep(given: Issuance, kind: str, step: str, content: bytes) -> IssuedFile:
    """Keep a file under its digest; one that another was faster with is left as it is."""
    with transaction.atomic():
        found, _made = IssuedFile.objects.get_or_create(
            edition=given.edition,
            issuance=given,
            kind=kind,
            step=step,
            defaults={
                "digest": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "content": content,
                "made_at": clock.instant(),
            },
        )
    return found


def twin_of(report: Report, given: Issuance, sealed: dict[str, bytes]) -> dict[str, Any]:
    """The content of the twin: the report's figures, what is printed, and whose PDF it is."""
    content = {
        **described(report),
        "state": State.ISSUED,
        "printed": printed_numbers(report),
        "pdf_sha256": hashlib.sha256(sealed["pdf"]).hexdigest(),
        "summary_pdf_sha256": hashlib.sha256(sealed["tom-tat.pdf"]).hexdigest(),
        "not_in_summary": list(not_in_summary(report)),
        "signer": {"name": given.signer_name, "title": given.signer_title},
        "files": {
            one.kind: one.digest
            for one in given.files.filter(step=Step.PRINTED).exclude(kind__in=SIGNED)
        },
    }
    # A number with a point would not survive every reader, so it travels as a string.
    plain = json.dumps(content, cls=DjangoJSONEncoder)
    whole: dict[str, Any] = json.loads(plain, parse_float=str)
    return whole


def desk() -> Desk:
    return Desk.of(settings.NODE, demo=bool(settings.DEMO), place=PLACE)
