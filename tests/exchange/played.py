"""Two systems of the tests: a land register that gives numbers, a notary that asks for them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import Effect, Grant, Need, Offer, System

NAME = "Nguyễn Thị An"
NUMBER = "091195000017"


class GiveNumber(msgspec.Struct, frozen=True):
    plot: Annotated[str, msgspec.Meta(max_length=20)]
    owner: str
    size: int = 0


class NumberGiven(msgspec.Struct, frozen=True):
    plot: str
    number: int
    note: str = ""


class FindPlot(msgspec.Struct, frozen=True):
    number: int


class Plot(msgspec.Struct, frozen=True):
    found: bool
    owner: str = ""
    debts: int = 0


class ReadNumber(msgspec.Struct, frozen=True):
    """What the notary reads of `NumberGiven`."""

    number: int


class ReadPlot(msgspec.Struct, frozen=True):
    found: bool
    owner: str = ""


GRANT = Grant(to="notary", purpose="công chứng", legal_basis="Luật Công chứng")

REGISTER = System(
    code="land_register",
    title="Sổ địa chính",
    title_en="Land register",
    owner="G05",
    offers=(
        Offer(
            code="number.give.v1",
            title="Cấp số thửa",
            request=GiveNumber,
            answers=NumberGiven,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(GRANT,),
            max_body=2000,
        ),
        Offer(
            code="plot.find.v1",
            title="Tra cứu thửa đất",
            request=FindPlot,
            answers=Plot,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(GRANT,),
        ),
    ),
)

WHY = {"purpose": GRANT.purpose, "legal_basis": GRANT.legal_basis}
GIVE = Need("land_register", "number.give.v1", GiveNumber, ReadNumber, Effect.CHANGING, **WHY)
FIND = Need("land_register", "plot.find.v1", FindPlot, ReadPlot, **WHY)

NOTARY = System(
    code="notary", title="Công chứng", title_en="Notary", owner="G15", needs=(GIVE, FIND)
)


def give(plot: str = "17", owner: str = NUMBER, size: int = 0) -> Ask:
    return Ask(NOTARY, GIVE, GiveNumber(plot, owner, size))


def find(number: int = 1) -> Ask:
    return Ask(NOTARY, FIND, FindPlot(number))
