"""
Questions about what was exchanged: the list, one exchange with its evidence, its receipt.

Evidence is checked again each time it is shown, against the snapshot and the
anchor the gateway holds now; the verdict is a word, so that a page can say it
in its reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from lienthong.gateway import heads, packing, records, rounds, tree
from lienthong.gateway.heads import Attested, Trust, signer_of_head, snapshot_of, verified_head
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import EPOCH, Connection
from lienthong.gateway.records import Placed
from lienthong.gateway.rows import Evidence, Kind, LogSide, Outcome
from lienthong.kernel import clock
from lienthong.kernel.errors import NotFound
from lienthong.protocol import attestation, merkle, signature
from lienthong.protocol.checkpoint import Checkpoint
from lienthong.protocol.errors import BadProof, ProtocolError
from lienthong.protocol.evidence import leaf_of
from lienthong.protocol.identifiers import ServiceId, SubsystemId, parse_client
from lienthong.protocol.receipt import Receipt, ReceiptRecord, bases_of, signed_of

# A request without an answer is still under way until the longest deadline has passed.
STILL_UNDER_WAY = timedelta(seconds=60)
UNKNOWN = "unknown"
# Values that say who a person is or let one in; a screen shows that they were there.
MASKED = frozenset(
    {"authorization", "cookie", "set-cookie", "x-road-userid", "x-road-represented-party"}
)


class NoSuchExchange(NotFound):
    """The log of this gateway holds no such exchange."""

    code = "gateway.no_such_exchange"


class NotSealed(NotFound):
    """The exchange has no receipt yet: its rows are not under a head, or it was not answered."""

    code = "gateway.not_sealed"


class ExchangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange in a list, as the side that asked saw it when both are here."""

    message_id: str
    request_id: str
    client: str
    service: str
    outcome: str
    fault: str
    status: int
    at: datetime
    took_ms: int | None
    side: str
    repeated: bool
    """Whether the same message id came with other requests (flagged, decision 16)."""


class RecordDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One row, with what checking it again just now gave."""

    kind: str
    side: str
    at: datetime
    outcome: str
    fault: str
    status: int
    head: str
    body_digest: str
    body_size: int
    signer: str
    signed_by: str
    signature_valid: bool | None
    signature_verdict: str
    """``valid``, ``unsigned``, or the code of what is wrong."""
    record_verdict: str
    """``valid`` while the row still has the digest its leaf was made from, else ``changed``."""
    peer: str
    mode: str
    effect: str
    grant: str
    trace: str
    subjects: int
    leaf: str
    leaf_index: int | None
    tree_size: int | None
    proof: list[str]
    proof_valid: bool | None


class ExchangeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of both sides that this gateway holds of one exchange."""

    message_id: str
    request_id: str
    client: str
    service: str
    records: list[RecordDetail]
    checkpoint: str
    other_requests: list[str]
    """Request ids that came under the same message id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the list is narrowed to; texts match from their start."""

    since: datetime = EPOCH
    until: datetime = field(default_factory=lambda: datetime(9999, 1, 1, tzinfo=UTC))
    client: str = ""
    service: str = ""
    outcome: str = ""
    limit: int = 25


LINES = """
    WITH line AS (
        SELECT r.*, CASE WHEN r.kind = 'answer' THEN r.outcome ELSE 'unknown' END AS told
        FROM message_way r
        WHERE r.time >= $1 AND r.time < $2
          AND (r.in_row OR starts_with(r.client, $3) AND starts_with(r.service, $4))
          AND (r.side = 'consumer' OR r.exchange & 4294967295 = 0 OR NOT EXISTS (
               SELECT 1 FROM message_way asking
               WHERE asking.exchange = r.exchange AND asking.side = 'consumer'
                 AND substr(asking.packed, 1, 24) = substr(r.packed, 1, 24)))
          AND (r.kind = 'answer' OR r.kind = 'request' AND r.time < $5 AND NOT EXISTS (
               SELECT 1 FROM message_way answer
               WHERE answer.exchange = r.exchange AND answer.side = r.side
                 AND answer.kind = 'answer'
                 AND substr(answer.packed, 1, 24) = substr(r.packed, 1, 24)))
          AND ($6 = '' OR $6 = CASE WHEN r.kind = 'answer' THEN r.outcome ELSE 'unknown' END)
        ORDER BY r.time DESC
        LIMIT $7
    )
    SELECT line.*,
           (SELECT min(asked.time) FROM message_way asked
            WHERE asked.exchange = line.exchange AND asked.side = line.side
              AND asked.kind = 'request' AND line.exchange & 4294967295 <> 0) AS asked_at,
           EXISTS (SELECT 1 FROM message_record other
                   WHERE other.exchange BETWEEN line.exchange >> 32 << 32
                                            AND line.exchange | 4294967295
                     AND substr(other.packed, 1, 12) = substr(line.packed, 1, 12)
                     AND substr(other.packed, 13, 12) <> substr(line.packed, 13, 12)
                  ) AS repeated
    FROM line ORDER BY line.time DESC
"""
# Anybody may be refused under any id, and a client may use one for everything: no page, no
# container and no receipt is made of more.
OF_MESSAGE = f"""
    SELECT {records.PACKED} FROM message_record r
    WHERE r.exchange BETWEEN $1 AND $2 ORDER BY r.time LIMIT 1000
"""
# The newest first: a span of time before the end, then ever longer ones before that.
FIRST_SPAN = timedelta(minutes=1)
LONGER = 8


async def search(connection: Connection, wanted: Search) -> list[ExchangeLine]:
    """The newest exchanges first."""
    found: list[ExchangeLine] = []
    oldest = await connection.fetchval("SELECT since FROM log_round ORDER BY first LIMIT 1")
    newest = clock.instant() + FIRST_SPAN
    end, span = wanted.until, FIRST_SPAN
    if end > newest:
        # What stands there has a clock that is ahead, and is told like anything else.
        found += await _lines(connection, wanted, newest, end, wanted.limit)
        end = newest
    while end > wanted.since and len(found) < wanted.limit:
        is_last = oldest is None or end <= oldest
        start = wanted.since if is_last else max(wanted.since, end - span)
        found += await _lines(connection, wanted, start, end, wanted.limit - len(found))
        end, span = start, span * LONGER
    return found


async def _lines(
    connection: Connection, wanted: Search, start: datetime, end: datetime, most: int
) -> list[ExchangeLine]:
    lines: list[ExchangeLine] = []
    while most > 0 and end > start:
        found = await connection.fetch(
            LINES, start, end, wanted.client, wanted.service,
            clock.instant() - STILL_UNDER_WAY, wanted.outcome, most,
        )  # fmt: skip
        told = [_line(record) for record in found]
        # Names that stand in the row itself were not compared by the database.
        lines += [
            line for line in told
            if line.client.startswith(wanted.client) and line.service.startswith(wanted.service)
        ]  # fmt: skip
        if len(found) < most:
            break
        end, most = found[-1]["time"], most - len(lines)
    return lines


def _line(record: asyncpg.Record | Mapping[str, Any]) -> ExchangeLine:
    parts = records.take_apart(record)
    client, service, fault, status = parts.names[:4] if parts.names else (
        record["client"], record["service"], record["fault"], record["status"],
    )  # fmt: skip
    took = None
    if record["asked_at"] is not None and record["told"] != UNKNOWN:
        took = max(0, round((record["time"] - record["asked_at"]).total_seconds() * 1000))
    return ExchangeLine(
        message_id=parts.named(record["gateway"]),
        request_id=parts.request_id,
        client=client,
        service=service,
        outcome=record["told"],
        fault=fault,
        status=status,
        at=record["time"],
        took_ms=took,
        side=record["side"],
        repeated=record["repeated"],
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one request, and the other requests under its message id."""

    placed: list[Placed]
    others: list[str]

    def of(self, kind: str, side: str) -> Placed | None:
        for one in self.placed:
            if (one.row.evidence.kind, one.row.evidence.side) == (kind, side):
                return one
        return None


async def find(
    connection: Connection, archive: Archive, message_id: str, request_id: str = ""
) -> Found:
    """
    The rows under a message id, of the newest request unless one is named.

    Days that were archived are asked when the log has nothing.
    """
    placed = await of_message(connection, archive, message_id)
    ids = list(dict.fromkeys(one.row.evidence.request_id for one in placed))
    if not ids or (request_id and request_id not in ids):
        raise NoSuchExchange
    chosen = request_id or ids[-1]
    return Found(
        [one for one in placed if one.row.evidence.request_id == chosen],
        [other for other in ids if other != chosen],
    )


async def of_message(connection: Connection, archive: Archive, message_id: str) -> list[Placed]:
    """Its rows, requests before answers of the same moment; archived days if none is left."""
    span = packing.span_of_message(message_id)
    placed = await records.placed(connection, await connection.fetch(OF_MESSAGE, *span))
    ours = [one for one in placed if one.row.evidence.message_id == message_id]
    if not ours:
        ours = [
            Placed(records.read_row(one), one["seq"], await rounds.leaf(connection, one["seq"]))
            for one in await archive.of_message(connection, message_id)
        ]
    return sorted(ours, key=lambda one: (
        one.row.evidence.time, one.row.evidence.kind != Kind.REQUEST, one.row.evidence.side,
    ))  # fmt: skip


async def detail(
    connection: Connection, archive: Archive, trust: Trust, message_id: str, request_id: str = ""
) -> ExchangeDetail:
    """One exchange with its evidence checked again; raises NoSuchExchange."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = await find(connection, archive, message_id, request_id)
        head, note = await newest_head(connection, trust)
        told = [await _record(connection, trust, found, one, head) for one in found.placed]
    first = found.placed[0].row.evidence
    return ExchangeDetail(
        message_id=message_id,
        request_id=first.request_id,
        client=first.client,
        service=first.service,
        records=told,
        checkpoint=note,
        other_requests=found.others,
    )


async def newest_head(connection: Connection, trust: Trust) -> tuple[Checkpoint | None, str]:
    """The last head and its note; the head is None when there is none that verifies."""
    newest = await heads.newest(connection)
    if newest is None:
        return None, ""
    try:
        return verified_head(newest.note, trust), newest.cosigned.decode()
    except ProtocolError:
        return None, newest.cosigned.decode()


async def _record(
    connection: Connection, trust: Trust, found: Found, one: Placed, head: Checkpoint | None
) -> RecordDetail:
    row, evidence = one.row, one.row.evidence
    signed_by, verdict = judge_signature(trust, found, evidence)
    leaf = leaf_of(row.blind, evidence.digest())
    changed = leaf != row.leaf or (one.sealed is not None and leaf != one.sealed)
    proof: list[bytes] = []
    proved: bool | None = None
    if head is not None and one.seq is not None and one.seq < head.size:
        proof, proved = await _proved(connection, row.leaf, one.seq, head)
    return RecordDetail(
        kind=evidence.kind,
        side=evidence.side,
        at=EPOCH + timedelta(microseconds=evidence.time),
        outcome=evidence.outcome,
        fault=evidence.fault,
        status=evidence.status,
        head=shown(evidence.head),
        body_digest=evidence.body_digest.hex(),
        body_size=evidence.body_size,
        signer=evidence.signer,
        signed_by=signed_by,
        signature_valid=None if verdict == "unsigned" else verdict == "valid",
        signature_verdict=verdict,
        record_verdict="changed" if changed else "valid",
        peer=row.peer,
        mode=row.mode,
        effect=row.effect,
        grant=row.grant,
        trace=row.trace,
        subjects=len(row.subjects),
        leaf=row.leaf.hex(),
        leaf_index=one.seq,
        tree_size=head.size if head is not None else None,
        proof=[step.hex() for step in proof],
        proof_valid=proved,
    )


async def _proved(
    connection: Connection, leaf: bytes, index: int, head: Checkpoint
) -> tuple[list[bytes], bool]:
    try:
        proof = await tree.prove(connection, merkle.inclusion_path(index, head.size), head.size)
        merkle.verify_inclusion(leaf, index, head.size, proof, head.root)
    except BadProof:
        return [], False
    return proof, True


def judge_signature(trust: Trust, found: Found, evidence: Evidence) -> tuple[str, str]:
    """Who signed a row's message and the verdict on it."""
    if not evidence.signature:
        return "", "unsigned"
    signed_by = ""
    try:
        signed = signed_of(evidence)
        then = datetime.fromtimestamp(signed.created, UTC)
        member, key = snapshot_of(trust).sign_key_at(signed.kid, trust.anchor, then)
        signed_by = str(member)
        if evidence.kind == Kind.REQUEST:
            signature.verify_logged_request(signed, key)
            expected = member_asking(evidence)
        else:
            asked = found.of(Kind.REQUEST, evidence.side)
            if asked is None:
                return signed_by, "request_missing"
            signature.verify_logged_answer(signed, signed_of(asked.row.evidence), key)
            expected = str(ServiceId.parse(evidence.service).subsystem.member)
    except ProtocolError as problem:
        return signed_by, problem.code.rpartition(".")[2]
    return signed_by, "valid" if signed_by == expected else "other_member"


def member_asking(evidence: Evidence) -> str:
    client = parse_client(evidence.client)
    return str(client.member if isinstance(client, SubsystemId) else client)


def shown(head: bytes) -> str:
    """A message's part as text, without what lets a person in or names one."""
    lines = []
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, _ = line.partition(":")
        lines.append(f"{name}:…" if colon and name.lower() in MASKED else line)
    return "\n".join(lines)


async def receipt(
    connection: Connection,
    archive: Archive,
    trust: Trust,
    message_id: str,
    *,
    side: str = "",
    request_id: str = "",
) -> Receipt:
    """
    The receipt of one side, the asking one when both are here.

    Raises NoSuchExchange, or NotSealed while a row is not under a head.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = await find(connection, archive, message_id, request_id)
        sides = [side] if side else [LogSide.CONSUMER, LogSide.PROVIDER]
        pairs = [(found.of(Kind.REQUEST, one), found.of(Kind.ANSWER, one)) for one in sides]
        whole = [(asked, answered) for asked, answered in pairs if asked and answered]
        if not whole or whole[0][1].row.evidence.outcome != Outcome.ANSWERED:
            raise NotSealed
        places = [one.seq for one in whole[0] if one.seq is not None]
        head = await heads.best_for(connection, max(places, default=0) + 1)
        if head is None or len(places) < len(whole[0]):
            raise NotSealed
        asked, answered = whole[0]
        signed = signed_of(asked.row.evidence), signed_of(answered.row.evidence)
        proved = [
            await _receipt_record(connection, one, head.size, base)
            for one, base in zip(whole[0], bases_of(*signed), strict=True)
        ]
    return _whole_receipt(trust, head, proved)


def _whole_receipt(trust: Trust, head: Attested, records: list[ReceiptRecord]) -> Receipt:
    evidence = records[0].evidence
    owner = trust.identity.owner
    key, hosted = trust.holdings.keys.get(owner), _hosted(trust, evidence)
    hosting = None
    if key is not None:
        now = int(clock.instant().timestamp())
        hosting = attestation.state_hosting(
            evidence.gateway, evidence.request_id, hosted, key, now=now
        )
    kids = {record.evidence.signer for record in records}
    kids |= {statement.kid for statement in head.statements}
    sealer = signer_of_head(head.note, trust)
    kids.add(sealer)
    if hosting is not None:
        kids.add(hosting.kid)
    snapshot = snapshot_of(trust)
    return Receipt(
        records=records,
        checkpoint=head.cosigned.decode(),
        certificates={kid: snapshot.certificate(kid) for kid in sorted(kids)},
        hosted=hosted,
        hosting=hosting,
        sealer=sealer,
        witnesses=list(head.statements),
        timestamps=list(head.tokens),
    )


async def _receipt_record(
    connection: Connection, one: Placed, size: int, base: bytes
) -> ReceiptRecord:
    index = one.seq if one.seq is not None else size
    return ReceiptRecord(
        evidence=one.row.evidence,
        blind=one.row.blind,
        leaf_index=index,
        proof=await tree.prove(connection, merkle.inclusion_path(index, size), size),
        base=base,
        der=attestation.asn1_of(one.row.evidence),
    )


def _hosted(trust: Trust, asked: Evidence) -> list[str]:
    """The exchange's members whose keys this gateway held for them."""
    parties = {member_asking(asked), str(ServiceId.parse(asked.service).subsystem.member)}
    return sorted(
        str(member)
        for member in trust.holdings.keys
        if str(member) in parties and member != trust.identity.owner
    )
