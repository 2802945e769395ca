"""What allauth asks of us: nobody signs up alone, secrets are encrypted, officers keep TOTP."""

from __future__ import annotations

import base64
import hashlib
import logging
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor

JUST_NOW = timedelta(minutes=5)
log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Officers' accounts are made by their office; there is no sign-up page."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _(
            "The account name and the password do not belong together. Nothing was changed. "
            "Type both again; names have no capitals and no accents."
        ),
        "too_many_login_attempts": _(
            "Five wrong attempts. To keep the account safe, wait five minutes and try again."
        ),
        "account_inactive": _("This account is closed. Ask the head of your office."),
        "incorrect_password": _("That is not your password. Type it again."),
        "rate_limited": _("Too many attempts. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again, but not within minutes of the sign-in itself."""
        last = self.request.user.last_login
        if last is not None and clock.instant() - last <= JUST_NOW:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Write the sign-in into the audit before the first page opens."""
        by = Actor(account=str(user.pk), office="", unit="", legal_day=clock.today())
        record.done("account.signed_in", user, by=by)
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """One line in the log, without the name that was tried: it may be a password."""
        log.warning("sign-in failed", extra={"code": "account.sign_in_failed"})

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing after sign-in: the desk itself shows that it worked."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No account has an address (decision 27)."""


class MFAAdapter(DefaultMFAAdapter):
    """The second factor: secrets encrypted under the node's key."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "That code is wrong or has run out. Wait for the next one in your app and type it."
        ),
        "rate_limited": _("Too many attempts. Wait five minutes and try again."),
        "cannot_delete_authenticator": _(
            "Officers sign in with a code, so it cannot be switched off."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not getattr(authenticator.user, "is_officer", False)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No account has an address (decision 27)."""


def _box() -> Fernet:
    return box_under(settings.SECRET_KEY)


def box_under(secret_key: str) -> Fernet:
    """What closes the secrets of second factors under this secret key of a node."""
    digest = hashlib.sha256(b"lienthong totp\0" + secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
