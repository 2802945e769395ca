"""Forms of sign-in in our own words; that a code is good once is ours, the rest is allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.web.accounts import second_factor


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


class GoodOnce(BaseAuthenticateForm):
    """
    Takes a code by `second_factor.accept`.

    allauth forgets a used code after one period, while its tolerance keeps it good for three.
    """

    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_code(self.fields["code"])

    def clean_code(self) -> str:
        forget_attempts = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        accepted = second_factor.accept(self.user, code)
        if accepted is None:
            raise get_adapter().validation_error("incorrect_code")
        accepted.user = self.user
        self.authenticator = accepted
        forget_attempts()
        return code


class CodeForm(GoodOnce, AuthenticateForm):
    """The code of the app, or a recovery code."""


class CodeAgainForm(GoodOnce, ReauthenticateForm):
    """The same once more, before something that could lock others in or out."""


class SetUpCodeForm(ActivateTOTPForm):
    """The first code of a new secret; setting it up uses that code up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_code(self.fields["code"])

    def clean_code(self) -> str:
        code = str(super().clean_code())
        second_factor.spend(self.user, self.secret, code)
        return code


def say_code(field: forms.Field) -> None:
    say(field, label=_("Code"), missing=_("Type the code your app shows now"))


def say(field: forms.Field, *, label: Any, missing: Any, help_text: Any = "") -> None:
    field.label = label
    field.help_text = help_text
    field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)
