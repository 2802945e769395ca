"""What stands around the entries: papers printed, annotations, notices, dated rules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.civil_status.domain.entries import EventKind, Kind

from .books import choices


class Paper(models.Model):
    """
    A paper that was printed from an entry, as the public check page knows it.

    Found by a random code of 80 bits, never by a number or a name; holds nothing
    about a person but initials.
    """

    code = fields.CharField(max_length=16, primary_key=True, data="internal")
    kind = fields.CharField(max_length=8, choices=choices(Kind), data="open")
    event = fields.CharField(
        max_length=26, blank=True, db_default="", choices=choices(EventKind), data="open"
    )
    """What kind of event, of the many that are neither birth, marriage nor death."""
    entry = fields.UUIDField(data="internal")
    number = fields.CharField(max_length=40, data="open")
    office_name = fields.CharField(max_length=200, data="open")
    registered_on = fields.DateField(data="open")
    masked = fields.CharField(max_length=120, data="open")
    printed_on = fields.DateField(data="open")
    revoked_on = fields.DateField(null=True, data="open")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "entry"], name="civil_status_one_paper"),
        )


class Annotation(models.Model):
    """
    A later event noted beside an entry it alters; the entry itself is never overwritten.

    Lies in the partition of the entry it stands beside (``office``), so that both are
    found together. What an entry says today is what it said, read through these.
    """

    key = fields.UUIDField(primary_key=True, data="internal")
    book = fields.CharField(max_length=8, choices=choices(Kind), data="open")
    entry = fields.UUIDField(data="internal")
    office = fields.CharField(max_length=40, data="open")
    event = fields.CharField(max_length=26, choices=choices(Kind, EventKind), data="personal")
    by_entry = fields.UUIDField(data="internal")
    """The registration or note that alters it."""
    by_office = fields.CharField(max_length=40, data="open")
    by_number = fields.CharField(max_length=40, data="open")
    noted_on = fields.DateField(data="open")
    recorded_at = fields.DateTimeField(data="internal")
    noted_by = fields.CharField(max_length=160, data="internal")
    basis = fields.CharField(max_length=300, blank=True, data="personal")
    """The decision it rests on: number, day, issuer."""
    changes = fields.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True, data="sensitive"
    )
    withdrawn_on = fields.DateField(null=True, data="open")

    objects = PersonalManager()

    class Meta:
        indexes = (models.Index(fields=["entry", "noted_on"], name="civil_status_annotation_of"),)


class Notice(models.Model):
    """
    Word to another desk of what was registered here (Luật art. 5.4, 28.3).

    Both desks keep their books in this one register, so the notice is a row of it; it
    names the entry, and the desk that reads it sees the entry under a look of its own.
    """

    class Why(models.TextChoices):
        RESIDENCE = "residence", "residence"
        FIRST_REGISTRATION = "first_registration", "first_registration"

    key = fields.UUIDField(primary_key=True, data="internal")
    to_office = fields.CharField(max_length=40, data="open")
    from_office = fields.CharField(max_length=40, data="open")
    why = fields.CharField(max_length=18, choices=Why.choices, data="open")
    book = fields.CharField(max_length=8, choices=choices(Kind), data="open")
    event = fields.CharField(max_length=26, choices=choices(Kind, EventKind), data="open")
    entry = fields.UUIDField(data="internal")
    number = fields.CharField(max_length=40, data="open")
    sent_on = fields.DateField(data="open")
    seen_on = fields.DateField(null=True, data="open")
    seen_by = fields.CharField(max_length=160, blank=True, data="internal")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["to_office", "entry", "why"], name="civil_status_one_notice"
            ),
        )
        indexes = (
            models.Index(
                fields=["to_office", "sent_on"],
                condition=Q(seen_on=None),
                name="civil_status_notice_unseen",
            ),
        )


class EnteredRule(models.Model):
    """
    A rule of a kind of event that an administrator entered; it comes before the shipped one.

    Never deleted: a rule that was wrong ends before it began (``withdrawn_on``).
    """

    kind = fields.CharField(max_length=26, choices=choices(Kind, EventKind), data="open")
    valid_from = fields.DateField(data="open")
    valid_to = fields.DateField(null=True, blank=True, data="open")
    domestic = fields.CharField(max_length=40, data="open")
    foreign = fields.CharField(max_length=40, data="open")
    grown = fields.CharField(max_length=40, blank=True, data="open")
    limit = fields.CharField(max_length=60, data="open")
    limit_foreign = fields.CharField(max_length=60, blank=True, data="open")
    series = fields.CharField(max_length=20, blank=True, data="open")
    declarant = fields.CharField(max_length=200, blank=True, data="open")
    youngest_woman = fields.SmallIntegerField(null=True, blank=True, data="open")
    youngest_man = fields.SmallIntegerField(null=True, blank=True, data="open")
    legal_basis = fields.CharField(max_length=300, data="open")
    doubt = fields.CharField(max_length=300, blank=True, data="open")
    entered_by = fields.CharField(max_length=160, data="internal")
    entered_on = fields.DateField(data="open")
    withdrawn_on = fields.DateField(null=True, data="open")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="civil_status_rule_order",
            ),
        )
