"""
The gateway's local administration API: loopback only, with a bearer token.

The console, the figures of traffic and the command line ask here, since the
log's tables are the gateway's own (decision 5). JSON both ways; errors are
RFC 9457 problem documents.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, unquote

import msgspec

from lienthong.gateway import (
    days,
    inquiries,
    kept_bodies,
    operational_queries,
    refusals,
    rollups,
    statements,
    subjects,
)
from lienthong.gateway.ageing import ageing
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway
from lienthong.gateway.exposition import CONTENT_TYPE, exposition
from lienthong.gateway.inquiries import Search
from lienthong.gateway.measures import read_measures
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.gateway.observing import Observatory
from lienthong.gateway.operational_queries import ALL
from lienthong.gateway.parquet import Archive
from lienthong.gateway.processes import Processes, ProcessState, total
from lienthong.gateway.reading import LogReader
from lienthong.gateway.sealer import Sealer
from lienthong.kernel import clock
from lienthong.kernel.errors import Invalid, LienThongError, NotFound, Refused
from lienthong.protocol.errors import BadIdentifier, LoggingFailed
from lienthong.protocol.identifiers import parse_client

logger = logging.getLogger("lienthong.gateway.admin")

LARGEST_IMPORT = 256 << 20
LARGEST_BODY = 64 << 10
REASONS = {
    200: b"OK", 201: b"Created", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden",
    404: b"Not Found", 405: b"Method Not Allowed", 409: b"Conflict", 413: b"Content Too Large",
    500: b"Internal Server Error", 503: b"Service Unavailable",
}  # fmt: skip


class BadQuestion(Invalid):
    """The question is not one this interface answers."""

    code = "gateway.bad_question"


class NoToken(Refused):
    """The administration token is missing or wrong."""

    code = "gateway.no_token"
    status = 401


class NoSuchPage(NotFound):
    """There is nothing here."""

    code = "gateway.no_such_page"


class WrongMethod(Invalid):
    """This address is not asked in this way."""

    code = "gateway.wrong_method"
    status = 405


class TooLarge(Invalid):
    """The body is longer than this address takes."""

    code = "gateway.too_large"
    status = 413


Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class ProcessLine(msgspec.Struct, frozen=True):
    alive: bool
    state: ProcessState


class Exchanges(msgspec.Struct, frozen=True):
    exchanges: list[inquiries.ExchangeLine]


@dataclass(frozen=True, slots=True)
class Question:
    """A request to this interface, taken apart."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes

    def moment(self, name: str) -> datetime | None:
        """A moment of the query; raises BadQuestion when it is none or has no time zone."""
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            # A plus sign that was not escaped arrives as a blank.
            moment = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise BadQuestion(f"{name} is not a moment") from None
        if moment.tzinfo is None:
            raise BadQuestion(f"{name} lacks a time zone")
        return moment.astimezone(UTC)


Answerer = Callable[[Question], Awaitable[Outgoing]]


class Administration:
    """The application behind the administration port."""

    def __init__(
        self,
        gateway: Gateway,
        reader: LogReader,
        sealer: Sealer,
        token: str,
        archive: Archive,
        processes: Processes | None = None,
        observing: Observatory | None = None,
    ) -> None:
        self._gateway = gateway
        self._processes = processes or Processes(gateway, sealer)
        self._observing = observing or Observatory(gateway, reader, self._processes, Path("/"))
        self._archive = archive
        self._reader = reader
        self._sealer = sealer
        self._token = token.encode()
        if not self._token:
            raise ValueError("the administration token is empty")
        self._pages: dict[tuple[str, str, int], Answerer] = {
            ("GET", "health", 1): self.health,
            ("GET", "metrics", 1): self.metrics,
            ("GET", "exchanges", 1): self.exchanges,
            ("GET", "exchanges", 2): self.exchange,
            ("GET", "receipts", 2): self.receipt,
            ("GET", "counts", 1): self.counts,
            ("GET", "refusals", 1): self.refusals,
            ("GET", "quotas", 1): self.quotas,
            ("GET", "processes", 1): self.processes,
            ("GET", "environment", 1): self.environment,
            ("GET", "operational", 2): self.operational,
            ("GET", "days", 1): self.days,
            ("GET", "days", 2): self.recounted_day,
            ("POST", "days", 1): self.told_days,
            ("POST", "imports", 1): self.imports,
            ("POST", "revocations", 1): self.revocations,
            ("POST", "bodies", 2): self.bodies,
            ("POST", "subjects", 1): self.subjects,
        }

    # -- as the edge asks --------------------------------------------------------

    def body_limit(self, head: Head) -> int:
        # Nobody without the token makes this process hold a large body.
        if head.method == b"POST" and head.target == b"/imports" and self._may(head):
            return LARGEST_IMPORT
        return LARGEST_BODY

    async def answer(self, request: Incoming) -> Outgoing:
        try:
            if not self._may(request.head):
                raise NoToken
            if request.refused is not None:
                raise TooLarge
            question = read_question(request)
            return await self._page(question)(question)
        except LienThongError as problem:
            return problem_answer(problem)
        except Exception as error:
            logger.error("unforeseen", exc_info=error)
            return problem_answer(LienThongError("the question could not be answered"))

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return problem_answer(BadQuestion(why))

    def _may(self, head: Head) -> bool:
        given = head.header(b"authorization") or b""
        return hmac.compare_digest(given, b"Bearer " + self._token)

    def _page(self, question: Question) -> Answerer:
        if not question.parts:
            raise NoSuchPage
        name, length = question.parts[0], len(question.parts)
        page = self._pages.get((question.method, name, length))
        if page is not None:
            return page
        if any(known[1:] == (name, length) for known in self._pages):
            raise WrongMethod
        raise NoSuchPage

    # -- pages -------------------------------------------------------------------

    async def health(self, question: Question) -> Outgoing:
        async with self._reader.connection() as connection:
            measures = await read_measures(connection)
        states, now = self._processes.all(), time.time()
        silent = [state.index for state in states if not state.is_alive(now)
                  and state.index < self._processes.of]  # fmt: skip
        snapshot = self._gateway.current
        aged = ageing(snapshot, clock.instant(), self._gateway.heard_at)
        wrong = [
            name
            for name, fails in {
                "log": not self._gateway.log.healthy,
                "snapshot": snapshot is None,
                "directory": aged.directory_away,
                "sealing": measures.is_late,
                "processes": bool(silent),
            }.items()
            if fails
        ]
        return answer_json(
            {
                "status": "degraded" if wrong else "ok",
                "wrong": wrong,
                "gateway": str(self._gateway.identity),
                "snapshot": snapshot.number if snapshot is not None else None,
                "snapshot_made_at": snapshot.made_at if snapshot is not None else None,
                "snapshot_stops": list(aged.stopped),
                "snapshot_next_stop": aged.next_stop,
                "snapshot_refused": self._gateway.snapshot_refused,
                "denied": self._gateway.denied.number if self._gateway.denied is not None else 0,
                "members_hosted": len(self._gateway.holdings.keys),
                "sealing_here": self._sealer.state.active,
                "missed_promises": int(total(states, now).counters.get("missed_promises", 0)),
                "silent_processes": silent,
                **measures.told(),
            }
        )

    async def metrics(self, question: Question) -> Outgoing:
        measures = None
        with contextlib.suppress(LoggingFailed):
            async with self._reader.connection() as connection:
                measures = await read_measures(connection)
        text = exposition(self._gateway, self._processes.all(), measures, time.time())
        headers = [(b"Content-Type", CONTENT_TYPE)]
        return Outgoing(200, REASONS[200], headers, Body.of(text.encode()))

    async def processes(self, question: Question) -> Outgoing:
        """Every process of this gateway, with what it counts and whether it is alive."""
        now = time.time()
        lines = [
            ProcessLine(alive=state.is_alive(now), state=state)
            for state in self._processes.all()
            if state.index < self._processes.of
        ]
        return answer_json({"processes": lines})

    async def environment(self, question: Question) -> Outgoing:
        """The machine, as ``getSecurityServerMetrics`` tells it to the owner."""
        fields = tuple(name for name in question.query.get("fields", "").split(",") if name)
        return answer_json(await asyncio.to_thread(self._observing.everything, fields))

    async def operational(self, question: Question) -> Outgoing:
        """Operational data as the owner sees them: ``records``, ``health`` or ``failures``."""
        match question.parts[1]:
            case "records":
                found = await self._observing.records(read_search(question), ALL, offset=0)
                return answer_json({"records": found.records, "nextRecordsFrom": found.next_from})
            case "health":
                return answer_json(await self._observing.health(ALL))
            case "failures":
                start, end = read_span(question)
                async with self._reader.connection() as connection:
                    lines = await operational_queries.failures(connection, start, end)
                return answer_json({"failures": lines})
        raise NoSuchPage

    async def exchanges(self, question: Question) -> Outgoing:
        query = question.query
        try:
            limit = msgspec.convert(query.get("limit", "25"), Limit, strict=False)
        except msgspec.ValidationError:
            raise BadQuestion("limit is a number from 1 to 1000") from None
        wanted = Search(
            client=query.get("client", ""),
            service=query.get("service", ""),
            outcome=query.get("outcome", ""),
            limit=limit,
        )
        ends = [end for name in ("until", "before") if (end := question.moment(name))]
        wanted = dataclasses.replace(
            wanted,
            since=question.moment("since") or wanted.since,
            until=min(ends, default=wanted.until),
        )
        async with self._reader.connection() as connection:
            return answer_json(Exchanges(await inquiries.search(connection, wanted)))

    async def exchange(self, question: Question) -> Outgoing:
        async with self._reader.connection() as connection:
            found = await inquiries.detail(
                connection,
                self._archive,
                self._gateway,
                question.parts[1],
                question.query.get("request_id", ""),
            )
        return answer_json(found)

    async def receipt(self, question: Question) -> Outgoing:
        side = question.query.get("side", "")
        if side not in ("", "consumer", "provider"):
            raise BadQuestion("a side is consumer or provider")
        async with self._reader.connection() as connection:
            made = await inquiries.receipt(
                connection,
                self._archive,
                self._gateway,
                question.parts[1],
                side=side,
                request_id=question.query.get("request_id", ""),
            )
        return answer_json(made)

    async def counts(self, question: Question) -> Outgoing:
        start, end = read_span(question)
        group = question.query.get("group", "total")
        if group not in rollups.GROUPS:
            raise BadQuestion(f"group is one of {', '.join(rollups.GROUPS)}")
        client, service = question.query.get("client", ""), question.query.get("service", "")
        async with self._reader.connection() as connection:
            if client or service:
                found = await rollups.count_between(
                    connection, start, end, group, client=client, service=service
                )
            else:
                found = await rollups.count(connection, start, end, group)
        return answer_json(found)

    async def refusals(self, question: Question) -> Outgoing:
        start, end = read_span(question)
        async with self._reader.connection() as connection:
            found = await refusals.refusals(connection, start, end)
        return answer_json({"refusals": found})

    async def quotas(self, question: Question) -> Outgoing:
        async with self._reader.connection() as connection:
            found = await refusals.quota_use(connection, clock.instant())
        return answer_json({"quotas": found})

    async def days(self, question: Question) -> Outgoing:
        """Signed days that wait to be told to the directory, those behind ``after``."""
        after = (date.min, "")
        if text := question.query.get("after", ""):
            after = (read_day_of(text), question.query.get("source", ""))
        async with self._reader.connection() as connection:
            return answer_json(await days.untold(connection, after))

    async def told_days(self, question: Question) -> Outgoing:
        """Keep what the directory said about some of them."""
        try:
            told = msgspec.json.decode(question.body, type=days.ToldDays)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise BadQuestion(str(problem)) from None
        async with self._reader.connection() as connection:
            return answer_json({"new": await days.note_told(connection, told)})

    async def recounted_day(self, question: Question) -> Outgoing:
        """A day counted again from the rows, beside what was signed."""
        day = read_day_of(question.parts[1])
        async with self._reader.connection() as connection:
            return answer_json(await days.recount(connection, day))

    async def imports(self, question: Question) -> Outgoing:
        # Off the loop: a year of a country is tens of megabytes, and exchanges go on meanwhile.
        prepared = await asyncio.to_thread(statements.prepare, question.body)
        async with self._reader.connection() as connection:
            done = await statements.enter(connection, prepared, gateway=str(self._gateway.identity))
        return answer_json(done, status=200 if done.repeated else 201)

    async def revocations(self, question: Question) -> Outgoing:
        try:
            revocation = msgspec.json.decode(question.body, type=statements.Revocation)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise BadQuestion(str(problem)) from None
        async with self._reader.connection() as connection:
            fresh = await statements.revoke(connection, revocation)
        return answer_json({"grant": revocation.grant, "repeated": not fresh})

    async def bodies(self, question: Question) -> Outgoing:
        """The kept bodies of an exchange; who reads them is written into the log first."""
        try:
            reading = msgspec.json.decode(question.body, type=kept_bodies.Reading)
        except msgspec.DecodeError as problem:
            raise BadQuestion(str(problem)) from None
        async with self._reader.connection() as connection:
            found = await inquiries.find(
                connection, self._archive, question.parts[1], reading.request_id
            )
            rows = [one.row for one in found.placed]
            sealed = await kept_bodies.sealed_of(connection, rows)
            if not sealed:
                raise kept_bodies.NoSuchBody
            first = rows[0].evidence
            await kept_bodies.write_reading(
                connection, reading, first.message_id, first.request_id,
                str(self._gateway.identity),
            )  # fmt: skip
        keys = self._gateway.secrets.bodies
        return answer_json({"bodies": [kept_bodies.read(*one, keys) for one in sealed]})

    async def subjects(self, question: Question) -> Outgoing:
        """Which exchanges concerned a person, under the keys of all years."""
        try:
            asked = msgspec.json.decode(question.body, type=subjects.SubjectQuestion)
        except msgspec.DecodeError:
            # What was sent may name a person, so it is not repeated.
            raise BadQuestion('a subject is asked for as {"subject": …}') from None
        keys = self._gateway.secrets.subjects
        async with self._reader.connection() as connection:
            if asked.by:
                await subjects.write_question(connection, keys, asked, str(self._gateway.identity))
            found = await subjects.concerned(connection, self._archive, keys, asked.subject)
        return answer_json(found)


def read_day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuestion("a day is written 2026-12-31") from None


def read_span(question: Question) -> tuple[datetime, datetime]:
    start, end = question.moment("start"), question.moment("end")
    if start is None or end is None or end < start:
        raise BadQuestion("start and end are moments, in this order")
    return start, end


def read_search(question: Question) -> operational_queries.Search:
    """A search for records; ``from`` and ``to`` are Unix seconds as in X-Road."""
    query = question.query
    try:
        start, end = (msgspec.convert(query[name], int, strict=False) for name in ("from", "to"))
    except (KeyError, msgspec.ValidationError):
        raise BadQuestion("from and to are Unix seconds") from None
    try:
        client = parse_client(query["client"]) if query.get("client") else None
    except BadIdentifier as problem:
        raise BadQuestion(str(problem)) from None
    fields = tuple(name for name in query.get("fields", "").split(",") if name)
    return operational_queries.Search(start=start, end=end, client=client, fields=fields)


def read_question(request: Incoming) -> Question:
    head = request.head
    path, _, query = head.target.partition(b"?")
    try:
        parts = tuple(unquote(part, errors="strict") for part in path.decode("ascii").split("/"))
        pairs = parse_qsl(query.decode("ascii"), errors="strict", max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise BadQuestion("the address is not percent-encoded UTF-8") from None
    if any("\x00" in text for pair in pairs for text in pair) or any("\x00" in p for p in parts):
        raise BadQuestion("the address contains a zero byte")
    return Question(head.method.decode("ascii"), parts[1:], dict(pairs), request.body.whole())


def answer_json(value: object, *, status: int = 200) -> Outgoing:
    return Outgoing(
        status,
        REASONS[status],
        [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")],
        Body.of(msgspec.json.encode(value)),
    )


def problem_answer(problem: LienThongError) -> Outgoing:
    status = problem.status if problem.status in REASONS else 500
    document = {
        "type": "about:blank",
        "title": type(problem).message(),
        "status": status,
        "detail": str(problem),
        "code": problem.code,
    }
    return Outgoing(
        status,
        REASONS[status],
        [(b"Content-Type", b"application/problem+json")],
        Body.of(msgspec.json.encode(document)),
    )
