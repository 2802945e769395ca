"""Taking the signed days of gateways: checked, kept once, contradictions kept beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.protocol.day_totals import (
    DayTotals,
    SignedDay,
    TakenDay,
    Verdict,
    check_over,
    open_day,
)
from lienthong.protocol.errors import ProtocolError, UnknownKey
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import VerifyingKey

from ..models import Certificate, Contradiction, DayCount, DayReport, Gateway
from ..queries import agreements


def take(days: Sequence[SignedDay], *, message_id: str, by: Actor) -> list[TakenDay]:
    """
    Keep each document that its gateway's owner signed; one bad one keeps no other out.

    A day that is not over by this node's machine time is refused, so that a gateway
    whose clock is ahead tells it again once it is.

    The same document again is a repetition. Another one for a day that is kept
    is a contradiction: it is kept beside and shown, and changes no figure.
    """
    return [_take(signed, message_id=message_id, by=by) for signed in days]


def _take(signed: SignedDay, *, message_id: str, by: Actor) -> TakenDay:
    digest = hashlib.sha256(signed.payload.encode()).hexdigest()
    try:
        digest = hashlib.sha256(signed.content).hexdigest()
        totals = check_over(open_day(signed, agreements.find_key), clock.instant())
        gateway = _gateway(totals, signed.kid)
    except ProtocolError as problem:
        record.done("directory.day_refused", message_id, by=by, detail={"why": problem.code})
        return TakenDay(sha256=digest, verdict=Verdict.REFUSED, why=problem.code)
    with transaction.atomic():
        # Two deliveries of one gateway at the same moment take turns.
        Gateway.objects.select_for_update().get(pk=gateway.pk)
        kept = DayReport.objects.filter(
            gateway=gateway, day=totals.day, source=totals.source
        ).first()
        if kept is None:
            _keep(gateway, totals, signed, message_id)
            return TakenDay(sha256=digest, verdict=Verdict.TAKEN)
        said = msgspec.json.decode(bytes(kept.document), type=SignedDay)
        if said.content == signed.content:
            return TakenDay(sha256=digest, verdict=Verdict.REPEATED)
        _, made = Contradiction.objects.get_or_create(
            report=kept,
            content_sha256=digest,
            defaults={
                "answered": totals.answered(),
                "counts_sha256": totals.counts_sha256,
                "closed_at": totals.closed_at,
                "received_at": clock.instant(),
                "document": msgspec.json.encode(signed),
                "message_id": message_id,
            },
        )
        if made:
            record.done(
                "directory.day_contradicted",
                f"{gateway.code} {totals.day.isoformat()}",
                by=by,
                detail={"kept": kept.counts_sha256, "refused": totals.counts_sha256},
            )
    return TakenDay(sha256=digest, verdict=Verdict.CONTRADICTION, why="directory.day_is_kept")


def _gateway(totals: DayTotals, kid: str) -> Gateway:
    """The gateway a document speaks of, when the key came through it; raises UnknownKey."""
    named = totals.identity
    gateway = Gateway.objects.select_related("owner").filter(code=named.code).first()
    if gateway is None or str(gateway.owner) != named.owner.local:
        raise UnknownKey
    through = Certificate.objects.filter(kid=kid).values_list("gateway_id", flat=True).first()
    if through not in (None, gateway.pk):
        raise UnknownKey  # another gateway of the same member speaks for itself only
    return gateway


def _keep(gateway: Gateway, totals: DayTotals, signed: SignedDay, message_id: str) -> None:
    report = DayReport.objects.create(
        gateway=gateway,
        day=totals.day,
        source=totals.source,
        answered=totals.answered(),
        unknown=totals.unknown,
        closed_at=totals.closed_at,
        received_at=clock.instant(),
        tree_size=totals.tree_size,
        root=totals.root,
        counts_sha256=totals.counts_sha256,
        kid=signed.kid,
        document=msgspec.json.encode(signed),
        message_id=message_id,
    )
    DayCount.objects.bulk_create(
        DayCount(
            report=report,
            client=row.client,
            service=row.service,
            side=row.side,
            outcome=row.outcome,
            count=row.count,
        )
        for row in totals.rows
    )


def check_again(report: DayReport) -> bool:
    """Whether the kept document still says what its row says, under a key that is believed."""

    def find(kid: str, at: datetime) -> tuple[MemberId, VerifyingKey]:
        return agreements.find_key(kid, at)

    try:
        totals = open_day(msgspec.json.decode(bytes(report.document), type=SignedDay), find)
    except (ProtocolError, msgspec.DecodeError):
        return False
    return (totals.answered(), totals.counts_sha256, totals.tree_size, totals.root) == (
        report.answered,
        report.counts_sha256,
        report.tree_size,
        report.root,
    )
