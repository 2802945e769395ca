"""The rule of blocks as a model: any order of births, backups and restores uses a place once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.systems.population.domain import ids


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Iterator[None]:
    before, ids.BLOCK = ids.BLOCK, 3
    yield
    ids.BLOCK = before


class Register:
    """One range, with backups and restores as the commands make them."""

    def __init__(self) -> None:
        self.used = self.kept = self.events = 0
        self.backups: list[tuple[int, int]] = []
        self.given: set[int] = set()

    def give(self) -> None:
        if ids.needs_backup(self.used, kept=self.kept):
            return
        assert self.used not in self.given, "a place was used twice"
        self.given.add(self.used)
        self.used += 1

    def back_up(self) -> None:
        self.events += 1
        self.backups.append((self.used, self.events))
        self.kept = max(self.kept, self.used)

    def restore(self, which: int) -> None:
        used, at = self.backups[which % len(self.backups)]
        missed = self.events - at
        self.used = ids.beyond_every_loss(used, events=missed)
        self.kept = used
        self.events = at + 1 + 2 * missed


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("gggbr"), st.integers(0, 40)), max_size=60))
def test_no_order_of_backups_restores_and_births_uses_a_place_twice(steps: list) -> None:
    register = Register()
    register.back_up()
    for what, number in steps:
        if what == "g":
            for _ in range(number):
                register.give()
        elif what == "b":
            register.back_up()
        else:
            register.restore(number)


def test_a_weaker_step_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model itself can fail: stepping one block less uses a place twice."""
    monkeypatch.setattr(
        ids, "beyond_every_loss", lambda used, events: (ids.blocks_begun(used) + events) * 3
    )
    register, chance = Register(), random.Random(1)
    register.back_up()

    def many_years() -> None:
        for _ in range(2000):
            chance.choice([register.give] * 9 + [register.back_up])()
            if chance.random() < 0.02:
                register.restore(-1)

    with pytest.raises(AssertionError, match="twice"):
        many_years()
