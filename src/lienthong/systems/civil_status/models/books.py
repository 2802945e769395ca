"""
Desks, their officers, the books they keep, and what was loaded into them.

A book is closed on the last day of its year (Luật Hộ tịch art. 58).
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.civil_status.domain.entries import DeskLevel, EventKind, Kind


def choices(*kinds: type) -> list[tuple[str, str]]:
    return [(value.value, value.value) for kind in kinds for value in kind]  # type: ignore[attr-defined]


class Origin(models.TextChoices):
    """A row came of an act at a desk, or with an import statement (decision 2)."""

    LIVE = "live", "live"
    IMPORT = "import", "import"


class ImportStatement(models.Model):
    """What was loaded, from where, when: imported rows point here and carry no receipt."""

    key = fields.UUIDField(primary_key=True, data="open")
    source = fields.TextField(data="open")
    rows = fields.BigIntegerField(data="open")
    digest = fields.CharField(max_length=64, data="open")
    imported_at = fields.DateTimeField(data="open")
    legal_day = fields.DateField(data="open")

    # Nothing of it is personal, but persons point here: the lock refuses to ask through them.
    objects = PersonalManager()


class Desk(models.Model):
    """
    A desk that keeps books, or a department that watches over them.

    The roster is civil status' own and not the unit table (decision 26): after a
    merger of communes two desks may serve one unit for a while.
    """

    office = fields.CharField(max_length=40, primary_key=True, data="open")
    level = fields.CharField(max_length=8, choices=choices(DeskLevel), data="open")
    unit = fields.CharField(max_length=12, data="open")
    name = fields.CharField(max_length=200, data="open")
    opened_on = fields.DateField(data="open")
    closed_on = fields.DateField(null=True, data="open")

    class Meta:
        indexes = (models.Index(fields=["level", "unit"], name="civil_status_desk_level"),)


class DeskUser(models.Model):
    """An officer's access to the register at a desk; names live with the office that employs."""

    key = fields.UUIDField(primary_key=True, data="internal")
    desk = fields.ForeignKey(Desk, on_delete=models.PROTECT, data="internal")
    valid_from = fields.DateField(data="internal")
    valid_to = fields.DateField(null=True, data="internal")
    origin = fields.CharField(max_length=6, choices=Origin.choices, data="internal")


class RegisterBook(models.Model):
    """
    One book per desk, kind of event and year (Luật art. 58). Its row is locked to take a number.

    ``last_no`` moves in the transaction that writes the entry, so numbers have no gaps.
    """

    office = fields.CharField(max_length=40, data="open")
    kind = fields.CharField(max_length=26, choices=choices(Kind, EventKind), data="open")
    year = fields.SmallIntegerField(data="open")
    last_no = fields.IntegerField(default=0, data="internal")
    closed_on = fields.DateField(null=True, data="open")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["office", "kind", "year"], name="civil_status_one_book"
            ),
        )
