"""Another secret key of the node ends sessions, and leaves officers their one-time codes."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken

from lienthong.web.accounts import second_factor
from lienthong.web.accounts.adapter import box_under
from lienthong.web.accounts.models import Account


def opened(account: Account, secret_key: str) -> dict[str, str]:
    """What of the second factor lies under this key, by the field's name."""
    box = box_under(secret_key)
    return {
        name: box.decrypt(one.data[name].encode()).decode()
        for one in Authenticator.objects.filter(user=account)
        for name in second_factor.CLOSED
        if name in one.data
    }


def test_every_secret_is_closed_under_the_new_key_and_is_the_same(
    registrar: Account, settings: Any
) -> None:
    second_factor.set_up(registrar)
    old = settings.SECRET_KEY
    before = opened(registrar, old)
    assert set(before) == set(second_factor.CLOSED)
    assert second_factor.close_anew(old, "another") == Authenticator.objects.count()
    assert opened(registrar, "another") == before
    with pytest.raises(InvalidToken):
        opened(registrar, old)
    # Cut off and done again: nothing is closed twice.
    second_factor.close_anew(old, "another")
    assert opened(registrar, "another") == before


def test_what_neither_key_opens_changes_nothing(registrar: Account) -> None:
    second_factor.set_up(registrar)
    before = list(Authenticator.objects.values_list("data", flat=True))
    with pytest.raises(InvalidToken):
        second_factor.close_anew("never used", "another")
    assert list(Authenticator.objects.values_list("data", flat=True)) == before
