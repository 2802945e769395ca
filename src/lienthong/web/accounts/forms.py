"""Forms of sign-in in our own words; what they check is allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):
    """Account name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say(
            self.fields["login"],
            label=_("Account name"),
            help_text=_("Small letters without accents, such as le.cuong"),
            missing=_("Type the account name your office gave you"),
        )
        say(self.fields["password"], label=_("Password"), missing=_("Type your password"))

    def clean_login(self) -> str:
        return str(self.cleaned_data["login"]).strip().lower()


class CodeForm(AuthenticateForm):
    """The code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_code(self.fields["code"])


class CodeAgainForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_code(self.fields["code"])


class SetUpCodeForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_code(self.fields["code"])


def say_code(field: forms.Field) -> None:
    say(field, label=_("Code"), missing=_("Type the code your app shows now"))


def say(field: forms.Field, *, label: Any, missing: Any, help_text: Any = "") -> None:
    field.label = label
    field.help_text = help_text
    field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)
