"""
Which exchanges concerned a person: the index that holds no person's number (decision 20).

A subject stands in the rows under a pseudonym of the year's key, so the
question is asked under every key there is, of the live log and of its archives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from lienthong.gateway import readings, records
from lienthong.gateway.packing import short_of_subject
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import Connection, moment_of
from lienthong.gateway.year_keys import FIRST, YearKeys, all_pseudonyms

MOST = 10_000
LIVE = """
    SELECT r.n, r.time, r.exchange, r.way, r.packed FROM message_record r
    WHERE r.subject = ANY($1::int[]) OR r.subjects && $1::int[]
    ORDER BY r.time DESC LIMIT $2
"""


class SubjectQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whose exchanges are asked for; in a body, never in an address.

    An officer says who asks and why. Without both, a program of the node asks
    for the person's own eyes (the ledger, which keeps its own record).
    """

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    by: Annotated[str, msgspec.Meta(max_length=200)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=1000)] = ""

    def __post_init__(self) -> None:
        if bool(self.by) != bool(self.reason):
            raise ValueError("who asks and why are said together")


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange that concerned the subject."""

    message_id: str
    request_id: str
    client: str
    service: str
    side: str
    outcome: str
    at: datetime
    key: str
    """The id of the key it was found under: a year, or ``first``."""
    archived: bool


class ConcernedList(msgspec.Struct, frozen=True, kw_only=True):
    exchanges: list[Concerned]
    """The newest first."""
    keys: list[str]
    """The keys that were asked under."""
    whole: bool
    """Whether this is all there is; otherwise the newest ones only."""


async def write_question(
    connection: Connection, keys: YearKeys, asked: SubjectQuestion, gateway: str
) -> None:
    """
    Write into the log who asks about a person, before anything is shown.

    The person stands there under every pseudonym of the index, never by number.
    """
    names = sorted(all_pseudonyms(keys, asked.subject.encode()).values())
    told = {
        "subject": " ".join(name.hex() for name in names),
        "by": asked.by,
        "reason": asked.reason,
    }
    await readings.write(connection, told, gateway)


async def concerned(
    connection: Connection, archive: Archive, keys: YearKeys, subject: str
) -> ConcernedList:
    """Every exchange that named this subject, under all keys; raises NoParquet or ArchiveLost."""
    names = {value: _name(key) for key, value in all_pseudonyms(keys, subject.encode()).items()}
    live = await _live(connection, names)
    archived = await archive.of_subjects(connection, names)
    found = live
    found += [_line(row, names, archived=True) for row in archived]
    found.sort(key=lambda line: line.at, reverse=True)
    return ConcernedList(
        exchanges=found[:MOST],
        keys=[_name(key) for key in sorted(keys.keys)],
        whole=len(found) <= MOST,
    )


async def _live(connection: Connection, names: Mapping[bytes, str]) -> list[Concerned]:
    """The rows of the log itself; four bytes of a pseudonym find them, all of it says which."""
    shorts = sorted({short_of_subject(name) for name in names})
    found = []
    for row in await records.load(connection, await connection.fetch(LIVE, shorts, MOST + 1)):
        if names.keys().isdisjoint(row.subjects):
            continue
        told = dict(zip(records.COLUMNS, records.values(row), strict=True))
        told["time"] = moment_of(row.evidence.time)
        found.append(_line(told, names, archived=False))
    return found


def _name(key_id: int) -> str:
    return "first" if key_id == FIRST else str(key_id)


def _line(row: Mapping[str, Any], names: Mapping[bytes, str], *, archived: bool) -> Concerned:
    key = next(names[bytes(one)] for one in row["subjects"] if bytes(one) in names)
    return Concerned(
        message_id=row["message_id"],
        request_id=row["request_id"],
        client=row["client"],
        service=row["service"],
        side=row["side"],
        outcome=row["outcome"],
        at=row["time"],
        key=key,
        archived=archived,
    )
