"""
Where a life stands: deaths from the books, declarations of courts, leaving and returning.

The book of civil status and the court decide; this register follows them and says by
which paper (Luật Hộ tịch art. 30, 34; Civil Code art. 68-73).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain import lives
from lienthong.systems.population.domain.lives import Ground, Happening, Marital, Standing
from lienthong.systems.population.errors import (
    DatesOutOfOrder,
    NoSuchPersonalId,
    OtherDeath,
)
from lienthong.systems.population.models import Person, PersonEvent
from lienthong.systems.population.services import events

DEATH_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 34"
WIDOW_BASIS = "Luật Hôn nhân và gia đình 52/2014/QH13 Điều 65"


def record_death(
    *,
    number: PersonalId,
    died_on: date,
    registration: str,
    registered_on: date,
    by: Actor,
) -> Person:
    """
    Mark a person deceased, once; their record is locked from then on (Luật Hộ tịch art. 34.2).

    The same registration may say the same again. Another registration or another
    day raises OtherDeath: two books contradict each other and people must look.
    """
    with personal.writing("population.record_death", by=by):
        person, spouse = _with_spouse(number)
        if person.standing == Standing.DECEASED:
            if (person.death_registration, person.died_on) == (registration, died_on):
                return person
            raise OtherDeath
        lives.check_death(
            born_on=person.born_on,
            precision=person.born_precision,
            died_on=died_on,
            registered_on=registered_on,
        )
        lives.check_step(person.standing, Standing.DECEASED)
        ground = Ground(
            reason="đăng ký khai tử",
            document=registration,
            basis=DEATH_BASIS,
            effective_on=died_on,
            registration=registration,
        )
        changes = {
            "standing": Standing.DECEASED.value,
            "died_on": died_on,
            "death_registration": registration,
        }
        events.change(person, changes, kind=Happening.STANDING, ground=ground, by=by)
        _widow(spouse, ground, by)
        record.done("population.death_recorded", person, by=by)
        return person


def record_standing(
    *,
    number: PersonalId,
    standing: Standing,
    ground: Ground,
    by: Actor,
    died_on: date | None = None,
    seen: str | None = None,
) -> PersonEvent:
    """
    Follow a decision about a life: missing, declared dead, annulled, abroad, returned, citizenship.

    ``died_on`` is the day of death a court states with ``declared_dead``. Raises
    StandingStep where the register does not lead; a registered death is written with
    `record_death` and undone here, with the decision that withdraws its entry.
    """
    with personal.writing("population.record_standing", by=by):
        person, spouse = _with_spouse(number)
        if (known := events.before(person, ground, Happening.STANDING)) is not None:
            return known
        events.check_seen(person, seen)
        if standing is Standing.DECEASED:
            lives.check_step(Standing.DECEASED, Standing.DECEASED)
        lives.check_step(person.standing, standing)
        changes: dict[str, Any] = {"standing": standing.value, "died_on": None}
        if standing is Standing.DECLARED_DEAD:
            if died_on is None or died_on < person.born_on or died_on > ground.effective_on:
                raise DatesOutOfOrder
            changes["died_on"] = died_on
        if person.standing == Standing.DECEASED:
            changes["death_registration"] = ""
        event = events.change(person, changes, kind=Happening.STANDING, ground=ground, by=by)
        if standing is Standing.DECLARED_DEAD:
            _widow(spouse, ground, by)
        record.done("population.standing_changed", person, by=by, detail={"standing": standing})
        return event


def _with_spouse(number: PersonalId) -> tuple[Person, Person | None]:
    """A person and the spouse the register names, both locked; a cancelled number still leads."""
    found = queries.find(number)
    if found is None:
        raise NoSuchPersonalId
    person = found.person
    wanted = [person.pk]
    spouse = queries.find(PersonalId(person.spouse)) if person.spouse else None
    if spouse is not None:
        wanted.append(spouse.person.pk)
    rows = Person.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    held = {row.pk: row for row in rows}
    return held[person.pk], held.get(spouse.person.pk) if spouse else None


def _widow(spouse: Person | None, ground: Ground, by: Actor) -> None:
    """A death ends a marriage; the spouse is a widow or widower from that day."""
    if spouse is None or spouse.marital != Marital.MARRIED or spouse.standing in lives.LOCKED:
        return
    of_the_law = Ground(
        reason="vợ hoặc chồng chết",
        document=ground.document,
        basis=WIDOW_BASIS,
        effective_on=ground.effective_on,
    )
    changes = {"marital": Marital.WIDOWED.value}
    events.change(spouse, changes, kind=Happening.PARTICULARS, ground=of_the_law, by=by)
