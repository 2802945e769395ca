"""Input of the public page of units."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.units import Level

LEVELS = (
    ("", _("All levels")),
    (Level.PROVINCE.value, _("Provinces")),
    (Level.DISTRICT.value, _("Districts")),
    (Level.COMMUNE.value, _("Communes")),
)


class UnitSearch(forms.Form):
    """What to look for, and on which day; every field may stay empty."""

    q = forms.CharField(
        label=_("Name or code"),
        help_text=_("With or without tone marks"),
        required=False,
        max_length=120,
        strip=True,
    )
    ngay = forms.DateField(
        label=_("On the day"),
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={
            "invalid": _("This day cannot be read. Write day/month/year, such as 20/08/2021.")
        },
        # A native date field speaks the language of the browser, not of the page.
        widget=forms.DateInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "placeholder": _("day/month/year"),
            },
            format="%d/%m/%Y",
        ),
    )
    cap = forms.ChoiceField(label=_("Level"), choices=LEVELS, required=False)

    def clean_q(self) -> str:
        return names.clean(self.cleaned_data["q"])

    def day(self, otherwise: date) -> date:
        """The day asked for; the given one where none was, or none that can be read."""
        return self.cleaned_data.get("ngay") or otherwise

    @property
    def text(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def level(self) -> Level | None:
        value = self.cleaned_data.get("cap")
        return Level(value) if value else None
