"""
Values no system states: reported by a body, or entered by hand from a document.

One officer writes a value, another decides on it. Nothing is deleted: an accepted
value is replaced by a revision that says why, and the database keeps every row.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lienthong.kernel.periods import Period
from lienthong.record import fields

from ..domain.catalogue import Way
from ..domain.rounding import Exactness
from .directives import Evidence, Origin

WAYS = [(way.value, way.value) for way in Way]
EXACTNESS = [(one.value, one.value) for one in Exactness]


class FigureEntry(models.Model):
    """The value of one figure for the report of one month, with what it rests on."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ACCEPTED = "accepted"
        RETURNED = "returned"
        WITHDRAWN = "withdrawn"
        REPLACED = "replaced"

    code = fields.CharField(data="open", max_length=20)
    period_start = fields.DateField(data="open")
    period_end = fields.DateField(data="open")
    """The month of the report; the days counted are the window's."""
    way = fields.CharField(data="open", max_length=8, choices=WAYS)
    system = fields.CharField(data="open", max_length=60)
    """The system that will state it once it is built."""
    body = fields.CharField(data="open", max_length=35)
    """Code of the body that reported it, or at whose desk it was entered."""
    value = fields.DecimalField(data="open", max_digits=30, decimal_places=8)
    part = fields.BigIntegerField(data="open", null=True, blank=True)
    whole = fields.BigIntegerField(data="open", null=True, blank=True)
    exactness = fields.CharField(
        data="open", max_length=8, choices=EXACTNESS, default=Exactness.EXACT.value
    )
    window_start = fields.DateField(data="open")
    window_end = fields.DateField(data="open")
    as_of = fields.DateField(data="open", null=True, blank=True)
    """The day its source states for it; nothing where the source states none."""
    letter = fields.CharField(data="open", max_length=60, blank=True)
    """Number and symbol of the document it comes from."""
    evidence = fields.ForeignKey(
        Evidence,
        data="open",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="figure_entries",
    )
    note = fields.CharField(data="open", max_length=500, blank=True)
    """What has to be known beside it; printed."""
    state = fields.CharField(
        data="open", max_length=9, choices=State.choices, default=State.WAITING
    )
    origin = fields.CharField(
        data="open", max_length=8, choices=Origin.choices, default=Origin.ENTERED.value
    )
    author = fields.CharField(data="internal", max_length=200)
    entered_on = fields.DateField(data="open")
    entered_at = fields.DateTimeField(data="open")
    decided_by = fields.CharField(data="internal", max_length=200, blank=True)
    decided_at = fields.DateTimeField(data="open", null=True, blank=True)
    answer = fields.CharField(data="open", max_length=500, blank=True)
    """Why it was returned, or what the second officer noted."""
    replaces = fields.ForeignKey(
        "self",
        data="open",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
    )
    reason = fields.CharField(data="open", max_length=500, blank=True)
    """Why an accepted value is revised."""
    version = fields.IntegerField(data="open", default=1)

    class Meta:
        ordering = ["-period_start", "code", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "period_start"],
                condition=Q(state="accepted"),
                name="steering_entry_one_accepted",
            ),
            models.UniqueConstraint(
                fields=["code", "period_start"],
                condition=Q(state="waiting"),
                name="steering_entry_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(window_end__gte=F("window_start")), name="steering_entry_forward"
            ),
            models.CheckConstraint(condition=~Q(way="live"), name="steering_entry_not_live"),
            models.CheckConstraint(
                condition=~Q(letter="") | Q(evidence__isnull=False),
                name="steering_entry_rests_on_something",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "returned", "replaced"])
                | ~Q(decided_by="") & ~Q(decided_by=F("author")),
                name="steering_entry_two_officers",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(reason=""), name="steering_entry_revised_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.month}"

    @property
    def month(self) -> Period:
        return Period(self.period_start, self.period_end)

    @property
    def window(self) -> Period:
        return Period(self.window_start, self.window_end)


class TrendLimit(models.Model):
    """Growth beyond which a reader is told, from a day on, for a figure or for a kind."""

    of = fields.CharField(data="open", max_length=20)
    """Code of a figure, or ``stock``, ``flow``, ``ratio``, ``typical``."""
    since = fields.DateField(data="open")
    up = fields.DecimalField(data="open", max_digits=8, decimal_places=2)
    down = fields.DecimalField(data="open", max_digits=8, decimal_places=2)
    """Both in percent; of a ratio in points."""
    basis = fields.CharField(data="open", max_length=300, blank=True)
    set_by = fields.CharField(data="internal", max_length=200)
    set_at = fields.DateTimeField(data="open")

    class Meta:
        ordering = ["of", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["of", "since"], name="steering_trend_limit_once"),
            models.CheckConstraint(
                condition=Q(up__gt=0, down__gt=0), name="steering_trend_limit_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of} {self.since}"
