"""Reads of the signed days: what the country's gateways counted, and where two sides differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min, Sum

from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.protocol.day_totals import bounds
from lienthong.web import legal_day

from ..domain import GATEWAY_CODE, Difference, explain
from ..models import Certificate, Contradiction, DayCount, DayReport, Gateway, Hosting
from .register import INSTANCE

DUE_AFTER = timedelta(minutes=90)
"""So long after midnight a day is expected; a gateway closes it after twenty minutes."""
DAY = timedelta(days=1)


def last_due(now: datetime) -> date:
    """The newest day every gateway should have reported by now."""
    day = clock.local(now).date() - DAY
    return day if now >= bounds(day)[1] + DUE_AFTER else day - DAY


# -- the count of the country ------------------------------------------------------------------


def others_by_day(days: Period, *, imported: bool) -> dict[date, int]:
    """
    Answered exchanges of all gateways but the directory's own, by day.

    The own gateway is asked itself: it knows also the hours that are open.
    """
    found = DayReport.objects.filter(day__gte=days.start, day__lte=days.end).exclude(
        gateway__code=GATEWAY_CODE
    )
    found = found.exclude(source="") if imported else found.filter(source="")
    return dict(found.values_list("day").annotate(n=Sum("answered")).order_by("day"))


def elsewhere(period: Period) -> Counter[tuple[str, str]]:
    """
    Answered exchanges of all gateways but the directory's own, by client and service.

    Of a period of legal days: what was imported by its own day, what was lived by the day
    of the calendar (decision 1). Hours are not known of them.
    """
    counted = _elsewhere(period, imported=True)
    window = legal_day.calendar_window(period)
    if window is not None:
        counted += _elsewhere(window, imported=False)
    return counted


def _elsewhere(days: Period, *, imported: bool) -> Counter[tuple[str, str]]:
    found = DayCount.objects.filter(
        report__day__gte=days.start,
        report__day__lte=days.end,
        side="provider",
        outcome="answered",
    ).exclude(report__gateway__code=GATEWAY_CODE)
    found = found.exclude(report__source="") if imported else found.filter(report__source="")
    sums = found.values_list("client", "service").annotate(n=Sum("count")).order_by()
    return Counter({(client, service): n for client, service, n in sums})


@dataclass(frozen=True, slots=True)
class Reporting:
    """How far one gateway has reported."""

    gateway: Gateway
    since: date
    """Its first day in the exchange."""
    until: date | None
    """The newest day it reported; nothing before its first."""
    missing: tuple[date, ...]
    """Days that are due and were not reported, the oldest first."""
    contradictions: int = 0

    @property
    def is_behind(self) -> bool:
        return bool(self.missing)


def reporting(now: datetime, *, within: Period | None = None) -> list[Reporting]:
    """Every gateway of the exchange, with what it owes; ``within`` asks for some days only."""
    due = last_due(now)
    live = DayReport.objects.filter(source="")
    ends = {
        gateway: (first, last)
        for gateway, first, last in live.values_list("gateway_id")
        .annotate(first=Min("day"), last=Max("day"))
        .order_by()
    }
    if within is not None:
        live = live.filter(day__gte=within.start, day__lte=within.end)
    reports: dict[int, set[date]] = {}
    for gateway_id, day in live.values_list("gateway_id", "day"):
        reports.setdefault(gateway_id, set()).add(day)
    wrong = dict(
        Contradiction.objects.values_list("report__gateway_id").annotate(n=Count("pk")).order_by()
    )
    rows = []
    for gateway, since in _members_since():
        earliest, latest = ends.get(gateway.pk, (since, None))
        first = min(earliest, since)
        start = max(first, within.start) if within else first
        end = min(due, within.end) if within else due
        told = reports.get(gateway.pk, set())
        owed = (start + timedelta(n) for n in range(max(0, (end - start).days + 1)))
        rows.append(
            Reporting(
                gateway=gateway,
                since=first,
                until=latest,
                missing=tuple(day for day in owed if day not in told),
                contradictions=wrong.get(gateway.pk, 0),
            )
        )
    return rows


def _members_since() -> Iterator[tuple[Gateway, date]]:
    """Gateways that hold or held a certificate, with the day they got their first."""
    begun = dict(
        Certificate.objects.filter(use=Certificate.Use.AUTH)
        .exclude(gateway=None)
        .values_list("gateway_id")
        .annotate(at=Min("issued_at"), before=Min("not_before"))
        .values_list("gateway_id", "at")
    )
    for gateway in Gateway.objects.select_related("owner").order_by("code"):
        at = begun.get(gateway.pk)
        if at is not None:
            yield gateway, clock.local(at).date()


@dataclass(frozen=True, slots=True)
class Basis:
    """On which reports of other gateways a figure of the country rests."""

    reports: int = 0
    gateways: int = 0
    until: date | None = None
    """The last day that every one of them has reported."""
    behind: tuple[Reporting, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether the directory's own gateway is the only one."""
        return self.gateways == 0


def basis_of(period: Period) -> Basis | None:
    """What a page of these legal days rests on; None where no day of the calendar is theirs."""
    window = legal_day.calendar_window(period)
    return basis(window, clock.instant()) if window is not None else None


def basis(days: Period, now: datetime) -> Basis:
    """What is known of the other gateways on these days of the calendar."""
    others = [row for row in reporting(now, within=days) if row.gateway.code != GATEWAY_CODE]
    told = DayReport.objects.filter(day__gte=days.start, day__lte=days.end, source="").exclude(
        gateway__code=GATEWAY_CODE
    )
    reached = [
        min(row.missing) - DAY if row.missing else min(last_due(now), days.end) for row in others
    ]
    return Basis(
        reports=told.count(),
        gateways=len(others),
        until=min(reached, default=None),
        behind=tuple(row for row in others if row.is_behind),
    )


# -- both sides of a day -----------------------------------------------------------------------


@dataclass(slots=True)
class _Pair:
    consumer: int = 0
    provider: int = 0
    failed: int = 0
    refused: int = 0
    reported_by: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairDay:
    """One pair on one day, as both of its sides counted it."""

    day: date
    client: str
    service: str
    consumer: int
    """Answered, as the consumers' gateways saw it."""
    provider: int
    """Answered, as the providers' gateways counted it: what counts for the country."""
    failed: int
    """Of the consumer's side: not reached, or without a whole answer."""
    refused: int
    kind: Difference
    missing: tuple[str, ...] = ()
    """Gateways whose day is missing and would explain the difference."""

    @property
    def difference(self) -> int:
        return self.provider - self.consumer


def reconciled(days: Period, *, client: str = "", service: str = "") -> list[PairDay]:
    """
    Both sides of every pair on every day, the newest day first, then the largest difference.

    ``client`` and ``service`` select by a part of the identifier. The days before
    and after are read too, since an answer may cross midnight.
    """
    wide = Period(days.start - DAY, days.end + DAY)
    pairs = _pairs(wide)
    told = _told(wide)
    behind = _standing()
    differences = {
        key: {day: pair.provider - pair.consumer for day, pair in by_day.items()}
        for key, by_day in pairs.items()
    }
    rows = []
    for (asks, answers), by_day in pairs.items():
        if client not in asks or service not in answers:
            continue
        provider = answers.rpartition("/")[0]  # empty for refusals of parties nobody knows
        for day, pair in by_day.items():
            if day not in days:
                continue
            near = differences[asks, answers]
            missing = _missing(
                told.get(day, set()),
                behind.get(asks, set()) if pair.consumer < pair.provider else set(),
                behind.get(provider, set()) if pair.provider < pair.consumer else set(),
            )
            kind = explain(
                pair.provider - pair.consumer,
                neighbours=(near.get(day - DAY, 0), near.get(day + DAY, 0)),
                missing=bool(missing),
            )
            rows.append(
                PairDay(
                    day=day, client=asks, service=answers, consumer=pair.consumer,
                    provider=pair.provider, failed=pair.failed, refused=pair.refused, kind=kind,
                    missing=missing if kind is Difference.MISSING else (),
                )
            )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.day.toordinal(), -abs(row.difference), row.client))


def _pairs(days: Period) -> dict[tuple[str, str], dict[date, _Pair]]:
    counted = (
        DayCount.objects.filter(
            report__day__gte=days.start, report__day__lte=days.end, report__source=""
        )
        .values_list("report__day", "client", "service", "side", "outcome")
        .annotate(n=Sum("count"))
    )
    pairs: dict[tuple[str, str], dict[date, _Pair]] = {}
    for day, client, service, side, outcome, n in counted.order_by():
        pair = pairs.setdefault((client, service), {}).setdefault(day, _Pair())
        if outcome == "answered":
            setattr(pair, side, getattr(pair, side) + n)
        elif side == "consumer" and outcome == "refused":
            pair.refused += n
        elif side == "consumer":
            pair.failed += n
    return pairs


def _told(days: Period) -> dict[date, set[str]]:
    """Codes of the gateways that reported each day."""
    told: dict[date, set[str]] = {}
    for day, code in DayReport.objects.filter(
        day__gte=days.start, day__lte=days.end, source=""
    ).values_list("day", "gateway__code"):
        told.setdefault(day, set()).add(code)
    return told


def _standing() -> dict[str, set[str]]:
    """Gateways behind which each subsystem stands or stood, by its identifier on the wire."""
    standing: dict[str, set[str]] = {}
    for hosting in Hosting.objects.select_related("subsystem__member", "gateway"):
        standing.setdefault(f"{INSTANCE}/{hosting.subsystem}", set()).add(hosting.gateway.code)
    return standing


def _missing(told: set[str], *sides: set[str]) -> tuple[str, ...]:
    return tuple(sorted(set().union(*sides) - told))


@dataclass(frozen=True, slots=True)
class DaySum:
    """One day of the country, with how much of it is explained."""

    day: date
    told: int
    expected: int
    provider: int
    consumer: int
    imported: int
    """Exchanges of this day that import statements brought (decision 2); no side to compare."""
    kinds: Mapping[Difference, int]
    """How many pairs differ, by kind."""

    @property
    def difference(self) -> int:
        return self.provider - self.consumer

    @property
    def is_whole(self) -> bool:
        return self.told >= self.expected


def summed(days: Period, rows: Iterable[PairDay], now: datetime) -> list[DaySum]:
    """The days of a period that somebody reported or owes, the newest first."""
    gateways = reporting(now, within=days)
    told = _told(days)
    imported = dict(
        DayReport.objects.filter(day__gte=days.start, day__lte=days.end)
        .exclude(source="")
        .values_list("day")
        .annotate(n=Sum("answered"))
        .order_by()
    )
    by_day: dict[date, list[PairDay]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    found = []
    for day in sorted(days, reverse=True):
        expected = sum(row.since <= day for row in gateways) if day <= last_due(now) else 0
        if not expected and day not in told and day not in imported:
            continue
        pairs = by_day.get(day, [])
        found.append(
            DaySum(
                day=day,
                told=len(told.get(day, ())),
                expected=expected,
                provider=sum(row.provider for row in pairs),
                consumer=sum(row.consumer for row in pairs),
                imported=imported.get(day, 0),
                kinds={
                    kind: n
                    for kind in Difference
                    if kind is not Difference.NONE and (n := sum(row.kind is kind for row in pairs))
                },
            )
        )
    return found


def reports_of(days: Period) -> list[DayReport]:
    """Every document kept for these days, imported ones too, with what contradicts it."""
    return list(
        DayReport.objects.filter(day__gte=days.start, day__lte=days.end)
        .select_related("gateway__owner")
        .prefetch_related("contradictions")
        .order_by("day", "gateway__code", "source")
    )


def newest_day() -> date | None:
    """The newest day anybody reported or imported."""
    newest: date | None = DayReport.objects.aggregate(day=Max("day"))["day"]
    return newest
