"""
A change of a time limit, a body or the working calendar while officers decide on it.

As with reforms: what stands here binds nobody before a second officer decides.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from lienthong.record import fields


class Amendment(models.Model):
    """One change proposed to one table, with what stood when it was proposed."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        DECIDED = "decided"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    table = fields.CharField(
        data="open",
        max_length=10,
        choices=[("limits", "limits"), ("bodies", "bodies"), ("calendar", "calendar")],
    )
    key = fields.CharField(data="open", max_length=80)
    """What it is about: the code of a limit, scheme and code of a body, the year of a calendar."""
    content = fields.JSONField(data="open")
    """A tagged value of `domain.amendments`."""
    was = fields.JSONField(data="open", default=list)
    """The rows it touches, as they stood when it was proposed."""
    state = fields.CharField(
        data="open", max_length=10, choices=State.choices, default=State.PROPOSED
    )
    proposed_at = fields.DateTimeField(data="open")
    proposed_by = fields.CharField(data="internal", max_length=200)
    settled_at = fields.DateTimeField(data="open", null=True, blank=True)
    settled_by = fields.CharField(data="internal", max_length=200, blank=True, default="")
    reason = fields.CharField(data="open", max_length=500, blank=True, default="")
    """Why it was refused or withdrawn."""
    snapshot = fields.BigIntegerField(data="open", null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="decided") | Q(snapshot__isnull=False),
                name="catalogues_amendment_decided_is_published",
            ),
            models.UniqueConstraint(
                fields=["table", "key"],
                condition=Q(state="proposed"),
                name="catalogues_one_amendment_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"

    @property
    def is_proposed(self) -> bool:
        return bool(self.state == self.State.PROPOSED)
