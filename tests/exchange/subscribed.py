"""A land office that publishes sales, and two offices that have subscribed to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

import cast
from lienthong import record
from lienthong.exchange import events
from lienthong.exchange.cards import Event, Grant, Subscription, System
from lienthong.kernel.actor import system_actor
from lienthong.record.models import Entry

CODE = "plot.sold.v1"


class PlotSold(msgspec.Struct, frozen=True):
    plot: str
    seller: str
    price: int


class ReadSale(msgspec.Struct, frozen=True):
    plot: str
    seller: str


class Seen(NamedTuple):
    system: str
    plot: str


def granted(to: str, *fields: str) -> Grant:
    return Grant(to=to, purpose="theo dõi", legal_basis="Luật Đất đai", fields=fields or ("*",))


PUBLISHER = System(
    code="land_office", title="Địa chính", title_en="Land office", owner="G05",
    events=(
        Event(
            code=CODE, title="Đã chuyển nhượng thửa đất", carries=PlotSold,
            grants=(granted("notary_office", "plot", "seller"), granted("tax_office")),
        ),
    ),
)  # fmt: skip


def subscriber(code: str, owner: str) -> System:
    (grant,) = (one for one in PUBLISHER.event(CODE).grants if one.to == code)
    taken = Subscription(
        system="land_office",
        code=CODE,
        reads=ReadSale,
        subjects=("seller",),
        purpose=grant.purpose,
        legal_basis=grant.legal_basis,
        fields=grant.fields,
    )
    return System(code=code, title=code, title_en=code, owner=owner, subscriptions=(taken,))


NOTARY_TAKES = subscriber("notary_office", "G15")
TAX_TAKES = subscriber("tax_office", "G12")


def taken_by(card: System) -> Callable[[ReadSale, events.Told], None]:
    """An effect in the database: an audit entry for each event that was worked on."""

    def take(event: ReadSale, told: events.Told) -> None:
        by = system_actor(card.code, cast.LEGAL_DAY)
        record.done("land.seen", f"{card.code}:{event.plot}", by=by)

    take.__qualname__ = f"taken_by_{card.code}"
    return take


def seen() -> list[Seen]:
    subjects = Entry.objects.filter(what="land.seen").order_by("pk")
    return [Seen(*one.split(":")) for one in subjects.values_list("subject", flat=True)]
