"""Partners of the DCI interface, what they asked, and what they subscribed to."""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.population.models.persons import Person
from lienthong.web.accounts.uuids import uuid7


class DciPartner(models.Model):
    """A subsystem that speaks DCI: under which sender id, with which keys."""

    subsystem = fields.CharField(max_length=100, primary_key=True, data="internal")
    """``GOV/G24/csdl-bao-hiem``, as the gateway proved it."""
    sender_id = fields.CharField(max_length=99, data="internal")
    keys = fields.JSONField(default=dict, data="internal")
    """Its public keys as a JWKS (RFC 7517)."""
    shown = fields.ArrayField(models.CharField(max_length=30), data="internal")
    """Attributes of a record it may see and ask by, as its grant lists them; ``*`` is all."""
    unsigned = fields.BooleanField(default=False, data="internal")
    """Whether the marks of test suites count for a signature; for test environments only."""

    # Persons are joined to it: the lock refuses to ask through them.
    objects = PersonalManager()


class DciTransaction(models.Model):
    """A request that was acknowledged, and its answer."""

    correlation_id = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    subsystem = fields.CharField(max_length=100, data="internal")
    transaction_id = fields.CharField(max_length=99, data="internal")
    message_id = fields.CharField(max_length=99, data="internal")
    action = fields.CharField(max_length=16, data="internal")
    outcome = fields.JSONField(default=dict, data="internal")
    """How each item ended, by its reference, without any record."""
    at = fields.DateTimeField(data="internal")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="population_dci_message_once", fields=["subsystem", "message_id"]
            ),
        )
        indexes = (
            models.Index(fields=["subsystem", "transaction_id"], name="population_dci_transaction"),
        )


class DciSubscription(models.Model):
    """A person a partner is notified about."""

    code = fields.UUIDField(primary_key=True, default=uuid7, data="internal")
    partner = fields.ForeignKey(DciPartner, on_delete=models.CASCADE, data="internal")
    person = fields.ForeignKey(Person, on_delete=models.PROTECT, data="internal")
    event_type = fields.CharField(max_length=40, data="internal")
    known_as = fields.CharField(max_length=12, data="personal")
    at = fields.DateTimeField(data="internal")
    ended_at = fields.DateTimeField(null=True, data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="population_dci_subscribed_once",
                fields=["partner", "person", "event_type"],
                condition=models.Q(ended_at__isnull=True),
            ),
        )
