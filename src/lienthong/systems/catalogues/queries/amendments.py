"""Reads of amendments, and the rows they are about."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from lienthong.systems.catalogues.domain.amendments import (
    BodyEnd,
    BodyRow,
    CalendarRows,
    Content,
    LimitRow,
)
from lienthong.systems.catalogues.errors import NoSuchAmendment
from lienthong.systems.catalogues.models import Amendment, Body, CalendarDay, TimeLimit


def amendments(table: str = "") -> QuerySet[Amendment]:
    """All amendments, newest first; those of one table when it is named."""
    rows = Amendment.objects.all()
    return rows.filter(table=table) if table else rows


def amendment(pk: int) -> Amendment:
    """Raises `NoSuchAmendment`."""
    try:
        return Amendment.objects.get(pk=pk)
    except Amendment.DoesNotExist:
        raise NoSuchAmendment(amendment=pk) from None


def rows_as_they_stand(content: Content) -> list[dict[str, Any]]:
    """The rows a change is about, oldest first, as values that JSON keeps."""
    match content:
        case LimitRow():
            rows: QuerySet[Any] = TimeLimit.objects.filter(code=content.code)
        case BodyRow() | BodyEnd():
            rows = Body.objects.filter(code=content.code, scheme=content.scheme)
        case CalendarRows():
            rows = CalendarDay.objects.filter(day__in=[row.day for row in content.days])
            return [_values(row) for row in rows.order_by("day")]
    return [_values(row) for row in rows.order_by("valid_from")]


def _values(row: Model) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.primary_key:
            continue
        value = field.value_from_object(row)
        found[field.attname] = value.isoformat() if isinstance(value, date) else value
    return found
