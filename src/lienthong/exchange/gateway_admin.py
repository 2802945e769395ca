"""
The gateway's local administration API, as the directory's console and the figures read it.

Loopback only, with a bearer token from the node's secrets. The tables of the
log are the gateway's own (decision 5): nothing else of the project opens them.

Endpoints and their JSON::

    GET  /health                {"status": "ok", "tree_size": 12, "unsealed": 0, …}
    GET  /exchanges?…           {"exchanges": [ExchangeLine]}
    GET  /exchanges/{id}        ExchangeDetail
    GET  /receipts/{id}?request_id  the receipt as the protocol floor writes it
    GET  /counts?start&end&group=total|day|hour|pair&client&service   Counts
    GET  /refusals?start&end    {"refusals": [RefusalLine]}
    GET  /quotas                {"quotas": [QuotaLine]}
    GET  /processes             {"processes": [ProcessLine]}
    GET  /environment           the machine, as getSecurityServerMetrics tells it
    GET  /operational/records?from&to&client&fields   as getSecurityServerOperationalData
    GET  /operational/health    as getSecurityServerHealthData
    GET  /operational/failures?start&end   {"failures": [FailureLine]}
    GET  /days?after&source     {"days": [WaitingDay]}, those the directory has not taken
    GET  /days/{day}            RecountedDay
    POST /days                  {"days": [ToldDay]} -> {"new": 3}
    POST /imports               {"source", "rows": [ImportRow]} -> ImportDone
                                {"source", "records", "digest"} -> ImportDone
    POST /revocations           {"grant", "reason"} -> {}
    POST /bodies/{id}           {"by", "reason"[, "request_id"]} -> {"bodies": [ReadBody]}
    POST /subjects              {"subject"[, "by", "reason"]} -> ConcernedList
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec
import urllib3

from lienthong.kernel.errors import NotFound, Unavailable
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import SignedDay

TIMEOUT = urllib3.Timeout(connect=1.0, read=20.0)
_pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=TIMEOUT)
T = TypeVar("T")


class LogNotReachable(Unavailable):
    """The gateway's message log does not answer now."""

    code = "exchange.log_not_reachable"


class NoSuchExchange(NotFound):
    """The message log holds no exchange with this id."""

    code = "exchange.no_such_exchange"


class ExchangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange in a list: the answer row, or the request row of an unknown outcome."""

    message_id: str
    request_id: str
    client: str
    service: str
    outcome: str
    fault: str = ""
    status: int = 0
    at: datetime
    took_ms: int | None = None


class RecordDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the log, with what checking it again just now gave."""

    kind: str
    side: str
    at: datetime
    outcome: str
    fault: str = ""
    status: int = 0
    head: str = ""
    body_digest: str = ""
    """Hex SHA-256."""
    body_size: int = 0
    signer: str = ""
    signed_by: str = ""
    """The member whose key signed, ``VN/GOV/G15``; empty when nothing was signed."""
    signature_valid: bool | None = None
    """None for an unsigned row (a refusal)."""
    grant: str = ""
    subjects: int = 0
    leaf: str = ""
    leaf_index: int | None = None
    """None until the sealer has numbered the row."""
    tree_size: int | None = None
    proof: list[str] = []
    proof_valid: bool | None = None


class ExchangeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of both sides that this gateway holds of one exchange."""

    message_id: str
    request_id: str
    client: str
    service: str
    records: list[RecordDetail]
    checkpoint: str = ""


class Split(msgspec.Struct, frozen=True):
    """A count in two parts: what passed this gateway, and what an import brought."""

    live: int = 0
    imported: int = 0

    @property
    def total(self) -> int:
        return self.live + self.imported


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """Answered exchanges of one day, hour or pair."""

    hour: datetime | None = None
    """Start of the hour, or of the UTC day for ``group=day``; None when grouped by pair."""
    client: str = ""
    service: str = ""
    live: int = 0
    imported: int = 0


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Provider-side answered exchanges, and apart from them what did not get that far."""

    answered: Split = Split()
    refused: Split = Split()
    unreachable: Split = Split()
    failed: Split = Split()
    unknown: int = 0
    """Request rows without an answer row."""
    rows: list[CountRow] = []

    def by_day(self, zone: ZoneInfo) -> dict[date, Split]:
        """Hourly rows summed to days of a time zone (ask with ``group="hour"``)."""
        days: dict[date, Split] = {}
        for row in self.rows:
            if row.hour is None:
                continue
            day = row.hour.astimezone(zone).date()
            so_far = days.get(day, Split())
            days[day] = Split(so_far.live + row.live, so_far.imported + row.imported)
        return days


class RefusalLine(msgspec.Struct, frozen=True, kw_only=True):
    """All refusals of one kind between two parties, in a window."""

    side: str
    client: str
    service: str
    fault: str
    reason: str = ""
    """A word of `lienthong.protocol.reasons`, or nothing when the fault says it all."""
    grant: str = ""
    count: int
    first: datetime
    last: datetime
    message_id: str = ""


class QuotaLine(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its quota a grant has used in the running minute and day."""

    grant: str
    minute_used: int = 0
    minute_refused: int = 0
    day_used: int = 0
    day_refused: int = 0


class FailureLine(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one hour and pair that failed in the same way, each told once."""

    hour: datetime
    client: str
    service: str
    fault: str = ""
    """The exchange's code; empty when the system itself answered with ``status``."""
    status: int = 0
    count: int
    last: datetime
    message_id: str = ""


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one gateway process; Unix seconds."""

    index: int
    pid: int
    started: float
    at: float
    counters: dict[str, float] = {}
    gauges: dict[str, float] = {}


class ProcessLine(msgspec.Struct, frozen=True):
    alive: bool
    state: ProcessState


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one hour that were counted elsewhere (decision 2)."""

    hour: datetime
    client: str
    service: str
    outcome: str = "answered"
    side: str = "provider"
    count: int


class ImportDone(msgspec.Struct, frozen=True, kw_only=True):
    statement: str
    """Id of the import statement."""
    digest: str
    rows: int
    exchanges: int
    repeated: bool = False
    """Whether this very statement had been imported before; then nothing was added."""


class ReadBody(msgspec.Struct, frozen=True, kw_only=True):
    """One kept body of an exchange."""

    kind: str
    """``request`` or ``answer``."""
    side: str
    body: bytes


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange that named a person as its data subject."""

    message_id: str
    request_id: str
    client: str
    service: str
    side: str
    outcome: str
    at: datetime
    key: str = ""
    """The key of the index it was found under: a year, or ``first``."""
    archived: bool = False


class ConcernedList(msgspec.Struct, frozen=True, kw_only=True):
    """The exchanges that concerned a person, the newest first."""

    exchanges: list[Concerned]
    keys: list[str] = []
    whole: bool = True
    """Whether this is all there is; otherwise the newest ones only."""


class WaitingDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day this gateway signed and the directory has not taken."""

    day: date
    source: str
    document: SignedDay
    refused: int = 0
    """How often it was refused; then when last, and why."""
    refused_at: datetime | None = None
    why: str = ""


class ToldDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the directory said about a day this gateway signed."""

    day: date
    source: str = ""
    verdict: str
    why: str = ""
    message_id: str


class RecountedDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day counted again from the rows in the log, beside what was signed; hex SHA-256."""

    day: date
    signed_sha256: str
    """Empty while the day is not closed."""
    counted_sha256: str
    holds: bool


class _Exchanges(msgspec.Struct, frozen=True):
    exchanges: list[ExchangeLine]


class _Import(msgspec.Struct, frozen=True, omit_defaults=True):
    source: str
    rows: list[ImportRow] = []
    records: int = 0
    digest: str = ""


def exchanges(
    *,
    limit: int = 25,
    client: str = "",
    service: str = "",
    outcome: str = "",
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[ExchangeLine]:
    """The newest exchanges first; raises LogNotReachable."""
    query = {
        "limit": str(limit),
        "client": client,
        "service": service,
        "outcome": outcome,
        "since": since.isoformat() if since else "",
        "before": before.isoformat() if before else "",
    }
    given = urlencode({key: value for key, value in query.items() if value})
    return _get(f"/exchanges?{given}", _Exchanges).exchanges


def exchange(message_id: str) -> ExchangeDetail:
    """One exchange with its evidence; raises NoSuchExchange or LogNotReachable."""
    return _get(f"/exchanges/{quote(message_id, safe='')}", ExchangeDetail)


def receipt(message_id: str, request_id: str = "") -> bytes:
    """
    The receipt's JSON as the gateway made it; raises NoSuchExchange until it is sealed.

    Without ``request_id`` it is that of the newest request under the message id, which
    another client may have used too.
    """
    of = "?" + urlencode({"request_id": request_id}) if request_id else ""
    return _ask("GET", f"/receipts/{quote(message_id, safe='')}{of}")


def counts(
    start: datetime, end: datetime, *, group: str = "total", client: str = "", service: str = ""
) -> Counts:
    """
    Counts of the half-open span from start to end; raises LogNotReachable.

    ``client`` and ``service`` narrow them to one caller, one service or one pair.
    """
    query = {"start": start.isoformat(), "end": end.isoformat(), "group": group}
    query |= {name: value for name, value in (("client", client), ("service", service)) if value}
    return _get(f"/counts?{urlencode(query)}", Counts)


def import_rollups(*, source: str, rows: Iterable[ImportRow]) -> ImportDone:
    """Enter counts from elsewhere as one import statement; the same rows twice are one."""
    body = msgspec.json.encode(_Import(source, list(rows)))
    return msgspec.json.decode(_ask("POST", "/imports", body), type=ImportDone)


def import_records(*, source: str, records: int, digest: str) -> ImportDone:
    """
    Enter a register's bulk load in the log as one statement (decision 2).

    ``digest`` is the hex SHA-256 over the loaded rows; the rows stay in the register.
    """
    body = msgspec.json.encode(_Import(source, records=records, digest=digest))
    return msgspec.json.decode(_ask("POST", "/imports", body), type=ImportDone)


def revoke(grant: str, *, reason: str = "") -> None:
    """Refuse a grant at the provider's gateway from now on (decision 19)."""
    _ask("POST", "/revocations", msgspec.json.encode({"grant": grant, "reason": reason}))


def bodies(message_id: str, *, by: str, reason: str, request_id: str = "") -> list[ReadBody]:
    """
    The kept bodies of an exchange; who reads them and why is written into the log first.

    Raises NoSuchExchange when there is no such exchange or none of its bodies is kept.
    """
    asked = {"by": by, "reason": reason, "request_id": request_id}
    raw = _ask("POST", f"/bodies/{quote(message_id, safe='')}", msgspec.json.encode(asked))
    return msgspec.json.decode(raw, type=dict[str, list[ReadBody]])["bodies"]


def concerned(subject: str, *, by: str = "", reason: str = "") -> ConcernedList:
    """
    Which exchanges concerned a person, under the keys of all years and in archives too.

    An officer's question names who asks and why, and is written into the log
    first. Without both it is asked for the person's own eyes.
    """
    asked = {"subject": subject, "by": by, "reason": reason}
    raw = _ask("POST", "/subjects", msgspec.json.encode(asked))
    return msgspec.json.decode(raw, type=ConcernedList)


def refusals(start: datetime, end: datetime) -> list[RefusalLine]:
    """What this gateway refused, or its clients met, newest kind first; raises LogNotReachable."""
    window = urlencode({"start": start.isoformat(), "end": end.isoformat()})
    return _get(f"/refusals?{window}", dict[str, list[RefusalLine]])["refusals"]


def failures(start: datetime, end: datetime) -> list[FailureLine]:
    """What did not succeed, by hour, pair and kind; raises LogNotReachable."""
    window = urlencode({"start": start.isoformat(), "end": end.isoformat()})
    return _get(f"/operational/failures?{window}", dict[str, list[FailureLine]])["failures"]


def processes() -> list[ProcessLine]:
    """The processes of this node's gateway; raises LogNotReachable."""
    return _get("/processes", dict[str, list[ProcessLine]])["processes"]


def quota_use() -> dict[str, QuotaLine]:
    """Use of quotas in the running minute and day, by grant; raises LogNotReachable."""
    found = _get("/quotas", dict[str, list[QuotaLine]])["quotas"]
    return {line.grant: line for line in found}


def untold_days() -> Iterator[list[WaitingDay]]:
    """
    Days this gateway signed and the directory has not taken, the oldest first.

    Some at a time, as many as may be held at once. Raises LogNotReachable.
    """
    behind = ""
    while found := _get(f"/days{behind}", dict[str, list[WaitingDay]])["days"]:
        yield found
        last = found[-1]
        behind = f"?{urlencode({'after': last.day.isoformat(), 'source': last.source})}"


def note_told(days: Iterable[ToldDay]) -> int:
    """Keep the directory's word about them; how many were new. Raises LogNotReachable."""
    body = msgspec.json.encode({"days": list(days)})
    return msgspec.json.decode(_ask("POST", "/days", body), type=dict[str, int])["new"]


def recount_day(day: date) -> RecountedDay:
    """Count a day again from the rows; raises LogNotReachable."""
    return _get(f"/days/{day.isoformat()}", RecountedDay)


def health() -> dict[str, object]:
    """What the gateway says of itself; raises LogNotReachable."""
    return _get("/health", dict[str, object])


def _get(path: str, kind: type[T]) -> T:
    return msgspec.json.decode(_ask("GET", path), type=kind)


def _ask(method: str, path: str, body: bytes | None = None) -> bytes:
    node = Node.from_environment()
    headers = {"Authorization": f"Bearer {node.secret('admin_token')}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        answer = _pool.request(
            method,
            f"http://127.0.0.1:{node.ports.gateway_admin}{path}",
            body=body,
            headers=headers,
        )
    except urllib3.exceptions.HTTPError:
        raise LogNotReachable from None
    if answer.status == 404:
        raise NoSuchExchange
    if answer.status >= 400:
        raise LogNotReachable(f"the gateway answered {answer.status}", status=answer.status)
    return answer.data
