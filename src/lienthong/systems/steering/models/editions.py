"""
Editions of the monthly report, the figures they rest on and how they were collected.

An issued edition is never changed; a later one supersedes it. A figure points to
the answer it came in, and that answer to the message in the exchange's log.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from lienthong.kernel.periods import Period
from lienthong.record import fields

from ..domain.catalogue import Way, of_its_day
from ..domain.editions import SYMBOL, State
from ..domain.rounding import Exactness
from ..domain.stated import Stated
from .entries import EXACTNESS, WAYS, FigureEntry


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
    """A figure as its system stated it for one edition, or as a body reported it."""

    class State(models.TextChoices):
        LIVE = "live"
        STALE = "stale"  # the system did not answer when it was asked again

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.PROTECT, related_name="figures"
    )
    way = fields.CharField(data="open", max_length=8, choices=WAYS, default=Way.LIVE.value)
    answer = fields.ForeignKey(
        SourceAnswer,
        data="open",
        on_delete=models.PROTECT,
        related_name="figures",
        null=True,
        blank=True,
    )
    """The answer it came in, of a live figure."""
    entry = fields.ForeignKey(
        FigureEntry,
        data="open",
        on_delete=models.PROTECT,
        related_name="figures",
        null=True,
        blank=True,
    )
    """The accepted entry it came from, of a reported or entered one."""
    chosen = fields.BooleanField(data="open", default=False)
    """Whether an officer chose it over the same figure that came in another way."""
    chosen_by = fields.CharField(data="internal", max_length=200, blank=True)
    chosen_at = fields.DateTimeField(data="open", null=True, blank=True)
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
    as_of = fields.DateField(data="open", null=True, blank=True)
    """The day it holds on; of a reported figure only what its source states."""
    exactness = fields.CharField(
        data="open", max_length=8, choices=EXACTNESS, default=Exactness.EXACT.value
    )
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
                fields=["edition", "system", "code", "way"], name="steering_figure_once"
            ),
            models.UniqueConstraint(
                fields=["edition", "code"],
                condition=Q(chosen=True),
                name="steering_figure_one_chosen",
            ),
            models.CheckConstraint(
                condition=Q(way="live", answer__isnull=False, entry=None)
                | ~Q(way="live") & Q(answer=None, entry__isnull=False),
                name="steering_figure_one_way",
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
        known = of_its_day(self.code, self.window_end)
        live = self.way == Way.LIVE
        slack = (Decimal(0), Decimal(0))
        if known is not None and not live:
            slack = known.rounding.slack(Exactness(self.exactness))
        return Stated(
            code=self.code,
            value=self.value,
            unit=self.unit,
            rows=self.rows,
            imported=self.imported,
            part=self.part,
            whole=self.whole,
            days=(self.window_end - self.window_start).days + 1,
            start=self.window_start,
            end=self.window_end,
            as_of=self.window_end if live else self.as_of,
            counted=live,
            exactness=Exactness(self.exactness),
            below=slack[0],
            above=slack[1],
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


class EditionRemark(models.Model):
    """What a careful reader would ask about an edition, as it stood when it was collected."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.CASCADE, related_name="remark_rows"
    )
    code = fields.CharField(data="open", max_length=40)
    words = fields.TextField(data="open")
    figures = fields.TextField(data="open", blank=True)
    """Codes of the figures concerned, separated by commas."""

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.code)


class Revision(models.Model):
    """A figure of the report that differs from the edition issued before, and why."""

    edition = fields.ForeignKey(
        ReportEdition, data="open", on_delete=models.CASCADE, related_name="revisions"
    )
    code = fields.CharField(data="open", max_length=20)
    old = fields.CharField(data="open", max_length=80)
    """As the issued edition writes it; empty for a figure it did not have."""
    new = fields.CharField(data="open", max_length=80)
    """Empty for a figure that is no longer stated."""
    reason = fields.CharField(data="open", max_length=1000, blank=True)
    reason_by = fields.CharField(data="internal", max_length=200, blank=True)
    reason_at = fields.DateTimeField(data="open", null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "code"], name="steering_revision_once")
        ]

    def __str__(self) -> str:
        return str(self.code)

    @property
    def needs_reason(self) -> bool:
        """A figure that was not printed before revises nothing."""
        return bool(self.old) and not self.reason
