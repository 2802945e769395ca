"""The officer who is named with ``--by`` for a decision of the directory."""

from __future__ import annotations

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import NotFound


class NoSuchOfficer(NotFound):
    """No officer of this account may decide for the directory today."""

    code = "cli.no_such_officer"


def officer(username: str) -> Actor:
    """The officer of an account, at a seat that carries the directory's role today."""
    from lienthong.web import actors
    from lienthong.web.accounts.models import Account

    account = Account.objects.filter(username=username, is_active=True).first()
    day = clock.today()
    if account is not None:
        for seat in actors.seats_of(account, day):
            if "directory.operator" in seat.roles:
                return seat.actor(account.pk, day)
    raise NoSuchOfficer(account=username)
