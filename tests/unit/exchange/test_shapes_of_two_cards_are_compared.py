"""What one shape writes and another reads: the rules of versions (decision 22)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest

from exchange.played import GIVE, NOTARY, REGISTER, FindPlot
from lienthong.exchange import contracts
from lienthong.exchange.cards import Effect, Grant, Need, Offer, System


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Shade(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


def shape(**fields: Any) -> type[msgspec.Struct]:
    """A shape with these fields; ``(type, default)`` makes one optional."""
    given = [
        (name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()
    ]
    return msgspec.defstruct("Shape", given)


INNER, INNER_LESS, INNER_MORE = shape(a=int), shape(a=(int, 0)), shape(a=int, b=str)

FITS = {
    "the same": (shape(a=int), shape(a=int)),
    "fewer fields are read": (shape(a=int, b=str), shape(a=int)),
    "an optional field is not written": (shape(a=int), shape(a=int, b=(str, ""))),
    "a number as a larger kind": (shape(a=int), shape(a=float)),
    "a date as text": (shape(a=dt.date), shape(a=str)),
    "a uuid as text": (shape(a=UUID), shape(a=str)),
    "a decimal": (shape(a=Decimal), shape(a=Decimal)),
    "one of few as text": (shape(a=Colour), shape(a=str)),
    "one of few as one of more": (shape(a=Colour), shape(a=Shade)),
    "a literal as an enumeration": (shape(a=Literal["red"]), shape(a=Colour)),
    "never nothing, read as perhaps": (shape(a=int), shape(a=int | None)),
    "perhaps both": (shape(a=int | None), shape(a=int | None)),
    "a list as a tuple": (shape(a=list[int]), shape(a=tuple[int, ...])),
    "inside": (shape(a=INNER_MORE), shape(a=INNER)),
    "inside a list": (shape(a=list[INNER_MORE]), shape(a=tuple[INNER, ...])),
    "inside a dictionary": (shape(a=dict[str, INNER_MORE]), shape(a=dict[str, INNER])),
    "anything": (shape(a=INNER), shape(a=Any)),
}

DIFFERS = {
    "a required field is never written": (shape(a=int), shape(a=int, b=str), "$.b"),
    "another type": (shape(a=int), shape(a=str), "$.a"),
    "text as a date": (shape(a=str), shape(a=dt.date), "$.a"),
    "text as one of few": (shape(a=str), shape(a=Colour), "$.a"),
    "one of more as one of few": (shape(a=Shade), shape(a=Colour), "$.a"),
    "perhaps nothing, read as always": (shape(a=int | None), shape(a=int), "$.a"),
    "inside": (shape(a=INNER), shape(a=INNER_MORE), "$.a.b"),
    "inside a list": (shape(a=list[INNER]), shape(a=list[INNER_MORE]), "$.a[].b"),
    "a list as one": (shape(a=list[int]), shape(a=int), "$.a"),
}


@pytest.mark.parametrize("name", FITS)
def test_what_fits_is_let_through(name: str) -> None:
    assert contracts.unreadable(*FITS[name]) == []


@pytest.mark.parametrize("name", DIFFERS)
def test_what_differs_is_told_with_its_place(name: str) -> None:
    written, read, place = DIFFERS[name]
    (line,) = contracts.unreadable(written, read)
    assert line.startswith(f"{place}: ")


def test_a_field_left_out_at_its_default_cannot_be_required() -> None:
    written = msgspec.defstruct("W", [("a", int, 0)], omit_defaults=True)
    (line,) = contracts.unreadable(written, shape(a=int))
    assert "left out" in line


def test_a_reader_may_not_forbid_what_it_does_not_know() -> None:
    strict = msgspec.defstruct("S", [("a", int)], forbid_unknown_fields=True)
    (line,) = contracts.unreadable(shape(a=int), strict)
    assert "forbids" in line


class Tree(msgspec.Struct):
    name: str
    under: list[Tree] = []


def test_a_shape_that_holds_itself_is_compared_once() -> None:
    assert contracts.unreadable(Tree, Tree) == []


# -- two cards ---------------------------------------------------------------------------


def told(need: Need, provider: System = REGISTER) -> list[str]:
    return contracts.disagreements(NOTARY, need, [provider])


def with_offer(**changes: Any) -> System:
    first, second = REGISTER.offers
    return replace(REGISTER, offers=(replace(first, **changes), second))


def test_cards_that_agree_have_nothing_to_say() -> None:
    assert [told(need) for need in NOTARY.needs] == [[], []]


def test_a_provider_or_offer_that_is_not_there_is_told() -> None:
    assert told(replace(GIVE, system="nobody")) == ["no system nobody has a card"]
    assert told(replace(GIVE, code="number.give.v2")) == ["land_register offers no number.give.v2"]


def test_an_effect_seen_differently_is_told() -> None:
    (line,) = told(replace(GIVE, effect=Effect.SENSITIVE))
    assert "changing" in line


def test_a_missing_grant_is_told() -> None:
    (line,) = told(GIVE, with_offer(grants=()))
    assert "grants" in line


@pytest.mark.parametrize(
    ("fields", "what"),
    [(("plot",), "answer.number is required"), (("number", "colour"), "names colour")],
)
def test_a_grant_must_cover_what_is_read_and_name_what_exists(
    fields: tuple[str, ...], what: str
) -> None:
    grant = Grant(to="notary", purpose="x", legal_basis="y", fields=fields)
    asked = replace(GIVE, purpose="x", legal_basis="y", fields=fields)
    (line,) = told(asked, with_offer(grants=(grant,)))
    assert what in line


def test_what_is_asked_for_is_what_is_granted() -> None:
    """Else no node would sign the access by itself (purpose, law and fields are its terms)."""
    grant = Grant(to="notary", purpose="x", legal_basis="y", fields=("number",))
    lines = told(GIVE, with_offer(grants=(grant,)))
    assert [line.split()[0] for line in lines] == ["purpose", "legal_basis", "fields"]


def test_both_directions_are_compared() -> None:
    lines = told(replace(GIVE, request=FindPlot, reads=shape(number=str)))
    assert [line.split(":")[0] for line in lines] == ["request", "request", "answer"]


def test_an_offer_has_a_service_code() -> None:
    with pytest.raises(ValueError, match="service code"):
        Offer(code="Give!", title="", request=FindPlot, answers=FindPlot, effect=Effect.PUBLIC)
