"""Who acts: the seat an account holds on a legal day, and the Actor made from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from lienthong.kernel.actor import Actor
from lienthong.web.offices import Delegation, Position


@dataclass(frozen=True, slots=True)
class Seat:
    """One way an account may act on a day: its own position, or a delegated one."""

    key: str
    office: str
    office_name: str
    unit: str
    title: str
    officer_name: str
    roles: frozenset[str]
    basis: str = ""

    def actor(self, account: UUID | str, legal_day: date) -> Actor:
        return Actor(
            account=str(account),
            office=self.office,
            unit=self.unit,
            legal_day=legal_day,
            roles=self.roles,
        )


def seats_of(account: Any, legal_day: date) -> list[Seat]:
    """Every seat of an account on a day, own positions first."""
    positions = (
        Position.objects.on(legal_day)
        .filter(account=account)
        .filter(office__valid_from__lte=legal_day)
        .exclude(office__valid_to__lt=legal_day)
        .select_related("office")
        .order_by("valid_from", "pk")
    )
    delegations = (
        Delegation.objects.on(legal_day)
        .filter(to_account=account, position__in=Position.objects.on(legal_day))
        .select_related("position__office")
        .order_by("valid_from", "pk")
    )
    return [own_seat(position) for position in positions] + [
        delegated_seat(delegation) for delegation in delegations
    ]


def officer_name(acted: str) -> str:
    """
    The name of the officer an entry was made by (``account@office``, as an actor is written).

    Empty for a system, the command line, and an account this node never seated.
    """
    account, _at, office = acted.partition("@")
    try:
        key = UUID(account)
    except ValueError:
        return ""
    seats = Position.objects.filter(account_id=key).order_by("-valid_from", "-pk")
    found = seats.filter(office__code=office).first() or seats.first()
    return str(found.officer_name) if found else ""


def own_seat(position: Position) -> Seat:
    return Seat(
        key=f"p{position.pk}",
        office=position.office.code,
        office_name=position.office.name,
        unit=position.office.unit,
        title=position.title,
        officer_name=position.officer_name,
        roles=frozenset(position.roles),
    )


def delegated_seat(delegation: Delegation) -> Seat:
    """Only roles that the position itself carries can be handed on."""
    position = delegation.position
    return Seat(
        key=f"d{delegation.pk}",
        office=position.office.code,
        office_name=position.office.name,
        unit=position.office.unit,
        title=position.title,
        officer_name=delegation.to_officer_name,
        roles=frozenset(delegation.roles) & frozenset(position.roles),
        basis=delegation.basis,
    )


def actor_of(account: Any, legal_day: date, seat: str = "") -> Actor | None:
    """
    The actor of an account on a legal day; nothing when it holds no seat then.

    With several seats and none chosen there is no actor either: the officer
    has to say for which office the work is done.
    """
    chosen = choose(seats_of(account, legal_day), seat)
    return chosen.actor(account.pk, legal_day) if chosen else None


def choose(seats: list[Seat], key: str) -> Seat | None:
    if len(seats) == 1:
        return seats[0]
    return next((seat for seat in seats if seat.key == key), None)
