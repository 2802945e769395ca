"""
The second factor of an account: setting it up, and taking each one-time code once.

A phone's clock may be half a minute off, so three codes are good at a time. Each is
good once: a step at or below the newest one accepted is refused, for as long as the
account lives and not only while some cache remembers it (RFC 6238 part 5.2).
"""

from __future__ import annotations

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from cryptography.fernet import MultiFernet
from django.db import transaction
from django.http import HttpRequest

from lienthong.web.accounts.adapter import box_under
from lienthong.web.accounts.models import Account, LastCode

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


CLOSED = ("secret", "seed")
"""What of an authenticator's data is closed under the node's secret key."""


@transaction.atomic
def close_anew(old: str, new: str) -> int:
    """
    Close every second factor under another secret key of the node; how many there are.

    What lies under the new key already is left as it is. Raises InvalidToken for
    what neither key opens, and changes nothing then.
    """
    boxes = MultiFernet([box_under(new), box_under(old)])
    count = 0
    for one in Authenticator.objects.select_for_update():
        for name in CLOSED:
            if name in one.data:
                one.data[name] = boxes.rotate(one.data[name].encode()).decode()
        one.save(update_fields=["data"])
        count += 1
    return count


def accept(account: Account, code: str) -> Authenticator | None:
    """The authenticator that this code opens, now and never again; nothing for any other code."""
    for one in Authenticator.objects.filter(user=account):
        if one.type == Authenticator.Type.TOTP:
            opened = spend(account, decrypt(one.data["secret"]), code)
        else:
            opened = one.wrap().validate_code(code)
        if opened:
            return one
    return None


def spend(account: Account, secret: str, code: str) -> bool:
    """Whether this code is good now and newer than any accepted before; then it is used up."""
    steps = yield_hotp_counters_from_time()
    return any(
        _use_step(account, step)
        for step in steps
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    )


def _use_step(account: Account, step: int) -> bool:
    LastCode.objects.bulk_create([LastCode(account=account, step=0)], ignore_conflicts=True)
    # One statement decides: of two processes with the same code the second finds no row.
    return LastCode.objects.filter(account=account, step__lt=step).update(step=step) == 1
