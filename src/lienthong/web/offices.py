"""
Offices, the positions officers hold in them, and delegations: dated rows (decision 27).

Who may act for an office on a day is read from here and from nowhere else. A
delegation hands some of a position's roles to another account for a time, with
the act it rests on.
"""

from __future__ import annotations

from datetime import date
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lienthong.record import fields

M = TypeVar("M", bound=models.Model)


class DatedQuerySet(models.QuerySet[M]):
    def on(self, day: date) -> Self:
        """Rows in force on a legal day; both ends belong to the time."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class DatedRow(models.Model):
    valid_from = fields.DateField(data="internal")
    valid_to = fields.DateField(data="internal", null=True, blank=True)

    class Meta:
        abstract = True


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name=name
    )


class Office(DatedRow):
    """A desk or body that acts: the People's Committee of a commune, a department."""

    code = fields.CharField(data="open", max_length=40, unique=True)
    name = fields.CharField(data="open", max_length=200)
    unit = fields.CharField(data="open", max_length=12, blank=True)
    """Code of the administrative unit it serves; empty for a body of the centre."""
    body = fields.CharField(data="open", max_length=40, blank=True)
    """Member code of the agency above it (``G15``)."""

    objects = DatedQuerySet["Office"].as_manager()

    class Meta:
        verbose_name = _("office")
        constraints = [ends_after_it_starts("web_office_ends_after_it_starts")]

    def __str__(self) -> str:
        return str(self.name)


class Position(DatedRow):
    """An officer holds a position of an office for a time, with the roles it carries."""

    account = fields.ForeignKey(
        settings.AUTH_USER_MODEL,
        data="internal",
        on_delete=models.PROTECT,
        related_name="positions",
    )
    office = fields.ForeignKey(
        Office, data="internal", on_delete=models.PROTECT, related_name="positions"
    )
    officer_name = fields.CharField(data="internal", max_length=120)
    title = fields.CharField(data="open", max_length=120)
    roles = fields.JSONField(data="internal", default=list, blank=True)
    """Dotted names of roles, such as ``civil_status.registrar``."""

    objects = DatedQuerySet["Position"].as_manager()

    class Meta:
        verbose_name = _("position")
        constraints = [ends_after_it_starts("web_position_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.title}, {self.office}"


class Delegation(DatedRow):
    """Some roles of a position, handed to another account for a time."""

    position = fields.ForeignKey(
        Position, data="internal", on_delete=models.PROTECT, related_name="delegations"
    )
    to_account = fields.ForeignKey(
        settings.AUTH_USER_MODEL,
        data="internal",
        on_delete=models.PROTECT,
        related_name="delegations",
    )
    to_officer_name = fields.CharField(data="internal", max_length=120)
    roles = fields.JSONField(data="internal", default=list)
    basis = fields.CharField(data="open", max_length=200)
    """The act of delegation: its number and date."""

    objects = DatedQuerySet["Delegation"].as_manager()

    class Meta:
        verbose_name = _("delegation")
        constraints = [ends_after_it_starts("web_delegation_ends_after_it_starts")]

    def __str__(self) -> str:
        return str(self.basis)
