"""Input of the pages that read a document: its text, and what a person says of each proposal."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..domain.bodies import Bodies
from ..domain.drafting.head import Head
from ..domain.drafting.propose import Proposal
from ..domain.drafting.text import LONGEST
from .tasks import TaskForm

KEEP, DROP = "keep", "drop"


class TextForm(forms.Form):
    """The text of a document, pasted or in a file."""

    text = forms.CharField(
        label=_("Text of the document"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Paste the whole text, from the letterhead to the recipients"),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=_("DOCX, or PDF with text (not a scan), at most 10 MB"),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("text", "").strip() and not data.get("file"):
            raise forms.ValidationError(_("Paste a text or choose a file."))
        return data


class ProposalForm(TaskForm):
    """One proposed task: kept as it is or as it was edited, or dropped; never by itself."""

    decision = forms.ChoiceField(
        label=_("This proposal"),
        choices=((KEEP, _("Keep")), (DROP, _("Drop"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say of each proposal whether it is kept or dropped.")},
    )

    def __init__(self, *args: Any, bodies: Bodies, **kwargs: Any) -> None:
        super().__init__(*args, bodies=bodies, **kwargs)
        if self.data.get(self.add_prefix("decision")) == DROP:
            # What is dropped need not be complete.
            for name, field in self.fields.items():
                field.required = name == "decision"

    def clean(self) -> dict[str, Any]:
        if self.data.get(self.add_prefix("decision")) == DROP:
            self._errors = {k: v for k, v in self.errors.items() if k == "decision"}
            return self.cleaned_data
        return super().clean()

    @property
    def is_kept(self) -> bool:
        return bool(self.cleaned_data.get("decision") == KEEP)

    @classmethod
    def initial_of_proposal(cls, one: Proposal, number: int, bodies: Bodies) -> dict[str, Any]:
        lead = bodies.find(one.lead)
        return {
            "code": str(number),
            "source_ref": one.place[:40],
            "text": one.text,
            "lead": lead.name if lead else "",
            "group": one.group,
            "co_leads": "\n".join(one.co_leads),
            "due_kind": one.rule.kind.value,
            "due_day": one.rule.day,
            "due_days": one.rule.days,
            "cadence": one.rule.cadence.value if one.rule.cadence else "",
            "due_note": one.rule.note,
            "general": one.general,
        }


def head_initial(head: Head, bodies: Bodies) -> dict[str, Any]:
    """What is proposed of the document itself."""
    issuer = bodies.find(head.issuer.value) if head.issuer else None
    return {
        "number": head.number.value if head.number else "",
        "issued_on": date.fromisoformat(head.issued_on.value) if head.issued_on else None,
        "issuer": issuer.name if issuer else "",
        "subject": head.subject.value if head.subject else "",
    }
