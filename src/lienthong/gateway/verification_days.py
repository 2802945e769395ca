"""
Signed days checked again: their signatures, the heads they name, and their counts from the rows.

A day states what the leaves under its head come to (PR-DAY). So each answer is
counted where its leaf lies below the day's tree size, whether its row is in the
database or in an archive; answers of the day that were sealed later are in no
signed day, and how many there are is told apart. A day is judged and forgotten
as soon as no row of it can come any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from lienthong.gateway import days
from lienthong.gateway.dictionary import FIND_WAYS, Connection, WayKey, digest_of, stands_for_many
from lienthong.gateway.heads import Trust, snapshot_of
from lienthong.gateway.packing import Way
from lienthong.gateway.rows import Kind
from lienthong.kernel import clock
from lienthong.protocol.day_totals import (
    DayRow,
    DayTotals,
    SignedDay,
    counts_digest,
    open_day,
)
from lienthong.protocol.errors import BadProof, ProtocolError
from lienthong.protocol.housekeeping import UNCOUNTED
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import VerifyingKey

SIGNED = "SELECT day, source, document FROM signed_day ORDER BY day, source"
MOST_REMEMBERED = 50_000
DAY = timedelta(days=1)
COUNTED = frozenset(days.outcomes())

Names = tuple[str, str, str, str]
"""Client, service, side, outcome."""
Add = Callable[[str, str], None]
"""Names a day and says what does not fit."""


@dataclass(slots=True)
class SignedDays:
    """The signed days of a log, and what was counted of them so far."""

    add: Add
    waiting: dict[date, DayTotals] = field(default_factory=dict)
    """Days of live traffic that are not judged yet."""
    checked: int = 0
    late: int = 0
    """Answers that were sealed after their day was closed."""
    _sizes: dict[date, int] = field(default_factory=dict)
    """Tree size of every signed day, also of those judged already."""
    _counted: dict[date, Counter[Names]] = field(default_factory=dict)
    _named: dict[WayKey, bool] = field(default_factory=dict)

    # -- what rows say ---------------------------------------------------------------

    def see(self, seq: int, time: datetime, way: Way) -> None:
        """Count a row of the database under the names its day was signed with."""
        self._count(seq, time, way.kind, (way.client, way.service, way.side, way.outcome))

    async def see_archived(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Count a row of an archive; there its names are written out."""
        if row["kind"] != Kind.ANSWER or row["outcome"] not in COUNTED:
            return
        key = await self._key_of(connection, row)
        self._count(row["seq"], row["time"], key[0], (key[3], key[4], key[1], key[5]))

    def _count(self, seq: int, time: datetime, kind: str, names: Names) -> None:
        if kind != Kind.ANSWER or names[3] not in COUNTED:
            return
        if names[1].rpartition("/")[2] in UNCOUNTED:
            return
        day = clock.local(time).date()
        size = self._sizes.get(day)
        if size is None:
            return
        if seq >= size:
            self.late += 1
        else:
            self._counted.setdefault(day, Counter())[names] += 1

    async def _key_of(self, connection: Connection, row: Mapping[str, Any]) -> WayKey:
        """The way a row was counted under: that of its names, or the one that stands for many."""
        key: WayKey = (
            row["kind"], row["side"], row["gateway"], row["client"], row["service"],
            row["outcome"], row["fault"], row["status"], row["peer"], row["mode"], row["effect"],
            row["grant_id"], row["reason"],
        )  # fmt: skip
        known = self._named.get(key)
        if known is None:
            if len(self._named) >= MOST_REMEMBERED:
                self._named.clear()
            known = bool(await connection.fetch(FIND_WAYS, [digest_of(key, False)]))
            self._named[key] = known
        return key if known else stands_for_many(key)

    # -- judging ---------------------------------------------------------------------

    def judge_under(self, size: int) -> None:
        """Judge the days whose leaves have all been seen."""
        if not self.waiting:
            return
        for day in [day for day, one in self.waiting.items() if one.tree_size <= size]:
            self.judge(day)

    def judge_archived(self, day: date) -> None:
        """Judge what ends with a day of UTC: days leave for an archive in their order."""
        for one in [one for one in self.waiting if one <= day]:
            self.judge(one)

    def forget(self, day: date) -> None:
        """An archive of a day of UTC cannot be read: nothing is concluded about what it held."""
        for one in (day, day + DAY):
            self.waiting.pop(one, None)
            self._counted.pop(one, None)

    def judge(self, day: date) -> None:
        totals = self.waiting.pop(day)
        counted = self._counted.pop(day, Counter())
        rows = sorted(
            DayRow(client=one[0], service=one[1], side=one[2], outcome=one[3], count=count)  # type: ignore[arg-type]
            for one, count in counted.items()
        )
        self._compare(day.isoformat(), totals, rows)

    def _compare(self, name: str, totals: DayTotals, rows: list[DayRow]) -> None:
        self.checked += 1
        if counts_digest(rows) != totals.counts_sha256:
            self.add(
                name, f"its rows come to something else: {first_difference(totals.rows, rows)}"
            )

    async def judge_imported(self, connection: Connection, totals: DayTotals) -> None:
        """Compare a day of an import statement with the hours that were imported."""
        found = await connection.fetch(
            days.IMPORTED, totals.source, days.outcomes(), sorted(UNCOUNTED)
        )
        rows = days.rows_of(one for one in found if one["day"] == totals.day)
        self._compare(f"{totals.day} imported by {totals.source}", totals, rows)


def first_difference(signed: Iterable[DayRow], counted: Iterable[DayRow]) -> str:
    """The first pair that differs, in words."""
    stated, found = _by_names(signed), _by_names(counted)
    for names in sorted({*stated, *found}):
        if stated.get(names, 0) != found.get(names, 0):
            client, service, side, outcome = names
            return (
                f"{client or 'unknown'} → {service or 'unknown'}, {outcome} on the {side}'s side: "
                f"signed {stated.get(names, 0)}, counted {found.get(names, 0)}"
            )
    return "the same counts under another digest"


def _by_names(rows: Iterable[DayRow]) -> dict[Names, int]:
    return {(one.client, one.service, one.side, one.outcome): one.count for one in rows}


async def read_signed(
    connection: Connection, trust: Trust, heads: Mapping[int, bytes], add: Add
) -> SignedDays:
    """Every signed day, once its signature and its head hold; imported ones are judged at once."""
    found = SignedDays(add)
    async for record in connection.cursor(SIGNED, prefetch=100):
        name = f"{record['day']}{' imported by ' + record['source'] if record['source'] else ''}"
        try:
            totals = opened(bytes(record["document"]), trust)
        except (ProtocolError, msgspec.DecodeError, UnicodeDecodeError) as problem:
            add(name, f"its document does not hold ({getattr(problem, 'code', 'not JSON')})")
            continue
        if (totals.day, totals.source) != (record["day"], record["source"]):
            add(name, "it stands under another day than it states")
            continue
        if totals.tree_size and heads.get(totals.tree_size) != bytes.fromhex(totals.root):
            add(name, "the head it names is none of this log's")
            continue
        if totals.source:
            await found.judge_imported(connection, totals)
            continue
        found.waiting[totals.day] = totals
        found._sizes[totals.day] = totals.tree_size
    return found


def opened(document: bytes, trust: Trust) -> DayTotals:
    """The totals of a document this gateway's owner signed; raises ProtocolError."""
    snapshot = snapshot_of(trust)

    def find(kid: str, at: datetime) -> tuple[MemberId, VerifyingKey]:
        return snapshot.sign_key_at(kid, trust.anchor, at)

    totals = open_day(msgspec.json.decode(document, type=SignedDay), find)
    if totals.identity != trust.identity:
        raise BadProof("the day is another gateway's")
    return totals
