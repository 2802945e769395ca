"""
Editions of the monthly report, the figures they rest on and how they were collected.

An issued edition is never changed; a later one supersedes it. A figure points to
the answer it came in, and that answer to the message in the exchange's log.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lienthong.kernel.periods import Period
from lienthong.record import fields

from ..domain.editions import SYMBOL, State
from ..domain.stated import Stated


class DocumentRegister(models.Model):
    """The last number given out in a year's series of a body (Decree 30/2020, article 15)."""

    body = fields.CharField(data="open", max_length=35)
    series = fields.CharField(data="open", max_length=20)
    year = fields.IntegerField(data="open")
    last = fields.IntegerField(data="open", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["body", "series", "year"], name="steering_register_once"
            ),
            models.CheckConstraint(condition=Q(last__gte=0), name="steering_register_counts_up"),
        ]

    def __str__(self) -> str:
        return f"{self.body}/{self.series}/{self.year}"


class ReportEdition(models.Model):
    """One edition of the report of one month."""

    period_start = fields.DateField(data="open")
    period_end = fields.DateField(data="open")
    version = fields.IntegerField(data="open", default=1)
    state = fields.CharField(
        data="open", max_length=12, choices=[(s.value, s.value) for s in State], default=State.DRAFT
    )
    counted_to = fields.DateField(data="open")
    """Last legal day of the figures."""
    opened_on = fields.DateField(data="open")
    opened_at = fields.DateTimeField(data="open")
    opened_by = fields.CharField(data="internal", max_length=200)
    number = fields.IntegerField(data="open", null=True, blank=True)
    symbol = fields.CharField(data="open", max_length=30, default=SYMBOL)
    issued_on = fields.DateField(data="open", null=True, blank=True)
    issued_at = fields.DateTimeField(data="open", null=True, blank=True)
    issued_by = fields.CharField(data="internal", max_length=200, blank=True)

    class Meta:
        ordering = ["-period_start", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["period_start", "period_end", "version"], name="steering_edition_once"
            ),
            models.UniqueConstraint(
                fields=["period_start", "period_end"],
                condition=Q(state="draft"),
                name="steering_one_draft_a_month",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="steering_period_forward"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", number=None) | ~Q(state="draft") & ~Q(number=None),
                name="steering_issued_has_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month}/{self.version}"

    @property
    def month(self) -> Period:
        return Period(self.period_start, self.period_end)

    @property
    def is_draft(self) -> bool:
        return bool(self.state == State.DRAFT)


class SourceAnswer(models.Model):
    """One time a system was asked for its figures, and what came of it."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        UNAVAILABLE = "unavailable"
        REFUSED = "refused"
        UNREADABLE = "unreadable"

    class Proof(models.TextChoices):
        NONE = "none"
        PROMISED = "promised"
        VERIFIED = "verified"
        BROKEN = "broken"

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="answers"
    )
    system = fields.CharField(data="open", max_length=60)
    run = fields.UUIDField(data="open")
    """Systems asked in one go share a run."""
    asked_at = fields.DateTimeField(data="open")
    answered_at = fields.DateTimeField(data="open", null=True, blank=True)
    outcome = fields.CharField(data="open", max_length=12, choices=Outcome.choices)
    error_code = fields.CharField(data="open", max_length=100, blank=True)
    provider = fields.CharField(data="open", max_length=200, blank=True)
    message_id = fields.CharField(data="open", max_length=200, blank=True)
    request_id = fields.CharField(data="open", max_length=200, blank=True)
    body_digest = fields.CharField(data="open", max_length=64, blank=True)
    """SHA-256 of the answer as it arrived; the receipt must prove the same."""
    promise = fields.JSONField(data="open", null=True, blank=True)
    receipt = fields.JSONField(data="open", null=True, blank=True)
    proof = fields.CharField(data="open", max_length=10, choices=Proof.choices, default=Proof.NONE)
    proof_detail = fields.JSONField(data="open", default=dict)
    """What the receipt proves, or why it does not."""

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["edition", "system", "-asked_at"], name="steering_answer_latest")
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.outcome}"


class CollectedFigure(models.Model):
    """A figure as its system stated it for one edition."""

    class State(models.TextChoices):
        LIVE = "live"
        STALE = "stale"  # the system did not answer when it was asked again

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="figures"
    )
    answer = fields.ForeignKey(
        SourceAnswer, data="open", on_delete=models.PROTECT, related_name="figures"
    )
    system = fields.CharField(data="open", max_length=60)
    code = fields.CharField(data="open", max_length=20)
    title = fields.CharField(data="open", max_length=300)
    value = fields.DecimalField(data="open", max_digits=30, decimal_places=8)
    unit = fields.CharField(data="open", max_length=60)
    kind = fields.CharField(data="open", max_length=20)
    definition = fields.TextField(data="open")
    note = fields.TextField(data="open", blank=True, default="")
    """What its system said has to be known beside it, such as who has not reported yet."""
    window_start = fields.DateField(data="open")
    window_end = fields.DateField(data="open")
    source = fields.CharField(data="open", max_length=300)
    function = fields.CharField(data="open", max_length=200)
    rows = fields.BigIntegerField(data="open")
    imported = fields.BigIntegerField(data="open")
    part = fields.BigIntegerField(data="open", null=True, blank=True)
    whole = fields.BigIntegerField(data="open", null=True, blank=True)
    collected_at = fields.DateTimeField(data="open")
    state = fields.CharField(data="open", max_length=6, choices=State.choices, default=State.LIVE)
    stale_since = fields.DateTimeField(data="open", null=True, blank=True)
    """When its system first failed to answer after this figure was collected."""

    class Meta:
        ordering = ["code", "system"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "system", "code"], name="steering_figure_once"
            ),
            models.CheckConstraint(
                condition=Q(rows__gte=0, imported__gte=0), name="steering_figure_rows"
            ),
        ]

    def __str__(self) -> str:
        return str(self.code)

    @property
    def stated(self) -> Stated:
        """The figure as the rules see it."""
        return Stated(
            code=self.code,
            value=self.value,
            unit=self.unit,
            rows=self.rows,
            imported=self.imported,
            part=self.part,
            whole=self.whole,
            days=(self.window_end - self.window_start).days + 1,
        )

    @property
    def live_rows(self) -> int:
        return int(max(0, self.rows - self.imported))


class RelationCheck(models.Model):
    """How a relation between figures turned out, and what a person wrote about it."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.CASCADE, related_name="checks"
    )
    key = fields.CharField(data="open", max_length=100)
    verdict = fields.CharField(data="open", max_length=10)
    left = fields.DecimalField(data="open", max_digits=34, decimal_places=8, null=True, blank=True)
    right = fields.DecimalField(data="open", max_digits=34, decimal_places=8, null=True, blank=True)
    note = fields.TextField(data="open", blank=True)
    noted_by = fields.CharField(data="internal", max_length=200, blank=True)
    noted_at = fields.DateTimeField(data="open", null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="steering_check_once")
        ]

    def __str__(self) -> str:
        return str(self.key)
