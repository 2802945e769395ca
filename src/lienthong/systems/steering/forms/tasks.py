"""Input of the pages about documents and tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.bodies import Bodies, Level
from ..domain.deadlines import Cadence, DueKind, DueRule, Standing
from ..models import DirectiveDocument, DocumentLink, Task
from ..models.directives import Urgency
from ..queries.directives import document_numbered
from ..services.directives import DocumentEntry
from ..services.tasks import LONGEST_TEXT, TaskEntry

URGENCIES = (
    (Urgency.NORMAL, _("Normal")),
    (Urgency.URGENT, _("Urgent")),
    (Urgency.VERY_URGENT, _("Very urgent")),
    (Urgency.EXPRESS, _("Express")),
)
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
LEVELS = (
    ("", _("Every level")),
    (Level.GOVERNMENT.value, _("Government")),
    (Level.MINISTRY.value, _("Ministries and agencies")),
    (Level.PROVINCE.value, _("Provinces")),
    (Level.DEPARTMENT.value, _("Departments and offices")),
)
STANDINGS = (
    ("", _("Every state")),
    (Standing.OVERDUE.value, _("Overdue")),
    ("soon", _("Nearly due")),
    ("not_done", _("Not done")),
    (Standing.IN_TIME.value, _("Not yet due")),
    (Standing.OPEN.value, _("Without a date")),
    ("done", _("Done")),
    (Standing.DONE_IN_TIME.value, _("Done in time")),
    (Standing.DONE_LATE.value, _("Done late")),
    (Standing.WITHDRAWN.value, _("Withdrawn")),
)
SORTS = (
    ("due", _("Deadline, nearest first")),
    ("-due", _("Deadline, latest first")),
    ("document", _("Newest document first")),
    ("lead", _("Lead body")),
    ("code", _("Code")),
)
LINKS = (
    ("carries_out", DocumentLink.How.CARRIES_OUT, _("Carries out")),
    ("reports_on", DocumentLink.How.REPORTS_ON, _("Reports on")),
    ("passes_on", DocumentLink.How.PASSES_ON, _("Passes on")),
    ("cites", DocumentLink.How.CITES, _("Cites")),
)
BETWEEN = re.compile(r"[;\n]")


def day_field(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    """A date as people write it; a native field speaks the language of the browser."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"],
        error_messages={
            "invalid": _("This day cannot be read. Write day/month/year, such as 20/08/2021."),
            "required": _("Write the day."),
        },
        widget=forms.DateInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "placeholder": _("day/month/year"),
            },
            format="%d/%m/%Y",
        ),
    )


def lines(text: str) -> tuple[str, ...]:
    """What stands on lines of its own, or between semicolons."""
    return tuple(filter(None, (part.strip() for part in BETWEEN.split(text))))


class BodyField(forms.CharField):
    """A body by its name, chosen from suggestions or typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.widget.attrs |= {"list": "bodies", "autocomplete": "off"}


class DocumentForm(forms.Form):
    """A document: its number, who issued it, what it goes back to."""

    number = forms.CharField(
        label=_("Number and symbol"),
        max_length=60,
        help_text=_("As printed, such as 17/NQ-CP; the kind is read from it"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    issued_on = day_field(_("Date"), required=True)
    issuer = BodyField(label=_("Issuing body"))
    signer = forms.CharField(label=_("Signed by"), max_length=150, required=False)
    subject = forms.CharField(
        label=_("Subject line"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=URGENCIES, initial=Urgency.NORMAL)
    carries_out = forms.CharField(
        label=_("Carries out"),
        required=False,
        max_length=300,
        help_text=_("Numbers of documents entered here; several with a semicolon between"),
    )
    reports_on = forms.CharField(label=_("Reports on"), required=False, max_length=300)
    passes_on = forms.CharField(label=_("Passes on"), required=False, max_length=300)
    cites = forms.CharField(label=_("Cites"), required=False, max_length=600)
    file = forms.FileField(
        label=_("File of the document"),
        required=False,
        help_text=_("PDF, DOCX, XLSX, picture or ZIP, at most 10 MB"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, bodies: Bodies, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies

    @classmethod
    def initial_of(cls, document: DirectiveDocument, bodies: Bodies) -> dict[str, Any]:
        held: dict[str, list[str]] = {}
        for link in document.earlier_links.select_related("earlier"):
            held.setdefault(link.how, []).append(str(link.earlier))
        return {
            "number": str(document.written),
            "issued_on": document.issued_on,
            "issuer": bodies.name(document.issuer),
            "signer": document.signer,
            "subject": document.subject,
            "urgency": document.urgency,
            "version": document.version,
            **{how: "; ".join(numbers) for how, numbers in held.items()},
        }

    def clean_issuer(self) -> str:
        return known(self.bodies, self.cleaned_data["issuer"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        links: list[tuple[int, str]] = []
        for name, how, _label in LINKS:
            for text in lines(data.get(name, "")):
                try:
                    links.append((document_numbered(text).pk, how.value))
                except LienThongError:
                    self.add_error(
                        name,
                        forms.ValidationError(
                            _("%(number)s has not been entered here yet."),
                            params={"number": text[:60]},
                        ),
                    )
        data["links"] = tuple(links)
        return data

    @property
    def entry(self) -> DocumentEntry:
        data = self.cleaned_data
        return DocumentEntry(
            number=data["number"],
            issuer=data["issuer"],
            issued_on=data["issued_on"],
            subject=data["subject"],
            signer=data["signer"],
            urgency=data["urgency"],
            links=data["links"],
        )


class TaskForm(forms.Form):
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
        return data

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
    on = day_field(_("Done on"), help_text=_("Today when left empty"))
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


class BodyForm(forms.Form):
    """A body that the catalogues do not have."""

    code = forms.RegexField(
        r"^[A-Z][0-9]{2}(\.[0-9A-Z]+)+$",
        label=_("Code"),
        max_length=35,
        help_text=_("Begins with the code of your own body, such as H33.STTTT"),
        error_messages={"invalid": _("Capital letters and digits in groups between points.")},
    )
    name = forms.CharField(label=_("Full name"), max_length=200)
    abbreviation = forms.CharField(
        label=_("In symbols"), max_length=30, required=False, help_text="STTTT"
    )
    serves_parent = forms.BooleanField(
        label=_("Its officers work for the body above it, as an office does"), required=False
    )


class BoardForm(forms.Form):
    """What a board shows; everything may stay empty."""

    q = forms.CharField(label=_("Words, code or number"), required=False, max_length=120)
    standing = forms.ChoiceField(label=_("State"), choices=STANDINGS, required=False)
    body = forms.ChoiceField(label=_("Lead body"), required=False)
    level = forms.ChoiceField(label=_("Level"), choices=LEVELS, required=False)
    field = forms.ChoiceField(label=_("Field of work"), required=False)
    document = forms.CharField(label=_("Document"), required=False, max_length=60)
    due_from = day_field(_("Due from"))
    due_to = day_field(_("Due until"))
    sort = forms.ChoiceField(label=_("Order"), choices=SORTS, required=False)
    whose = forms.ChoiceField(
        label=_("Whose"),
        choices=(("", _("All")), ("mine", _("Of my body"))),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        bodies: Bodies,
        leads: Iterable[str],
        fields_used: Iterable[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((code, bodies.name(code)) for code in leads), key=lambda pair: pair[1])
        self.fields["body"].choices = [("", _("Every body")), *named]  # type: ignore[attr-defined]
        self.fields["field"].choices = [  # type: ignore[attr-defined]
            ("", _("Every field")),
            *((name, name) for name in fields_used),
        ]

    def clean_document(self) -> int | None:
        text = self.cleaned_data["document"]
        if not text:
            return None
        try:
            return document_numbered(text).pk
        except LienThongError:
            raise forms.ValidationError(
                _("%(number)s has not been entered here yet."), params={"number": text}
            ) from None


def known(bodies: Bodies, text: str) -> str:
    """The code of a body; a name nobody knows is an error at its field."""
    try:
        return bodies.get(text).code
    except LienThongError:
        raise forms.ValidationError(
            _("No body is known by this name. Choose one of the list, or add it first.")
        ) from None
