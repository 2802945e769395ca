"""Whoever sees numbers as they are given cannot tell the next; and these checks can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lienthong.systems.population.domain import ids
from unit.systems.population.seen_numbers import SERIALS, suspicions

SEEN = 4_000


def sequence(key: bytes, tweak: str = "091221", begin: int = 0) -> list[int]:
    return [ids.permute(begin + place, key=key, tweak=tweak) for place in range(SEEN)]


@pytest.mark.parametrize("key", [b"one", b"another", b"\x00" * 32])
def test_a_sequence_of_numbers_looks_like_chance(key: bytes) -> None:
    assert suspicions(sequence(key)) == []


def test_also_at_the_end_of_a_range_and_in_its_neighbour() -> None:
    assert suspicions(sequence(b"one", begin=SERIALS - SEEN)) == []
    assert suspicions(sequence(b"one", tweak="091222")) == []


def test_two_ranges_at_the_same_places_have_nothing_in_common() -> None:
    one, two = sequence(b"one", tweak="091220"), sequence(b"one", tweak="091221")
    apart = [(second - first) % SERIALS for first, second in zip(one, two, strict=True)]
    assert suspicions(apart) == []


@pytest.mark.parametrize(
    "weak",
    [
        lambda place: place,
        lambda place: SERIALS - 1 - place,
        lambda place: (place * 7919 + 13) % SERIALS,
        lambda place: place % 1000 * 1000 + place // 1000,
    ],
)
def test_a_weak_order_is_noticed(weak: Callable[[int], int]) -> None:
    assert suspicions([weak(place) for place in range(SEEN)])


@pytest.mark.parametrize("rounds", [1, 2])
def test_too_few_rounds_are_noticed(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "ROUNDS", rounds)
    assert suspicions(sequence(b"one"))
