"""
Durable ends of the exchange: what waits to be sent, what came in, what was answered.

Bodies hold people's data, so the three tables stand behind the lock of
`lienthong.record`; their other columns can be listed freely.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lienthong.kernel import clock
from lienthong.record import fields
from lienthong.record.personal import PersonalManager


class State(models.TextChoices):
    """Where a message of the outbox is."""

    WAITING = "waiting", "waiting"
    SENDING = "sending", "sending"
    DELIVERED = "delivered", "delivered"
    DEAD = "dead", "dead"
    """Refused for good or out of time: somebody retries or discards it."""
    DISCARDED = "discarded", "discarded"


class OutboxRow(models.Model):
    """One request that will be sent, written in the transaction that caused it (decision 17)."""

    consumer = fields.CharField(max_length=40, data="internal")
    provider = fields.CharField(max_length=40, data="internal")
    code = fields.CharField(max_length=100, data="internal")
    address = fields.CharField(max_length=200, data="internal", blank=True)
    """``GOV/G01/population`` when several members offer the same service, else empty."""
    body = fields.BinaryField(data="sensitive")
    """The frozen request; emptied once delivered, the digest stays."""
    digest = fields.CharField(max_length=64, data="internal")
    key = fields.CharField(max_length=200, data="internal")
    ordering_key = fields.CharField(max_length=200, data="internal", blank=True)
    correlation = fields.CharField(max_length=200, data="internal", blank=True)
    """What the sender wants to find again when the answer comes: a key of its own row."""
    put_at = fields.DateTimeField(data="internal")
    deadline = fields.DateTimeField(data="internal")
    """Nobody wants the answer after this instant; the row is then dead."""
    state = fields.CharField(
        max_length=10, choices=State.choices, default=State.WAITING, data="internal"
    )
    attempts = fields.IntegerField(default=0, data="internal")
    next_attempt = fields.DateTimeField(data="internal")
    claim = fields.UUIDField(null=True, data="internal")
    """Who is sending it now; a lost claim may not write the outcome."""
    claimed_until = fields.DateTimeField(null=True, data="internal")
    by_relay = fields.BooleanField(default=False, data="internal")
    """Claimed by the relay; its successor need not wait for the lease to run out."""
    last_error = fields.CharField(max_length=100, blank=True, data="internal")
    message_id = fields.CharField(max_length=100, blank=True, data="internal")
    finished_at = fields.DateTimeField(null=True, data="internal")
    trace = fields.CharField(max_length=32, data="internal")

    objects = PersonalManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["consumer", "provider", "code", "key"], name="exchange_outbox_key"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="exchange_outbox_due",
            ),
            models.Index(
                fields=["provider", "ordering_key", "id"],
                condition=models.Q(state__in=["waiting", "sending", "dead"])
                & ~models.Q(ordering_key=""),
                name="exchange_outbox_order",
            ),
            # Those that rest after a failed try, for when their provider is there again.
            models.Index(
                fields=["provider", "next_attempt"],
                condition=models.Q(state="waiting") & ~models.Q(last_error=""),
                name="exchange_outbox_resting",
            ),
            models.Index(fields=["state", "id"], name="exchange_outbox_state"),
            models.Index(
                fields=["consumer", "correlation"],
                condition=~models.Q(correlation=""),
                name="exchange_outbox_correlation",
            ),
        ]


class InboxRow(models.Model):
    """A message received and kept before it was answered; unique on sender and key."""

    system = fields.CharField(max_length=40, data="internal")
    sender = fields.CharField(max_length=200, data="internal")
    code = fields.CharField(max_length=100, data="internal")
    key = fields.CharField(max_length=200, data="internal")
    digest = fields.CharField(max_length=64, data="internal")
    body = fields.BinaryField(data="sensitive")
    received_at = fields.DateTimeField(data="internal")
    ordering_key = fields.CharField(max_length=200, data="internal", blank=True, default="")
    attempts = fields.IntegerField(default=0, data="internal")
    next_attempt = fields.DateTimeField(data="internal", default=clock.instant)
    last_error = fields.CharField(max_length=100, blank=True, default="", data="internal")
    dead_at = fields.DateTimeField(null=True, data="internal")
    """Given up: somebody retries or discards it; with ``done_at`` it was discarded."""
    done_at = fields.DateTimeField(null=True, data="internal")
    trace = fields.CharField(max_length=32, data="internal")

    objects = PersonalManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "key"], name="exchange_inbox_key"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["system", "code", "id"],
                condition=models.Q(done_at=None),
                name="exchange_inbox_pending",
            ),
            models.Index(
                fields=["system", "sender", "ordering_key", "id"],
                condition=models.Q(done_at=None) & ~models.Q(ordering_key=""),
                name="exchange_inbox_order",
            ),
        ]


class KeptAnswer(models.Model):
    """The answer of a changing offer, kept with its key beside its effect (decision 16)."""

    client = fields.CharField(max_length=200, data="internal")
    offer = fields.CharField(max_length=140, data="internal")
    """System and service code: ``population/personal-id.issue.v1``."""
    key = fields.CharField(max_length=200, data="internal")
    digest = fields.CharField(max_length=64, data="internal")
    answer = fields.BinaryField(data="sensitive", null=True)
    """Whole, before the grant's field list; nothing while the first request runs."""
    subjects = fields.JSONField(data="sensitive", default=list)
    kept_at = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "offer", "key"], name="exchange_kept_answer_key"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kept_at"], name="exchange_kept_answer_age")]


class Epoch(models.Model):
    """
    A time of this node that began with a restore; before the first there is no row.

    What happened after the backup is gone from these tables but not from the world, so
    the outbox waits for a review and no number is given until it is known, or stepped
    over, which numbers were given meanwhile (decision 12).
    """

    number = fields.BigIntegerField(primary_key=True, data="internal")
    backup = fields.CharField(max_length=64, data="internal")
    """The backup this node was restored from."""
    taken_at = fields.DateTimeField(data="internal")
    raised_at = fields.DateTimeField(data="internal")
    events_missed = fields.IntegerField(data="internal")
    """Backups and restores between that backup and this restore, weighed (`cli.ledger`)."""
    log_restored = fields.BooleanField(data="internal")
    """Whether the gateway's log was lost too; it then says nothing of the time between."""
    log_position = fields.JSONField(data="internal")
    """Where the log stood when the backup began, as `gateway.since` reads it."""
    outbox_released_at = fields.DateTimeField(null=True, data="internal")
    outbox_released_by = fields.CharField(max_length=200, blank=True, data="internal")
    numbers_released_at = fields.DateTimeField(null=True, data="internal")
    numbers_released_by = fields.CharField(max_length=200, blank=True, data="internal")
    grounds = fields.JSONField(default=dict, data="internal")
    """On which counts the numbers were released: never a number itself."""


class BackupTaken(models.Model):
    """A backup of this node that was finished; the last row is the newest."""

    backup = fields.CharField(max_length=64, unique=True, data="internal")
    taken_at = fields.DateTimeField(data="internal")
    finished_at = fields.DateTimeField(data="internal")
