"""Signed days of gateways, made with the keys that lie in their homes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.kernel.node import Node
from lienthong.protocol.day_totals import (
    DayRow,
    DayTotals,
    SignedDay,
    TakenDay,
    bounds,
    counts_digest,
    read_day,
    sign_day,
)
from lienthong.protocol.pki import SigningKey
from lienthong.systems.directory.services import totals

LGSP = "VN/GOV/TINH-91/lgsp"
VERIFY = "VN/GOV/G01/population/person.verify.v1"
STATUS = "VN/GOV/TINH-91/lgsp/dossier.status.v1"
STEERING = "VN/GOV/G14/steering"
BY = system_actor("tests", date(2021, 8, 20))


def row(client: str, service: str, side: str, count: int, outcome: str = "answered") -> DayRow:
    return DayRow(client=client, service=service, side=side, outcome=outcome, count=count)


def signed(
    node: Node,
    gateway: str,
    day: date,
    *rows: DayRow,
    source: str = "",
    key: SigningKey | None = None,
) -> SignedDay:
    """A day of ``VN/GOV/…/gateway`` under the key of its owner in this home."""
    owner = gateway.split("/")[2]
    if key is None:
        path = node.keys / "members" / owner / "sign.key"
        key = SigningKey.load(path, node.secret("passphrase").encode())
    rows = tuple(sorted(rows))
    return sign_day(
        DayTotals(
            gateway=gateway,
            day=day,
            source=source,
            closed_at=clock.instant() if source else bounds(day)[1] + timedelta(minutes=21),
            tree_size=12,
            root="ab" * 32,
            counts_sha256=counts_digest(rows),
            rows=list(rows),
        ),
        key,
    )


def told(*days: SignedDay, at: datetime | None = None) -> list[TakenDay]:
    """The directory is told these days: in the night after the last of them, or at a moment."""
    with clock.stopped(at=at or max(night_after(day) for day in days)):
        return totals.take(days, message_id="m-1", by=BY)


def night_after(day: SignedDay) -> datetime:
    said = read_day(day)
    return max(said.closed_at, bounds(said.day)[1]) + timedelta(minutes=1)
