"""What the operator watches: traffic by hour and pair, failures over time, the processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.exchange import gateway_admin
from lienthong.kernel import clock, names
from lienthong.kernel.periods import Period
from lienthong.web import legal_day

from ..domain import Heat, HourChart, heat, holds, hour_chart, shade
from ..models import Subsystem
from . import totals
from .refused import WORDS
from .register import INSTANCE

FAILURE_KINDS = 12
SORTS = ("count", "client", "service")
# What an error of the exchange itself, or of the system behind it, means to an operator.
FAILURES = {
    "networkerror": gettext_lazy("The other side could not be reached."),
    "ioerror": gettext_lazy("The answer was lost or came too late."),
    "maintenancemode": gettext_lazy("The provider's gateways are in maintenance."),
    "invalidresponse": gettext_lazy("The system's answer did not keep to its description."),
    "internalerror": gettext_lazy("A fault inside a gateway; look up its trace."),
    "loggingfailed": gettext_lazy("The message log could not be written."),
    "hsmnonoperational": gettext_lazy("The token with the signing key did not answer."),
    "badrequest": gettext_lazy("The client sent what is no message of the exchange."),
    "httperror": gettext_lazy("The service answered with an HTTP error."),
}


def windows(period: Period) -> list[tuple[Period, timedelta]]:
    """Days to look up in the log, with how far they lie behind the legal days they stand for."""
    window = legal_day.calendar_window(period)
    if window is None or window == period:
        return [(period, timedelta())]
    return [(period, timedelta()), (window, window.end - period.end)]


def system_names() -> dict[str, str]:
    """Name of each subsystem by its identifier on the wire."""
    return {f"{INSTANCE}/{row}": row.name for row in Subsystem.objects.select_related("member")}


# -- traffic -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairRow:
    """Answered exchanges between a caller and a service, as this node's gateway counts them."""

    client: str
    client_name: str
    service: str
    provider_name: str
    code: str
    live: int
    imported: int
    elsewhere: int = 0
    """By the signed days of the other gateways; they have no hours."""

    @property
    def count(self) -> int:
        return self.live + self.imported

    @property
    def everywhere(self) -> int:
        return self.count + self.elsewhere


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was exchanged in a period: the log's own counts, and beside them signed days."""

    heat: Heat
    chart: HourChart
    pairs: list[PairRow]
    totals: dict[str, int]
    elsewhere: int
    """Answered at the other gateways, of the pairs shown."""


def traffic(period: Period, *, client: str = "", service: str = "") -> Traffic:
    """
    Hours, of one pair where one is named, and all pairs; raises LogNotReachable.

    Hours and ends are this node's gateway's; of the other gateways the pairs are known, from
    the days they signed.
    """
    by_hour: dict[tuple[date, int], int] = {}
    by_pair: dict[tuple[str, str], list[int]] = {}
    ends = dict.fromkeys(("answered", "refused", "unreachable", "failed", "unknown"), 0)
    for window, behind in windows(period):
        hours = gateway_admin.counts(
            *window.instants(), group="hour", client=client, service=service
        )
        for row in hours.rows:
            if row.hour is not None:
                at = clock.local(row.hour)
                key = (at.date() - behind, at.hour)
                by_hour[key] = by_hour.get(key, 0) + row.live + row.imported
        for name in ("answered", "refused", "unreachable", "failed"):
            ends[name] += getattr(hours, name).total
        ends["unknown"] += hours.unknown
        for row in gateway_admin.counts(*window.instants(), group="pair").rows:
            both = by_pair.setdefault((row.client, row.service), [0, 0])
            both[0] += row.live
            both[1] += row.imported
    by_day_hour: dict[int, int] = {}
    for (_day, hour), count in by_hour.items():
        by_day_hour[hour] = by_day_hour.get(hour, 0) + count
    others = totals.elsewhere(period)
    named = {pair: n for pair, n in others.items() if pair == (client, service)}
    return Traffic(
        heat(by_hour, period),
        hour_chart(by_day_hour),
        pair_rows(by_pair, others),
        ends,
        sum((named if client or service else others).values()),
    )


def pair_rows(
    by_pair: Mapping[tuple[str, str], Sequence[int]], others: Mapping[tuple[str, str], int]
) -> list[PairRow]:
    known = system_names()
    rows = []
    for client, service in sorted({*by_pair, *others}):
        live, imported = by_pair.get((client, service), (0, 0))
        provider, _slash, code = service.rpartition("/")
        rows.append(
            PairRow(
                client=client,
                client_name=known.get(client, client),
                service=service,
                provider_name=known.get(provider, provider),
                code=code,
                live=live,
                imported=imported,
                elsewhere=others.get((client, service), 0),
            )
        )
    return rows


def chosen_pairs(rows: Iterable[PairRow], wanted: str, sort: str) -> list[PairRow]:
    """The pairs whose names hold what was typed, marks or not, in the order asked for."""
    if wanted:
        rows = [
            row
            for row in rows
            if holds(wanted, row.client_name, row.provider_name, row.code, row.client, row.service)
        ]
    orders = {
        "client": lambda row: (names.folding_key(row.client_name), row.service),
        "service": lambda row: (names.folding_key(row.provider_name), row.code, row.client),
        "count": lambda row: (-row.everywhere, row.client, row.service),
    }
    return sorted(rows, key=orders.get(sort, orders["count"]))


# -- failures ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailureKind:
    """One way to fail, over the columns of the span."""

    kind: str
    words: str
    cells: tuple[tuple[int, int], ...]
    """Count and shade."""
    total: int


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One way to fail between two parties."""

    kind: str
    words: str
    client: str
    client_name: str
    service: str
    count: int
    last: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class Failures:
    columns: tuple[datetime, ...]
    """Beginning of each."""
    kinds: list[FailureKind]
    rows: list[FailureRow]
    total: int


def failures(end: datetime, hours: int, columns: int) -> Failures:
    """What did not succeed in the hours before a moment; raises LogNotReachable."""
    width = timedelta(hours=hours / columns)
    # Columns begin with whole hours, as the lines do.
    end = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    first = end - timedelta(hours=hours)
    lines = gateway_admin.failures(first, end)
    counted: dict[str, list[int]] = {}
    pairs: dict[tuple[str, str, str], FailureRow] = {}
    known = system_names()
    for line in lines:
        kind = kind_of(line)
        place = min(max(int((line.hour - first) / width), 0), columns - 1)
        counted.setdefault(kind, [0] * columns)[place] += line.count
        row = _failure(line, kind, known)
        before = pairs.get((kind, line.client, line.service))
        pairs[kind, line.client, line.service] = row if before is None else _joined(before, row)
    largest = max((max(counts) for counts in counted.values()), default=0)
    kinds = [
        FailureKind(
            kind, words_of(kind), tuple((n, shade(n, largest)) for n in counts), sum(counts)
        )
        for kind, counts in sorted(counted.items(), key=lambda one: -sum(one[1]))
    ]
    return Failures(
        columns=tuple(clock.local(first + width * place) for place in range(columns)),
        kinds=kinds[:FAILURE_KINDS],
        rows=sorted(pairs.values(), key=lambda row: (-row.count, row.kind, row.client)),
        total=sum(kind.total for kind in kinds),
    )


def kind_of(line: gateway_admin.FailureLine) -> str:
    """The fault's code, or the status of a system that answered with an error itself."""
    return line.fault or f"HTTP {line.status}"


def words_of(kind: str) -> str:
    end = kind.rpartition(".")[2].replace("_", "").lower()
    if kind.startswith("HTTP "):
        return (
            _("The system answered that something is wrong with the request.")
            if kind.startswith("HTTP 4")
            else _("The system itself failed.")
        )
    if end in FAILURES:
        return str(FAILURES[end])
    return str(WORDS[end][0]) if end in WORDS else _("The gateway refused the message.")


def _failure(line: gateway_admin.FailureLine, kind: str, known: Mapping[str, str]) -> FailureRow:
    return FailureRow(
        kind=kind,
        words=words_of(kind),
        client=line.client,
        client_name=known.get(line.client, line.client),
        service=line.service,
        count=line.count,
        last=clock.local(line.last),
        message_id=line.message_id,
    )


def _joined(one: FailureRow, other: FailureRow) -> FailureRow:
    newest = max(one, other, key=lambda row: row.last)
    return FailureRow(
        kind=one.kind, words=one.words, client=one.client, client_name=one.client_name,
        service=one.service, count=one.count + other.count, last=newest.last,
        message_id=newest.message_id or one.message_id or other.message_id,
    )  # fmt: skip


# -- processes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProcessRow:
    index: int
    alive: bool
    pid: int
    since: datetime
    seals: bool
    log_up: bool
    gauges: Mapping[str, float]
    megabytes: int
    delay_ms: int


def processes() -> list[ProcessRow]:
    """The processes of this node's gateway; raises LogNotReachable."""
    return [_process(line) for line in gateway_admin.processes()]


def _process(line: gateway_admin.ProcessLine) -> ProcessRow:
    state = line.state
    return ProcessRow(
        index=state.index,
        alive=line.alive,
        pid=state.pid,
        since=clock.local(datetime.fromtimestamp(state.started, UTC)),
        seals=bool(state.gauges.get("sealer_active")),
        log_up=bool(state.gauges.get("log_up")),
        gauges=state.gauges,
        megabytes=round(state.gauges.get("memory_bytes", 0) / 2**20),
        delay_ms=round(state.gauges.get("loop_delay", 0) * 1000),
    )


def gateway_health() -> dict[str, Any]:
    """What the gateway says of itself; raises LogNotReachable."""
    return dict(gateway_admin.health())
