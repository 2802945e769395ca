"""Reads of the message log, through the gateway's administration API, drawn for the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from lienthong.exchange import gateway_admin
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.web import legal_day

from ..domain import (
    RINGS,
    PathPicture,
    PathStep,
    drum_face,
    hour_chart,
    path_picture,
    path_steps,
    year_to_date,
)
from ..models import AccessGrant, Member, Offer, Subsystem
from . import totals
from .register import INSTANCE, members_on, subsystems_on


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """A line of a list of exchanges, with names instead of codes."""

    message_id: str
    client_name: str
    provider_name: str
    service_code: str
    outcome: str
    fault: str
    at: datetime
    took_ms: int | None
    other_day: bool


def _names() -> dict[str, str]:
    """Name of each subsystem by its identifier on the wire."""
    return {f"{INSTANCE}/{row}": row.name for row in Subsystem.objects.select_related("member")}


def newest_exchanges(
    *, limit: int, service: str = "", outcome: str = "", before: datetime | None = None
) -> list[ExchangeRow]:
    """Newest first; raises LogNotReachable."""
    found = gateway_admin.exchanges(
        limit=limit,
        service=service,
        outcome=outcome,
        before=before,
    )
    known = _names()
    today = clock.local(clock.instant()).date()
    return [_row(line, known, today) for line in found]


def _row(line: gateway_admin.ExchangeLine, known: Mapping[str, str], today: date) -> ExchangeRow:
    provider, _, code = line.service.rpartition("/")
    at = clock.local(line.at)
    return ExchangeRow(
        message_id=line.message_id,
        client_name=known.get(line.client, line.client),
        provider_name=known.get(provider, provider),
        service_code=code,
        outcome=line.outcome,
        fault=line.fault,
        at=at,
        took_ms=line.took_ms,
        other_day=at.date() != today,
    )


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked again just now, in words."""

    title: str
    detail: str
    holds: bool


@dataclass(frozen=True, slots=True)
class RecordView:
    title: str
    record: gateway_admin.RecordDetail
    at: datetime
    steps: tuple[PathStep, ...]
    signer_name: str


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One exchange with its records and the grant it rested on."""

    message_id: str
    request_id: str
    client: str
    client_name: str
    provider_name: str
    service: str
    title: str
    outcome: str
    fault: str
    purpose: str
    legal_basis: str
    at: datetime
    took_ms: int | None
    checks: tuple[Check, ...]
    records: tuple[RecordView, ...]
    picture: PathPicture | None
    """The way to the signed head of the record named in ``pictured``; None until it is sealed."""
    pictured: str


def one_exchange(message_id: str) -> ExchangeView:
    """Raises NoSuchExchange or LogNotReachable."""
    found = gateway_admin.exchange(message_id)
    known = _names()
    members = {f"{INSTANCE}/{member}": member.name for member in Member.objects.all()}
    provider, _, code = found.service.rpartition("/")
    offer = Offer.objects.filter(code=code, subsystem__code=provider.rpartition("/")[2]).first()
    grant_id = next((record.grant for record in found.records if record.grant), "")
    grant = AccessGrant.objects.filter(pk=grant_id).first() if grant_id else None
    records = tuple(
        RecordView(
            title=_record_title(record),
            record=record,
            at=clock.local(record.at),
            steps=_steps(record),
            signer_name=_signer(record, members),
        )
        for record in found.records
    )
    sealed = next((view for view in reversed(records) if view.steps), None)
    answers = [record for record in found.records if record.kind == "answer"]
    last = answers[-1] if answers else found.records[-1]
    first = min(record.at for record in found.records)
    return ExchangeView(
        message_id=found.message_id,
        request_id=found.request_id,
        client=found.client,
        client_name=known.get(found.client, found.client),
        provider_name=known.get(provider, provider),
        service=found.service,
        title=offer.title if offer else code,
        outcome=last.outcome,
        fault=next((record.fault for record in found.records if record.fault), ""),
        purpose=grant.purpose if grant else "",
        legal_basis=grant.legal_basis if grant else "",
        at=clock.local(first),
        took_ms=(
            round((max(record.at for record in answers) - first).total_seconds() * 1000)
            if answers
            else None
        ),
        checks=tuple(_checks(found.records, members)),
        records=records,
        picture=path_picture(sealed.steps) if sealed else None,
        pictured=sealed.title if sealed else "",
    )


def _record_title(record: gateway_admin.RecordDetail) -> str:
    return {
        ("request", "consumer"): _("Request, as the caller's gateway logged it"),
        ("request", "provider"): _("Request, as the provider's gateway logged it"),
        ("answer", "provider"): _("Answer, as the provider's gateway logged it"),
        ("answer", "consumer"): _("Answer, as the caller's gateway logged it"),
    }.get((record.kind, record.side), record.kind)


def _signer(record: gateway_admin.RecordDetail, members: Mapping[str, str]) -> str:
    return members.get(record.signed_by, record.signed_by)


def _checks(
    records: list[gateway_admin.RecordDetail], members: Mapping[str, str]
) -> Iterator[Check]:
    """Both signatures, and the place of every record in the log."""
    for kind, title in (("request", _("The caller signed")), ("answer", _("The provider signed"))):
        of_kind = [record for record in records if record.kind == kind]
        signed = [record for record in of_kind if record.signature_valid is not None]
        if signed:
            yield Check(
                title,
                _("%(member)s, checked again just now") % {"member": _signer(signed[0], members)},
                all(record.signature_valid for record in signed),
            )
        elif of_kind:
            yield Check(title, _("No signature: it ended before anything was signed."), False)
    sealed = [record for record in records if record.leaf_index is not None]
    if len(sealed) == len(records):
        yield Check(
            _("In the log"),
            _("%(n)d records, each with its way to the signed head of the tree")
            % {"n": len(sealed)},
            all(record.proof_valid for record in sealed),
        )
    else:
        yield Check(_("In the log"), _("Written and durable; the next head will hold it."), True)


def _steps(record: gateway_admin.RecordDetail) -> tuple[PathStep, ...]:
    if record.leaf_index is None or record.tree_size is None:
        return ()
    return path_steps(record.leaf_index, record.tree_size, record.proof)


def receipt_of(message_id: str) -> bytes:
    """Raises NoSuchExchange until both rows are sealed."""
    return gateway_admin.receipt(message_id)


def picture(period: Period) -> dict[str, Any]:
    """
    The drum face, its table twin and the bars by hour of day; raises LogNotReachable.

    The drum and the table are the country's: the own gateway's counts and the signed days of
    the others. Bars by hour are the own gateway's, since a signed day has no hours.
    """
    year = year_to_date(period)
    by_pair = totals.elsewhere(year)
    for window in _windows(year):
        for row in gateway_admin.counts(*window.instants(), group="pair").rows:
            by_pair[row.client, row.service] += row.live + row.imported
    by_client: Counter[str] = Counter()
    for (client, service), count in by_pair.items():
        for party in (client, service.rpartition("/")[0]):
            by_client[party] += count
    hours: dict[int, int] = {}
    for window in _windows(period):
        for row in gateway_admin.counts(*window.instants(), group="hour").rows:
            if row.hour is not None:
                hour = clock.local(row.hour).hour
                hours[hour] = hours.get(hour, 0) + row.live + row.imported
    return _drawn(by_client, hours, period.end) | {"basis": totals.basis_of(year)}


def picture_without_traffic(period: Period) -> dict[str, Any]:
    """The same while the log does not answer: who is connected, no traffic."""
    return _drawn({}, {}, period.end)


def _windows(period: Period) -> list[Period]:
    """The legal days themselves (imported rows) and the calendar days they were lived on."""
    window = legal_day.calendar_window(period)
    return [period] if window in (None, period) else [period, window]


def _drawn(traffic: Mapping[str, int], hours: Mapping[int, int], day: date) -> dict[str, Any]:
    rings: dict[str, list[tuple[str, int]]] = {ring: [] for ring in RINGS}
    kinds = {"database": _("database"), "national": _("central to local system")}
    twin: list[tuple[str, str, int]] = []
    by_member: dict[str, int] = {}
    for row in subsystems_on(day):
        number = traffic.get(f"{INSTANCE}/{row}", 0)
        by_member[str(row.member)] = by_member.get(str(row.member), 0) + number
        if row.kind in kinds:
            rings[row.kind].append((row.name, number))
            twin.append((row.name, kinds[row.kind], number))
    for member in members_on(day).order_by("kind", "code"):
        number = by_member.get(str(member), 0)
        if member.kind in rings:
            rings[member.kind].append((member.name, number))
        twin.append((member.name, member.get_kind_display(), number))
    return {
        "drum": drum_face(rings),
        "drum_label": _(
            "The exchange as a drum face: NDXP in the middle, around it databases, "
            "central systems, ministries and provinces; the outer lines are traffic by province."
        ),
        "chart": hour_chart(hours),
        "twin": sorted(twin, key=lambda line: -line[2]),
    }
