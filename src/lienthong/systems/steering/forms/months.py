"""Input of the secretary's pages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.editions import window
from ..queries.editions import month_of
from ..services.issuing import LONGEST_NOTE

MONTH = re.compile(r"(?P<month>[0-9]{1,2})\s*[/.-]\s*(?P<year>[0-9]{4})")


class MonthForm(forms.Form):
    """The month of a report; not one of the future."""

    month = forms.CharField(
        label=_("Month"),
        max_length=10,
        help_text=_("Month and year, such as 08/2021"),
        # A native month field speaks the language of the browser, not of the page.
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Choose the month of the report.")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["month"].initial = f"{today:%m/%Y}"

    def clean_month(self) -> str:
        try:
            month = month_of(as_period(self.cleaned_data["month"]))
        except LienThongError:
            raise forms.ValidationError(
                _("This month cannot be read. Write month and year, such as 08/2021.")
            ) from None
        try:
            window(month, self.today)
        except LienThongError:
            raise forms.ValidationError(
                _("This month has not begun, so nothing of it can be counted.")
            ) from None
        return str(month)


def as_period(text: str) -> str:
    """``2021-08`` of what people write: 08/2021, 8-2021, 8.2021; anything else as it is."""
    written = MONTH.fullmatch(text.strip())
    return f"{written['year']}-{int(written['month']):02d}" if written else text.strip()


class NoteForm(forms.Form):
    """Why a relation does not hold."""

    key = forms.CharField(max_length=100)
    note = forms.CharField(max_length=LONGEST_NOTE)
