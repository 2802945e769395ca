"""
What each kind of event is made of, and the rules of the event alone.

A kind says which people stand in it, which particulars are asked, and what it alters;
form, book, paper and page follow from that. The rules that need only the declaration
are here; those that ask the books are in ``services.checks``. Law on Civil Status
60/2014/QH13 ("Luật"), Law on Marriage and Family 52/2014/QH13 ("Luật HNGĐ").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lienthong.kernel import names
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import (
    YOUNGEST_PARENT,
    Declarant,
    EventKind,
    Kind,
    Problem,
)
from lienthong.systems.civil_status.domain.kinds import KindRule

GUARDIAN_FROM = 18
"""Full capacity to act, asked of a guardian (Civil Code 91/2015/QH13 art. 20, 49)."""
MOST_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a declaration names them."""

    full_name: str
    born_on: date | None = None
    ethnicity: str = ""
    nationality: str = entries.VIET_NAM
    residence: str = ""
    paper: str = ""
    personal_id: PersonalId | None = None
    died: bool = False
    """Population says they have died."""

    def age_on(self, day: date) -> int | None:
        """Full years, as the law counts them; nothing while the birth date is not known."""
        if self.born_on is None:
            return None
        birthday_to_come = (day.month, day.day) < (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - birthday_to_come

    def is_same(self, other: Person) -> bool:
        if self.personal_id and other.personal_id:
            return self.personal_id == other.personal_id
        same_name = names.tone_key(self.full_name) == names.tone_key(other.full_name)
        return same_name and self.born_on is not None and self.born_on == other.born_on


@dataclass(frozen=True, slots=True)
class Change:
    """One particular of an entry: what it says, and what it is to say."""

    field: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody an event names."""

    code: str
    living: bool = True
    """Must be alive: a death locks the record (Luật art. 34.2)."""
    required: bool = True
    dated: bool = True
    """The day of birth is needed to tell the person or to judge their age."""


@dataclass(frozen=True, slots=True)
class Part:
    """A particular an event asks for beside its people."""

    code: str
    kind: Literal["text", "long", "day", "choice"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = True


DECISION = (Part("decision"), Part("decided_on", "day"), Part("issuer"))
"""A judgment or decision that took effect elsewhere, noted at once (Luật art. 30, 31)."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What one kind of event is made of."""

    kind: str
    roles: tuple[Role, ...]
    parts: tuple[Part, ...] = ()
    subject: str = ""
    """The role an entry stands under in the book; the first when not said."""
    alters: str = ""
    """The book whose entry it annotates: ``birth``, ``marriage`` or ``guardianship``."""
    declared: bool = True
    """Whether somebody beside its people declares it at the desk."""
    changes: bool = False
    """Whether it rewrites particulars of the entry it alters."""
    rules: tuple[Callable[[Event, KindRule], list[Problem]], ...] = ()

    @property
    def heads(self) -> str:
        return self.subject or self.roles[0].code

    def role(self, code: str) -> Role:
        return next(role for role in self.roles if role.code == code)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as declared at a desk, or as a decision that arrived states it."""

    kind: str
    people: Mapping[str, Person]
    parts: Mapping[str, str | date | None]
    declarant: Declarant
    registered_on: date
    changes: tuple[Change, ...] = field(default=())

    @property
    def spec(self) -> Spec:
        return SPECS[self.kind]

    @property
    def subject(self) -> Person:
        return self.people[self.spec.heads]

    @property
    def has_foreign_element(self) -> bool:
        return any(not entries.is_vietnamese(one.nationality) for one in self.people.values())

    def text(self, part: str) -> str:
        value = self.parts.get(part)
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value or "")

    def problems(self, rule: KindRule) -> tuple[Problem, ...]:
        """Everything that keeps this event out of the book, in the order of the form."""
        found: list[Problem] = []
        for role in self.spec.roles:
            if role.code in self.people:
                found += self._person_problems(role, self.people[role.code])
            elif role.required:
                found.append(Problem(f"{role.code}_name", "missing"))
        found += self._same_people()
        for part in self.spec.parts:
            value = self.parts.get(part.code)
            if part.required and not value:
                found.append(Problem(part.code, "missing"))
            elif isinstance(value, date) and value > self.registered_on:
                found.append(Problem(part.code, "day_in_future"))
        if self.spec.changes:
            found += self._change_problems()
        for check in self.spec.rules:
            found += check(self, rule)
        if self.spec.declared:
            found += entries.name_problems("declarant_name", self.declarant.full_name)
            if not names.clean(self.declarant.paper):
                found.append(Problem("declarant_paper", "missing"))
        return tuple(found)

    def _person_problems(self, role: Role, person: Person) -> list[Problem]:
        found = entries.name_problems(f"{role.code}_name", person.full_name)
        day = f"{role.code}_born_day"
        if person.born_on is None and role.dated:
            found.append(Problem(day, "missing"))
        elif person.born_on is not None and person.born_on > self.registered_on:
            found.append(Problem(day, "day_in_future"))
        if not names.clean(person.nationality):
            found.append(Problem(f"{role.code}_nationality", "missing"))
        if role.living and person.died:
            found.append(Problem(f"{role.code}_name", "dead_in_population"))
        return found

    def _same_people(self) -> list[Problem]:
        found: list[Problem] = []
        seen: list[Person] = []
        for role in self.spec.roles:
            person = self.people.get(role.code)
            if person is None or not names.clean(person.full_name):
                continue
            if any(person.is_same(other) for other in seen):
                found.append(Problem(f"{role.code}_name", "same_person"))
            seen.append(person)
        return found

    def _change_problems(self) -> list[Problem]:
        if not self.changes:
            return [Problem("change_1_field", "missing")]
        found = []
        for place, change in enumerate(self.changes, start=1):
            if not names.clean(change.becomes):
                found.append(Problem(f"change_{place}_becomes", "missing"))
            elif names.clean(change.becomes) == names.clean(change.was):
                found.append(Problem(f"change_{place}_becomes", "nothing_changes"))
            elif change.field not in changeable(self.kind):
                found.append(Problem(f"change_{place}_field", "not_of_this_kind"))
            else:
                found += _value_problems(f"change_{place}_becomes", change)
        if len({change.field for change in self.changes}) < len(self.changes):
            found.append(Problem("change_2_field", "changed_twice"))
        return found


def day_of(text: str) -> date | None:
    """A day written as ``20/08/2021``; nothing when it is none."""
    found = DAY.fullmatch(text.strip())
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _value_problems(place: str, change: Change) -> list[Problem]:
    """Whether what is to be written can stand in that column of the book."""
    if change.field in NAME_FIELDS:
        return entries.name_problems(place, change.becomes)
    if change.field == "born_on" and day_of(change.becomes) is None:
        return [Problem(place, "not_a_day")]
    if change.field.endswith("birth_year") and not YEAR.fullmatch(change.becomes):
        return [Problem(place, "not_a_year")]
    if change.field == "sex" and change.becomes not in (Sex.MALE, Sex.FEMALE):
        return [Problem(place, "not_a_sex")]
    return []


DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
YEAR = re.compile(r"(1[89]|2[0-3])[0-9]{2}")
NAME_FIELDS = frozenset({"child_name", "mother_name", "father_name"})
CHANGED_FIELDS = (
    "child_name", "born_on", "sex", "birth_place", "home_place", "ethnicity", "nationality",
    "mother_name", "mother_birth_year", "mother_ethnicity", "mother_nationality",
    "mother_residence", "father_name", "father_birth_year", "father_ethnicity",
    "father_nationality", "father_residence",
)  # fmt: skip
"""What of a birth can be changed, corrected or supplemented, by column of the book."""


ONE_FIELD: dict[str, tuple[str, ...]] = {
    EventKind.ETHNICITY: ("ethnicity",),
    EventKind.CITIZENSHIP: ("nationality",),
    EventKind.SEX: ("sex",),
}
PARENTAGE = frozenset({EventKind.RECOGNITION, EventKind.PARENTAGE_DECIDED})
"""Kinds that name a parent beside a birth."""


def _of_age(event: Event, rule: KindRule) -> list[Problem]:
    """Woman and man are old enough on the day of registration (Luật HNGĐ art. 8.1a)."""
    found = []
    for role, sex in (("wife", Sex.FEMALE), ("husband", Sex.MALE)):
        person, youngest = event.people.get(role), rule.youngest(sex)
        age = person.age_on(event.registered_on) if person else None
        if age is not None and youngest is not None and age < youngest:
            found.append(Problem(f"{role}_born_day", "too_young_to_marry"))
    return found


def _parent_older(event: Event, rule: KindRule) -> list[Problem]:
    parent, child = event.people.get("parent"), event.people.get("child")
    if parent is None or child is None or not parent.born_on or not child.born_on:
        return []
    if child.born_on.year - parent.born_on.year < YOUNGEST_PARENT:
        return [Problem("parent_born_day", "parent_not_older")]
    return []


def _guardian_grown(event: Event, rule: KindRule) -> list[Problem]:
    found = []
    ages = {
        role: person.age_on(event.registered_on)
        for role in ("guardian", "ward")
        if (person := event.people.get(role)) is not None
    }
    if (age := ages.get("guardian")) is not None and age < GUARDIAN_FROM:
        found.append(Problem("guardian_born_day", "guardian_too_young"))
    grown_ward = (age := ages.get("ward")) is not None and age >= GUARDIAN_FROM
    # A grown person has a guardian only by a court's word on their capacity.
    if grown_ward and not event.text("decision"):
        found.append(Problem("decision", "ward_is_grown"))
    return found


def _spouse_named(event: Event, rule: KindRule) -> list[Problem]:
    """Who is married says to whom (NĐ 123 art. 22); who asks in order to marry is of age."""
    found = []
    if event.text("status") == "married" and not names.clean(event.text("spouse")):
        found.append(Problem("spouse", "spouse_missing"))
    return found


_CHANGE_PARTS = (Part("grounds", "long"), Part("decision", required=False))

SPECS: dict[str, Spec] = {
    spec.kind: spec
    for spec in (
        Spec(
            Kind.MARRIAGE,
            roles=(Role("wife"), Role("husband")),
            parts=(Part("papers", "long", required=False),),
            declared=False,
            rules=(_of_age,),
        ),
        Spec(
            EventKind.RECOGNITION,
            roles=(Role("parent"), Role("child")),
            parts=(Part("relation", "choice", ("father", "mother")), Part("evidence", "long")),
            subject="child",
            alters="birth",
            rules=(_parent_older,),
        ),
        Spec(
            EventKind.GUARDIANSHIP,
            roles=(Role("guardian"), Role("ward")),
            parts=(Part("grounds", "long"), Part("decision", required=False)),
            subject="ward",
            rules=(_guardian_grown,),
        ),
        Spec(
            EventKind.GUARDIANSHIP_END,
            roles=(Role("guardian", living=False, dated=False), Role("ward", living=False)),
            parts=(Part("grounds", "long"),),
            subject="ward",
            alters="guardianship",
        ),
        *(
            Spec(
                kind,
                roles=(Role("person"),),
                parts=_CHANGE_PARTS,
                alters="birth",
                changes=True,
            )
            for kind in (
                EventKind.CHANGE,
                EventKind.CORRECTION,
                EventKind.SUPPLEMENT,
                EventKind.ETHNICITY,
            )
        ),
        Spec(
            EventKind.MARITAL_STATUS,
            roles=(Role("person"),),
            parts=(
                Part("status", "choice", ("never_married", "married", "divorced", "widowed")),
                Part("spouse", required=False),
                Part("purpose", "long"),
            ),
            rules=(_spouse_named,),
        ),
        Spec(
            EventKind.ADOPTION,
            roles=(
                Role("child"),
                Role("adoptive_mother", required=False, dated=False),
                Role("adoptive_father", required=False, dated=False),
            ),
            parts=DECISION,
            declared=False,
            alters="birth",
        ),
        *(
            Spec(
                kind,
                roles=(Role("wife", living=False), Role("husband", living=False)),
                parts=DECISION,
                declared=False,
                alters="marriage",
            )
            for kind in (EventKind.DIVORCE, EventKind.ANNULMENT)
        ),
        Spec(
            EventKind.PARENTAGE_DECIDED,
            roles=(Role("parent", living=False), Role("child")),
            parts=(Part("relation", "choice", ("father", "mother")), *DECISION),
            subject="child",
            declared=False,
            alters="birth",
            rules=(_parent_older,),
        ),
        *(
            Spec(
                kind,
                roles=(Role("person"),),
                parts=DECISION,
                declared=False,
                alters="birth",
                changes=True,
            )
            for kind in (EventKind.CITIZENSHIP, EventKind.SEX)
        ),
        Spec(
            EventKind.CAPACITY,
            roles=(Role("person"),),
            parts=(Part("capacity", "choice", ("lost", "limited", "restored")), *DECISION),
            declared=False,
            alters="birth",
        ),
        Spec(
            EventKind.DECLARATION_CANCELLED,
            roles=(Role("person"),),
            parts=DECISION,
            declared=False,
            alters="birth",
        ),
        Spec(
            EventKind.DECLARED_MISSING,
            roles=(Role("person"),),
            parts=DECISION,
            declared=False,
            alters="birth",
        ),
        Spec(
            EventKind.DECLARED_DEAD,
            roles=(Role("person"),),
            parts=(*DECISION, Part("died_on", "day")),
            declared=False,
            alters="birth",
        ),
    )
}


def changeable(kind: str) -> tuple[str, ...]:
    """
    What a kind of event may rewrite.

    A change of name is a *thay đổi*, ethnicity is *xác định lại*; a correction mends what
    was written wrongly, a supplement adds what was left blank (Luật art. 26, 27, 29).
    """
    if kind == EventKind.CHANGE:
        return ("child_name", "mother_name", "father_name")
    return ONE_FIELD.get(kind, CHANGED_FIELDS)
