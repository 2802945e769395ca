"""What an officer types to see one person: the number, and what for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.identifiers import BadPersonalId, PersonalId


class PersonSearch(forms.Form):
    """One person by number; the purpose is written into the ledger the person can read."""

    number = forms.CharField(
        label=_("Personal ID"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=200,
        help_text=_("The person reads this sentence in the ledger of looks"),
    )

    def clean_number(self) -> PersonalId:
        try:
            return PersonalId.parse(self.cleaned_data["number"])
        except BadPersonalId:
            raise forms.ValidationError(_("An ID has 12 digits. Enter all 12.")) from None

    def clean_purpose(self) -> str:
        purpose: Any = self.cleaned_data["purpose"].strip()
        if len(purpose) < 8:
            raise forms.ValidationError(_("Say in a few words what the look is for."))
        return str(purpose)
