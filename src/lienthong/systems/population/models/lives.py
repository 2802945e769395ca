"""
What happened to a person, and where they lived with whom, each as dated rows.

All of it is spread over hash partitions by the person (decision 31), so a life lies
together. Django takes ``key`` for the primary key; in the database it is the pair of
person and key, as a partitioned table asks (migration 0006).
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.population.domain.lives import Happening, Relation, ResidenceKind
from lienthong.systems.population.models.persons import Origin, Person
from lienthong.web.accounts.uuids import uuid7


class PersonEvent(models.Model):
    """
    One change of a person: which fields, from what to what, since when, who, why, by which paper.

    Only added, never changed; a mistake is mended by another event. ``effective_on`` is
    the day of the law, ``recorded_at`` the machine's instant.
    """

    key = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    person = fields.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="events", db_index=False, data="internal"
    )
    kind = fields.CharField(
        max_length=11, choices=[(k.value, k.value) for k in Happening], data="internal"
    )
    changed = fields.ArrayField(models.CharField(max_length=30), data="internal")
    """Names of the fields that changed."""
    old = fields.JSONField(data="sensitive")
    new = fields.JSONField(data="sensitive")
    effective_on = fields.DateField(data="personal")
    reason = fields.TextField(data="personal")
    document = fields.CharField(max_length=200, data="personal")
    basis = fields.CharField(max_length=300, data="internal")
    registration = fields.CharField(max_length=120, blank=True, data="internal")
    """The entry of another register that caused it; one entry is applied once."""
    actor = fields.CharField(max_length=160, data="internal")
    legal_day = fields.DateField(data="internal")
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        indexes = (models.Index(fields=["person", "recorded_at"], name="population_event_person"),)


class Residence(models.Model):
    """Where a person lives, stays for a time, or is away to."""

    key = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    person = fields.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="residences", db_index=False, data="internal"
    )
    kind = fields.CharField(
        max_length=9, choices=[(k.value, k.value) for k in ResidenceKind], data="personal"
    )
    unit = fields.CharField(max_length=5, blank=True, data="personal")
    """Commune by its code on ``begins``; empty where old records do not say."""
    address = fields.CharField(max_length=200, data="personal")
    begins = fields.DateField(null=True, data="personal")
    """Nothing when old records do not say; never a made-up day."""
    ends = fields.DateField(null=True, data="personal")
    """The last day; the stated one of a temporary residence, empty for an open one."""
    document = fields.CharField(max_length=200, blank=True, data="internal")
    origin = fields.CharField(max_length=6, choices=Origin.choices, data="internal")
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_stay_in_order",
                condition=models.Q(ends__isnull=True)
                | models.Q(begins__isnull=True)
                | models.Q(ends__gte=models.F("begins")),
            ),
            models.UniqueConstraint(
                name="population_one_home",
                fields=["person"],
                condition=models.Q(kind="permanent", ends__isnull=True),
            ),
        )
        indexes = (models.Index(fields=["unit", "kind"], name="population_stays_in_unit"),)


class Household(models.Model):
    """People who live together under one head; it outlives its heads."""

    key = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    code = fields.CharField(max_length=20, unique=True, data="personal")
    unit = fields.CharField(max_length=5, data="personal")
    address = fields.CharField(max_length=200, data="personal")
    head = fields.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="heads", data="personal"
    )
    """Exactly one while the household is open."""
    opened_on = fields.DateField(data="personal")
    closed_on = fields.DateField(null=True, data="personal")
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_open_household_has_head",
                condition=models.Q(closed_on__isnull=False) | models.Q(head__isnull=False),
            ),
        )


class HouseholdMember(models.Model):
    """A person in a household for some days; in one at a time."""

    key = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    person = fields.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="memberships",
        db_index=False,
        data="internal",
    )
    household = fields.ForeignKey(
        Household, on_delete=models.PROTECT, related_name="members", data="internal"
    )
    relation = fields.CharField(
        max_length=11, choices=[(r.value, r.value) for r in Relation], data="personal"
    )
    begins = fields.DateField(data="personal")
    ends = fields.DateField(null=True, data="personal")
    """The last day."""
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_member_in_order",
                condition=models.Q(ends__isnull=True) | models.Q(ends__gte=models.F("begins")),
            ),
            models.UniqueConstraint(
                name="population_one_household",
                fields=["person"],
                condition=models.Q(ends__isnull=True),
            ),
        )
