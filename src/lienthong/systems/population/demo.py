"""
The persons of the demonstration country, loaded as one import.

Children whose birth gave them a number, their parents, and the people of the story.
The same seed makes the same persons here and in the civil-status books, since both
ask `lienthong.kernel.demo_people`; neither reads the other's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction

from lienthong import record
from lienthong.exchange import gateway_admin
from lienthong.kernel import clock, names
from lienthong.kernel.actor import system_actor
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.demo_names import ETHNICITY_LIST
from lienthong.kernel.demo_people import (
    NUMBERS_SINCE,
    OPEN_BIRTHS,
    STORY,
    Crowd,
    MadeUpBirth,
    MadeUpPerson,
    draw,
    entry_key,
)
from lienthong.systems.population.bulk import Load
from lienthong.systems.population.domain.ids import Cause, NumberStatus
from lienthong.systems.population.domain.lives import Precision, Standing
from lienthong.systems.population.models import ImportStatement, Origin
from lienthong.systems.population.services import after_restore
from lienthong.web import catalogues

Tell = Callable[[str, int, int], None]
Row = tuple[object, ...]
Pair = tuple[Row, Row]
"""A person and their number."""
CHUNK = 2_000
CIVIL_STATUS = "VN/GOV/G15/civil-status"


def load(plan: DemoPlan, tell: Tell) -> None:
    """Load the persons of this plan once; a country that is there already is left alone."""
    key = entry_key(plan.seed, "population", 0)
    if not ImportStatement.objects.filter(key=key).exists():
        _load(plan, key, tell)
    # After the commit, and again at a repeated load: the log knows a statement by its digest.
    statement = ImportStatement.objects.get(key=key)
    gateway_admin.import_records(
        source=f"{after_restore.IMPORTED}{statement.source}",
        records=statement.rows,
        digest=statement.digest,
    )


def _load(plan: DemoPlan, key: UUID, tell: Tell) -> None:
    total = plan.figures["F020"]
    crowd = Crowd(seed=plan.seed, units=catalogues.units(), day=plan.legal_day)
    children = crowd.births(plan.figures["F019"] - OPEN_BIRTHS, total, numbered_only=True)
    by = system_actor("population", plan.legal_day)
    with transaction.atomic():
        at = clock.instant()
        source = f"demonstration country, seed {plan.seed}, scale {plan.scale}"
        opened = Load(key=key, source=source, at=at, legal_day=plan.legal_day)
        rows = _Rows(plan, opened.statement.key, at)
        _write(opened, rows.story())
        done = 0
        while births := tuple(islice(children, CHUNK)):
            _write(opened, rows.families(births))
            done += len(births)
            tell("population", done, total)
        statement = opened.close()
        record.done(
            "population.imported",
            statement,
            by=by,
            detail={"source": source, "rows": statement.rows, "digest": statement.digest},
        )


class _Rows:
    """Rows for COPY, made of people who do not exist."""

    def __init__(self, plan: DemoPlan, statement: UUID, at: datetime) -> None:
        self._plan = plan
        self._statement = statement
        self._at = at

    def story(self) -> Iterator[Pair]:
        for place, person in enumerate(STORY):
            key = entry_key(self._plan.seed, "story", place)
            yield self._person(key, person), self._number(key, person, self._established(place))

    def families(self, births: tuple[MadeUpBirth, ...]) -> Iterator[Pair]:
        seed = self._plan.seed
        for birth in births:
            parents = {"mother": birth.mother, "father": birth.father}
            numbers = {
                role: str(parent.personal_id) if parent is not None else ""
                for role, parent in parents.items()
            }
            key = entry_key(seed, "child", birth.place)
            yield (
                self._person(key, birth.child, home=birth.home_place, **numbers),
                self._number(key, birth.child, birth.registered_on, birth.registration),
            )
            for role, parent in parents.items():
                if parent is not None:
                    key = entry_key(seed, role, birth.place)
                    yield (
                        self._person(key, parent, home=birth.home_place),
                        self._number(key, parent, self._established(birth.place)),
                    )

    def _established(self, place: int) -> date:
        """When a number was made for somebody registered long before: some day since 2016."""
        days = (self._plan.legal_day - NUMBERS_SINCE).days
        luck = draw(self._plan.seed, "established", place)
        return NUMBERS_SINCE + timedelta(days=luck % max(days, 1))

    def _person(
        self, key: UUID, person: MadeUpPerson, *, home: str = "", mother: str = "", father: str = ""
    ) -> Row:
        return (
            key, person.full_name, names.sort_key(person.full_name),
            names.folding_key(person.full_name), person.sex.value, person.born_on,
            Precision.DAY.value, person.ethnicity, person.ethnicity_code, ETHNICITY_LIST,
            "Việt Nam", home or person.residence, person.residence, person.residence_unit,
            mother, father, Standing.ACTIVE.value, "", Origin.IMPORT.value, self._statement,
            self._at,
        )  # fmt: skip

    def _number(
        self, key: UUID, person: MadeUpPerson, issued_on: date, registration: str = ""
    ) -> Row:
        cause = Cause.BIRTH if registration else Cause.ESTABLISHED
        name = f"{CIVIL_STATUS}/{registration}" if registration else None
        return (
            str(person.personal_id), key, NumberStatus.ACTIVE.value, cause.value, name, issued_on,
            "", "", Origin.IMPORT.value, self._at,
        )  # fmt: skip


def _write(opened: Load, pairs: Iterator[Pair]) -> None:
    people = list(pairs)
    opened.persons(person for person, _ in people)
    opened.numbers(number for _, number in people)
