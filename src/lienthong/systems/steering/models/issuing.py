"""
How an edition was issued: its number, who signs, and the files as they left the house.

One row for each number given. A number that was refused after a later one was
given stays here as cancelled, with the reason, so that every number of a series
is accounted for (Decree 30/2020, article 15). Files are kept by digest and never
made anew.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from lienthong.record import fields

from .editions import ReportEdition


class Issuance(models.Model):
    """One number given to an edition, from numbering to the seal or the refusal."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="issuances"
    )
    number = fields.IntegerField(data="open")
    symbol = fields.CharField(data="open", max_length=30)
    year = fields.IntegerField(data="open")
    signer = fields.CharField(data="internal", max_length=80)
    """Sign-in name of the officer who signs."""
    signer_name = fields.CharField(data="open", max_length=120)
    signer_title = fields.CharField(data="open", max_length=120)
    numbered_at = fields.DateTimeField(data="open")
    numbered_by = fields.CharField(data="internal", max_length=200)
    signed_at = fields.DateTimeField(data="open", null=True, blank=True)
    sealed_at = fields.DateTimeField(data="open", null=True, blank=True)
    sealed_by = fields.CharField(data="internal", max_length=200, blank=True)
    refused_at = fields.DateTimeField(data="open", null=True, blank=True)
    refused_by = fields.CharField(data="internal", max_length=200, blank=True)
    reason = fields.CharField(data="internal", max_length=500, blank=True)
    number_returned = fields.BooleanField(data="open", default=False)
    """Whether the refused number was still the highest and is given again."""

    class Meta:
        ordering = ["-numbered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition"],
                condition=Q(refused_at=None),
                name="steering_one_issuance_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["symbol", "year", "number"],
                condition=Q(number_returned=False),
                name="steering_number_once",
            ),
            models.CheckConstraint(
                condition=Q(sealed_at=None) | ~Q(signed_at=None), name="steering_person_first"
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) | ~Q(reason="") & Q(sealed_at=None),
                name="steering_refused_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:02d}/{self.symbol}/{self.year}"


class IssuedFile(models.Model):
    """A file of an issued edition, or of one on its way: bytes under their SHA-256."""

    class Step(models.TextChoices):
        PRINTED = "printed"
        SIGNED = "signed"  # by the person
        ISSUED = "issued"

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="files"
    )
    issuance = fields.ForeignKey(
        Issuance, data="open", on_delete=models.PROTECT, null=True, blank=True, related_name="files"
    )
    kind = fields.CharField(data="open", max_length=20)
    step = fields.CharField(data="open", max_length=8, choices=Step.choices)
    digest = fields.CharField(data="open", max_length=64)
    size = fields.IntegerField(data="open")
    content = fields.BinaryField(data="open")
    made_at = fields.DateTimeField(data="open")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "issuance", "kind", "step"],
                nulls_distinct=False,
                name="steering_file_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"
