"""
The messages population answers: what a caller sends and what it gets back.

Flat on purpose: a grant's field list names top-level fields of an answer
(decision 18), so whatever may be withheld from one consumer stands at the top.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

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
    nationality: str = ""
    home_place: str = ""
    mother: str = ""
    """Number of the mother; a cancelled one counts as its successor."""
    father: str = ""
    spouse: str = ""
    residence_unit: str = ""
    """Code of the commune of permanent residence."""


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


# -- reading a life ------------------------------------------------------------------------

FullStanding = Literal[
    "active", "deceased", "missing", "declared_dead", "left", "renounced", "pending"
]
Marital = Literal["", "single", "married", "widowed", "divorced"]
ResidenceKind = Literal["permanent", "temporary", "absence"]
Relation = Literal[
    "head", "spouse", "child", "parent", "sibling", "grandparent", "grandchild", "ward", "other"
]


class ReadPerson(msgspec.Struct, frozen=True):
    """All particulars by number, today's or those of a day."""

    personal_id: str
    on: date | None = None


class PersonRead(msgspec.Struct, frozen=True):
    """
    What is known of a person; a grant names which of it a caller sees.

    Sensitive: ``ethnicity``, ``religion``. Personal: all else but ``found``.
    """

    found: bool
    personal_id: str = ""
    superseded: str = ""
    number_status: InForce = "active"
    standing: FullStanding = "active"
    full_name: str = ""
    sex: Sex | None = None
    born_on: date | None = None
    born_precision: Precision = "day"
    birth_place: str = ""
    birth_registry: str = ""
    home_place: str = ""
    ethnicity: Ethnicity | None = None
    religion: str = ""
    nationality: str = ""
    marital: Marital = ""
    spouse: str = ""
    mother: str = ""
    father: str = ""
    children: tuple[str, ...] = ()
    """Numbers in force of those who name this person as a parent."""
    residence: str = ""
    residence_unit: str = ""
    died_on: date | None = None


class Item(msgspec.Struct, frozen=True):
    """One person to verify, under the caller's own reference."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    person: VerifyPerson


class VerifyBatch(msgspec.Struct, frozen=True):
    """Up to a hundred persons at once."""

    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=100)]


class ItemVerdict(msgspec.Struct, frozen=True):
    """
    What became of one item; ``refused`` names the code when it could not be compared.

    A bad item spoils no other.
    """

    reference: str
    verdict: VerifiedPerson | None = None
    refused: str = ""


class VerifiedBatch(msgspec.Struct, frozen=True):
    items: tuple[ItemVerdict, ...]


class ReadResidence(msgspec.Struct, frozen=True):
    """Where a person lives, stays and is away to, on a day (today when left out)."""

    personal_id: str
    on: date | None = None


class Stay(msgspec.Struct, frozen=True):
    kind: ResidenceKind
    unit: str
    """Code of the commune on the first day; empty where old records do not say."""
    address: str
    begins: date | None
    """Nothing where old records do not say."""
    ends: date | None
    """Last day; nothing while none is known."""


class ResidenceRead(msgspec.Struct, frozen=True):
    found: bool
    personal_id: str = ""
    permanent: Stay | None = None
    temporary: tuple[Stay, ...] = ()
    absences: tuple[Stay, ...] = ()


class ReadHousehold(msgspec.Struct, frozen=True):
    """The household of a person on a day (today when left out)."""

    personal_id: str
    on: date | None = None


class Member(msgspec.Struct, frozen=True):
    personal_id: str
    full_name: str
    relation: Relation
    since: date


class HouseholdRead(msgspec.Struct, frozen=True):
    found: bool
    code: str = ""
    unit: str = ""
    address: str = ""
    head: str = ""
    """Number of the head on that day."""
    relation: Relation | None = None
    """What the person asked about is to the head."""
    members: tuple[Member, ...] = ()


# -- following changes ---------------------------------------------------------------------

CHANGE_FIELDS = frozenset(
    {
        "number",
        "standing",
        "died_on",
        "full_name",
        "sex",
        "born_on",
        "born_precision",
        "birth_place",
        "birth_registry",
        "home_place",
        "ethnicity",
        "religion",
        "nationality",
        "marital",
        "spouse",
        "mother",
        "father",
        "residence",
        "residence_unit",
        "temporary_residence",
        "absence",
        "household",
        "household_relation",
    }
)
"""What a change can be of; each is a field of `PersonChanged`."""

Happening = Literal["particulars", "standing", "residence", "household", "number"]


class PersonChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The event: what of a person is otherwise now, in the fields the subscriber is granted.

    ``changed`` names the fields; one that is named and not written is empty now. Nothing
    is said of fields outside the grant, and no notice is sent when none of them changed.
    """

    personal_id: str
    """The number the subscriber knows the person by."""
    event: str
    """The same event has the same name, however often it is told."""
    kind: Happening
    effective_on: date
    changed: tuple[str, ...]
    number: str = ""
    """The number in force now; empty when the number was taken back."""
    standing: FullStanding | None = None
    died_on: date | None = None
    full_name: str = ""
    sex: Sex | None = None
    born_on: date | None = None
    born_precision: Precision | None = None
    birth_place: str = ""
    birth_registry: str = ""
    home_place: str = ""
    ethnicity: Ethnicity | None = None
    religion: str = ""
    nationality: str = ""
    marital: Marital = ""
    spouse: str = ""
    mother: str = ""
    father: str = ""
    residence: str = ""
    residence_unit: str = ""
    temporary_residence: str = ""
    absence: str = ""
    household: str = ""
    household_relation: str = ""


Numbers = Annotated[tuple[str, ...], msgspec.Meta(max_length=1000)]


class FollowPersons(msgspec.Struct, frozen=True):
    """
    Be told of changes of these persons, and of which fields.

    ``fields`` replaces what was asked for before; empty leaves it, at first all that the
    grant of the event lists. FieldsNotGranted when it names others.
    """

    personal_ids: Numbers = ()
    fields: tuple[str, ...] = ()


class FollowingPersons(msgspec.Struct, frozen=True):
    followed: int
    """How many persons this subsystem follows now."""
    unknown: tuple[str, ...]
    """Numbers nobody has, or that were taken back."""
    fields: tuple[str, ...]
    """What it will be told of."""


class UnfollowPersons(msgspec.Struct, frozen=True):
    personal_ids: Numbers = ()
    everyone: bool = False


class ReadChanges(msgspec.Struct, frozen=True):
    """Changes after a place in the order; an empty place is the beginning."""

    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class ChangesRead(msgspec.Struct, frozen=True):
    """Changes of the persons followed, since each was followed, oldest first."""

    changes: tuple[PersonChanged, ...]
    next: str
    """Where to read on, also when there was nothing."""
    more: bool


# -- DCI ---------------------------------------------------------------------------------


class DciEnvelope(msgspec.Struct, frozen=True):
    """A message of the DCI registry API v1.0.0; what it must hold is checked when it is read."""

    signature: str = ""
    header: dict[str, Any] | None = None
    message: dict[str, Any] | None = None


class DciAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An acknowledgement or refusal (``message`` alone), or a whole answer with its header."""

    message: dict[str, Any]
    header: dict[str, Any] | None = None
    signature: str = ""


class DciTaken(msgspec.Struct, frozen=True):
    """What a partner says to a callback; partners differ in where they say it."""

    message: dict[str, Any] | None = None
    ack_status: str = ""


# -- repairing numbers ---------------------------------------------------------------------


class CarryOut(msgspec.Struct, frozen=True):
    """Give the numbers of a request that a second officer granted."""

    repair: str


class CarriedOut(msgspec.Struct, frozen=True):
    repair: str
    numbers: int
    """How many were given."""


# -- what the books say --------------------------------------------------------------------


class CorrectParticulars(msgspec.Struct, frozen=True):
    """
    What an entry of civil status changes of a person; what is left out stays.

    A sex or birth year that contradicts the number is refused: that is
    ``personal-id.reestablish.v1``.
    """

    personal_id: str
    registration: str
    """The caller's lasting name of the entry; the same one is applied once."""
    reason: str
    document: str
    legal_basis: str
    effective_on: date
    full_name: str | None = None
    sex: Sex | None = None
    born_on: date | None = None
    born_precision: Precision | None = None
    birth_place: str | None = None
    birth_registry: str | None = None
    home_place: str | None = None
    ethnicity: Ethnicity | None = None
    nationality: str | None = None
    mother: str | None = None
    """An empty text takes the tie away."""
    father: str | None = None


class CorrectedParticulars(msgspec.Struct, frozen=True):
    personal_id: str
    changed: tuple[str, ...]


class RecordMarriage(msgspec.Struct, frozen=True):
    """A marriage, or its end; a foreigner without a number is left out."""

    registration: str
    document: str
    legal_basis: str
    effective_on: date
    personal_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=2)]
    ended: Literal["", "divorced", "annulled"] = ""


class RecordedMarriage(msgspec.Struct, frozen=True):
    personal_ids: tuple[str, ...]
    marital: Marital


class RecordStanding(msgspec.Struct, frozen=True):
    """A decision of a court or authority about a life, as noted in the book."""

    personal_id: str
    registration: str
    standing: Literal["active", "missing", "declared_dead", "left", "renounced"]
    reason: str
    document: str
    legal_basis: str
    effective_on: date
    died_on: date | None = None
    """The day of death the court states, with ``declared_dead``."""


class RecordedStanding(msgspec.Struct, frozen=True):
    personal_id: str
    standing: FullStanding
