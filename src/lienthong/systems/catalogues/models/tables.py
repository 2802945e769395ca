"""
The catalogues as dated rows, and the snapshots published of them.

No code may have two rows for one day. PostgreSQL would say that with an
exclusion constraint, which needs the extension btree_gist for a text column;
extensions are optional (decision 9), so a trigger says it (migration 0002).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lienthong.kernel.units import Confidence, Level
from lienthong.record import fields


def _ends_after_it_begins(name: str) -> models.CheckConstraint:
    in_order = Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
    return models.CheckConstraint(condition=in_order, name=name)


class Unit(models.Model):
    """An administrative unit while name, kind and parent stayed the same."""

    code = fields.CharField(data="open", max_length=10)
    name = fields.CharField(data="open", max_length=120)
    kind = fields.CharField(data="open", max_length=20)
    level = fields.CharField(
        data="open", max_length=10, choices=[(level.value, level.value) for level in Level]
    )
    parent = fields.CharField(data="open", max_length=10, blank=True, default="")
    valid_from = fields.DateField(data="open")
    valid_to = fields.DateField(data="open", null=True, blank=True)
    legal_basis = fields.CharField(data="open", max_length=250, blank=True, default="")
    source = fields.CharField(data="open", max_length=250, blank=True, default="")
    doubt = fields.CharField(data="open", max_length=250, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="catalogues_unit_once"),
            _ends_after_it_begins("catalogues_unit_days"),
        ]
        indexes = [models.Index(fields=["parent"], name="catalogues_unit_parent")]
        ordering = ["code", "valid_from"]

    def __str__(self) -> str:
        return f"{self.code} {self.valid_from}"


class Succession(models.Model):
    """A link from an old unit to a new one that took over all or part of it."""

    old = fields.CharField(data="open", max_length=10)
    new = fields.CharField(data="open", max_length=10)
    happened_on = fields.DateField(data="open")
    confidence = fields.CharField(
        data="open", max_length=10, choices=[(value.value, value.value) for value in Confidence]
    )
    is_default = fields.BooleanField(data="open")
    share = fields.CharField(data="open", max_length=120, blank=True, default="")
    legal_basis = fields.CharField(data="open", max_length=250, blank=True, default="")
    source = fields.CharField(data="open", max_length=250, blank=True, default="")
    doubt = fields.CharField(data="open", max_length=250, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["old", "new", "happened_on"], name="catalogues_succession_once"
            ),
            models.UniqueConstraint(
                fields=["old", "happened_on"],
                condition=Q(is_default=True),
                name="catalogues_succession_one_default",
            ),
        ]
        indexes = [models.Index(fields=["new"], name="catalogues_succession_new")]
        ordering = ["old", "happened_on", "new"]


class Body(models.Model):
    """A government body under one code while its name stayed the same."""

    code = fields.CharField(data="open", max_length=35)
    scheme = fields.CharField(data="open", max_length=10)
    name = fields.CharField(data="open", max_length=250)
    kind = fields.CharField(data="open", max_length=60)
    unit = fields.CharField(data="open", max_length=10, blank=True, default="")
    valid_from = fields.DateField(data="open")
    valid_to = fields.DateField(data="open", null=True, blank=True)
    successor = fields.CharField(data="open", max_length=35, blank=True, default="")
    legal_basis = fields.CharField(data="open", max_length=250, blank=True, default="")
    doubt = fields.CharField(data="open", max_length=250, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code", "valid_from"], name="catalogues_body_once"
            ),
            _ends_after_it_begins("catalogues_body_days"),
        ]
        ordering = ["scheme", "code", "valid_from"]


class CalendarDay(models.Model):
    """A day on which the ordinary working week does not hold."""

    day = fields.DateField(data="open", unique=True)
    works = fields.BooleanField(data="open")
    name = fields.CharField(data="open", max_length=120)
    legal_basis = fields.CharField(data="open", max_length=250)
    doubt = fields.CharField(data="open", max_length=250, blank=True, default="")

    class Meta:
        ordering = ["day"]


class TimeLimit(models.Model):
    """A time limit of the law while its rule stood."""

    code = fields.CharField(data="open", max_length=60)
    title = fields.CharField(data="open", max_length=250)
    amount = fields.PositiveIntegerField(data="open")
    unit = fields.CharField(data="open", max_length=20)
    valid_from = fields.DateField(data="open")
    valid_to = fields.DateField(data="open", null=True, blank=True)
    legal_basis = fields.CharField(data="open", max_length=250)
    doubt = fields.CharField(data="open", max_length=250, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="catalogues_limit_once"),
            _ends_after_it_begins("catalogues_limit_days"),
        ]
        ordering = ["code", "valid_from"]


class Shipment(models.Model):
    """Tables of a release that have been loaded; the same ones are not loaded twice."""

    digest = fields.CharField(data="open", max_length=64, unique=True)
    loaded_at = fields.DateTimeField(data="open")


class Snapshot(models.Model):
    """All tables as they were published under one number; numbers only grow."""

    number = fields.BigIntegerField(data="open", primary_key=True)
    made_at = fields.DateTimeField(data="open")
    legal_day = fields.DateField(data="open")
    digest = fields.CharField(data="open", max_length=64)
    """SHA-256 of the content."""
    tables_digest = fields.CharField(data="open", max_length=64)
    """Digest of the tables alone: the same tables are not published twice."""
    content = fields.BinaryField(data="open")

    class Meta:
        ordering = ["-number"]
