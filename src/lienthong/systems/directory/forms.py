"""Forms of the console."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.protocol.errors import BadPattern
from lienthong.protocol.paths import check_pattern
from lienthong.record.audit import PERSONAL_NUMBER

from .models import MemberKind, Subsystem, SubsystemKind

DATES = ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d")
ALL = "*"
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


class DiscardForm(ReasonForm):
    """Why a request that was given up is not to be sent any more."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the audit. Write no names and no personal numbers."),
        error_messages={"required": _("Write why this request is not to be sent any more")},
    )


class RefuseForm(forms.Form):
    """Why access is not given; the asking body reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other body reads it, and it is signed. Write no personal numbers."),
        error_messages={"required": _("Write why the access is not given")},
    )

    def clean_reason(self) -> str:
        return _without_numbers(self.cleaned_data["reason"])


class RevokeForm(forms.Form):
    """Why a grant ends now."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown in the grant's history. Write no personal numbers."),
    )

    def clean_reason(self) -> str:
        return _without_numbers(self.cleaned_data["reason"])


def _without_numbers(text: str) -> str:
    text = names.clean(text)
    if PERSONAL_NUMBER.search(text):
        raise forms.ValidationError(_("Leave the personal number out."))
    return text


def _quota(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=1_000_000_000,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Write a whole number, or leave it empty")},
    )


def _day(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=DATES,
        help_text=help_text,
        widget=forms.DateInput(
            format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}
        ),
        error_messages={
            "invalid": _("This is not a date. Write day, month and year, such as 31/12/2026.")
        },
    )


class SystemChoice(forms.ModelChoiceField):
    """Systems by their names."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class AskForm(forms.Form):
    """What a body wants to be allowed to call."""

    client = SystemChoice(
        label=_("Which of your systems calls"),
        queryset=Subsystem.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose the system that calls")},
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=250,
        help_text=_("One sentence that a citizen would understand."),
        error_messages={"required": _("Write what the data is needed for")},
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=250,
        help_text=_("Number, date and article of the act."),
        error_messages={"required": _("Name the act that allows it")},
    )
    visible = forms.MultipleChoiceField(
        label=_("Fields of the answer"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only those the purpose needs."),
        error_messages={"required": _("Choose at least one field")},
    )
    methods = forms.MultipleChoiceField(
        label=_("HTTP methods"),
        widget=forms.CheckboxSelectMultiple,
        initial=["POST"],
        error_messages={"required": _("Choose at least one method")},
    )
    paths = forms.CharField(
        label=_("Paths"),
        initial="**",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One pattern a line: * is one segment, ** is everything below."),
        error_messages={"required": _("Write ** for the whole service")},
    )
    valid_to = _day(_("Last day"), _("Leave it empty for no end."))
    per_minute = _quota(_("Requests a minute at most"))
    per_day = _quota(_("Requests a day at most"), _("Leave both empty for no limit."))

    def __init__(
        self,
        *args: Any,
        clients: QuerySet[Subsystem],
        fields: Sequence[str],
        methods: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        client = self.fields["client"]
        assert isinstance(client, forms.ModelChoiceField)
        client.queryset = clients
        _offer(self.fields["visible"], [(ALL, _("All fields")), *((one, one) for one in fields)])
        _offer(self.fields["methods"], [(one, one) for one in methods])

    def clean_paths(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["paths"].splitlines() if line.strip()]
        try:
            return [check_pattern(line) for line in lines]
        except BadPattern:
            raise forms.ValidationError(
                _("A path starts with a slash, does not climb, and has few wildcards.")
            ) from None

    def clean_purpose(self) -> str:
        return _without_numbers(self.cleaned_data["purpose"])

    def clean_legal_basis(self) -> str:
        return _without_numbers(self.cleaned_data["legal_basis"])


class DecideForm(forms.Form):
    """How much of what was asked is given; every part can only become narrower."""

    visible = forms.MultipleChoiceField(
        label=_("Fields that are given"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Leave at least one field, or refuse the request")},
    )
    valid_to = _day(_("Last day"), _("Not later than was asked; empty means as asked."))
    per_minute = _quota(_("Requests a minute at most"))
    per_day = _quota(_("Requests a day at most"), _("Not more than was asked."))

    def __init__(self, *args: Any, fields: Sequence[str], whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._every = list(fields) if whole else None
        _offer(self.fields["visible"], [(one, one) for one in fields])

    def clean_visible(self) -> list[str]:
        """All fields, when all were asked for and none is taken away."""
        chosen: list[str] = self.cleaned_data["visible"]
        return [ALL] if self._every is not None and chosen == self._every else chosen


def _offer(field: forms.Field, choices: list[tuple[str, Any]]) -> None:
    assert isinstance(field, forms.MultipleChoiceField)
    field.choices = choices
