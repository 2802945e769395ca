"""Rows of exchanges between the demo's two systems, for tests of the log."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from lienthong.gateway.rows import Kind, LogRow, LogSide, Outcome, make_row

ORIGIN = "VN/GOV/G14/national"
CLIENT = "VN/GOV/G15/civil-status"
SERVICE = "VN/GOV/G01/population/person.find.v1"
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def row(**changes: object) -> LogRow:
    """One row; a provider's answered exchange unless told otherwise."""
    number = next(_numbers)
    values: dict[str, object] = {
        "kind": Kind.ANSWER,
        "side": LogSide.PROVIDER,
        "gateway": ORIGIN,
        "at": AT,
        "message_id": f"VN-{number}",
        "request_id": f"r-{number}",
        "client": CLIENT,
        "service": SERVICE,
        "outcome": Outcome.ANSWERED,
        "status": 200,
    }
    return make_row(**{**values, **changes})  # type: ignore[arg-type]
