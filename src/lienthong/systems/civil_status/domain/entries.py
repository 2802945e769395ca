"""
Rules of entering births and deaths, each with the article it stands on.

Law on Civil Status 60/2014/QH13 ("Luật") and Decree 123/2015/NĐ-CP ("NĐ 123"). Time
limits are dated rows of the catalogues, passed in, since laws change and old entries
keep the rule of their day. Nothing here knows a database or a page: problems
are returned with the field they belong to, so that a form can show all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from lienthong.kernel import names
from lienthong.kernel.clock import local
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.kernel.limits import LimitTable, NoSuchLimit
from lienthong.kernel.working_days import CalendarUnknown, WorkingCalendar

VIET_NAM = "Việt Nam"


class Kind(StrEnum):
    """Kinds of book; one book per kind, office and year (Luật art. 58)."""

    BIRTH = "birth"
    MARRIAGE = "marriage"
    DEATH = "death"
    OTHER = "other"


class EventKind(StrEnum):
    """Entries that are neither birth, marriage nor death (Luật art. 3)."""

    RECOGNITION = "recognition"
    ADOPTION = "adoption"
    GUARDIANSHIP = "guardianship"
    GUARDIANSHIP_END = "guardianship_end"
    CHANGE = "change"
    CORRECTION = "correction"
    SUPPLEMENT = "supplement"
    ETHNICITY = "ethnicity_redetermination"
    MARITAL_STATUS = "marital_status_certificate"
    DIVORCE = "divorce"
    ANNULMENT = "annulment"
    PARENTAGE_DECIDED = "parentage_decided"
    CITIZENSHIP = "citizenship"
    SEX = "sex_redetermination"
    CAPACITY = "legal_capacity"
    DECLARED_MISSING = "declared_missing"
    DECLARED_DEAD = "declared_dead"
    DECLARATION_CANCELLED = "declaration_cancelled"
    NOTE = "note"


class DeskLevel(StrEnum):
    COMMUNE = "commune"
    DISTRICT = "district"
    PROVINCE = "province"
    MISSION = "mission"


class IdState(StrEnum):
    """Where the personal ID of a registered child stands."""

    WAITING = "waiting"
    ISSUED = "issued"
    NOT_DUE = "not_due"  # foreign citizenship, Luật art. 36.2
    NEVER = "never"  # digitised from a book older than the numbers


class DeathState(StrEnum):
    """Whether population has locked the record of the deceased."""

    WAITING = "waiting"
    RECORDED = "recorded"
    NO_NUMBER = "no_number"


# A child born within 300 days of the end of a marriage is a child of that marriage (Law on
# Marriage and Family 52/2014/QH13 art. 88); later than that after a death is to be looked at.
AFTER_A_FATHERS_DEATH = 300
YOUNGEST_PARENT = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps an entry out of the book (or, as a warning, asks for care)."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Child:
    full_name: str
    sex: Sex
    born_on: date
    birth_place: str
    home_place: str
    ethnicity: str
    nationality: str
    birth_notice: str = ""
    """Number of the live-birth notice (giấy chứng sinh) or of the paper in its stead."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What the book says of a parent (Luật art. 14); the number if there is one."""

    full_name: str
    birth_year: int | None
    ethnicity: str
    nationality: str
    residence: str
    personal_id: PersonalId | None = None
    died_on: date | None = None


@dataclass(frozen=True, slots=True)
class Declarant:
    full_name: str
    paper: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth as declared at a desk."""

    child: Child
    mother: Parent | None
    father: Parent | None
    declarant: Declarant
    registered_on: date

    def is_late(self, limits: LimitTable) -> bool:
        """
        Declared after the sixty days of Luật art. 15.1.

        Only a flag: "quá hạn" does not occur in the law, the procedure is the same.
        """
        return late(limits, "birth.declare", self.child.born_on, self.registered_on)

    @property
    def gets_personal_id(self) -> bool:
        """A child who takes foreign citizenship gets none (Luật art. 36.2)."""
        return is_vietnamese(self.child.nationality)

    @property
    def has_foreign_element(self) -> bool:
        parents = (parent for parent in (self.mother, self.father) if parent is not None)
        return any(not is_vietnamese(parent.nationality) for parent in parents)

    def problems(self, today: date) -> tuple[Problem, ...]:
        """Everything that keeps this birth out of the book, in the order of the form."""
        found = name_problems("child_name", self.child.full_name)
        if self.child.born_on > today:
            found.append(Problem("born_on", "in_future"))
        elif self.child.born_on > self.registered_on:
            found.append(Problem("born_on", "after_registration"))
        for field in ("birth_place", "home_place", "ethnicity", "nationality"):
            if not names.clean(getattr(self.child, field)):
                found.append(Problem(field, "missing"))
        for role, parent in (("mother", self.mother), ("father", self.father)):
            if parent is not None:
                found += self._parent_problems(role, parent)
        found += self._unknown_parents()
        found += name_problems("declarant_name", self.declarant.full_name)
        if not names.clean(self.declarant.paper):
            found.append(Problem("declarant_paper", "missing"))
        return tuple(found)

    def warnings(self, limits: LimitTable) -> tuple[Problem, ...]:
        """What an officer should look at twice; none of it stops the entry."""
        found = []
        if self.is_late(limits):
            found.append(Problem("born_on", "late"))
        for role, parent in (("mother", self.mother), ("father", self.father)):
            if parent is not None and parent.birth_year is not None:
                age = self.child.born_on.year - parent.birth_year
                if 0 < age < YOUNGEST_PARENT + 4 or age > 65:
                    found.append(Problem(f"{role}_birth_year", "unusual_age"))
        died_on = self.father.died_on if self.father is not None else None
        if died_on and (self.child.born_on - died_on).days > AFTER_A_FATHERS_DEATH:
            found.append(Problem("father_name", "died_long_before"))
        return tuple(found)

    def _parent_problems(self, role: str, parent: Parent) -> list[Problem]:
        found = name_problems(f"{role}_name", parent.full_name)
        if parent.birth_year is not None:
            age = self.child.born_on.year - parent.birth_year
            if age < YOUNGEST_PARENT:
                found.append(Problem(f"{role}_birth_year", "not_older_than_child"))
        mother_gone = role == "mother" and parent.died_on is not None
        if mother_gone and parent.died_on is not None and parent.died_on < self.child.born_on:
            found.append(Problem("mother_name", "died_before_birth"))
        return found

    def _unknown_parents(self) -> list[Problem]:
        """One parent unknown: the child follows the other (NĐ 123 art. 15)."""
        if self.mother is not None and self.father is not None:
            if (
                self.mother.personal_id is not None
                and self.mother.personal_id == self.father.personal_id
            ):
                return [Problem("father_id", "same_as_mother")]
            return []
        known = self.mother or self.father
        if known is None:
            # Both unknown is handled like an abandoned child: minutes stand for the notice.
            if not names.clean(self.child.birth_notice):
                return [Problem("birth_notice", "minutes_missing")]
            return []
        found = []
        role = "mother" if self.mother is not None else "father"
        own = names.tone_key(names.parts(self.child.full_name).family)
        if own != names.tone_key(names.parts(known.full_name).family):
            found.append(Problem("child_name", f"family_name_of_{role}"))
        if names.tone_key(self.child.ethnicity) != names.tone_key(known.ethnicity):
            found.append(Problem("ethnicity", f"ethnicity_of_{role}"))
        return found


@dataclass(frozen=True, slots=True)
class Death:
    """A death as declared at a desk (NĐ 123 art. 4.2)."""

    full_name: str
    sex: Sex
    born_on: date | None
    birth_year: int | None
    ethnicity: str
    nationality: str
    residence: str
    died_on: date
    died_at: time | None
    place: str
    cause: str
    notice: str
    """Number, issuer and day of the death notice or the paper in its stead."""
    declarant: Declarant
    registered_on: date
    personal_id: PersonalId | None = None
    identity_paper: str = ""

    def is_late(self, limits: LimitTable) -> bool:
        """Declared after the fifteen days of Luật art. 33.1; a flag, as with births."""
        return late(limits, "death.declare", self.died_on, self.registered_on)

    @property
    def _died_before_birth(self) -> bool:
        if self.born_on is not None:
            return self.died_on < self.born_on
        return self.birth_year is not None and self.died_on.year < self.birth_year

    def problems(self, today: date) -> tuple[Problem, ...]:
        """Everything that keeps this death out of the book, in the order of the form."""
        found = name_problems("full_name", self.full_name)
        if self.died_on > today:
            found.append(Problem("died_on", "in_future"))
        elif self.died_on > self.registered_on:
            found.append(Problem("died_on", "after_registration"))
        if self._died_before_birth:
            found.append(Problem("died_on", "before_birth"))
        if self.born_on is None and self.birth_year is None:
            found.append(Problem("born_on", "missing"))
        for field in ("place", "notice"):
            if not names.clean(getattr(self, field)):
                found.append(Problem(field, "missing"))
        found += name_problems("declarant_name", self.declarant.full_name)
        return tuple(found)


def late(limits: LimitTable, code: str, happened_on: date, registered_on: date) -> bool:
    """Whether a declaration came after its time limit, by the rule of the day it came."""
    try:
        limit = limits.get(code, registered_on)
    except NoSuchLimit:
        # Before the law of 2016 the book itself says what was late, and it is not judged here.
        return False
    return (registered_on - happened_on).days > limit.amount


def register_name(text: str) -> str:
    """A name as it stands in the book: NFC, real Đ, capitals. Raises BadName."""
    return names.print_form(names.person_name(text))


def is_vietnamese(nationality: str) -> bool:
    return names.folding_key(nationality) == names.folding_key(VIET_NAM)


def due_on(received_at: datetime, legal_day: date, calendar: WorkingCalendar) -> date | None:
    """
    The day a matter without its own limit must be settled (Luật art. 5.3).

    The same day; the next working day when received after 15:00. None while the
    calendar of that year is not entered: an invented deadline would be worse.
    """
    try:
        return calendar.same_day_due(legal_day, local(received_at).time())
    except CalendarUnknown:
        return None


def masked_name(name: str) -> str:
    """Initials only, for the public check page: ``N•• T•• A••``, whatever the length."""
    return " ".join(f"{syllable[0]}••" for syllable in names.clean(name).split())


@dataclass(frozen=True, slots=True)
class Difference:
    """A particular that the declaration and population tell differently."""

    field: str
    declared: str
    known: str


class Choice(StrEnum):
    """What became of a difference between a declaration and population."""

    TAKEN = "taken"  # the book follows population
    KEPT = "kept"  # the book follows the declaration, with a reason
    SEEN = "seen"  # there was nothing to choose; the officer was told


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference with both values, and what the officer who made the entry decided."""

    role: str
    field: str
    declared: str
    known: str
    choice: Choice
    reason: str = ""


SEX_OF = {
    "mother": Sex.FEMALE,
    "father": Sex.MALE,
    "wife": Sex.FEMALE,
    "husband": Sex.MALE,
}


def other_sex(role: str, sex: str) -> bool:
    """
    Whether population knows a mother as a man or a father as a woman.

    A number of somebody else was typed, or the register is wrong; either is worth a
    second look, and neither stops the entry of a child.
    """
    return role in SEX_OF and bool(sex) and sex != SEX_OF[role]


def differences(
    declared: dict[str, str], known: dict[str, str]
) -> tuple[tuple[str, ...], tuple[Difference, ...]]:
    """Fields that agree, and those that do not; what was left blank is not compared."""
    same, other = [], []
    for field, value in declared.items():
        if not names.clean(value) or not known.get(field):
            continue
        if names.tone_key(value) == names.tone_key(known[field]):
            same.append(field)
        else:
            other.append(Difference(field, names.clean(value), known[field]))
    return tuple(same), tuple(other)


def name_problems(field: str, text: str) -> list[Problem]:
    if not names.clean(text):
        return [Problem(field, "missing")]
    try:
        names.person_name(text)
    except LienThongError:
        return [Problem(field, "bad_name")]
    return []
