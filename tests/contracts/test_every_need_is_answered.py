"""Each need of each card against the offer that answers it, from the cards alone."""

from __future__ import annotations

import pytest

from lienthong.exchange import contracts, registry
from lienthong.exchange.cards import Grant, Need, Offer, System

NEEDS = [
    pytest.param(system, need, id=f"{system.code}-{need.system}-{need.code}")
    for system in registry.all_cards()
    for need in system.needs
]


@pytest.mark.parametrize(("consumer", "need"), NEEDS)
def test_every_need_is_answered(consumer: System, need: Need) -> None:
    assert contracts.disagreements(consumer, need, registry.all_cards()) == []


GRANTS = [
    pytest.param(provider, offer, grant, id=f"{provider.code}-{offer.code}-{grant.to}")
    for provider in registry.all_cards()
    for offer in provider.offers
    for grant in offer.grants
]


@pytest.mark.parametrize(("provider", "offer", "grant"), GRANTS)
def test_every_grant_states_its_purpose_and_law(
    provider: System, offer: Offer, grant: Grant
) -> None:
    assert grant.purpose
    assert grant.legal_basis


@pytest.mark.parametrize(("provider", "offer", "grant"), GRANTS)
def test_nobody_is_granted_what_it_does_not_need(
    provider: System, offer: Offer, grant: Grant
) -> None:
    needs = {(need.system, need.code) for need in registry.card(grant.to).needs}
    assert (provider.code, offer.code) in needs


def test_personal_offers_name_their_subjects() -> None:
    silent = [
        f"{provider.code} {offer.code}"
        for provider in registry.all_cards()
        for offer in provider.offers
        if offer.effect != "public" and not offer.names_subjects
    ]
    assert silent == []
