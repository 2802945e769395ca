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
from lienthong.web.catalogues.tables import Tables


def tables() -> Tables:
    """All rows of all catalogues, in a fixed order: the same rows give the same snapshot."""
    return Tables(
        units=tuple(_unit(row) for row in Unit.objects.order_by("code", "valid_from")),
        successions=tuple(
            _succession(row) for row in Succession.objects.order_by("old", "happened_on", "new")
        ),
        bodies=tuple(_body(row) for row in Body.objects.order_by("scheme", "code", "valid_from")),
        calendar=tuple(
            working_days.CalendarDay(row.day, row.works, row.name, row.legal_basis, row.doubt)
            for row in CalendarDay.objects.order_by("day")
        ),
        limits=tuple(_limit(row) for row in TimeLimit.objects.order_by("code", "valid_from")),
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


def _unit(row: Unit) -> units.Unit:
    return units.Unit(
        code=row.code,
        name=row.name,
        kind=row.kind,
        level=units.Level(row.level),
        parent=row.parent,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        legal_basis=row.legal_basis,
        source=row.source,
        doubt=row.doubt,
    )


def _succession(row: Succession) -> units.Succession:
    return units.Succession(
        old=row.old,
        new=row.new,
        happened_on=row.happened_on,
        confidence=units.Confidence(row.confidence),
        is_default=row.is_default,
        share=row.share,
        legal_basis=row.legal_basis,
        source=row.source,
        doubt=row.doubt,
    )


def _body(row: Body) -> bodies.Body:
    return bodies.Body(
        code=row.code,
        scheme=row.scheme,
        name=row.name,
        kind=row.kind,
        unit=row.unit,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=row.successor,
        legal_basis=row.legal_basis,
        doubt=row.doubt,
    )


def _limit(row: TimeLimit) -> limits.TimeLimit:
    return limits.TimeLimit(
        code=row.code,
        title=row.title,
        amount=row.amount,
        unit=limits.LimitUnit(row.unit),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        legal_basis=row.legal_basis,
        doubt=row.doubt,
    )
