"""Each subscription of each card against the card that publishes it."""

from __future__ import annotations

import msgspec
import pytest

from exchange.subscribed import CODE, NOTARY_TAKES, PUBLISHER
from lienthong.exchange import contracts, registry
from lienthong.exchange.cards import Subscription, System

STATED = [(card, one) for card in registry.all_cards() for one in card.subscriptions]


@pytest.mark.parametrize(
    ("card", "subscription"), STATED, ids=[f"{card.code} {one.code}" for card, one in STATED]
)
def test_what_is_published_can_be_read(card: System, subscription: Subscription) -> None:
    assert contracts.event_disagreements(card, subscription, registry.all_cards()) == []


def test_there_is_something_to_check() -> None:
    assert STATED


class Misread(msgspec.Struct):
    plot: int
    price: int


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"system": "nobody"}, "no system nobody"),
        ({"code": "plot.lost.v1"}, "publishes no plot.lost.v1"),
        ({"reads": Misread}, "event: $.plot: str cannot be read as int"),
        ({"reads": Misread}, "event.price is required and not granted"),
        ({"subjects": ()}, "names none"),
        ({"subjects": ("owner",)}, "subject owner is not read"),
    ],
)
def test_a_subscription_that_cannot_work_is_told(changes: dict, told: str) -> None:
    (good,) = NOTARY_TAKES.subscriptions
    values = {name: getattr(good, name) for name in ("system", "code", "reads", "subjects")}
    found = contracts.event_disagreements(
        NOTARY_TAKES, Subscription(**{**values, **changes}), [PUBLISHER]
    )
    assert any(told in line for line in found), found
    assert good.code == CODE
