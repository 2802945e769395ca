"""What civil status asks of population, each question in one function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from lienthong.exchange import client
from lienthong.exchange.asks import Ask
from lienthong.kernel.identifiers import PersonalId
from lienthong.systems.civil_status import shapes
from lienthong.systems.civil_status.manifest import SYSTEM
from lienthong.systems.civil_status.models import BirthRegistration, DeathRegistration

# A page may wait this long for a look-up; the officer can always type instead.
PAGE_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Looked:
    """A person as population knows them, and the message that proves the answer."""

    person: shapes.FoundPerson
    message_id: str


def find_person(number: PersonalId) -> Looked:
    """
    The particulars of a number. Raises one of the four families of the exchange's
    errors; nobody having the number is an answer, not an error.
    """
    need = SYSTEM.need("population", "person.find.v1")
    answer = client.call(
        Ask(SYSTEM, need, shapes.FindPerson(personal_id=str(number))), deadline=PAGE_SECONDS
    )
    return Looked(answer.body, answer.message_id)


def verify_person(
    number: PersonalId, *, full_name: str, birth_year: int | None = None
) -> shapes.VerifiedPerson:
    """Whether a declarant is who they say: yes, no or partly, without their data."""
    need = SYSTEM.need("population", "person.verify.v1")
    request = shapes.VerifyPerson(
        personal_id=str(number), full_name=full_name, birth_year=birth_year
    )
    body: shapes.VerifiedPerson = client.call(
        Ask(SYSTEM, need, request), deadline=PAGE_SECONDS
    ).body
    return body


def issue_personal_id(birth: BirthRegistration, *, province: str) -> Ask:
    """Asks for the number of a registered child; ``province`` as of the registration."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "personal-id.issue.v1"),
        shapes.IssuePersonalId(
            registration=str(birth.key),
            registered_on=birth.registered_on,
            office=birth.office,
            province=province,
            full_name=birth.child_name,
            sex=cast(shapes.Sex, birth.sex),
            born_on=birth.born_on,
            ethnicity=shapes.Ethnicity(name=birth.ethnicity),
            nationality=birth.nationality,
            home_place=birth.home_place,
            residence=birth.mother_residence or birth.father_residence,
            mother=birth.mother_id,
            father=birth.father_id,
        ),
    )


def cancel_personal_id(*, number: str, reason: str, decision: str, decided_on: date) -> Ask:
    """Asks to cancel the number of an entry that was withdrawn."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "personal-id.cancel.v1"),
        shapes.CancelPersonalId(
            personal_id=number, reason=reason, decision=decision, decided_on=decided_on
        ),
    )


def record_death(death: DeathRegistration) -> Ask:
    """Tells population of a death in the book (Luật Hộ tịch art. 34.2)."""
    assert death.personal_id is not None
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "death.record.v1"),
        shapes.RecordDeath(
            registration=str(death.key),
            registered_on=death.registered_on,
            office=death.office,
            personal_id=death.personal_id,
            died_on=death.died_on,
        ),
    )
