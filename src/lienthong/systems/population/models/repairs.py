"""Requests to repair a number: whose, what is wrong, the papers, and who decided."""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.population.domain.repairs import RepairKind, RepairState
from lienthong.systems.population.models.persons import Person
from lienthong.web.accounts.uuids import uuid7


class Repair(models.Model):
    """One request, from the first officer's proposal to the second one's decision."""

    key = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    kind = fields.CharField(
        max_length=9, choices=[(k.value, k.value) for k in RepairKind], data="internal"
    )
    state = fields.CharField(
        max_length=8, choices=[(s.value, s.value) for s in RepairState], data="internal"
    )
    number = fields.CharField(max_length=12, data="personal")
    person = fields.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="repairs", data="internal"
    )
    proposal = fields.JSONField(data="sensitive")
    """The right sex, birth date and place; for a shared number the other person's particulars."""
    reason = fields.TextField(data="personal")
    evidence = fields.JSONField(data="personal")
    """Papers: what each is, its number and day, and the SHA-256 of its scan if there is one."""
    asked_by = fields.CharField(max_length=160, data="internal")
    asked_on = fields.DateField(data="internal")
    asked_at = fields.DateTimeField(data="internal")
    decided_by = fields.CharField(max_length=160, blank=True, data="internal")
    decided_on = fields.DateField(null=True, data="internal")
    decision = fields.CharField(max_length=120, blank=True, data="internal")
    answer = fields.TextField(blank=True, data="internal")
    """What the second officer said; required of a refusal."""
    successors = fields.JSONField(default=list, data="personal")
    """The numbers given by it."""

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="population_one_open_repair",
                fields=["number"],
                condition=models.Q(state__in=["asked", "granted"]),
            ),
            models.CheckConstraint(
                name="population_two_officers",
                condition=models.Q(state="asked") | ~models.Q(decided_by=models.F("asked_by")),
            ),
        )
        indexes = (models.Index(fields=["state", "asked_at"], name="population_repairs_open"),)
