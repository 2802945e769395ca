"""Input of the secretary's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from .domain.editions import window
from .queries.editions import month_of
from .services.issuing import LONGEST_NOTE


class MonthForm(forms.Form):
    """The month of a report; not one of the future."""

    month = forms.CharField(
        label=_("Month"),
        max_length=7,
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2021-08"}),
        error_messages={"required": _("Choose the month of the report.")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["month"].initial = f"{today:%Y-%m}"

    def clean_month(self) -> str:
        try:
            month = month_of(self.cleaned_data["month"].strip())
        except LienThongError:
            raise forms.ValidationError(_("Write the month as 2021-08.")) from None
        try:
            window(month, self.today)
        except LienThongError:
            raise forms.ValidationError(
                _("This month has not begun, so nothing of it can be counted.")
            ) from None
        return str(month)


class NoteForm(forms.Form):
    """Why a relation does not hold."""

    key = forms.CharField(max_length=100)
    note = forms.CharField(max_length=LONGEST_NOTE)
