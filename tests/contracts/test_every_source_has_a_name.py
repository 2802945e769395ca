"""What a system counts its figures in, the report can call by a name its readers know."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from lienthong.exchange import registry
from lienthong.systems.steering.domain.sources import name_of

BOOKS = [
    f"lienthong.systems.{card.code}.figures"
    for card in registry.all_cards()
    if find_spec(f"lienthong.systems.{card.code}.figures")
]


@pytest.mark.parametrize("module", BOOKS)
def test_each_source_of_a_figure_has_a_vietnamese_name(module: str) -> None:
    book = import_module(module).FIGURES
    sources = {book.definition(code).source for code in book.codes()}
    assert sources
    assert [source for source in sources if not name_of(source)] == []
