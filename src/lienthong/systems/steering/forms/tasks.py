"""Input of the pages about tasks: giving, reporting, asking for more time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from ..domain.bodies import Bodies, Level
from ..domain.deadlines import Cadence, DueKind, DueRule
from ..models import Task
from ..services.tasks import LONGEST_TEXT, TaskEntry
from .fields import BodyField, day_field, known, lines

DUE_KINDS = (
    (DueKind.DATE.value, _("On a date")),
    (DueKind.WORKING_DAYS.value, _("Working days after")),
    (DueKind.CADENCE.value, _("Again and again")),
    (DueKind.NONE.value, _("No date")),
)
CADENCES = (
    ("", "–"),
    (Cadence.WEEK.value, _("every week")),
    (Cadence.MONTH.value, _("every month")),
    (Cadence.QUARTER.value, _("every quarter")),
    (Cadence.HALF_YEAR.value, _("every half year")),
    (Cadence.YEAR.value, _("every year")),
)
GROUPS = (
    ("", _("Only those named")),
    ("ministries", _("All ministries and agencies")),
    ("provinces", _("All provinces")),
    ("all", _("All ministries, agencies and provinces")),
)
GROUP_LEVELS = {
    "": (),
    "ministries": (Level.MINISTRY,),
    "provinces": (Level.PROVINCE,),
    "all": (Level.MINISTRY, Level.PROVINCE),
}


class DueForm(forms.Form):
    """When something is due: on a day, after working days, again and again, or why never."""

    due_kind = forms.ChoiceField(
        label=_("Time limit"), choices=DUE_KINDS, widget=forms.RadioSelect, initial="date"
    )
    due_day = day_field(
        _("Date, or first date"), help_text=_("For a date, and for what comes again")
    )
    due_days = forms.IntegerField(label=_("Working days"), required=False, min_value=1)
    cadence = forms.ChoiceField(label=_("Comes again"), choices=CADENCES, required=False)
    due_note = forms.CharField(
        label=_("Why no date"),
        required=False,
        max_length=200,
        help_text=_("Such as: at once, continuous, by the letter cited"),
    )

    def check_due(self, data: dict[str, Any]) -> None:
        """Every kind of limit has its own particulars; what is missing is told at its field."""
        wanted = {
            DueKind.DATE: ("due_day", _("Write the day.")),
            DueKind.WORKING_DAYS: ("due_days", _("Write how many working days.")),
            DueKind.CADENCE: ("cadence", _("Choose how often.")),
            DueKind.NONE: ("due_note", _("Write why there is no date.")),
        }
        name, words = wanted[DueKind(data.get("due_kind") or DueKind.NONE)]
        if not data.get(name) and name not in self.errors:
            self.add_error(name, words)
        if data.get("due_kind") == DueKind.CADENCE and not data.get("due_day"):
            self.add_error("due_day", _("Write the first day."))

    @property
    def rule(self) -> DueRule:
        data = self.cleaned_data
        kind = DueKind(data["due_kind"])
        return DueRule(
            kind,
            day=data["due_day"] if kind in (DueKind.DATE, DueKind.CADENCE) else None,
            days=data["due_days"] if kind is DueKind.WORKING_DAYS else None,
            cadence=Cadence(data["cadence"]) if kind is DueKind.CADENCE else None,
            note=data["due_note"],
        )


class TaskForm(DueForm):
    """A task: what, who leads, until when."""

    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Such as R2a"))
    source_ref = forms.CharField(
        label=_("Place in the document"), max_length=40, required=False, help_text="III.2.a"
    )
    text = forms.CharField(
        label=_("Task"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    lead = BodyField(
        label=_("Lead body"), required=False, help_text=_("One body answers for the task")
    )
    group = forms.ChoiceField(
        label=_("Or given to"),
        choices=GROUPS,
        required=False,
        help_text=_("A task of its own for each"),
    )
    co_leads = forms.CharField(
        label=_("With"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One body or group a line"),
    )
    field = forms.CharField(
        label=_("Field of work"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"list": "fields", "autocomplete": "off"}),
    )
    product = forms.CharField(label=_("Product"), required=False, max_length=200)
    basis = forms.CharField(label=_("Basis"), required=False, max_length=300)
    general = forms.BooleanField(
        label=_("Hands on the whole earlier document, singles nothing out"), required=False
    )
    parents = forms.MultipleChoiceField(
        label=_("Carries on these tasks"), required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, bodies: Bodies, above: Iterable[Task] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies
        self.fields["parents"].choices = [  # type: ignore[attr-defined]
            (str(task.pk), f"{task.document} · {task.code} · {Truncator(task.text).words(26)}")
            for task in above
        ]

    @classmethod
    def initial_of(cls, task: Task, bodies: Bodies) -> dict[str, Any]:
        names = ("code", "source_ref", "text", "due_kind", "due_day", "due_days", "cadence")
        more = ("due_note", "field", "product", "basis", "general", "version")
        return {
            **{name: getattr(task, name) for name in (*names, *more)},
            "lead": bodies.name(task.lead),
            "co_leads": "\n".join(one.words for one in task.co_leads.all()),
            "parents": [str(link.parent_id) for link in task.passed_from.all()],
        }

    def clean_lead(self) -> str:
        text = self.cleaned_data["lead"]
        return known(self.bodies, text) if text else ""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("lead") and not data.get("group") and "lead" not in self.errors:
            self.add_error("lead", _("Choose the body that leads, or a group."))
        self.check_due(data)
        return data

    @property
    def entry(self) -> TaskEntry:
        data = self.cleaned_data
        group = self.bodies.of_level(*GROUP_LEVELS[data["group"]])
        leads = (*filter(None, (data["lead"],)), *(body.code for body in group))
        return TaskEntry(
            code=data["code"],
            text=data["text"],
            leads=tuple(dict.fromkeys(leads)),
            rule=self.rule,
            source_ref=data["source_ref"],
            basis=data["basis"],
            field=data["field"],
            product=data["product"],
            co_leads=lines(data["co_leads"]),
            general=data["general"],
            parents=tuple(int(key) for key in data["parents"]),
        )


class ProgressForm(forms.Form):
    words = forms.CharField(
        label=_("What has been done"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    percent = forms.IntegerField(
        label=_("Percent done"), required=False, min_value=0, max_value=100
    )
    on = day_field(
        _("Done on"),
        help_text=_(
            "Today when left empty; an earlier day of a finish needs evidence and is confirmed"
            " by the body that follows the task"
        ),
    )
    finishes = forms.BooleanField(label=_("The task is finished"), required=False)
    file = forms.FileField(
        label=_("Evidence"),
        required=False,
        help_text=_("PDF, DOCX, XLSX, picture or ZIP, at most 10 MB"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ExtensionForm(forms.Form):
    new_due = day_field(_("New deadline"), required=True)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
