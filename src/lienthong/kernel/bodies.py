"""
Government bodies and their codes, as dated rows passed in.

A code of Decision 20/2020/QĐ-TTg is never used again: a closed one names its
successor. The older form of QCVN 102:2016 cannot be computed from it, so both
are rows, told apart by their scheme.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from lienthong.kernel.errors import NotFound

CURRENT_SCHEME = "qd20"


class NoSuchBody(NotFound):
    """No government body had this code on that day."""

    code = "kernel.no_such_body"


@dataclass(frozen=True, slots=True)
class Body:
    """One body under one code, for as long as its name stayed the same."""

    code: str
    scheme: str
    name: str
    kind: str
    unit: str
    """Code of the administrative unit it governs, or empty."""
    valid_from: date
    valid_to: date | None
    successor: str = ""
    """Code that took over when this one was closed."""
    legal_basis: str = ""
    doubt: str = ""

    def was_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class BodyTable:
    """All rows, with look-ups by code and day."""

    bodies: tuple[Body, ...]

    @classmethod
    def of(cls, bodies: Iterable[Body]) -> BodyTable:
        return cls(tuple(bodies))

    def __iter__(self) -> Iterator[Body]:
        return iter(self.bodies)

    def find(self, code: str, on: date, scheme: str = CURRENT_SCHEME) -> Body | None:
        for body in self.bodies:
            if body.code == code and body.scheme == scheme and body.was_valid_on(on):
                return body
        return None

    def get(self, code: str, on: date, scheme: str = CURRENT_SCHEME) -> Body:
        """The body a code named on a day; raises `NoSuchBody`."""
        body = self.find(code, on, scheme)
        if body is None:
            raise NoSuchBody(code=code, on=on.isoformat())
        return body

    def on(self, day: date, scheme: str = CURRENT_SCHEME) -> tuple[Body, ...]:
        """The bodies of one day, by code."""
        found = (body for body in self.bodies if body.scheme == scheme and body.was_valid_on(day))
        return tuple(sorted(found, key=lambda body: body.code))

    def committee_of(self, unit: str, on: date) -> Body | None:
        """The people's committee of an administrative unit on a day."""
        return next((body for body in self.on(on) if body.unit == unit), None)
