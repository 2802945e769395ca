"""
Reading operational monitoring data, in the words and shapes of X-Road (PR-OPMON 1.6).

Who asks sees what `Scope` lets through: the owner of the gateway and the
operator's monitoring client everything, a member what it was client or
provider of.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec

from lienthong.gateway.postgres_log import Connection
from lienthong.kernel.errors import Invalid
from lienthong.protocol.errors import BadIdentifier
from lienthong.protocol.identifiers import MemberId, SubsystemId, decode

MOST_RECORDS = 10_000
PERIOD_SECONDS = 600
PATIENCE = 30.0

FOUND = """
    SELECT * FROM operational_record
    WHERE recorded_at >= $1 AND recorded_at < $2
      AND ($3 = '' OR client = $3 OR starts_with(client, $3 || '/')
           OR starts_with(service, $3 || '/'))
      AND ($4 = '' OR client = $4 OR starts_with(service, $4 || '/'))
    ORDER BY recorded_at LIMIT $5
"""
# The durations and sizes of requests of the last minutes; the rest comes from the processes.
STATISTICS = """
    SELECT service, max(service_version) AS service_version, max(service_type) AS service_type,
           count(*) FILTER (WHERE succeeded) AS well,
           count(*) FILTER (WHERE NOT succeeded) AS ill,
           min(took) AS took_min, avg(took) AS took_avg, max(took) AS took_max,
           stddev_pop(took) AS took_dev,
           min(request_size) AS asked_min, avg(request_size) AS asked_avg,
           max(request_size) AS asked_max, stddev_pop(request_size) AS asked_dev,
           min(response_size) AS answered_min, avg(response_size) AS answered_avg,
           max(response_size) AS answered_max, stddev_pop(response_size) AS answered_dev
    FROM (
        SELECT *, CASE WHEN succeeded THEN response_out - request_in END AS took
        FROM operational_record
        WHERE recorded_at >= $1 AND recorded_at < $2 AND producer AND service_type IS NOT NULL
    ) seen
    GROUP BY service
"""


class BadCriteria(Invalid):
    """The search cannot be done as it is asked for."""

    code = "gateway.bad_criteria"


@dataclass(frozen=True, slots=True)
class Scope:
    """What one caller may see."""

    member: MemberId | None = None
    """None sees everything."""

    def sees(self, service: str) -> bool:
        return self.member is None or service.startswith(f"{self.member}/")

    @property
    def prefix(self) -> str:
        return "" if self.member is None else str(self.member)


ALL = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """``recordsFrom`` and ``recordsTo`` in Unix seconds, both inclusive."""

    start: int
    end: int
    client: SubsystemId | MemberId | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    records: list[dict[str, object]]
    next_from: int | None
    """Where the next search begins, when there is or will be more in the span."""

    def packed(self) -> bytes:
        """``{"records": […]}`` as gzip; long, so not for the event loop."""
        return gzip.compress(msgspec.json.encode({"records": self.records}), 6, mtime=0)


def check(search: Search, now: datetime, offset: int) -> int:
    """The last second that is told, at most ``recordsTo``; raises BadCriteria."""
    unknown = [name for name in search.fields if name not in FIELDS]
    if unknown:
        raise BadCriteria(f"Unknown output field: {unknown[0][:60]}")
    newest = int(now.timestamp()) - offset
    if search.start < 0 or search.end < 0:
        raise BadCriteria("Timestamps must not be negative")
    if search.start > search.end:
        raise BadCriteria("recordsTo must not be earlier than recordsFrom")
    if search.start >= newest:
        raise BadCriteria("recordsFrom is too recent: the records are not complete yet")
    return min(search.end, newest - 1)


async def find(
    connection: Connection,
    search: Search,
    scope: Scope,
    *,
    now: datetime,
    offset: int,
    most: int = MOST_RECORDS,
) -> Found:
    """
    The records of a span; raises BadCriteria.

    They end with a whole second, so that a next search begins with the one
    after it; only a single second with more than ``most`` is told whole.
    """
    end = check(search, now, offset)
    client = "" if search.client is None else str(search.client)
    span = _moment(search.start), _moment(end + 1)
    rows = await connection.fetch(FOUND, *span, scope.prefix, client, most + 1, timeout=PATIENCE)
    following = end + 1 if end < search.end else None
    if len(rows) > most:
        cut = _second(rows[-1])
        whole = [row for row in rows if _second(row) < cut]
        if not whole:
            whole = await connection.fetch(
                FOUND, _moment(cut), _moment(cut + 1), scope.prefix, client, None, timeout=PATIENCE
            )
            cut += 1
        rows, following = whole, cut if cut <= search.end else None
    names = search.fields or tuple(FIELDS)
    return Found([told(row, names) for row in rows], following)


def told(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, object]:
    """The fields asked for that have a value."""
    return {name: value for name in names if (value := FIELDS[name](row)) is not None}


# -- fields ------------------------------------------------------------------------------

Read = Callable[[Mapping[str, Any]], object]


def _second(row: Mapping[str, Any]) -> int:
    return int(row["recorded_at"].timestamp())


def _moment(second: int) -> datetime:
    try:
        return datetime.fromtimestamp(second, UTC)
    except (OverflowError, ValueError, OSError):
        raise BadCriteria("A timestamp is out of range") from None


@lru_cache(maxsize=4096)
def parts_of(identifier: str) -> tuple[str, ...]:
    """The decoded parts of an identifier; none of one that cannot be read."""
    try:
        return tuple(decode(part) for part in identifier.split("/")) if identifier else ()
    except BadIdentifier:
        return ()


def _column(name: str) -> Read:
    return lambda row: row[name]


def _client(place: int) -> Read:
    def read(row: Mapping[str, Any]) -> object:
        parts = parts_of(row["client"])
        return parts[place] if place < len(parts) else None

    return read


def _service(place: int) -> Read:
    """Of ``instance/class/member[/subsystem]/code``, the last part under number 4."""

    def read(row: Mapping[str, Any]) -> object:
        parts = parts_of(row["service"])
        if place == 4:
            return parts[-1] if parts else None
        return parts[place] if place < len(parts) - 1 else None

    return read


def _party(place: int) -> Read:
    """Of ``[class/]code``."""

    def read(row: Mapping[str, Any]) -> object:
        parts = parts_of(row["represented_party"] or "")
        if place == 1:
            return parts[-1] if parts else None
        return parts[0] if len(parts) == 2 else None

    return read


FIELDS: dict[str, Read] = {
    "monitoringDataTs": _second,
    "securityServerInternalIp": _column("internal_ip"),
    "securityServerType": lambda row: "Producer" if row["producer"] else "Client",
    "requestInTs": _column("request_in"),
    "requestOutTs": _column("request_out"),
    "responseInTs": _column("response_in"),
    "responseOutTs": _column("response_out"),
    "clientXRoadInstance": _client(0),
    "clientMemberClass": _client(1),
    "clientMemberCode": _client(2),
    "clientSubsystemCode": _client(3),
    "serviceXRoadInstance": _service(0),
    "serviceMemberClass": _service(1),
    "serviceMemberCode": _service(2),
    "serviceSubsystemCode": _service(3),
    "serviceCode": _service(4),
    "restMethod": _column("rest_method"),
    "restPath": _column("rest_path"),
    "serviceVersion": _column("service_version"),
    "representedPartyClass": _party(0),
    "representedPartyCode": _party(1),
    "messageId": _column("message_id"),
    "messageUserId": _column("user_id"),
    "messageIssue": _column("issue"),
    "messageProtocolVersion": _column("protocol_version"),
    "clientSecurityServerAddress": _column("client_address"),
    "serviceSecurityServerAddress": _column("service_address"),
    "requestSize": _column("request_size"),
    "requestMimeSize": _column("request_mime_size"),
    "requestAttachmentCount": _column("request_attachments"),
    "responseSize": _column("response_size"),
    "responseMimeSize": _column("response_mime_size"),
    "responseAttachmentCount": _column("response_attachments"),
    "succeeded": _column("succeeded"),
    "serviceType": _column("service_type"),
    "faultCode": _column("fault_code"),
    "faultString": _column("fault_string"),
    "statusCode": _column("status"),
    "xRoadVersion": _column("software"),
    "xRequestId": _column("request_id"),
}
"""Every field of a record by its name on the wire; one without a value is left out."""


# -- health ------------------------------------------------------------------------------


class Statistics(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Requests of the last period to one service; durations in ms, sizes in bytes."""

    successful_request_count: int
    unsuccessful_request_count: int
    request_min_duration: int | None = None
    request_average_duration: float | None = None
    request_max_duration: int | None = None
    request_duration_std_dev: float | None = None
    request_min_size: int | None = None
    request_average_size: float | None = None
    request_max_size: int | None = None
    request_size_std_dev: float | None = None
    response_min_size: int | None = None
    response_average_size: float | None = None
    response_max_size: int | None = None
    response_size_std_dev: float | None = None


class ServiceEvents(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    service: str
    last_successful_request_timestamp: int | None = None
    """Unix ms, since this gateway's processes were started."""
    last_unsuccessful_request_timestamp: int | None = None
    service_type: str | None = None
    last_period_statistics: Statistics


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``getSecurityServerHealthData`` answers."""

    monitoring_startup_timestamp: int
    statistics_period_seconds: int = PERIOD_SECONDS
    services_events: list[ServiceEvents]


@dataclass(frozen=True, slots=True)
class LastEnds:
    """When a service last answered well and ill (Unix ms, 0 for never), and its kind."""

    well: int
    ill: int
    kind: str


async def health(
    connection: Connection,
    lasts: Mapping[str, LastEnds],
    scope: Scope,
    *,
    started: int,
    now: datetime,
    client: SubsystemId | MemberId | None = None,
) -> Health:
    """Every service this gateway answered for since it was started, by its name."""
    rows = await connection.fetch(
        STATISTICS, now - timedelta(seconds=PERIOD_SECONDS), now, timeout=PATIENCE
    )
    counted = {row["service"]: row for row in rows}
    wanted = f"{client}/" if client is not None else ""
    services = sorted(
        name for name in {*lasts, *counted} if scope.sees(name) and name.startswith(wanted)
    )
    return Health(
        monitoring_startup_timestamp=started,
        services_events=[_events(name, lasts.get(name), counted.get(name)) for name in services],
    )


def _events(name: str, last: LastEnds | None, row: asyncpg.Record | None) -> ServiceEvents:
    kind = last.kind if last is not None else row["service_type"] if row is not None else None
    return ServiceEvents(
        service=name,
        last_successful_request_timestamp=(last.well or None) if last is not None else None,
        last_unsuccessful_request_timestamp=(last.ill or None) if last is not None else None,
        service_type=kind,
        last_period_statistics=_statistics(row),
    )


def _statistics(row: asyncpg.Record | None) -> Statistics:
    if row is None:
        return Statistics(successful_request_count=0, unsuccessful_request_count=0)
    return Statistics(
        successful_request_count=row["well"],
        unsuccessful_request_count=row["ill"],
        request_min_duration=row["took_min"],
        request_average_duration=_number(row["took_avg"]),
        request_max_duration=row["took_max"],
        request_duration_std_dev=_number(row["took_dev"]),
        request_min_size=row["asked_min"],
        request_average_size=_number(row["asked_avg"]),
        request_max_size=row["asked_max"],
        request_size_std_dev=_number(row["asked_dev"]),
        response_min_size=row["answered_min"],
        response_average_size=_number(row["answered_avg"]),
        response_max_size=row["answered_max"],
        response_size_std_dev=_number(row["answered_dev"]),
    )


def _number(value: object) -> float | None:
    return None if value is None else round(float(str(value)), 3)


# -- failures, for the console -------------------------------------------------------------

# One exchange stands on both sides when both are here: the provider's knows why.
FAILED = """
    SELECT date_trunc('hour', recorded_at, 'UTC') AS hour, client, service,
           coalesce(fault_code, '') AS fault, coalesce(status, 0) AS status,
           count(*)::bigint AS count, max(recorded_at) AS last,
           (array_agg(message_id ORDER BY recorded_at DESC)
            FILTER (WHERE message_id IS NOT NULL))[1] AS message_id
    FROM (
        SELECT DISTINCT ON (coalesce(request_id, tableoid::text || ctid::text)) *
        FROM operational_record
        WHERE recorded_at >= $1 AND recorded_at < $2 AND NOT succeeded
        ORDER BY coalesce(request_id, tableoid::text || ctid::text), producer DESC
    ) once
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1 DESC, count(*) DESC
    LIMIT $3
"""


class FailureLine(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one hour and pair that failed in the same way."""

    hour: datetime
    client: str
    service: str
    fault: str
    """The exchange's code; empty when the system itself answered with ``status``."""
    status: int
    count: int
    last: datetime
    message_id: str = ""


async def failures(
    connection: Connection, start: datetime, end: datetime, limit: int = 5000
) -> list[FailureLine]:
    """Newest hour first."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        FAILED, start, end, limit, timeout=PATIENCE
    )
    return [
        FailureLine(
            hour=row["hour"], client=row["client"], service=row["service"], fault=row["fault"],
            status=row["status"], count=row["count"], last=row["last"],
            message_id=row["message_id"] or "",
        )
        for row in rows
    ]  # fmt: skip
