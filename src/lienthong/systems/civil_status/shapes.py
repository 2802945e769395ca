"""
The messages civil status answers with, and the parts of population's answers it reads.

The second half repeats, in this system's own words, only the fields it uses of
another's answers; the contract tests compare them with the offers.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

Sex = Literal["male", "female"]
Standing = Literal["active", "deceased", "missing", "declared_dead", "left", "pending"]


# Answered by civil status.


class FindBirths(msgspec.Struct, frozen=True):
    """The birth entry that stands behind a personal ID."""

    personal_id: str


class BirthExtract(msgspec.Struct, frozen=True):
    found: bool
    registration: str = ""
    number: str = ""
    """As printed: ``118/2021``."""
    office: str = ""
    registered_on: date | None = None
    full_name: str = ""
    sex: Sex | None = None
    born_on: date | None = None
    birth_place: str = ""
    late: bool = False
    mother: str = ""
    father: str = ""
    withdrawn: bool = False


# Asked of population.


class Ethnicity(msgspec.Struct, frozen=True):
    name: str
    code: str = ""
    list_version: str = ""


class IssuePersonalId(msgspec.Struct, frozen=True):
    registration: str
    registered_on: date
    office: str
    province: str
    full_name: str
    sex: Sex
    born_on: date
    ethnicity: Ethnicity
    nationality: str
    home_place: str
    residence: str = ""
    mother: str = ""
    father: str = ""


class IssuedPersonalId(msgspec.Struct, frozen=True):
    registration: str
    personal_id: str
    issued_on: date


class CancelPersonalId(msgspec.Struct, frozen=True):
    personal_id: str
    reason: str
    decision: str
    decided_on: date


class CancelledPersonalId(msgspec.Struct, frozen=True):
    personal_id: str
    cancelled_on: date


class NumberCancelled(msgspec.Struct, frozen=True):
    """Population's event, as far as it matters for the book of births."""

    personal_id: str
    cancelled_on: date
    successor: str = ""


class FindPerson(msgspec.Struct, frozen=True):
    personal_id: str


class FoundPerson(msgspec.Struct, frozen=True):
    found: bool
    personal_id: str = ""
    standing: Literal["active", "deceased", "missing", "declared_dead", "left", "pending"] = (
        "active"
    )
    full_name: str = ""
    sex: Sex | None = None
    born_on: date | None = None
    born_precision: Literal["day", "month", "year"] = "day"
    ethnicity: Ethnicity | None = None
    nationality: str = ""
    home_place: str = ""
    residence: str = ""
    died_on: date | None = None
    superseded: str = ""
    number_status: Literal["active", "cancelled"] = "active"


class VerifyPerson(msgspec.Struct, frozen=True):
    personal_id: str
    full_name: str = ""
    birth_year: int | None = None


class VerifiedPerson(msgspec.Struct, frozen=True):
    known: bool
    alive: bool
    verdict: Literal["yes", "no", "partly", "unknown"]


class RecordDeath(msgspec.Struct, frozen=True):
    registration: str
    registered_on: date
    office: str
    personal_id: str
    died_on: date


class RecordedDeath(msgspec.Struct, frozen=True):
    personal_id: str
    died_on: date


class CorrectParticulars(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event rewrites of a person; what is left out stays as it is there."""

    personal_id: str
    registration: str
    reason: str
    document: str
    legal_basis: str
    effective_on: date
    full_name: str | None = None
    born_on: date | None = None
    birth_place: str | None = None
    home_place: str | None = None
    ethnicity: Ethnicity | None = None
    nationality: str | None = None
    mother: str | None = None
    father: str | None = None


class CorrectedParticulars(msgspec.Struct, frozen=True):
    personal_id: str


class RecordMarriage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marriage in the book, or what ended it; who has no number is left out."""

    registration: str
    document: str
    legal_basis: str
    effective_on: date
    personal_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=2)]
    ended: Literal["", "divorced", "annulled"] = ""


class RecordedMarriage(msgspec.Struct, frozen=True):
    personal_ids: tuple[str, ...]


class RecordStanding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision about a life, as noted in the book."""

    personal_id: str
    registration: str
    standing: Literal["active", "missing", "declared_dead", "left", "renounced"]
    reason: str
    document: str
    legal_basis: str
    effective_on: date
    died_on: date | None = None


class RecordedStanding(msgspec.Struct, frozen=True):
    personal_id: str


class ReestablishPersonalId(msgspec.Struct, frozen=True, omit_defaults=True):
    """Sex or year of birth was written wrongly, so the number says something wrong."""

    personal_id: str
    reason: str
    decision: str
    decided_on: date
    sex: Sex | None = None
    born_on: date | None = None


class ReestablishedPersonalId(msgspec.Struct, frozen=True):
    personal_id: str
    cancelled: str
    issued_on: date
