"""Forms of the console."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.record.audit import PERSONAL_NUMBER


class DiscardForm(forms.Form):
    """Why a request that was given up is not to be sent any more."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the audit. Write no names and no personal numbers."),
        error_messages={"required": _("Write why this request is not to be sent any more")},
    )

    def clean_reason(self) -> str:
        reason = names.clean(self.cleaned_data["reason"])
        if PERSONAL_NUMBER.search(reason):
            raise forms.ValidationError(_("Leave the personal number out; the key is enough."))
        return reason
