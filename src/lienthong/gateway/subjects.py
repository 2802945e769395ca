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

from lienthong.gateway import readings
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.year_keys import FIRST, YearKeys, all_pseudonyms

MOST = 10_000
LIVE = """
    SELECT message_id, request_id, client, service, time, side, kind, outcome, subjects
    FROM message_record
    WHERE subjects && $1::bytea[] AND subjects <> '{}'
    ORDER BY time DESC LIMIT $2
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
    live = await connection.fetch(LIVE, list(names), MOST + 1)
    archived = await archive.of_subjects(connection, names)
    found = [_line(record, names, archived=False) for record in live]
    found += [_line(row, names, archived=True) for row in archived]
    found.sort(key=lambda line: line.at, reverse=True)
    return ConcernedList(
        exchanges=found[:MOST],
        keys=[_name(key) for key in sorted(keys.keys)],
        whole=len(found) <= MOST,
    )


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
