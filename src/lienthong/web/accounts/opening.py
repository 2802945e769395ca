"""
Opening, closing and mending accounts: what the head of an office has done for an officer.

A real node has no demo accounts and no sign-up page; its first officers are
opened from the command line, on the machine itself. Each deed stands in the
audit. The new password is said once and nowhere kept.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Conflict, Invalid, NotFound
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import USERNAME, Account
from lienthong.web.offices import Office, Position

WORD_BYTES = 3
WORDS = 4


class AccountExists(Conflict):
    """An account with this name exists already."""

    code = "web.account_exists"


class NoSuchAccount(NotFound):
    """No account has this name."""

    code = "web.no_such_account"


class BadUsername(Invalid):
    """An account name has 3 to 64 small letters, digits, dots and hyphens."""

    code = "web.bad_username"


class OfficeUnknown(NotFound):
    """No office has this code; name it to have it made."""

    code = "web.office_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A position to be held: where, as what, with which roles, from which day."""

    officer_name: str
    title: str
    office: str
    roles: tuple[str, ...]
    since: date
    office_name: str = ""
    """Needed only when the office is new to this node."""
    unit: str = ""
    body: str = ""


@transaction.atomic
def open_account(username: str, appointment: Appointment, *, by: Actor) -> str:
    """Make an account with its first position; returns the password to hand over."""
    if not USERNAME.fullmatch(username):
        raise BadUsername()
    if Account.objects.filter(username=username).exists():
        raise AccountExists()
    password = new_password()
    account = Account.objects.create_local(username, password)
    record.done("account.opened", account, by=by)
    appoint(account, appointment, by=by)
    return password


@transaction.atomic
def appoint(account: Account, appointment: Appointment, *, by: Actor) -> Position:
    """Give an account a position, making the office when it is new and named."""
    office = Office.objects.filter(code=appointment.office).first()
    if office is None:
        if not appointment.office_name:
            raise OfficeUnknown(office=appointment.office)
        office = Office.objects.create(
            code=appointment.office,
            name=appointment.office_name,
            unit=appointment.unit,
            body=appointment.body,
            valid_from=appointment.since,
        )
    position = Position.objects.create(
        account=account,
        office=office,
        officer_name=appointment.officer_name,
        title=appointment.title,
        roles=sorted(appointment.roles),
        valid_from=appointment.since,
    )
    detail = {"office": office.code, "roles": sorted(appointment.roles)}
    record.done("position.given", position, by=by, detail=detail)
    return position


@transaction.atomic
def close_account(username: str, *, by: Actor) -> None:
    """Nobody signs in with it any more, sessions end at once, positions end today."""
    account = find(username)
    account.is_active = False
    account.save(update_fields=["is_active"])
    held = Position.objects.filter(account=account, valid_from__lte=by.legal_day)
    held.filter(Q(valid_to=None) | Q(valid_to__gt=by.legal_day)).update(valid_to=by.legal_day)
    record.done("account.closed", account, by=by)


@transaction.atomic
def set_new_password(username: str, *, by: Actor, forget_code: bool = False) -> str:
    """
    A new password, which ends every session of the account.

    ``forget_code`` also takes the second factor away, for a lost phone without
    recovery codes; the officer then sets it up anew before any desk opens.
    """
    account = find(username)
    password = new_password()
    account.set_password(password)
    account.save(update_fields=["password"])
    if forget_code:
        second_factor.forget(account)
    record.done("account.password_set", account, by=by, detail={"code_forgotten": forget_code})
    return password


def find(username: str) -> Account:
    account = Account.objects.filter(username=username).first()
    if account is None:
        raise NoSuchAccount()
    return account


def new_password() -> str:
    """Ninety-six random bits in four groups that can be read over a telephone."""
    return "-".join(secrets.token_hex(WORD_BYTES) for _ in range(WORDS))
