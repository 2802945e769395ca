"""Input of the pages about figures: a value, a decision, limits, the search of the catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.kernel.errors import LienThongError
from lienthong.kernel.periods import Period

from ..domain.catalogue import Definition, Kind
from ..domain.reading import ReadValue, read_value
from ..domain.titles import TITLES
from ..errors import WrongWindow
from ..models import FigureEntry
from ..queries.provenance import written_value
from ..services.entries import LONGEST_NOTE, EntryInput
from .tasks import day_field

KINDS = (
    ("", gettext_lazy("Every kind")),
    (Kind.STOCK.value, gettext_lazy("Stock on a day")),
    (Kind.FLOW.value, gettext_lazy("Flow over days")),
    (Kind.RATIO.value, gettext_lazy("Share or change")),
    (Kind.TYPICAL.value, gettext_lazy("Typical day")),
)


class ValueField(forms.CharField):
    """A number as people write it: 8.110.019; 65,11; 61/63; hơn 6,3 triệu."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": gettext_lazy("Write the value.")},
            **kwargs,
        )

    def clean(self, value: Any) -> ReadValue:
        text = super().clean(value)
        try:
            return read_value(text)
        except LienThongError:
            raise forms.ValidationError(
                _("Write the number with a point between thousands and a comma before decimals.")
            ) from None


class EntryForm(forms.Form):
    """One value of one figure for one month."""

    value = ValueField(
        label=gettext_lazy("Value"),
        help_text=gettext_lazy("As 8.110.019; 65,11; 61/63; hơn 6,3 triệu; khoảng 150.000"),
    )
    start = day_field(gettext_lazy("First day counted"), required=True)
    end = day_field(gettext_lazy("Last day counted"), required=True)
    as_of = day_field(
        gettext_lazy("Day its source states"),
        help_text=gettext_lazy("Leave it empty when the source states none."),
    )
    letter = forms.CharField(
        label=gettext_lazy("Number of the document it comes from"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Such as 76/BC-BTTTT"),
    )
    file = forms.FileField(
        label=gettext_lazy("File that shows it"),
        required=False,
        help_text=gettext_lazy("PDF, DOCX, XLSX, ZIP or picture, at most 10 MB"),
    )
    note = forms.CharField(
        label=gettext_lazy("To be known beside it"), max_length=LONGEST_NOTE, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Why the accepted value is revised"),
        max_length=LONGEST_NOTE,
        required=False,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, revises: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not revises:
            del self.fields["reason"]

    def given(self, known: Definition, month: Period, evidence: Any) -> EntryInput:
        """What was written, for the service; raises the kernel's `ReversedPeriod`."""
        data = self.cleaned_data
        read: ReadValue = data["value"]
        return EntryInput(
            code=known.code,
            month=month,
            value=read.value,
            window=Period(data["start"], data["end"]),
            as_of=data["as_of"],
            exactness=read.exactness,
            part=read.part,
            whole=read.whole,
            letter=data["letter"],
            evidence=evidence,
            note=data["note"],
        )


def first_values(known: Definition, month: Period, today: date) -> dict[str, Any]:
    """The days a figure is usually counted over; nobody has to look them up."""
    window = known.window.of(month, today)
    return {"start": window.start, "end": min(window.end, max(today, window.start))}


def values_of(entry: FigureEntry, known: Definition) -> dict[str, Any]:
    """What an entry says, for correcting it."""
    return {
        "value": written_value(entry, known.unit),
        "start": entry.window_start,
        "end": entry.window_end,
        "as_of": entry.as_of,
        "letter": entry.letter,
        "note": entry.note,
        "version": entry.version,
    }


def words_of(problem: WrongWindow) -> str:
    """Which days were expected, for an officer."""
    words = {
        "future": _("The last day counted has not come yet."),
        "after_month": _("The last day counted lies after the month of the report."),
        "before_month": _("The days counted end before the month of the report."),
        "start": _("The first day counted is not the one this figure starts on."),
        "day": _("This figure is counted on one day: write the same day twice."),
    }
    return words.get(str(problem.detail.get("reason", "")), _(str(problem)))


class ReturnForm(forms.Form):
    """Why a value goes back."""

    reason = forms.CharField(label=gettext_lazy("Note or reason"), max_length=500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class CatalogueForm(forms.Form):
    """The search of the public catalogue."""

    q = forms.CharField(label=gettext_lazy("Code or words"), max_length=80, required=False)
    system = forms.ChoiceField(label=gettext_lazy("System"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS, required=False)

    def __init__(self, *args: Any, systems: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, TITLES[code]) for code in systems]
        choices = [("", _("Every system")), *named]
        self.fields["system"].choices = choices  # type: ignore[attr-defined]


class LimitForm(forms.Form):
    """Growth beyond which a reader is told, from a day on."""

    of = forms.CharField(
        label=gettext_lazy("Code of a figure, or a kind"),
        max_length=20,
        help_text=gettext_lazy("Such as F067; or stock, flow, ratio, typical"),
    )
    since = day_field(gettext_lazy("From this day on"), required=True)
    up = ValueField(label=gettext_lazy("Growth of more than, in percent"))
    down = ValueField(label=gettext_lazy("Fall of more than, in percent"))
    basis = forms.CharField(label=gettext_lazy("Basis"), max_length=300, required=False)
