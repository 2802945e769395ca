"""
What a deadline was before it moved, so that a past day is judged by the deadline it had.

Written by the services beside the change itself and never edited by hand.
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields

from .directives import Progress, Task


class EarlierDue(models.Model):
    """The deadline a task had until the day before ``until``."""

    class Why(models.TextChoices):
        EXTENSION = "extension"
        PERIOD = "period"
        CORRECTION = "correction"
        TAKEN_BACK = "taken_back"

    task = fields.ForeignKey(
        Task, data="open", on_delete=models.PROTECT, related_name="earlier_dues"
    )
    until = fields.DateField(data="open")
    """The first legal day on which it held no more."""
    due_on = fields.DateField(data="open", null=True, blank=True)
    why = fields.CharField(data="open", max_length=10, choices=Why.choices)
    report = fields.ForeignKey(
        Progress,
        data="open",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="earlier_dues",
    )
    """The report that closed the period."""

    class Meta:
        ordering = ["until", "pk"]
        indexes = [models.Index(fields=["task", "until", "id"], name="steering_earlier_due")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.due_on} < {self.until}"
