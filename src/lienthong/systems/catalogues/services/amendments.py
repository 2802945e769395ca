"""Changing limits, bodies and the calendar: proposed by one officer, decided by another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import history
from lienthong.systems.catalogues.domain.amendments import (
    TABLES,
    BodyEnd,
    BodyRow,
    CalendarRows,
    Content,
    LimitRow,
    packed,
    unpacked,
)
from lienthong.systems.catalogues.errors import (
    AmendmentSettled,
    AmendmentWaits,
    NothingChanges,
    NothingToEnd,
    RowsChanged,
    SameOfficer,
    UnknownSuccessor,
)
from lienthong.systems.catalogues.models import Amendment, Body, CalendarDay, TimeLimit
from lienthong.systems.catalogues.queries.amendments import rows_as_they_stand
from lienthong.systems.catalogues.services.publishing import hold_catalogues, publish
from lienthong.systems.catalogues.services.reforms import given_reason


def propose(content: Content, *, by: Actor) -> Amendment:
    """
    Lay a change before another officer.

    Raises `AmendmentWaits` while another change of the same thing waits,
    `NothingToEnd` and `UnknownSuccessor` for the end of a body, and
    `NothingChanges` when the rows say this already.
    """
    _refuse_impossible(content)
    was = rows_as_they_stand(content)
    if _says_the_same(content, was):
        raise NothingChanges(key=content.key)
    try:
        with history.acting(by), transaction.atomic():
            made = Amendment.objects.create(
                table=TABLES[type(content)],
                key=content.key,
                content=packed(content),
                was=was,
                proposed_at=clock.instant(),
                proposed_by=str(by),
            )
            record.done("catalogues.amendment.proposed", made, by=by)
    except IntegrityError:
        raise AmendmentWaits(key=content.key) from None
    return made


def decide(amendment: Amendment, *, by: Actor) -> Amendment:
    """
    Write the change into its table and publish the catalogues.

    Raises `SameOfficer` for the one who proposed it and `RowsChanged` when the
    rows are not those it was proposed on.
    """
    with history.acting(by):
        hold_catalogues()
        held = _locked(amendment)
        if by.did(held.proposed_by):
            raise SameOfficer(amendment=held.pk)
        content = unpacked(held.content)
        if rows_as_they_stand(content) != held.was:
            raise RowsChanged(amendment=held.pk)
        _refuse_impossible(content)
        _write(content)
        held.snapshot = publish(by=by).number
        _settle(held, Amendment.State.DECIDED, "", by)
    return held


def refuse(amendment: Amendment, reason: str, *, by: Actor) -> Amendment:
    """Settle it without a change, as another officer, with the reason."""
    words = given_reason(reason)
    with history.acting(by):
        held = _locked(amendment)
        if by.did(held.proposed_by):
            raise SameOfficer(amendment=held.pk)
        _settle(held, Amendment.State.REFUSED, words, by)
    return held


def withdraw(amendment: Amendment, reason: str, *, by: Actor) -> Amendment:
    """Take a proposal back before it is settled."""
    words = given_reason(reason)
    with history.acting(by):
        held = _locked(amendment)
        _settle(held, Amendment.State.WITHDRAWN, words, by)
    return held


def _locked(amendment: Amendment) -> Amendment:
    held = Amendment.objects.select_for_update().get(pk=amendment.pk)
    if not held.is_proposed:
        raise AmendmentSettled(amendment=held.pk, state=held.state)
    return held


def _settle(held: Amendment, state: str, reason: str, by: Actor) -> None:
    held.state, held.reason = state, reason
    held.settled_at, held.settled_by = clock.instant(), str(by)
    held.save()
    record.done(
        f"catalogues.amendment.{state}",
        held,
        by=by,
        detail={"table": held.table, "key": held.key, "snapshot": held.snapshot},
    )


def _refuse_impossible(content: Content) -> None:
    if not isinstance(content, BodyEnd):
        return
    bodies = Body.objects.filter(scheme=content.scheme)
    standing = bodies.filter(_on(content.ends_on), code=content.code).first()
    if standing is None:
        raise NothingToEnd(code=content.code)
    if content.successor:
        after = content.ends_on + timedelta(days=1)
        if not bodies.filter(_on(after), code=content.successor).exists():
            raise UnknownSuccessor(code=content.successor)


def _says_the_same(content: Content, was: list[dict[str, Any]]) -> bool:
    said = packed(content)
    match content:
        case CalendarRows():
            rows = {row["day"]: row for row in was}
            return all(
                (row := rows.get(day.day.isoformat())) is not None
                and (row["works"], row["name"], row["legal_basis"], row["doubt"])
                == (day.works, day.name, content.legal_basis, content.doubt)
                if day.works is not None
                else day.day.isoformat() not in rows
                for day in content.days
            )
        case BodyEnd():
            return False
        case _:
            said.pop("type")
            day = str(said.pop("valid_from"))
            return any(
                row["valid_from"] <= day <= (row["valid_to"] or day)
                and all(row[name] == value for name, value in said.items())
                for row in was
            )


def _write(content: Content) -> None:
    match content:
        case LimitRow():
            _open_row(
                TimeLimit,
                {"code": content.code},
                content.valid_from,
                {
                    "title": content.title,
                    "amount": content.amount,
                    "unit": content.unit,
                    "legal_basis": content.legal_basis,
                    "doubt": content.doubt,
                },
            )
        case BodyRow():
            _open_row(
                Body,
                {"code": content.code, "scheme": content.scheme},
                content.valid_from,
                {
                    "name": content.name,
                    "kind": content.kind,
                    "unit": content.unit,
                    "legal_basis": content.legal_basis,
                    "doubt": content.doubt,
                },
            )
        case BodyEnd():
            Body.objects.filter(
                _on(content.ends_on), code=content.code, scheme=content.scheme
            ).update(
                valid_to=content.ends_on,
                successor=content.successor,
                legal_basis=content.legal_basis,
            )
        case CalendarRows():
            _write_days(content)


def _open_row(model: Any, key: dict[str, str], day: date, values: dict[str, Any]) -> None:
    """A row from a day on: the one that stood ends the day before, a later one stays."""
    rows = model.objects.filter(**key)
    if rows.filter(valid_from=day).update(**values):
        return
    standing = rows.filter(_on(day)).first()
    if standing is not None:
        end = standing.valid_to
        rows.filter(pk=standing.pk).update(valid_to=day - timedelta(days=1))
    else:
        later = rows.filter(valid_from__gt=day).order_by("valid_from").first()
        end = later.valid_from - timedelta(days=1) if later else None
    model.objects.create(**key, **values, valid_from=day, valid_to=end)


def _write_days(content: CalendarRows) -> None:
    ordinary = [row.day for row in content.days if row.works is None]
    CalendarDay.objects.filter(day__in=ordinary).delete()
    for row in content.days:
        if row.works is not None:
            CalendarDay.objects.update_or_create(
                day=row.day,
                defaults={
                    "works": row.works,
                    "name": row.name,
                    "legal_basis": content.legal_basis,
                    "doubt": content.doubt,
                },
            )


def _on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
