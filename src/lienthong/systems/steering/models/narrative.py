"""
What persons write in the report: paragraphs with their revisions, comments, approvals.

A paragraph keeps the words it was carried with from the month before, so that a reader
sees what was changed, by whom and when. Revisions are added, never changed; undoing adds
one too. An approval is of the words of a section as they stood: other words, no approval.
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields

from .editions import ReportEdition

SECTION = 12


class Passage(models.Model):
    """One paragraph of a section, as it stands now."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="passages"
    )
    section = fields.CharField(data="open", max_length=SECTION)
    """Anchor of the outline: ``I-2``, ``III``."""
    position = fields.IntegerField(data="open")
    mark = fields.CharField(data="open", max_length=4, blank=True)
    """``-``, ``a)``, or nothing."""
    text = fields.TextField(data="open", blank=True)
    """Empty when it was taken out; its revisions stay."""
    carried = fields.TextField(data="open", blank=True)
    """The words of the month before; empty for a new paragraph."""
    version = fields.IntegerField(data="open", default=1)

    class Meta:
        ordering = ["section", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "section", "position"], name="steering_passage_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.section}/{self.position}"


class PassageRevision(models.Model):
    """The words of a paragraph from one moment on."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="+"
    )
    passage = fields.ForeignKey(
        Passage, data="open", on_delete=models.PROTECT, related_name="revisions"
    )
    version = fields.IntegerField(data="open")
    text = fields.TextField(data="open", blank=True)
    at = fields.DateTimeField(data="open")
    by = fields.CharField(data="internal", max_length=200)
    by_name = fields.CharField(data="internal", max_length=120)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(
                fields=["passage", "version"], name="steering_passage_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.passage} v{self.version}"


class PassageComment(models.Model):
    """What somebody asks or remarks on a paragraph; it is never printed."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="+"
    )
    passage = fields.ForeignKey(
        Passage, data="open", on_delete=models.PROTECT, related_name="comments"
    )
    text = fields.CharField(data="internal", max_length=1000)
    at = fields.DateTimeField(data="open")
    by = fields.CharField(data="internal", max_length=200)
    by_name = fields.CharField(data="internal", max_length=120)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.passage} {self.at:%Y-%m-%d}"


class SectionApproval(models.Model):
    """Somebody else than the author stands for the words of a section."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="approvals"
    )
    section = fields.CharField(data="open", max_length=SECTION)
    digest = fields.CharField(data="open", max_length=64)
    """SHA-256 of the words that were approved."""
    at = fields.DateTimeField(data="open")
    by = fields.CharField(data="internal", max_length=200)
    by_name = fields.CharField(data="internal", max_length=120)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.section} {self.digest[:12]}"
