"""What stands around the entries: papers printed, annotations, notices, dated rules."""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.systems.civil_status.domain.entries import Kind

from .books import choices


class Paper(models.Model):
    """
    A paper that was printed from an entry, as the public check page knows it.

    Found by a random code of 80 bits, never by a number or a name; holds nothing
    about a person but initials.
    """

    code = fields.CharField(max_length=16, primary_key=True, data="internal")
    kind = fields.CharField(max_length=8, choices=choices(Kind), data="open")
    entry = fields.UUIDField(data="internal")
    number = fields.CharField(max_length=20, data="open")
    office_name = fields.CharField(max_length=200, data="open")
    registered_on = fields.DateField(data="open")
    masked = fields.CharField(max_length=120, data="open")
    printed_on = fields.DateField(data="open")
    revoked_on = fields.DateField(null=True, data="open")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "entry"], name="civil_status_one_paper"),
        )
