"""What civil status asks of population, each question in one function."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal, cast

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why population is to follow: the entry, its paper, the law, and from which day."""

    registration: str
    document: str
    legal_basis: str
    effective_on: date


def correct_particulars(ground: Ground, *, number: str, reason: str, **made: object) -> Ask:
    """Tells population what an event rewrites of a person (Luật Hộ tịch art. 28, 60)."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "particulars.correct.v1"),
        shapes.CorrectParticulars(
            personal_id=number,
            reason=reason,
            **asdict(ground),
            **made,  # type: ignore[arg-type]
        ),
    )


def record_marriage(ground: Ground, *, numbers: tuple[str, ...], ended: str = "") -> Ask:
    """Tells population of a marriage, or of the decision that ended it."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "marriage.record.v1"),
        shapes.RecordMarriage(
            personal_ids=numbers,
            ended=cast(Literal["", "divorced", "annulled"], ended),
            **asdict(ground),
        ),
    )


def record_standing(
    ground: Ground, *, number: str, standing: str, reason: str, died_on: date | None = None
) -> Ask:
    """Tells population of a decision about a life that was noted in the book."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "standing.record.v1"),
        shapes.RecordStanding(
            personal_id=number,
            standing=cast(Literal["missing", "declared_dead", "active"], standing),
            reason=reason,
            died_on=died_on,
            **asdict(ground),
        ),
    )


def reestablish_personal_id(
    *, number: str, reason: str, decision: str, decided_on: date, sex: str, born_on: date | None
) -> Ask:
    """Asks for another number where sex or birth was corrected (Thông tư 59/2021/TT-BCA art. 6)."""
    return Ask(
        SYSTEM,
        SYSTEM.need("population", "personal-id.reestablish.v1"),
        shapes.ReestablishPersonalId(
            personal_id=number,
            reason=reason,
            decision=decision,
            decided_on=decided_on,
            sex=cast(shapes.Sex, sex) if sex else None,
            born_on=born_on,
        ),
    )
