"""
Signed days of gateways as the directory keeps them (decision 4).

The three tables only grow: a trigger refuses to change or remove a row. A day
that was taken stays; another document for the same day is kept beside it and
shown, never used.
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields

from .register import Gateway


class DayReport(models.Model):
    """What one gateway counted on one day, as its owner signed it."""

    gateway = fields.ForeignKey(
        Gateway, data="open", on_delete=models.PROTECT, related_name="reports"
    )
    day = fields.DateField(data="open")
    source = fields.CharField(data="open", max_length=36, blank=True, default="")
    """Empty for live traffic, else the import statement it was loaded by."""
    answered = fields.BigIntegerField(data="open")
    """Provider-side answered exchanges: what counts for the country."""
    unknown = fields.BigIntegerField(data="open", default=0)
    closed_at = fields.DateTimeField(data="open")
    received_at = fields.DateTimeField(data="open")
    tree_size = fields.BigIntegerField(data="open")
    root = fields.CharField(data="open", max_length=64)
    counts_sha256 = fields.CharField(data="open", max_length=64)
    kid = fields.CharField(data="open", max_length=64)
    document = fields.BinaryField(data="open")
    """JSON of `lienthong.protocol.day_totals.SignedDay`."""
    message_id = fields.CharField(data="open", max_length=200)
    """The exchange that brought it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "day", "source"], name="directory_day_once"),
        ]
        indexes = [models.Index(fields=["day"], name="directory_day")]
        ordering = ["day", "gateway", "source"]


class DayCount(models.Model):
    """One row of a day: a pair, a side, an outcome."""

    report = fields.ForeignKey(
        DayReport, data="open", on_delete=models.PROTECT, related_name="counts"
    )
    client = fields.CharField(data="open", max_length=250)
    service = fields.CharField(data="open", max_length=400)
    side = fields.CharField(data="open", max_length=8)
    outcome = fields.CharField(data="open", max_length=12)
    count = fields.BigIntegerField(data="open")


class Contradiction(models.Model):
    """Another document for a day that is kept already, signed by the same gateway's owner."""

    report = fields.ForeignKey(
        DayReport, data="open", on_delete=models.PROTECT, related_name="contradictions"
    )
    answered = fields.BigIntegerField(data="open")
    counts_sha256 = fields.CharField(data="open", max_length=64)
    content_sha256 = fields.CharField(data="open", max_length=64)
    """Of the signed bytes: the same contradiction is kept once."""
    closed_at = fields.DateTimeField(data="open")
    received_at = fields.DateTimeField(data="open")
    document = fields.BinaryField(data="open")
    message_id = fields.CharField(data="open", max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "content_sha256"], name="directory_contradiction_once"
            ),
        ]
        ordering = ["received_at"]
