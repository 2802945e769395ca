"""
The door through which a page reads personal data (decision 28).

Rows tagged personal reach a screen or a file only inside `looks.open`, which
writes the look in the same transaction. A page that forgot it gets
`PersonalDataClosed`, not the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Invalid
from lienthong.record import personal
from lienthong.web.roles import NoSeat


class PurposeMissing(Invalid):
    """Say what this look is for; it is written into the ledger the person can read."""

    code = "web.purpose_missing"


def open(
    *,
    subject: personal.Subject | None,
    purpose: str,
    fields: Iterable[str],
    actor: Actor | None,
    legal_basis: str = "",
) -> AbstractContextManager[personal.Opening]:
    """
    Look at named fields of a person, for a purpose, as the officer of an office.

    Raises `NoSeat` without an actor and `PurposeMissing` without a purpose. With
    ``subject=None`` the people found are named with ``opening.at(...)``.
    """
    if actor is None:
        raise NoSeat()
    if not purpose.strip():
        raise PurposeMissing()
    return personal.opened(
        subject, purpose=purpose.strip(), fields=fields, actor=actor, legal_basis=legal_basis
    )
