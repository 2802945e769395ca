"""
What somebody who sees numbers in the order they are given could find out without the key.

Each check states a chance of well under one in a million for numbers drawn at random, so
a suspicion is a fault and not bad luck.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

SERIALS = 1_000_000
MOST_SIGMA = 5.0


def suspicions(serials: Sequence[int]) -> list[str]:
    """What is wrong with these six-digit serials as a sequence; nothing when nothing shows."""
    found = [f"digit {place} is not even" for place in range(6) if not _even(serials, place)]
    if not _even_pairs(serials):
        found.append("the first digit of one tells that of the next")
    if abs(_correlation(serials)) * math.sqrt(len(serials)) > MOST_SIGMA:
        found.append("neighbours are correlated")
    if abs(_rises(serials) - 2 / 3) * math.sqrt(len(serials) * 90 / 16) > MOST_SIGMA:
        found.append("ups and downs follow each other otherwise than by chance")
    for name, guess in GUESSES.items():
        # By chance at most one or two of a few thousand.
        if _hits(serials, guess) > 3:
            found.append(f"the next is guessed: {name}")
    return found


def _even(serials: Sequence[int], place: int) -> bool:
    seen = Counter(serial // 10**place % 10 for serial in serials)
    return _chi_square([seen[digit] for digit in range(10)]) < _limit(9)


def _even_pairs(serials: Sequence[int]) -> bool:
    pairs = zip(serials, serials[1:], strict=False)
    seen = Counter((one // 100_000, two // 100_000) for one, two in pairs)
    return _chi_square([seen[a, b] for a in range(10) for b in range(10)]) < _limit(99)


def _chi_square(counts: Sequence[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def _limit(freedom: int) -> float:
    """Where chi square lies beyond five sigma (Wilson and Hilferty)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + MOST_SIGMA * math.sqrt(part)) ** 3


def _correlation(serials: Sequence[int]) -> float:
    mean = sum(serials) / len(serials)
    spread = sum((serial - mean) ** 2 for serial in serials)
    pairs = zip(serials, serials[1:], strict=False)
    return sum((one - mean) * (two - mean) for one, two in pairs) / spread


def _rises(serials: Sequence[int]) -> float:
    """The share of turning points, two thirds by chance."""
    triples = list(zip(serials, serials[1:], serials[2:], strict=False))
    turns = sum((two > one) == (two > three) for one, two, three in triples)
    return turns / len(triples)


def _hits(serials: Sequence[int], guess: Callable[[Sequence[int]], int]) -> int:
    return sum(
        guess(serials[place - 4 : place]) == serials[place] for place in range(4, len(serials))
    )


def _line(last: Sequence[int]) -> int:
    """As a linear congruence would go on, from the last three steps."""
    steps = [after - before for before, after in zip(last, last[1:], strict=False)]
    if math.gcd(steps[1] % SERIALS, SERIALS) != 1:
        return -1
    factor = steps[2] * pow(steps[1] % SERIALS, -1, SERIALS) % SERIALS
    return (last[3] + factor * steps[2]) % SERIALS


GUESSES: dict[str, Callable[[Sequence[int]], int]] = {
    "one more": lambda last: (last[3] + 1) % SERIALS,
    "one less": lambda last: (last[3] - 1) % SERIALS,
    "the same step again": lambda last: (2 * last[3] - last[2]) % SERIALS,
    "the step before the last": lambda last: (last[3] + last[1] - last[0]) % SERIALS,
    "a linear congruence": _line,
    "halves swapped": lambda last: last[3] % 1000 * 1000 + last[3] // 1000,
    "the bits of the last two": lambda last: (last[3] ^ last[2] ^ last[1]) % SERIALS,
}
