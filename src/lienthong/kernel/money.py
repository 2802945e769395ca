"""Money is đồng, always whole; there are no hundredths to lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lienthong.kernel.numbers import rounded, vn_number
from lienthong.kernel.words import number_in_words


@dataclass(frozen=True, slots=True, order=True)
class Dong:
    """An amount in đồng; may be negative (a refund)."""

    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("đồng are whole: give an int")

    def __add__(self, other: Dong) -> Dong:
        return Dong(self.amount + other.amount)

    def __sub__(self, other: Dong) -> Dong:
        return Dong(self.amount - other.amount)

    def __mul__(self, times: int) -> Dong:
        return Dong(self.amount * times)

    def __neg__(self) -> Dong:
        return Dong(-self.amount)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{vn_number(self.amount)} đồng"

    def portion(self, rate: Decimal) -> Dong:
        """A rate of the amount (``Decimal("0.8")``), rounded half away from zero."""
        return Dong(int(rounded(self.amount * rate)))

    def split(self, weights: Sequence[int]) -> tuple[Dong, ...]:
        """Shares by weight that add up to the amount again (largest remainder)."""
        return tuple(Dong(share) for share in apportion(self.amount, weights))

    def in_words(self) -> str:
        """``Hai trăm nghìn đồng``, as on receipts."""
        words = number_in_words(self.amount)
        return f"{words[:1].upper()}{words[1:]} đồng"


def apportion(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """
    Whole shares of a total in proportion to weights, by largest remainder.

    Ties go to the earlier share. Raises ValueError for negative weights or when
    all weights are zero while there is something to share.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total != 0):
        raise ValueError("weights must be positive")
    if whole == 0:
        return tuple(0 for _ in weights)
    sign = -1 if total < 0 else 1
    quotas = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [quota for quota, _ in quotas]
    left = abs(total) - sum(shares)
    by_remainder = sorted(range(len(quotas)), key=lambda place: -quotas[place][1])
    for place in by_remainder[:left]:
        shares[place] += 1
    return tuple(sign * amount for amount in shares)
