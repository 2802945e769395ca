"""
Which single digit, written otherwise, would make a sum add up.

A report is typed by people; where a whole is not the sum of its parts, one wrong
digit is the likeliest reason. What is found here is said beside the contradiction
and never put in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Slip:
    """A figure that would be right with one digit changed."""

    code: str
    stated: Decimal
    candidate: Decimal


def slips(whole: tuple[str, Decimal], parts: Mapping[str, Decimal]) -> tuple[Slip, ...]:
    """
    Every change of one digit in the whole or in one part after which they agree exactly.

    Digits are those of the widest decimal place among the numbers; no number
    gains or loses a digit.
    """
    code, total = whole
    added = sum(parts.values(), Decimal(0))
    if total == added:
        return ()
    places = max(-exponent(value) for value in (total, *parts.values()))
    wanted = {code: added} | {part: value + total - added for part, value in parts.items()}
    return tuple(
        Slip(name, value, wanted[name])
        for name, value in {code: total, **parts}.items()
        if wanted[name] in one_digit_changed(value, places)
    )


def exponent(value: Decimal) -> int:
    """Of the last digit that is written; never above the units."""
    found = value.normalize().as_tuple().exponent
    return min(0, found) if isinstance(found, int) else 0


def one_digit_changed(value: Decimal, places: int) -> Iterator[Decimal]:
    """Every number that differs from this one in exactly one digit."""
    text = f"{value:.{places}f}"
    for at, digit in enumerate(text):
        if not digit.isdigit():
            continue
        for other in "0123456789":
            if other != digit and not (other == "0" and at == 0 and len(text) > 1):
                yield Decimal(text[:at] + other + text[at + 1 :])
