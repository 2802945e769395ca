"""Forms of the console."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.record.audit import PERSONAL_NUMBER

from .models import MemberKind, SubsystemKind

CODE = r"[A-Za-z0-9][A-Za-z0-9-]{0,34}"
"""As `lienthong.protocol.joining.CODE`, whole."""


class JoinForm(forms.Form):
    """A body's request to connect through a gateway of its own."""

    member_code = forms.RegexField(
        rf"^{CODE}\Z",
        label=_("Code of the body"),
        max_length=35,
        help_text=_("As in Decision 20/2020/QĐ-TTg, for example G15"),
        error_messages={
            "required": _("Enter the code of the body"),
            "invalid": _("A code is letters, digits and dashes"),
        },
    )
    member_name = forms.CharField(
        label=_("Name of the body"),
        max_length=250,
        error_messages={"required": _("Enter the name of the body")},
    )
    member_kind = forms.ChoiceField(label=_("Kind of body"), choices=MemberKind.choices)
    gateway_code = forms.RegexField(
        rf"^{CODE}\Z",
        label=_("Code of the gateway"),
        max_length=35,
        help_text=_("One word for the machine that will connect, for example justice"),
        error_messages={
            "required": _("Enter a code for the gateway"),
            "invalid": _("A code is letters, digits and dashes"),
        },
    )
    subsystems = forms.CharField(
        label=_("Information systems behind the gateway"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: code, a space, then the name. Example: lgsp Provincial platform"),
        error_messages={"required": _("Name at least one information system")},
    )
    subsystem_kind = forms.ChoiceField(
        label=_("Kind of these systems"), choices=SubsystemKind.choices
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=250,
        error_messages={"required": _("State the decision or agreement it rests on")},
    )

    def clean_subsystems(self) -> list[tuple[str, str]]:
        """Code and name of each line."""
        found = []
        for line in self.cleaned_data["subsystems"].splitlines():
            code, _space, name = line.strip().partition(" ")
            if not code:
                continue
            if not re.fullmatch(CODE, code) or not names.clean(name):
                raise forms.ValidationError(
                    _("Line “%(line)s” is not a code, a space and a name"),
                    params={"line": line.strip()[:60]},
                )
            found.append((code, names.clean(name)))
        if len({code for code, _name in found}) != len(found):
            raise forms.ValidationError(_("Each code may stand once"))
        return found


class ReasonForm(forms.Form):
    """Why a request is refused, or a certificate revoked."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the history. Write no names and no personal numbers."),
        error_messages={"required": _("Write the reason")},
    )

    def clean_reason(self) -> str:
        reason = names.clean(self.cleaned_data["reason"])
        if PERSONAL_NUMBER.search(reason):
            raise forms.ValidationError(_("Leave the personal number out; the key is enough."))
        return reason


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
