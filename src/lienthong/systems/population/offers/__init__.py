"""What population answers through the exchange. Thin: rules and writes are elsewhere."""

from __future__ import annotations

from lienthong.systems.population.offers import (
    books,
    dci,
    following,
    numbers,
    reading,
    repairs,
    verifying,
)

__all__ = ("books", "dci", "following", "numbers", "reading", "repairs", "verifying")
