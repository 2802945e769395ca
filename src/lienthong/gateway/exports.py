"""
``/asic``: what a client's gateway can show of its messages, as sealed ASiC-E containers.

Addresses, parameters, names, types and status codes are those of X-Road
(`AsicContainerClientRequestProcessor` at fcd16216); errors are plain text. The
containers are sealed at export by this gateway's key and hold the original
signatures, the receipt and a note that says so (decision 25).
"""

from __future__ import annotations

import asyncio
import io
import logging
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from lienthong.gateway import authorise, evidence_files
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway
from lienthong.gateway.evidence_files import Exported
from lienthong.gateway.heads import best_for
from lienthong.gateway.inquiries import of_message
from lienthong.gateway.messages import Head, Incoming, Outgoing
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import EPOCH, Connection
from lienthong.gateway.reading import LogReader
from lienthong.gateway.records import Placed
from lienthong.gateway.rows import Kind, LogSide
from lienthong.kernel.errors import LienThongError
from lienthong.protocol import asic, rest
from lienthong.protocol.errors import BadIdentifier
from lienthong.protocol.faults import XRoadFault
from lienthong.protocol.identifiers import (
    MemberId,
    ServiceId,
    SubsystemId,
    encode,
    parse_client,
)
from lienthong.protocol.promise import SEAL_WITHIN

if TYPE_CHECKING:
    from lienthong.gateway.timestamps import Stamper

logger = logging.getLogger("lienthong.gateway.exports")

ZIP = "application/zip"
MOST = 200
"""Containers of one answer."""
LARGEST = 64 << 20
"""Bytes of one answer; more is asked for one by one (``unique``)."""
TOO_LARGE = 'The containers are too large together; ask with "unique"'
AT_ONCE = 2
LOOK_EVERY = 0.2
REASONS = {
    200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 404: b"Not Found",
    405: b"Method Not Allowed", 500: b"Internal Server Error",
}  # fmt: skip
NAMES = {Kind.REQUEST: "request", Kind.ANSWER: "response"}


class NotExported(Exception):
    """Why there is no container, with the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the query asks for."""

    message_id: str
    only: Kind | None
    unique: bool
    force: bool


@dataclass(slots=True)
class Exports:
    """The log behind a consumer's port, for those whose messages are in it."""

    reader: LogReader
    archive: Archive
    stamper: Callable[[], Stamper] | None = None
    """Makes what asks for time-stamps; None where no authority is configured."""
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _stamping: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def stamp(self) -> None:
        """Have the newest head stamped now; raises NotExported."""
        if self.stamper is None:
            return
        async with self._stamping:
            try:
                await self.stamper().stamp_now()
            except (LienThongError, OSError) as problem:
                logger.warning("no time-stamp", extra={"error": type(problem).__name__})
                raise NotExported(500, "Could not create missing timestamp!") from None


async def answer(gateway: Gateway, request: Incoming, exports: Exports | None) -> Outgoing:
    """The answer to a request for one of `front.EXPORTED`; never raises."""
    try:
        if request.head.method != b"GET":
            raise NotExported(405, "Must use GET request method")
        path, _ = rest.split_target(request.head.target)
        if path == b"/verificationconf":
            return await verification(gateway)
        if exports is None:
            raise NotExported(500, "The message log is not kept here")
        async with exports._places:
            return await containers(gateway, request.head, exports)
    except NotExported as problem:
        return plain(problem.status, str(problem))
    except Exception as error:
        # An archive that is away, a body that does not open, a key that does not sign.
        known = isinstance(error, LienThongError)
        logger.error("not exported", exc_info=None if known else error,
                     extra={"error": type(error).__name__})  # fmt: skip
        return plain(500, str(error) if known else "The containers could not be made")


def plain(status: int, text: str) -> Outgoing:
    headers = [(b"Content-Type", b"text/plain;charset=utf-8")]
    return Outgoing(status, REASONS[status], headers, Body.of(text.encode()))


def file(kind: str, disposition: str, data: bytes) -> Outgoing:
    headers = [
        (b"Content-Type", kind.encode()),
        (b"Content-Disposition", disposition.encode()),
    ]
    return Outgoing(200, REASONS[200], headers, Body.of(data))


async def verification(gateway: Gateway) -> Outgoing:
    """``/verificationconf``: what a verifier must know of the instance; needs no client."""
    if gateway.current is None:
        raise NotExported(500, "This gateway has no snapshot of the directory yet")
    packed = await gateway.described.packed(gateway.current, gateway.anchor, gateway.identity)
    return file(ZIP, 'filename="verificationconf.zip"', packed)


# What is asked for, and who asks.


def read_query(target: bytes) -> dict[str, str]:
    """The parameters by name, a repeated one by its last value; raises NotExported."""
    _, query = rest.split_target(target)
    try:
        found = parse_qs(
            (query or b"").decode("ascii"), keep_blank_values=True, errors="strict",
            max_num_fields=20,
        )  # fmt: skip
    except ValueError:
        raise NotExported(400, "The query cannot be read") from None
    return {name: values[-1] for name, values in found.items()}


def required(query: dict[str, str], name: str) -> str:
    if name not in query:
        raise NotExported(400, f'Parameter "{name}" must be specified.')
    return query[name]


def read_client(query: dict[str, str]) -> SubsystemId | MemberId:
    parts = [required(query, name) for name in ("xRoadInstance", "memberClass", "memberCode")]
    subsystem = query.get("subsystemCode", "")
    try:
        return parse_client("/".join(map(encode, [*parts, *([subsystem] if subsystem else [])])))
    except BadIdentifier as problem:
        raise NotExported(400, str(problem)) from None


def read_wanted(query: dict[str, str]) -> Wanted:
    message_id = required(query, "queryId")
    request, response = "requestOnly" in query, "responseOnly" in query
    if request and response:
        raise NotExported(
            400, 'Parameters "requestOnly" and "responseOnly" cannot be used at the same time.'
        )
    if "unique" in query and not (request or response):
        raise NotExported(
            400, 'Parameter "unique" not applicable without "requestOnly" or "responseOnly".'
        )
    only = Kind.REQUEST if request else Kind.ANSWER if response else None
    return Wanted(message_id, only, "unique" in query, "force" in query)


def require_client(gateway: Gateway, head: Head, client: SubsystemId | MemberId) -> None:
    """Raise NotExported (401) unless the request shows a credential of this very client."""
    rule = gateway.holdings.clients.get(client.local)
    if rule is None or client.instance != gateway.identity.owner.instance:
        raise NotExported(401, f"Client '{client}' not found")
    try:
        authorise.check_credential(head, rule)
    except XRoadFault as fault:
        raise NotExported(401, fault.text) from None


# The containers.


async def containers(gateway: Gateway, head: Head, exports: Exports) -> Outgoing:
    """Zipped containers, or the one that was asked for; raises NotExported."""
    query = read_query(head.target)
    client = read_client(query)
    require_client(gateway, head, client)
    wanted = read_wanted(query)
    async with exports.reader.connection() as connection:
        found = await messages(connection, exports.archive, client, wanted)
    if not found:
        raise NotExported(404, "No signed documents found")
    found = await attested(exports, client, wanted, found)
    if wanted.unique:
        # Several requests may have come under one id; the newest is meant.
        found = found[-1:]
    async with exports.reader.connection() as connection:
        try:
            gathered = await evidence_files.gather(
                connection, exports.archive, gateway, found, by=str(client), most=LARGEST
            )
        except evidence_files.TooMuch:
            raise NotExported(500, TOO_LARGE) from None
    sealed = await seal(gateway, gathered)
    if wanted.unique:
        name, data, _ = sealed[0]
        return file(asic.MIMETYPE, f'attachment; filename="{name}"', data)
    ending = f"-{NAMES[wanted.only]}" if wanted.only is not None else ""
    name = f"{asic.escaped(wanted.message_id)}{ending}.zip"
    packed = await asyncio.to_thread(zipped, sealed)
    return file(ZIP, f'attachment; filename="{name}"', packed)


async def messages(
    connection: Connection, archive: Archive, client: SubsystemId | MemberId, wanted: Wanted
) -> list[Placed]:
    """
    The signed messages of this client under the id, oldest first; archived days if none is left.

    As a consumer its own, as a provider those of its services.
    """
    placed = await of_message(connection, archive, wanted.message_id)
    found = [one for one in placed if concerns(one, client, wanted.only)]
    if len(found) > MOST:
        raise NotExported(500, f"More than {MOST} messages have this id")
    return found


def concerns(one: Placed, client: SubsystemId | MemberId, only: Kind | None) -> bool:
    evidence = one.row.evidence
    if not evidence.signature or (only is not None and evidence.kind != only):
        return False
    if evidence.side == LogSide.CONSUMER:
        return evidence.client == str(client)
    provider = ServiceId.parse(evidence.service).subsystem
    return client in (provider, provider.member)


async def attested(
    exports: Exports, client: SubsystemId | MemberId, wanted: Wanted, found: list[Placed]
) -> list[Placed]:
    """
    The same messages once each is under a head, and the head stamped where stamps are made.

    ``force`` waits for the one and asks for the other; else raises NotExported.
    """
    stamps = exports.stamper is not None
    if await are_attested(exports, found, stamps=stamps):
        return found
    if not wanted.force:
        raise NotExported(500, "Message signature has not been timestamped yet!")
    for _ in range(int(SEAL_WITHIN / LOOK_EVERY)):
        if await are_attested(exports, found, stamps=False):
            break
        await asyncio.sleep(LOOK_EVERY)
        async with exports.reader.connection() as connection:
            found = await messages(connection, exports.archive, client, wanted)
    if not await are_attested(exports, found, stamps=stamps):
        await exports.stamp()
    if not await are_attested(exports, found, stamps=stamps):
        raise NotExported(500, "Could not create missing timestamp!")
    return found


async def are_attested(exports: Exports, found: Sequence[Placed], *, stamps: bool) -> bool:
    places = [one.seq for one in found if one.seq is not None]
    if len(places) < len(found):
        return False
    async with exports.reader.connection() as connection:
        head = await best_for(connection, max(places) + 1)
    return head is not None and (bool(head.tokens) or not stamps)


async def seal(gateway: Gateway, gathered: Sequence[Exported]) -> list[tuple[str, bytes, datetime]]:
    """Each container by its name, with the time of its message; raises NotExported."""
    if sum(one.size for one in gathered) > LARGEST:
        raise NotExported(500, TOO_LARGE)
    sealer = evidence_files.sealer_of(gateway)
    made = []
    for one in gathered:
        name = asic.file_name(one.message_id, NAMES[Kind(one.kind)], one.number)
        data = await asyncio.to_thread(asic.container, one.files, *sealer)
        made.append((name, data, EPOCH + timedelta(microseconds=one.time)))
    return made


def zipped(sealed: Sequence[tuple[str, bytes, datetime]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data, at in sealed:
            archive.writestr(asic.entry(name, at), data)
    return packed.getvalue()
