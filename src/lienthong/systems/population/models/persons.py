"""
Tables of the population database.

A person is one row under a key that never changes and means nothing, spread over
hash partitions by that key (decision 31). The numbers stand apart: each number ever
given is a row for ever, and its primary key is the guard against giving it twice.
Row history is written by database triggers, set up in the migrations.
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.population.domain.ids import Cause, NumberStatus
from lienthong.systems.population.domain.lives import Marital, Precision, Standing

SEXES = (("male", "male"), ("female", "female"))


class Origin(models.TextChoices):
    """A row came of an act on this node, or with an import statement (decision 2)."""

    LIVE = "live", "live"
    IMPORT = "import", "import"


class ImportStatement(models.Model):
    """What was loaded, from where, when: bulk rows point here and carry no receipt."""

    key = fields.UUIDField(primary_key=True, data="open")
    source = fields.TextField(data="open")
    rows = fields.BigIntegerField(data="open")
    digest = fields.CharField(max_length=64, data="open")
    """SHA-256 over the loaded lines in their order."""
    imported_at = fields.DateTimeField(data="open")
    legal_day = fields.DateField(data="open")

    # Nothing of it is personal, but persons point here: the lock refuses to ask through them.
    objects = PersonalManager()


class Person(models.Model):
    """A person the state knows, alive or dead."""

    person_key = fields.UUIDField(primary_key=True, data="internal")
    full_name = fields.CharField(max_length=120, data="personal")
    name_sort = fields.CharField(max_length=400, data="personal")
    name_fold = fields.CharField(max_length=120, data="personal")
    sex = fields.CharField(max_length=6, choices=SEXES, data="personal")
    born_on = fields.DateField(data="personal")
    born_precision = fields.CharField(
        max_length=5, choices=[(p.value, p.value) for p in Precision], data="personal"
    )
    ethnicity = fields.CharField(max_length=40, data="sensitive")
    ethnicity_code = fields.CharField(max_length=4, blank=True, data="sensitive")
    ethnicity_list = fields.CharField(max_length=40, blank=True, data="sensitive")
    nationality = fields.CharField(max_length=60, data="personal")
    home_place = fields.CharField(max_length=200, blank=True, data="personal")
    birth_place = fields.CharField(
        max_length=200, blank=True, default="", db_default="", data="personal"
    )
    birth_registry = fields.CharField(
        max_length=200, blank=True, default="", db_default="", data="personal"
    )
    """Where the birth was registered, which the first digits of the number stand for."""
    religion = fields.CharField(
        max_length=60, blank=True, default="", db_default="", data="sensitive"
    )
    """Listed by art. 9.1 of the Law on Citizen Identification; empty when none was declared."""
    marital = fields.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        choices=[(m.value, m.value) for m in Marital if m.value],
        data="personal",
    )
    spouse = fields.CharField(max_length=12, blank=True, default="", db_default="", data="personal")
    residence = fields.CharField(max_length=200, blank=True, data="personal")
    residence_unit = fields.CharField(max_length=5, blank=True, data="personal")
    """The permanent residence in force, repeated from its row for the reads that need no more; of a
    child whose own is not registered yet, where the parents said it lives."""
    mother = fields.CharField(max_length=12, blank=True, data="personal")
    father = fields.CharField(max_length=12, blank=True, data="personal")
    standing = fields.CharField(
        max_length=13, choices=[(s.value, s.value) for s in Standing], data="personal"
    )
    died_on = fields.DateField(null=True, blank=True, data="personal")
    death_registration = fields.CharField(max_length=80, blank=True, data="personal")
    origin = fields.CharField(max_length=6, choices=Origin.choices, data="internal")
    statement = fields.ForeignKey(
        ImportStatement, null=True, on_delete=models.PROTECT, data="internal"
    )
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_dead_has_day",
                condition=~models.Q(standing="deceased") | models.Q(died_on__isnull=False),
            ),
            models.CheckConstraint(
                name="population_death_after_birth",
                condition=models.Q(died_on__isnull=True)
                | models.Q(died_on__gte=models.F("born_on"))
                | ~models.Q(born_precision="day"),
            ),
        )
        indexes = (
            # Prefix search on the name without marks; pg_trgm is not needed for it (stack.md 2).
            models.Index(fields=["name_fold"], name="population_name_fold"),
            # Children are found by a parent's number; most imported rows name no parent.
            models.Index(
                fields=["mother"], name="population_mother", condition=~models.Q(mother="")
            ),
            models.Index(
                fields=["father"], name="population_father", condition=~models.Q(father="")
            ),
        )


class PersonalIdRow(models.Model):
    """One number ever given. Never deleted, never changed but for its cancelling."""

    number = fields.CharField(max_length=12, primary_key=True, data="personal")
    person = fields.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="numbers", data="internal"
    )
    status = fields.CharField(
        max_length=9, choices=[(s.value, s.value) for s in NumberStatus], data="internal"
    )
    cause = fields.CharField(
        max_length=18, choices=[(c.value, c.value) for c in Cause], data="internal"
    )
    registration = fields.CharField(max_length=120, null=True, unique=True, data="internal")
    """The entry it was given for, as its register names it; one entry, one number."""
    issued_on = fields.DateField(data="internal")
    successor = fields.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="predecessor", data="personal"
    )
    reason = fields.TextField(blank=True, data="internal")
    decision = fields.CharField(max_length=120, blank=True, data="internal")
    formerly = fields.CharField(
        max_length=12, blank=True, default="", db_default="", data="personal"
    )
    """The number of somebody else that this person used before this one was given."""
    cancelled_on = fields.DateField(null=True, data="internal")
    origin = fields.CharField(max_length=6, choices=Origin.choices, data="internal")
    recorded_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_twelve_digits", condition=models.Q(number__regex=r"^[0-9]{12}$")
            ),
            models.CheckConstraint(
                name="population_cancelled_has_day",
                condition=models.Q(status="active", cancelled_on__isnull=True)
                | models.Q(status="cancelled", cancelled_on__isnull=False),
            ),
            models.UniqueConstraint(
                name="population_one_active_number",
                fields=["person"],
                condition=models.Q(status="active"),
            ),
        )
        indexes = (
            models.Index(fields=["cause", "issued_on", "origin"], name="population_cause_issued"),
            models.Index(
                fields=["formerly"], name="population_formerly", condition=~models.Q(formerly="")
            ),
        )


class RangeCounter(models.Model):
    """
    How many places of a range are used. Locked while a number is given.

    Never shown: with the order of the permutation unknown the counter tells
    nothing of the numbers, but it would tell how many were born where.
    """

    digits = fields.CharField(max_length=6, primary_key=True, data="internal")
    used = fields.IntegerField(default=0, data="internal")
    kept = fields.IntegerField(default=0, data="internal")
    """Places used when the newest finished backup was taken."""
    alarmed_on = fields.DateField(null=True, data="internal")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="population_range_bounds",
                condition=models.Q(used__gte=0, used__lte=1_000_000),
            ),
        )


class LostNumber(models.Model):
    """
    A number that was given after the backup this node was restored from.

    The gateway's log proves that it was given and in which exchange; to whom, the one who
    asked knows. It is never given again.
    """

    number = fields.CharField(max_length=12, primary_key=True, data="personal")
    message_id = fields.CharField(max_length=200, data="internal")
    found_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()


class SteppedOver(models.Model):
    """One reconciliation after a restore: how far every range was moved on."""

    at = fields.DateTimeField(data="internal")
    by_log = fields.BooleanField(data="internal")
    floor = fields.IntegerField(data="internal")
    """Where a range begins that nobody had used yet."""
    requests = fields.IntegerField(data="internal")
    unanswered = fields.IntegerField(data="internal")
    recognised = fields.IntegerField(data="internal")
    unrecognised = fields.IntegerField(data="internal")
