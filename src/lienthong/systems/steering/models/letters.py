"""
Documents a body received, what its leader said about them, and the letters that pass them on.

A letter is a draft until it is issued; then the database refuses every change. What
the check of its quotations found and somebody explained is kept with the reason.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from lienthong.record import fields

from ..domain.deadlines import Cadence, DueKind, DueRule
from .directives import DirectiveDocument, Evidence, Origin, Task


class Reception(models.Model):
    """A document in the incoming register of a body (Decree 30/2020, articles 21 and 22)."""

    body = fields.CharField(data="open", max_length=35)
    """The body it was sent to, such as a People's Committee."""
    office = fields.CharField(data="open", max_length=35)
    """The body whose officers received it and write the letter."""
    document = fields.ForeignKey(
        DirectiveDocument, data="open", on_delete=models.PROTECT, related_name="receptions"
    )
    number = fields.IntegerField(data="open")
    """Arrival number, of the year and the office."""
    received_on = fields.DateField(data="open")
    received_at = fields.DateTimeField(data="open")
    received_by = fields.CharField(data="internal", max_length=200)
    file = fields.ForeignKey(
        Evidence,
        data="internal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="receptions",
    )
    origin = fields.CharField(
        data="open", max_length=8, choices=Origin.choices, default=Origin.ENTERED
    )

    class Meta:
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["body", "document"], name="steering_received_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.document_id}"


class Opinion(models.Model):
    """What a leader said about a received document; a wrong record is withdrawn with a reason."""

    reception = fields.ForeignKey(
        Reception, data="open", on_delete=models.PROTECT, related_name="opinions"
    )
    leader = fields.CharField(data="internal", max_length=150)
    title = fields.CharField(data="open", max_length=150)
    given_on = fields.DateField(data="open")
    words = fields.TextField(data="internal")
    recorded_at = fields.DateTimeField(data="open")
    recorded_by = fields.CharField(data="internal", max_length=200)
    withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)
    withdrawn_by = fields.CharField(data="internal", max_length=200, blank=True)
    withdrawn_reason = fields.CharField(data="internal", max_length=500, blank=True)

    class Meta:
        ordering = ["-given_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""),
                name="steering_opinion_withdrawn_has_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reception_id} {self.given_on}"


class Letter(models.Model):
    """An official letter that passes a received document on."""

    class State(models.TextChoices):
        DRAFT = "draft"
        ISSUED = "issued"
        DROPPED = "dropped"

    reception = fields.ForeignKey(
        Reception, data="open", on_delete=models.PROTECT, related_name="letters"
    )
    opinion = fields.ForeignKey(
        Opinion, data="open", on_delete=models.PROTECT, related_name="letters"
    )
    state = fields.CharField(data="open", max_length=8, choices=State.choices, default=State.DRAFT)
    symbol = fields.CharField(data="open", max_length=30)
    subject = fields.CharField(data="open", max_length=500)
    """Box 5b, without ``V/v``."""
    lead = fields.CharField(data="open", max_length=35)
    co_leads = fields.TextField(data="open", blank=True)
    """A body or group a line."""
    task = fields.TextField(data="open")
    """What the lead does with the whole document: the text of its general task."""
    recipients = fields.TextField(data="open")
    """Box 9b, a recipient a line."""
    authority = fields.CharField(data="open", max_length=200)
    """Box 7a, both lines with a newline between."""
    signer = fields.CharField(data="internal", max_length=150)
    place = fields.CharField(data="open", max_length=60)
    number = fields.IntegerField(data="open", null=True, blank=True)
    issued_on = fields.DateField(data="open", null=True, blank=True)
    issued_at = fields.DateTimeField(data="open", null=True, blank=True)
    issued_by = fields.CharField(data="internal", max_length=200, blank=True)
    document = fields.OneToOneField(
        DirectiveDocument,
        data="open",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="letter",
    )
    """Its place in the register of tasks, once it is issued."""
    pdf = fields.ForeignKey(
        Evidence,
        data="internal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="letters_pdf",
    )
    docx = fields.ForeignKey(
        Evidence,
        data="internal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="letters_docx",
    )
    dropped_reason = fields.CharField(data="internal", max_length=500, blank=True)
    drafted_at = fields.DateTimeField(data="open")
    drafted_by = fields.CharField(data="internal", max_length=200)
    version = fields.IntegerField(data="open", default=1)

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reception"],
                condition=Q(state="draft"),
                name="steering_one_letter_is_drafted",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | ~Q(number=None) & ~Q(issued_on=None) & ~Q(document=None),
                name="steering_issued_letter_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(dropped_reason=""),
                name="steering_dropped_letter_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or '…'}/{self.symbol}"

    @property
    def is_draft(self) -> bool:
        return bool(self.state == self.State.DRAFT)


class LetterItem(models.Model):
    """One numbered item of a letter; it becomes a task of its own."""

    letter = fields.ForeignKey(Letter, data="open", on_delete=models.PROTECT, related_name="items")
    place = fields.IntegerField(data="open")
    text = fields.TextField(data="open")
    source = fields.ForeignKey(
        DirectiveDocument, data="open", on_delete=models.PROTECT, related_name="cited_by_items"
    )
    """The document it rests on first; others are cited in its text."""
    due_kind = fields.CharField(
        data="open", max_length=12, choices=[(k.value, k.value) for k in DueKind]
    )
    due_day = fields.DateField(data="open", null=True, blank=True)
    due_days = fields.IntegerField(data="open", null=True, blank=True)
    cadence = fields.CharField(
        data="open", max_length=10, blank=True, choices=[(c.value, c.value) for c in Cadence]
    )
    due_note = fields.CharField(data="open", max_length=200, blank=True)

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "place"], name="steering_letter_place_once"),
            models.CheckConstraint(condition=Q(place__gt=0), name="steering_letter_place_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.place}"

    @property
    def rule(self) -> DueRule:
        return DueRule(
            DueKind(self.due_kind),
            day=self.due_day,
            days=self.due_days,
            cadence=Cadence(self.cadence) if self.cadence else None,
            note=self.due_note,
        )


class ItemTask(models.Model):
    """A task of the received document that an item singles out."""

    item = fields.ForeignKey(
        LetterItem, data="open", on_delete=models.CASCADE, related_name="carried"
    )
    task = fields.ForeignKey(Task, data="open", on_delete=models.PROTECT, related_name="in_letters")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "task"], name="steering_item_task_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.task_id}"


class QuoteReason(models.Model):
    """Why something stays quoted otherwise than its document has it."""

    letter = fields.ForeignKey(
        Letter, data="open", on_delete=models.PROTECT, related_name="quote_reasons"
    )
    key = fields.CharField(data="open", max_length=64)
    """`domain.quoting.Finding.key`."""
    quoted = fields.CharField(data="open", max_length=300)
    expected = fields.CharField(data="open", max_length=300, blank=True)
    reason = fields.CharField(data="internal", max_length=500)
    given_at = fields.DateTimeField(data="open")
    given_by = fields.CharField(data="internal", max_length=200)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "key"], name="steering_quote_reason_once")
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.key}"
