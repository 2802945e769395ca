"""
Documents that assign tasks, the tasks, and what was done about them.

How a task stands is derived from days (`domain.deadlines`); no column holds it.
Nothing here is deleted: a task, a report on it and a link are withdrawn with a
reason, and the history of every row is kept by the database.
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from lienthong.record import fields

from ..domain.citing import Citation
from ..domain.deadlines import Cadence, DueKind, DueRule
from ..domain.symbols import DocumentNumber, Kind


class Urgency(models.TextChoices):
    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"
    EXPRESS = "express"


class Origin(models.TextChoices):
    ENTERED = "entered"
    IMPORT = "import"


class AddedBody(models.Model):
    """A body the catalogues do not have: a department of a province, an office of a ministry."""

    code = fields.CharField(data="open", max_length=35, unique=True)
    name = fields.CharField(data="open", max_length=200)
    parent = fields.CharField(data="open", max_length=35)
    serves_parent = fields.BooleanField(data="open", default=False)
    """Whether its officers work for the body above it, as the office of a committee does."""
    abbreviation = fields.CharField(data="open", max_length=30, blank=True)
    valid_from = fields.DateField(data="open")
    valid_to = fields.DateField(data="open", null=True, blank=True)
    added_by = fields.CharField(data="internal", max_length=200)

    class Meta:
        ordering = ["parent", "code"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="steering_added_body_once"),
            models.UniqueConstraint(
                fields=["parent"],
                condition=Q(serves_parent=True, valid_to=None),
                name="steering_one_office_serves",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="steering_added_body_ends",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class Evidence(models.Model):
    """A file kept with its digest; the same bytes are kept once."""

    digest = fields.CharField(data="open", max_length=64, unique=True)
    """SHA-256 of the content, hexadecimal."""
    name = fields.CharField(data="internal", max_length=200)
    media_type = fields.CharField(data="open", max_length=100)
    size = fields.IntegerField(data="open")
    content = fields.BinaryField(data="internal")
    kept_at = fields.DateTimeField(data="open")
    kept_by = fields.CharField(data="internal", max_length=200)

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.size}"


class DirectiveDocument(models.Model):
    """A document that assigns tasks, reports on them or passes them on."""

    number = fields.IntegerField(data="open")
    act_year = fields.IntegerField(data="open", null=True, blank=True)
    """Year inside the number of a legal act (23/2021/QĐ-TTg)."""
    symbol = fields.CharField(data="open", max_length=30)
    kind = fields.CharField(data="open", max_length=12, choices=[(k.value, k.value) for k in Kind])
    """Read from the symbol, never typed."""
    issuer = fields.CharField(data="open", max_length=35)
    issued_on = fields.DateField(data="open")
    issue_year = fields.IntegerField(data="open")
    """Numbers run by year and body (Decree 30/2020, article 15)."""
    subject = fields.CharField(data="open", max_length=500)
    signer = fields.CharField(data="open", max_length=150, blank=True)
    urgency = fields.CharField(
        data="open", max_length=12, choices=Urgency.choices, default=Urgency.NORMAL
    )
    followed_by = fields.CharField(data="open", max_length=35)
    """The body whose secretary enters its tasks and follows them."""
    file = fields.ForeignKey(
        Evidence,
        data="internal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
    )
    origin = fields.CharField(
        data="open", max_length=8, choices=Origin.choices, default=Origin.ENTERED
    )
    entered_on = fields.DateField(data="open")
    entered_at = fields.DateTimeField(data="open")
    entered_by = fields.CharField(data="internal", max_length=200)
    version = fields.IntegerField(data="open", default=1)

    class Meta:
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "number", "symbol", "issue_year"], name="steering_document_once"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="steering_document_numbered"),
            models.CheckConstraint(
                condition=Q(issue_year=F("issued_on__year")), name="steering_document_year"
            ),
        ]

    def __str__(self) -> str:
        return str(self.written)

    @property
    def written(self) -> DocumentNumber:
        return DocumentNumber(self.number, self.symbol, self.act_year)

    @property
    def dated(self) -> str:
        """``17/NQ-CP ngày 07/03/2019``."""
        return str(Citation(self.written, self.issued_on))

    @property
    def cited(self) -> str:
        """With the issuer's code behind, so that it names this document and no other."""
        return str(Citation(self.written, self.issued_on, self.issuer))


class LinksInForce(models.Manager["DocumentLink"]):
    """The links that were not withdrawn; ``DocumentLink.every`` has the others too."""

    def get_queryset(self) -> models.QuerySet[DocumentLink]:
        return super().get_queryset().filter(withdrawn_at=None)


class DocumentLink(models.Model):
    """A later document says what it does with an earlier one."""

    class How(models.TextChoices):
        CARRIES_OUT = "carries_out"
        REPORTS_ON = "reports_on"
        PASSES_ON = "passes_on"
        CITES = "cites"

    later = fields.ForeignKey(
        DirectiveDocument, data="open", on_delete=models.PROTECT, related_name="earlier_links"
    )
    earlier = fields.ForeignKey(
        DirectiveDocument, data="open", on_delete=models.PROTECT, related_name="later_links"
    )
    how = fields.CharField(data="open", max_length=12, choices=How.choices)
    withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)
    withdrawn_by = fields.CharField(data="internal", max_length=200, blank=True)
    withdrawn_reason = fields.CharField(data="internal", max_length=500, blank=True)

    objects = LinksInForce()
    every = models.Manager["DocumentLink"]()

    class Meta:
        ordering = ["later_id", "earlier__issued_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["later", "earlier"],
                condition=Q(withdrawn_at=None),
                name="steering_link_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""),
                name="steering_link_withdrawn_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(later=F("earlier")), name="steering_link_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.later_id} {self.how} {self.earlier_id}"


class Task(models.Model):
    """One task of one lead body. A paragraph given to all provinces makes one task for each."""

    document = fields.ForeignKey(
        DirectiveDocument, data="open", on_delete=models.PROTECT, related_name="tasks"
    )
    code = fields.CharField(data="open", max_length=20)
    """How the document's tasks are told apart (``R2a``); the same for every lead of a paragraph."""
    source_ref = fields.CharField(data="open", max_length=40, blank=True)
    """Where it stands in the document: ``III.2.a``."""
    text = fields.TextField(data="open")
    basis = fields.CharField(data="open", max_length=300, blank=True)
    field = fields.CharField(data="open", max_length=60, blank=True)
    product = fields.CharField(data="open", max_length=200, blank=True)
    lead = fields.CharField(data="open", max_length=35)
    general = fields.BooleanField(data="open", default=False)
    """Whether it passes on a whole earlier document and singles nothing out."""
    due_kind = fields.CharField(
        data="open", max_length=12, choices=[(k.value, k.value) for k in DueKind]
    )
    due_day = fields.DateField(data="open", null=True, blank=True)
    due_days = fields.IntegerField(data="open", null=True, blank=True)
    cadence = fields.CharField(
        data="open", max_length=10, blank=True, choices=[(c.value, c.value) for c in Cadence]
    )
    due_note = fields.CharField(data="open", max_length=200, blank=True)
    due_on = fields.DateField(data="open", null=True, blank=True)
    """Computed: the rule's day, the next period's, or what an extension granted."""
    periods_done = fields.IntegerField(data="open", default=0)
    finished_on = fields.DateField(data="open", null=True, blank=True)
    withdrawn_on = fields.DateField(data="open", null=True, blank=True)
    withdrawn_reason = fields.CharField(data="open", max_length=500, blank=True)
    origin = fields.CharField(
        data="open", max_length=8, choices=Origin.choices, default=Origin.ENTERED
    )
    entered_at = fields.DateTimeField(data="open")
    entered_by = fields.CharField(data="internal", max_length=200)
    version = fields.IntegerField(data="open", default=1)
    search_key = fields.TextField(data="open")
    """Text, code and number of the document without tone marks, for searching."""

    class Meta:
        ordering = ["document_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "code", "lead"], name="steering_task_once"),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | ~Q(withdrawn_reason=""),
                name="steering_withdrawn_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(due_kind="none", due_on=None) | ~Q(due_kind="none") & ~Q(due_on=None),
                name="steering_due_as_its_rule",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "due_on"], name="steering_task_of_lead"),
            models.Index(
                fields=["due_on"],
                condition=Q(finished_on=None, withdrawn_on=None),
                name="steering_task_in_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}@{self.lead}"

    @property
    def rule(self) -> DueRule:
        return DueRule(
            DueKind(self.due_kind),
            day=self.due_day,
            days=self.due_days,
            cadence=Cadence(self.cadence) if self.cadence else None,
            note=self.due_note,
        )

    @property
    def is_closed(self) -> bool:
        return self.finished_on is not None or self.withdrawn_on is not None


class CoLead(models.Model):
    """A body that works with the lead."""

    task = fields.ForeignKey(Task, data="open", on_delete=models.CASCADE, related_name="co_leads")
    body = fields.CharField(data="open", max_length=35, blank=True)
    """Code of a known body; empty for a group that is only described."""
    words = fields.CharField(data="open", max_length=200)
    """As the document names it: ``các ngành, địa phương liên quan``."""

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "words"], name="steering_co_lead_once")
        ]

    def __str__(self) -> str:
        return str(self.words)


class PassedOn(models.Model):
    """A task of a later document carries on one of an earlier."""

    child = fields.ForeignKey(
        Task, data="open", on_delete=models.PROTECT, related_name="passed_from"
    )
    parent = fields.ForeignKey(
        Task, data="open", on_delete=models.PROTECT, related_name="passed_to"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="steering_passed_once"),
            models.CheckConstraint(
                condition=~Q(child=F("parent")), name="steering_passed_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} -> {self.child_id}"


class Progress(models.Model):
    """
    What a lead reports on its task, with the file that shows it.

    A report counts from the legal day it was entered. A finish that came earlier
    is claimed with a file and counts when who follows the task has confirmed it.
    """

    class Claim(models.TextChoices):
        NONE = ""
        WAITS = "waits"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    task = fields.ForeignKey(Task, data="open", on_delete=models.PROTECT, related_name="progress")
    reported_on = fields.DateField(data="open")
    """Legal day of entry."""
    done_on = fields.DateField(data="open", null=True, blank=True)
    """The earlier day the lead names, if it names one."""
    claim = fields.CharField(
        data="open", max_length=9, choices=Claim.choices, default=Claim.NONE, blank=True
    )
    """Of a finish with an earlier day: whether that day was confirmed."""
    claim_answer = fields.CharField(data="internal", max_length=500, blank=True)
    claim_by = fields.CharField(data="internal", max_length=200, blank=True)
    claim_on = fields.DateField(data="open", null=True, blank=True)
    reported_at = fields.DateTimeField(data="open")
    body = fields.CharField(data="open", max_length=35)
    by = fields.CharField(data="internal", max_length=200)
    words = fields.TextField(data="internal")
    percent = fields.IntegerField(data="internal", null=True, blank=True)
    finishes = fields.BooleanField(data="open", default=False)
    """The task, or the period of a task that comes again."""
    period_due = fields.DateField(data="open", null=True, blank=True)
    """Of a task that comes again: the day this report was due."""
    evidence = fields.ForeignKey(
        Evidence,
        data="internal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shown_in",
    )
    evidence_withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)
    evidence_withdrawn_by = fields.CharField(data="internal", max_length=200, blank=True)
    evidence_withdrawn_reason = fields.CharField(data="internal", max_length=500, blank=True)
    origin = fields.CharField(
        data="open", max_length=8, choices=Origin.choices, default=Origin.ENTERED
    )
    withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)
    withdrawn_by = fields.CharField(data="internal", max_length=200, blank=True)
    withdrawn_reason = fields.CharField(data="internal", max_length=500, blank=True)

    class Meta:
        ordering = ["-reported_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent=None) | Q(percent__gte=0, percent__lte=100),
                name="steering_percent_of_hundred",
            ),
            models.CheckConstraint(
                condition=Q(claim="") | ~Q(done_on=None) & ~Q(evidence=None) & Q(finishes=True),
                name="steering_claim_has_day_and_file",
            ),
            models.CheckConstraint(
                condition=Q(evidence_withdrawn_at=None) | ~Q(evidence_withdrawn_reason=""),
                name="steering_evidence_withdrawn_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.reported_on}"

    @property
    def counts_from(self) -> date:
        """The day the finish counts from."""
        if self.claim == self.Claim.CONFIRMED and self.done_on is not None:
            return self.done_on
        return self.reported_on


class Extension(models.Model):
    """More time: asked by the lead, granted or refused by the body that follows the task."""

    class State(models.TextChoices):
        ASKED = "asked"
        GRANTED = "granted"
        REFUSED = "refused"

    task = fields.ForeignKey(Task, data="open", on_delete=models.PROTECT, related_name="extensions")
    old_due = fields.DateField(data="open")
    new_due = fields.DateField(data="open")
    reason = fields.CharField(data="internal", max_length=1000)
    asked_on = fields.DateField(data="open")
    asked_at = fields.DateTimeField(data="open")
    asked_by = fields.CharField(data="internal", max_length=200)
    state = fields.CharField(data="open", max_length=8, choices=State.choices, default=State.ASKED)
    answer = fields.CharField(data="internal", max_length=1000, blank=True)
    decided_on = fields.DateField(data="open", null=True, blank=True)
    decided_at = fields.DateTimeField(data="open", null=True, blank=True)
    decided_by = fields.CharField(data="internal", max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(state="asked"), name="steering_one_request_waits"
            ),
            models.CheckConstraint(
                condition=Q(new_due__gt=F("old_due")), name="steering_extension_is_longer"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_on=None)
                | ~Q(state="asked") & ~Q(decided_on=None),
                name="steering_extension_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.state}"


class Reminder(models.Model):
    """A notice to a body that a task is nearly due or overdue; each is given once."""

    class Why(models.TextChoices):
        SOON = "soon"
        OVERDUE = "overdue"

    task = fields.ForeignKey(Task, data="open", on_delete=models.PROTECT, related_name="reminders")
    body = fields.CharField(data="open", max_length=35)
    why = fields.CharField(data="open", max_length=8, choices=Why.choices)
    due_on = fields.DateField(data="open")
    made_on = fields.DateField(data="open")
    made_at = fields.DateTimeField(data="open")
    read_at = fields.DateTimeField(data="open", null=True, blank=True)
    read_by = fields.CharField(data="internal", max_length=200, blank=True)

    class Meta:
        ordering = ["-made_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "body", "why", "due_on"], name="steering_reminded_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["body"], condition=Q(read_at=None), name="steering_reminder_unread"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.why} {self.body}"
