"""
The messages population answers: what a caller sends and what it gets back.

Flat on purpose: a grant's field list names top-level fields of an answer
(decision 18), so whatever may be withheld from one consumer stands at the top.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

Sex = Literal["male", "female"]
Precision = Literal["day", "month", "year"]
Standing = Literal["active", "deceased", "missing", "declared_dead", "left", "pending"]
Verdict = Literal["yes", "no", "partly", "unknown"]
InForce = Literal["active", "cancelled"]


class Ethnicity(msgspec.Struct, frozen=True):
    """Name, code and version of the list: two numberings are in circulation."""

    name: str
    code: str = ""
    list_version: str = ""


class IssuePersonalId(msgspec.Struct, frozen=True):
    """
    Asks for the number of a child whose birth has been entered.

    ``registration`` is the caller's own lasting name of the entry: the same one
    always gets the same number. ``province`` is the statistical code (two digits)
    of the province of registration on the day of registration.
    """

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
    """``decision`` is the number of the paper by which the number is cancelled."""

    personal_id: str
    reason: str
    decision: str
    decided_on: date


class CancelledPersonalId(msgspec.Struct, frozen=True):
    personal_id: str
    cancelled_on: date


class ReestablishPersonalId(msgspec.Struct, frozen=True):
    """What was wrong is sent corrected; what is left out stays as it is."""

    personal_id: str
    reason: str
    decision: str
    decided_on: date
    sex: Sex | None = None
    born_on: date | None = None
    province: str = ""


class ReestablishedPersonalId(msgspec.Struct, frozen=True):
    personal_id: str
    """The new number."""
    cancelled: str
    issued_on: date


class FindPerson(msgspec.Struct, frozen=True):
    """Particulars by number; a cancelled number is followed to the one that replaced it."""

    personal_id: str


class FoundPerson(msgspec.Struct, frozen=True):
    found: bool
    personal_id: str = ""
    standing: Standing = "active"
    full_name: str = ""
    sex: Sex | None = None
    born_on: date | None = None
    """First day of the month or year when ``born_precision`` says so."""
    born_precision: Precision = "day"
    ethnicity: Ethnicity | None = None
    nationality: str = ""
    home_place: str = ""
    residence: str = ""
    died_on: date | None = None
    superseded: str = ""
    """The cancelled number that was asked for, when it led here."""
    number_status: InForce = "active"
    """``cancelled`` with ``found`` false: the number was taken back and nothing replaced it."""


class VerifyPerson(msgspec.Struct, frozen=True):
    """Whether these particulars are those of this number. Only what is sent is compared."""

    personal_id: str
    full_name: str = ""
    born_on: date | None = None
    birth_year: int | None = None
    sex: Sex | None = None


class FieldVerdict(msgspec.Struct, frozen=True):
    field: str
    verdict: Verdict


class VerifiedPerson(msgspec.Struct, frozen=True):
    """Yes, no or partly, never the data itself; a cancelled number is nobody's."""

    known: bool
    alive: bool
    verdict: Verdict
    fields: tuple[FieldVerdict, ...] = ()
    number_status: InForce = "active"


class NumberCancelled(msgspec.Struct, frozen=True):
    """The event: a number is no longer anybody's, and by which it was replaced, if it was."""

    personal_id: str
    cancelled_on: date
    successor: str = ""


class RecordDeath(msgspec.Struct, frozen=True):
    registration: str
    registered_on: date
    office: str
    personal_id: str
    died_on: date


class RecordedDeath(msgspec.Struct, frozen=True):
    personal_id: str
    standing: Standing
    died_on: date
