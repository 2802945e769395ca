"""Input of the pages where a change of a limit, a body or the calendar is proposed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.bodies import CURRENT_SCHEME
from lienthong.kernel.limits import LimitUnit
from lienthong.systems.catalogues.domain.amendments import (
    BodyEnd,
    BodyRow,
    CalendarRows,
    DayRow,
    LimitRow,
)
from lienthong.systems.catalogues.forms.reforms import day_field

UNITS = (
    (LimitUnit.SAME_DAY.value, _("the same day")),
    (LimitUnit.WORKING_DAYS.value, _("working days")),
    (LimitUnit.CALENDAR_DAYS.value, _("calendar days")),
    (LimitUnit.MONTHS.value, _("months")),
)
SCHEMES = (
    ("qd20", "Quyết định 20/2020/QĐ-TTg"),
    ("qcvn102", "QCVN 102:2016/BTTTT"),
    ("tax", _("Tax code")),
    ("other", _("Another list")),
)
LIMIT_CODE = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
BODY_CODE = re.compile(r"[0-9A-Z]+(\.[0-9A-Z]+)*")
LINE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\s+(nghỉ|làm|thường)\b\s*(.*)", re.IGNORECASE)
WORKS = {"nghỉ": False, "làm": True, "thường": None}
WORDS = {works: word for word, works in WORKS.items()}
MOST_DAYS = 120


class RuledForm(forms.Form):
    """What every change rests on."""

    legal_basis = forms.CharField(
        label=_("Act it rests on"),
        max_length=250,
        help_text=_("Kind, number, symbol, article"),
    )
    doubt = forms.CharField(
        label=_("What is not certain"),
        max_length=250,
        required=False,
        help_text=_("Shown beside the row wherever it is used; empty when nothing"),
    )


class LimitForm(RuledForm):
    """A time limit from a day on."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_("As programs name it, such as birth.declare"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    title = forms.CharField(label=_("Matter"), max_length=250)
    unit = forms.ChoiceField(label=_("Counted in"), choices=UNITS)
    amount = forms.IntegerField(
        label=_("How many"),
        min_value=0,
        max_value=1000,
        help_text=_("0 for the same day"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    valid_from = day_field(_("Valid from"))
    field_order = ("code", "title", "amount", "unit", "valid_from", "legal_basis", "doubt")

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        if not LIMIT_CODE.fullmatch(code):
            raise forms.ValidationError(_("Small letters with a point between, as birth.declare."))
        return str(code)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        same_day = data.get("unit") == LimitUnit.SAME_DAY
        if "amount" in data and "unit" in data and same_day is not (data["amount"] == 0):
            self.add_error("amount", gettext("0 is for the same day, and only for it."))
        return data

    @property
    def content(self) -> LimitRow:
        return LimitRow(**self.cleaned_data)


class BodyForm(RuledForm):
    """A body under its code from a day on."""

    scheme = forms.ChoiceField(label=_("List of codes"), choices=SCHEMES, initial=CURRENT_SCHEME)
    code = forms.CharField(
        label=_("Code"), max_length=35, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(label=_("Full name of the body"), max_length=250)
    kind = forms.CharField(
        label=_("Kind"), max_length=60, widget=forms.TextInput(attrs={"list": "kinds"})
    )
    unit = forms.CharField(
        label=_("Unit it governs"),
        max_length=10,
        required=False,
        help_text=_("Code of the administrative unit, when it governs one"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    valid_from = day_field(_("Valid from"))
    field_order = (
        "scheme",
        "code",
        "name",
        "kind",
        "unit",
        "valid_from",
        "legal_basis",
        "doubt",
    )

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].upper()
        if not BODY_CODE.fullmatch(code):
            raise forms.ValidationError(_("Capital letters and digits with points between."))
        return str(code)

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"])

    @property
    def content(self) -> BodyRow:
        return BodyRow(**self.cleaned_data)


class BodyEndForm(forms.Form):
    """A body that ends, and who takes over."""

    ends_on = day_field(_("Last day"))
    successor = forms.CharField(
        label=_("Code of the body that takes over"), max_length=35, required=False
    )
    legal_basis = forms.CharField(label=_("Act it rests on"), max_length=250)

    def content(self, scheme: str, code: str) -> BodyEnd:
        return BodyEnd(scheme=scheme, code=code, **self.cleaned_data)


class CalendarForm(RuledForm):
    """Days of one year, one a line."""

    days = forms.CharField(
        label=_("Days"),
        help_text=_(
            "One a line: day/month/year, then nghỉ (day off), làm (worked in exchange) or"
            " thường (an ordinary day again), then its name"
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    field_order = ("days", "legal_basis", "doubt")

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year

    def clean_days(self) -> tuple[DayRow, ...]:
        rows: dict[date, DayRow] = {}
        lines = [line.strip() for line in self.cleaned_data["days"].splitlines()]
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            row = self._read(line)
            if row is None or row.day in rows:
                raise forms.ValidationError(
                    _("Line %(number)s cannot be read, or repeats a day: %(line)s"),
                    params={"number": number, "line": line[:60]},
                )
            if row.day.year != self.year:
                raise forms.ValidationError(
                    _("Line %(number)s is not of the year %(year)s."),
                    params={"number": number, "year": self.year},
                )
            if row.works is not None and not row.name:
                raise forms.ValidationError(
                    _("Line %(number)s has no name."), params={"number": number}
                )
            rows[row.day] = row
        if len(rows) > MOST_DAYS:
            raise forms.ValidationError(_("At most 120 days at a time."))
        return tuple(rows[day] for day in sorted(rows))

    def _read(self, line: str) -> DayRow | None:
        found = LINE.fullmatch(names.clean(line))
        if found is None:
            return None
        try:
            day = date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            return None
        return DayRow(day, WORKS[found[4].lower()], found[5].strip()[:120])

    @property
    def content(self) -> CalendarRows:
        data = self.cleaned_data
        return CalendarRows(self.year, data["days"], data["legal_basis"], data["doubt"])
