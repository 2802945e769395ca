"""
Tables of the record: what was done, who looked, what a row said before.

All three only grow; a trigger refuses to change or remove a row. ``transaction``
is PostgreSQL's own number of the transaction, so an audit entry leads to the
rows it changed and the other way about.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lienthong.record import fields
from lienthong.record.closed import PersonalManager

# PostgreSQL's 64-bit number of the current transaction; a server never uses one twice.
CURRENT_TRANSACTION = models.Func(
    template="(pg_current_xact_id()::text::bigint)", output_field=models.BigIntegerField()
)


class Entry(models.Model):
    """One thing done, by whom, on which legal day and at which instant."""

    at = fields.DateTimeField(data="internal", db_index=True)
    legal_day = fields.DateField(data="internal")
    actor = fields.CharField(max_length=160, data="internal")
    what = fields.CharField(max_length=100, data="open")
    subject = fields.TextField(data="internal")
    """``app.Model:key`` or another text that names a thing, never a person's number."""
    detail = fields.JSONField(data="open", default=dict)
    trace = fields.CharField(max_length=32, data="open")
    transaction = fields.BigIntegerField(data="internal", db_default=CURRENT_TRANSACTION)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "at"], name="record_entry_subject"),
            models.Index(fields=["transaction"], name="record_entry_transaction"),
        ]


class Look(models.Model):
    """
    One look at personal data: who, whose, which fields, why, by which law.

    ``subject`` is a pseudonym (`personal.subject_of`); a bulk look has none and
    says in ``count`` how many people it covered.
    """

    at = fields.DateTimeField(data="internal")
    legal_day = fields.DateField(data="internal")
    who = fields.CharField(max_length=160, data="internal")
    office = fields.CharField(max_length=80, data="internal")
    subject = fields.CharField(max_length=80, data="internal", blank=True)
    seen = fields.ArrayField(models.CharField(max_length=63), data="internal")
    """Names of the fields looked at."""
    purpose = fields.TextField(data="internal")
    legal_basis = fields.TextField(data="internal", blank=True)
    count = fields.BigIntegerField(data="internal", default=1)
    trace = fields.CharField(max_length=32, data="internal")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "at"], name="record_look_subject"),
            models.Index(fields=["who", "at"], name="record_look_who"),
        ]


class RowHistory(models.Model):
    """A row as it stood before a change; written by the trigger of `history.track` alone."""

    table_name = fields.CharField(max_length=63, data="internal")
    row_key = fields.CharField(max_length=160, data="personal")
    operation = fields.CharField(max_length=6, data="internal")
    old = fields.JSONField(data="sensitive")
    changed_at = fields.DateTimeField(data="internal")
    legal_day = fields.DateField(data="internal", null=True)
    """Nothing when the change came from outside the program (plain SQL)."""
    actor = fields.CharField(max_length=160, data="internal")
    trace = fields.CharField(max_length=32, data="internal")
    transaction = fields.BigIntegerField(data="internal")

    objects = PersonalManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["table_name", "row_key", "id"], name="record_history_row"),
            models.Index(fields=["transaction"], name="record_history_transaction"),
        ]
