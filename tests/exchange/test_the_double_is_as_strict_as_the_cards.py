"""The exchange double: what it lets through and what it holds against a test."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from exchange.played import GIVE, NOTARY, REGISTER, GiveNumber, find, give
from lienthong.exchange import client, errors, registry
from lienthong.exchange.asks import Ask
from lienthong.exchange.cards import Effect, Need
from lienthong.exchange.testing import ExchangeDouble, NotPlayed, ShapesDiffer


def test_what_nobody_plays_is_an_error_of_the_test(exchange: ExchangeDouble) -> None:
    with pytest.raises(NotPlayed, match="plot.find.v1"):
        client.call(find())


def test_it_remembers_what_was_asked(register_answers: ExchangeDouble) -> None:
    client.call(find(7))
    (asked,) = register_answers.asked("land_register", "plot.find.v1")
    assert asked.number == 7
    assert register_answers.asked("land_register", "number.give.v1") == []


def test_it_answers_one_key_once(register_answers: ExchangeDouble) -> None:
    first = client.call(give(), key="a").body
    assert client.call(give(), key="a").body == first
    assert client.call(give(), key="b").body != first
    with pytest.raises(errors.Invalid):
        client.call(give("99"), key="a")


def test_it_can_be_down_and_come_back(register_answers: ExchangeDouble) -> None:
    register_answers.is_down("land_register")
    with pytest.raises(errors.Unavailable):
        client.call(find())
    register_answers.is_up("land_register")
    assert client.call(find()).body.found is False


def test_it_can_lose_an_answer_after_acting(register_answers: ExchangeDouble) -> None:
    register_answers.loses_answers("land_register", "number.give.v1")
    with pytest.raises(errors.UnknownOutcome):
        client.call(give(), key="a")
    assert client.call(give(), key="a").body.number == 1


def test_it_can_refuse(register_answers: ExchangeDouble) -> None:
    register_answers.refuses("land_register", "plot.find.v1", "land.closed", errors.Invalid)
    with pytest.raises(errors.Invalid) as caught:
        client.call(find())
    assert caught.value.code == "land.closed"


def test_a_played_answer_must_be_readable(exchange: ExchangeDouble) -> None:
    exchange.answers("land_register", "plot.find.v1", {"owner": 3})
    with pytest.raises(ShapesDiffer, match="plot.find.v1"):
        client.call(find())


def test_a_need_the_provider_does_not_answer_is_found_by_the_first_call(
    exchange: ExchangeDouble,
) -> None:
    class ReadsMore(msgspec.Struct):
        number: int
        colour: str

    class AsksLess(msgspec.Struct):
        plot: str

    greedy = Need("land_register", "number.give.v1", GiveNumber, ReadsMore, Effect.CHANGING)
    terse = replace(GIVE, request=AsksLess)
    exchange.answers("land_register", "number.give.v1", {"number": 1, "colour": "red"})
    for need, request, told in (
        (greedy, GiveNumber("1", "x"), "colour"),
        (terse, AsksLess("1"), "owner"),
    ):
        notary = replace(NOTARY, needs=(need,))
        with registry.playing(REGISTER, notary), pytest.raises(ShapesDiffer, match=told):
            client.call(Ask(notary, need, request), key="k")


def test_outside_the_double_the_gateway_is_asked_again(exchange: ExchangeDouble) -> None:
    with ExchangeDouble() as inner:
        inner.answers("land_register", "plot.find.v1", {"found": True})
        assert client.call(find()).body.found is True
    with pytest.raises(NotPlayed):
        client.call(find())
