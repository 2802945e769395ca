"""Each need of each card against the offer that answers it, from the cards alone."""

from __future__ import annotations

import pytest

from lienthong.exchange import contracts, registry
from lienthong.exchange.cards import Need, System

NEEDS = [
    pytest.param(system, need, id=f"{system.code}-{need.system}-{need.code}")
    for system in registry.all_cards()
    for need in system.needs
]


@pytest.mark.parametrize(("consumer", "need"), NEEDS)
def test_every_need_is_answered(consumer: System, need: Need) -> None:
    assert contracts.disagreements(consumer, need, registry.all_cards()) == []


def test_every_offer_is_granted_with_purpose_and_law() -> None:
    poor = [
        f"{provider.code} {offer.code}"
        for provider in registry.all_cards()
        for offer in provider.offers
        if not offer.grants or not all(g.purpose and g.legal_basis for g in offer.grants)
    ]
    assert poor == []


def test_personal_offers_name_their_subjects() -> None:
    silent = [
        f"{provider.code} {offer.code}"
        for provider in registry.all_cards()
        for offer in provider.offers
        if offer.effect != "public" and not offer.names_subjects
    ]
    assert silent == []
