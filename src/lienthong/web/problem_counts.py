"""
How often input was sent back or mended, by stable code, over all processes of a node.

A row holds a code and a number and nothing of anybody. It is written on its own, after
what it counts was rolled back; a count that cannot be written never costs the answer.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection, models, transaction

from lienthong.record import fields

log = logging.getLogger(__name__)

ADD_ONE = """
INSERT INTO web_problemcount (code, count) VALUES (%s, 1)
ON CONFLICT (code) DO UPDATE SET count = web_problemcount.count + 1
"""


class ProblemCount(models.Model):
    """How often one kind of problem was met since the node was made."""

    code = fields.CharField(data="open", max_length=100, primary_key=True)
    count = fields.BigIntegerField(data="open")

    def __str__(self) -> str:
        return f"{self.code}: {self.count}"


def count(*codes: str) -> None:
    """Add one to each of these codes, however often a code is named."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # In one order everywhere, so that two processes never wait for each other.
            for code in sorted(set(codes)):
                cursor.execute(ADD_ONE, [code])
    except DatabaseError:
        log.warning("problem not counted", extra={"count": len(codes)})


def metrics() -> list[str]:
    """The counts as lines of Prometheus text; none while the database is away."""
    try:
        rows = list(ProblemCount.objects.order_by("code").values_list("code", "count"))
    except DatabaseError:
        return []
    return [
        "# HELP lienthong_problems_total Input sent back or mended, by its code.",
        "# TYPE lienthong_problems_total counter",
        *(f'lienthong_problems_total{{code="{code}"}} {number}' for code, number in rows),
    ]
