"""What an officer types to find people, and what for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.identifiers import BadPersonalId, PersonalId

DATES = ["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"]
SHORTEST_NAME = 2
"""Letters; less would bring the country."""


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day typed as 20/8/2021."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=DATES,
        widget=forms.DateInput(
            format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off"}
        ),
    )


class PersonSearch(forms.Form):
    """People by number, or by name and birth date; the purpose goes into the ledger they read."""

    number = forms.CharField(
        label=_("Personal ID"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        required=False,
        help_text=_("From the beginning, with or without marks"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    born_on = day_field(_("Birth date"), required=False)
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=200,
        help_text=_("The person reads this sentence in the ledger of looks"),
    )

    def clean_number(self) -> PersonalId | None:
        text = self.cleaned_data["number"]
        if not text.strip():
            return None
        try:
            return PersonalId.parse(text)
        except BadPersonalId:
            raise forms.ValidationError(_("An ID has 12 digits. Enter all 12.")) from None

    def clean_name(self) -> str:
        name = names.clean(self.cleaned_data["name"])
        if name and len(names.folding_key(name)) < SHORTEST_NAME:
            raise forms.ValidationError(_("Enter at least two letters of the name."))
        return name

    def clean_purpose(self) -> str:
        purpose: Any = self.cleaned_data["purpose"].strip()
        if len(purpose) < 8:
            raise forms.ValidationError(_("Say in a few words what the look is for."))
        return str(purpose)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleaned_data
        if self.errors:
            return found
        if not (found.get("number") or found.get("name")):
            raise forms.ValidationError(
                _("Enter a personal ID, or a name; a birth date narrows a name.")
            )
        return found

    def asked(self) -> tuple[PersonalId | None, str, date | None]:
        """Number, name and birth date as they were cleaned."""
        held = self.cleaned_data
        return held.get("number"), held.get("name", ""), held.get("born_on")
