"""Input of the pages about received documents and the letters that pass them on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.bodies import Bodies
from ..domain.symbols import DocumentNumber
from ..models import DirectiveDocument, Letter, LetterItem, Task
from ..queries.directives import document_numbered
from ..queries.letters import lines as text_lines
from ..services.letters import LONGEST, ItemEntry, LetterEntry
from .fields import BodyField, day_field, known, not_one
from .tasks import DueForm


class ReceptionForm(forms.Form):
    """A document that arrived: which one, when, and its file."""

    number = forms.CharField(
        label=_("Number and symbol"),
        max_length=200,
        help_text=_(
            "Of a document entered here, such as 76/BC-BTTTT; add its day where two bear it"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    on = day_field(_("Arrived on"), help_text=_("Today when left empty"))
    file = forms.FileField(
        label=_("File that arrived"),
        required=False,
        help_text=_("PDF or DOCX; its number and day are compared with the document"),
    )

    def __init__(self, *args: Any, bodies: Bodies, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies
        self.unknown = False
        """Whether the document has to be entered first."""

    def clean_number(self) -> DirectiveDocument:
        text = self.cleaned_data["number"]
        try:
            return document_numbered(text, self.bodies)
        except LienThongError as problem:
            self.unknown = problem.status == 404
            raise not_one(problem, text) from None


class OpinionForm(forms.Form):
    """What a leader said: who, when, the words."""

    leader = forms.CharField(label=_("Leader"), max_length=150, help_text="Nguyễn Lưu Trung")
    title = forms.CharField(
        label=_("Position"), max_length=150, help_text="Phó Chủ tịch Ủy ban nhân dân tỉnh"
    )
    given_on = day_field(_("Said on"), required=True)
    words = forms.CharField(
        label=_("Opinion"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DraftForm(forms.Form):
    """What a draft begins with: who leads, and the tasks that get an item of their own."""

    lead = BodyField(label=_("Lead body"))
    tasks = forms.MultipleChoiceField(
        label=_("Tasks to single out"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, bodies: Bodies, given: Iterable[Task] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies
        self.fields["tasks"].choices = task_choices(given)  # type: ignore[attr-defined]

    def clean_lead(self) -> str:
        return known(self.bodies, self.cleaned_data["lead"])


class LetterForm(forms.Form):
    """The particulars of a letter; the sentences around them follow from the document."""

    subject = forms.CharField(
        label=_("Subject line"),
        max_length=500,
        help_text=_("Without V/v in front"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    symbol = forms.CharField(label=_("Symbol"), max_length=30, help_text="VP-KGVX")
    place = forms.CharField(label=_("Place"), max_length=60)
    lead = BodyField(label=_("Lead body"))
    co_leads = forms.CharField(
        label=_("With"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One body or group a line"),
    )
    task = forms.CharField(
        label=_("What the lead does with the whole document"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    recipients = forms.CharField(
        label=_("Recipients"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line; the last line says where it is kept"),
    )
    authority = forms.CharField(
        label=_("Authority and position of the signer"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A line each, such as KT. Chánh Văn phòng and Phó Chánh Văn phòng"),
    )
    signer = forms.CharField(label=_("Signed by"), max_length=150, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, bodies: Bodies, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies

    @classmethod
    def initial_of(cls, letter: Letter, bodies: Bodies) -> dict[str, Any]:
        names = ("subject", "symbol", "place", "co_leads", "task", "recipients", "authority")
        return {name: getattr(letter, name) for name in (*names, "signer", "version")} | {
            "lead": bodies.name(letter.lead)
        }

    def clean_lead(self) -> str:
        return known(self.bodies, self.cleaned_data["lead"])

    def clean_symbol(self) -> str:
        text = self.cleaned_data["symbol"].strip()
        try:
            DocumentNumber.parse(f"1/{text}")
        except LienThongError:
            raise forms.ValidationError(
                _("A symbol is groups of letters with hyphens between, such as VP-KGVX.")
            ) from None
        return str(text)

    def entry(self, items: Iterable[ItemEntry]) -> LetterEntry:
        data = self.cleaned_data
        return LetterEntry(
            symbol=data["symbol"],
            subject=data["subject"],
            lead=data["lead"],
            co_leads=text_lines(data["co_leads"]),
            task=data["task"],
            recipients=text_lines(data["recipients"]),
            authority=text_lines(data["authority"]),
            signer=data["signer"],
            place=data["place"],
            items=tuple(items),
        )


class ItemForm(DueForm):
    """One item of a letter; left empty or taken out it is no part of it."""

    text = forms.CharField(
        label=_("Item"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    source = forms.ChoiceField(label=_("Rests on"))
    tasks = forms.MultipleChoiceField(
        label=_("Carries on these tasks"), required=False, widget=forms.CheckboxSelectMultiple
    )
    gone = forms.BooleanField(label=_("Take this item out"), required=False)

    def __init__(
        self,
        *args: Any,
        sources: Sequence[DirectiveDocument],
        given: Iterable[Task],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one.dated} · {Truncator(one.subject).words(12)}") for one in sources
        ]
        self.fields["tasks"].choices = task_choices(given)  # type: ignore[attr-defined]
        self.fields["due_kind"].initial = "none"

    @classmethod
    def initial_of(cls, item: LetterItem) -> dict[str, Any]:
        names = ("text", "due_kind", "due_day", "due_days", "cadence", "due_note")
        return {name: getattr(item, name) for name in names} | {
            "source": str(item.source_id),
            "tasks": [str(one.task_id) for one in item.carried.all()],
        }

    @property
    def is_kept(self) -> bool:
        data = self.cleaned_data
        return bool(data.get("text", "").strip()) and not data.get("gone")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("text", "").strip() and not data.get("gone"):
            self.check_due(data)
        else:
            # What is taken out need not be complete.
            self.errors.clear()
        return data

    @property
    def entry(self) -> ItemEntry:
        data = self.cleaned_data
        return ItemEntry(
            text=data["text"],
            source=int(data["source"]),
            tasks=tuple(int(pk) for pk in data["tasks"]),
            rule=self.rule,
        )


def task_choices(given: Iterable[Task]) -> list[tuple[str, str]]:
    return [(str(task.pk), f"{task.code} · {Truncator(task.text).words(24)}") for task in given]
