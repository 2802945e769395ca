"""
A reform of administrative units while officers prepare and decide it.

What stands here binds nobody. Only the decision of a second officer writes it
into the catalogues, in one transaction with the snapshot that publishes it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from lienthong.kernel.units import Level
from lienthong.record import fields


class Reform(models.Model):
    """Units that end and units that begin on one day, by one act of the State."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PROPOSED = "proposed"
        DECIDED = "decided"
        WITHDRAWN = "withdrawn"  # before it was decided
        REVOKED = "revoked"  # decided, and taken back before its day

    title = fields.CharField(data="open", max_length=250)
    happened_on = fields.DateField(data="open")
    """First day of the new units."""
    legal_basis = fields.CharField(data="open", max_length=250)
    within = fields.CharField(data="open", max_length=10, blank=True, default="")
    """Code of the province it stays in, on the day before; empty for the whole country."""
    state = fields.CharField(data="open", max_length=10, choices=State.choices, default=State.DRAFT)
    version = fields.IntegerField(data="open", default=1)
    opened_at = fields.DateTimeField(data="open")
    opened_by = fields.CharField(data="internal", max_length=200)
    proposed_at = fields.DateTimeField(data="open", null=True, blank=True)
    proposed_by = fields.CharField(data="internal", max_length=200, blank=True, default="")
    decided_at = fields.DateTimeField(data="open", null=True, blank=True)
    decided_by = fields.CharField(data="internal", max_length=200, blank=True, default="")
    snapshot = fields.BigIntegerField(data="open", null=True, blank=True)
    """Number of the published snapshot that carries it."""
    reason = fields.CharField(data="open", max_length=500, blank=True, default="")
    """Why it was sent back, withdrawn or revoked."""

    class Meta:
        ordering = ["-happened_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["decided", "revoked"], snapshot__isnull=False)
                | ~Q(state__in=["decided", "revoked"]),
                name="catalogues_reform_decided_is_published",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def is_draft(self) -> bool:
        return bool(self.state == self.State.DRAFT)

    @property
    def is_proposed(self) -> bool:
        return bool(self.state == self.State.PROPOSED)

    @property
    def is_decided(self) -> bool:
        return bool(self.state == self.State.DECIDED)


class ReformUnit(models.Model):
    """A unit that begins on the day of a reform."""

    reform = fields.ForeignKey(
        Reform, data="open", on_delete=models.CASCADE, related_name="new_units"
    )
    code = fields.CharField(data="open", max_length=10)
    name = fields.CharField(data="open", max_length=120)
    kind = fields.CharField(data="open", max_length=20)
    level = fields.CharField(
        data="open", max_length=10, choices=[(level.value, level.value) for level in Level]
    )
    parent = fields.CharField(data="open", max_length=10, blank=True, default="")

    class Meta:
        ordering = ["level", "parent", "code"]
        constraints = [
            models.UniqueConstraint(fields=["reform", "code"], name="catalogues_reform_unit_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ReformPart(models.Model):
    """An old unit, or a part of it, that goes to one new unit."""

    reform = fields.ForeignKey(Reform, data="open", on_delete=models.CASCADE, related_name="parts")
    old = fields.CharField(data="open", max_length=10)
    new = fields.CharField(data="open", max_length=10)
    is_default = fields.BooleanField(data="open", default=True)
    """Whether it takes the whole old unit, or the largest part of a split one."""
    share = fields.CharField(data="open", max_length=120, blank=True, default="")
    """Which part, in the words of the act; empty for a whole unit."""

    class Meta:
        ordering = ["new", "-is_default", "old"]
        constraints = [
            models.UniqueConstraint(
                fields=["reform", "old", "new"], name="catalogues_reform_part_once"
            ),
            models.UniqueConstraint(
                fields=["reform", "old"],
                condition=Q(is_default=True),
                name="catalogues_reform_one_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"
