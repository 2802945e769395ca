"""Reads: the tables as values, the newest snapshot, what the desk shows."""

from __future__ import annotations

from django.db import models

from lienthong.kernel import bodies, limits, units, working_days
from lienthong.systems.catalogues.models import (
    Body,
    CalendarDay,
    Snapshot,
    Succession,
    TimeLimit,
    Unit,
)
from lienthong.web.catalogues.tables import COLUMNS, Tables


def tables() -> Tables:
    """All rows of all catalogues, in a fixed order: the same rows give the same snapshot."""
    return Tables(
        units=tuple(
            units.Unit(*row[:3], units.Level(row[3]), *row[4:])
            for row in Unit.objects.order_by("code", "valid_from").values_list(
                "code",
                "name",
                "kind",
                "level",
                "parent",
                "valid_from",
                "valid_to",
                "legal_basis",
                "source",
                "doubt",
            )
        ),
        successions=tuple(
            units.Succession(*row[:3], units.Confidence(row[3]), *row[4:])
            for row in Succession.objects.order_by("old", "happened_on", "new").values_list(
                "old",
                "new",
                "happened_on",
                "confidence",
                "is_default",
                "share",
                "legal_basis",
                "source",
                "doubt",
            )
        ),
        bodies=tuple(
            bodies.Body(*row)
            for row in Body.objects.order_by("scheme", "code", "valid_from").values_list(
                *COLUMNS["bodies"]
            )
        ),
        calendar=tuple(
            working_days.CalendarDay(*row)
            for row in CalendarDay.objects.order_by("day").values_list(*COLUMNS["calendar"])
        ),
        limits=tuple(
            limits.TimeLimit(*row[:3], limits.LimitUnit(row[3]), *row[4:])
            for row in TimeLimit.objects.order_by("code", "valid_from").values_list(
                *COLUMNS["limits"]
            )
        ),
    )


def newest_snapshot() -> Snapshot | None:
    return Snapshot.objects.order_by("-number").first()


def snapshots() -> models.QuerySet[Snapshot]:
    """All snapshots, newest first, without their content."""
    return Snapshot.objects.order_by("-number").defer("content")


def counts() -> dict[str, int]:
    """Rows of each catalogue."""
    return {
        "units": Unit.objects.count(),
        "successions": Succession.objects.count(),
        "bodies": Body.objects.count(),
        "calendar": CalendarDay.objects.count(),
        "limits": TimeLimit.objects.count(),
    }
