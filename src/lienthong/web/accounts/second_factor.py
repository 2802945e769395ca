"""The second factor of an account: whether it is set up, and setting it up for a demo account."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpRequest

from lienthong.web.accounts.models import Account

SESSION_KEY = "lienthong.second_factor"


def is_missing(request: HttpRequest) -> bool:
    """
    Whether this officer still has to set up a code before any desk opens.

    Asked of the database until it is there, then remembered in the session:
    an officer's second factor cannot be switched off.
    """
    account = request.user
    if not isinstance(account, Account) or not account.is_officer:
        return False
    if not account.has_only_local_sign_in or request.session.get(SESSION_KEY):
        return False
    if not has_totp(account):
        return True
    request.session[SESSION_KEY] = True
    return False


def has_totp(account: Account) -> bool:
    found: bool = Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists()
    return found


def set_up(account: Account) -> str:
    """Give an account a new TOTP secret and recovery codes; returns the secret."""
    forget(account)
    secret: str = generate_totp_secret()
    TOTP.activate(account, secret)
    RecoveryCodes.activate(account)
    return secret


def forget(account: Account) -> None:
    """Take the second factor and the recovery codes away; no desk opens until both are new."""
    Authenticator.objects.filter(user=account).delete()
