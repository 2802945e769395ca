"""Entering and withdrawing dated rules of kinds; nothing is deleted, and history is kept."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction
from django.db.models import Q

from lienthong import record
from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.record import history
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.errors import InvalidEntry, NoSuchEntry, OverlappingRule
from lienthong.systems.civil_status.models import EnteredRule


def enter_rule(*, rule: KindRule, by: Actor) -> EnteredRule:
    """
    Enter a rule that comes before the shipped one from its first day on.

    Raises InvalidEntry without levels or a legal basis, and OverlappingRule where another
    entered rule of the kind covers some of the days.
    """
    if not rule.domestic or not rule.foreign or not names.clean(rule.legal_basis):
        raise InvalidEntry(problems=[("legal_basis", "missing")])
    with history.acting(by):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"civil_status_rule:{rule.kind}"],
            )
        if _overlapping(rule.kind, rule.valid_from, rule.valid_to):
            raise OverlappingRule(kind=rule.kind)
        row = EnteredRule.objects.create(
            kind=rule.kind,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            domestic=" ".join(rule.domestic),
            foreign=" ".join(rule.foreign),
            grown=" ".join(rule.grown),
            limit=rule.limit,
            limit_foreign=rule.limit_foreign,
            series=names.clean(rule.series),
            declarant=names.clean(rule.declarant),
            youngest_woman=rule.youngest_woman,
            youngest_man=rule.youngest_man,
            legal_basis=names.clean(rule.legal_basis),
            doubt=names.clean(rule.doubt),
            entered_by=str(by),
            entered_on=by.legal_day,
        )
        record.done("civil_status.rule_entered", row, by=by, detail={"kind": rule.kind})
        return row


@transaction.atomic
def withdraw_rule(*, pk: int, by: Actor) -> EnteredRule:
    """Take an entered rule back; what stood before it stands again. Twice changes nothing."""
    with history.acting(by):
        row = EnteredRule.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            raise NoSuchEntry
        if row.withdrawn_on is None:
            row.withdrawn_on = by.legal_day
            row.save(update_fields=["withdrawn_on"])
            record.done("civil_status.rule_withdrawn", row, by=by, detail={"kind": row.kind})
        return row


def _overlapping(kind: str, start: date, end: date | None) -> bool:
    rows = EnteredRule.objects.filter(kind=kind, withdrawn_on=None)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=start))
    return rows.filter(valid_from__lte=end).exists() if end else rows.exists()
