"""The catalogue of figures says what the systems' own books say."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from lienthong.cli import cards
from lienthong.exchange.figures import FIGURES_CODE, FigureDefinition
from lienthong.systems.steering.domain.catalogue import Way, every_version, latest


def live() -> Iterator[tuple[str, FigureDefinition]]:
    for card in cards.cards({}):
        if any(offer.code == FIGURES_CODE for offer in card.offers):
            book = importlib.import_module(f"lienthong.systems.{card.code}.figures").FIGURES
            for code in book.codes():
                yield card.code, book.definition(code)


LIVE = list(live())


@pytest.mark.parametrize(("system", "own"), LIVE, ids=[own.code for _, own in LIVE])
def test_a_figure_is_the_same_in_both(system: str, own: FigureDefinition) -> None:
    known = latest(own.code)
    assert known is not None
    assert (known.system, known.title, known.unit, known.kind, known.definition) == (
        system,
        own.title,
        own.unit,
        own.kind,
        own.definition,
    )
    assert known.answers == Way.LIVE


def test_nothing_is_said_to_be_live_that_no_system_states() -> None:
    said = {one.code for one in every_version() if one.answers == Way.LIVE}
    assert said == {own.code for _, own in LIVE}
