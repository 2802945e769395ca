"""
The books of the demonstration country, loaded as one import, and the roster of desks.

The roster is the report's own (10,933 communes, 710 districts, 63 provinces): no unit
table has as many communes, because desks outlived units merged since 2019. The desks
beyond the table are second ones of a unit, as the report says mergers were pending.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from lienthong import record
from lienthong.exchange import gateway_admin
from lienthong.kernel import clock, names
from lienthong.kernel.actor import system_actor
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.demo_people import (
    BOOKS_SINCE,
    NUMBERS_SINCE,
    OPEN_BIRTHS,
    Crowd,
    MadeUpBirth,
    MadeUpPerson,
    draw,
    entry_key,
    spread,
)
from lienthong.kernel.identifiers import Sex
from lienthong.kernel.units import Level, Unit
from lienthong.systems.civil_status.bulk import Load, Numbers
from lienthong.systems.civil_status.domain.entries import (
    VIET_NAM,
    DeathState,
    DeskLevel,
    EventKind,
    IdState,
    Kind,
)
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    DeathRegistration,
    Desk,
    DeskUser,
    ImportStatement,
    MarriageRegistration,
    Origin,
    OtherRegistration,
    RegisterBook,
)
from lienthong.web import catalogues
from lienthong.web.accounts.demo import DUONG_TO
from lienthong.web.offices import Office

Tell = Callable[[str, int, int], None]
Row = dict[str, Any]
DEPLOYED_ON = date(2020, 10, 1)
STORY_COMMUNE = DUONG_TO.unit
CHUNK = 2_000
EVENTS = (
    *(EventKind.MARITAL_STATUS,) * 11,
    *(EventKind.CORRECTION,) * 3,
    *(EventKind.RECOGNITION,) * 2,
    EventKind.CHANGE,
    EventKind.SUPPLEMENT,
    EventKind.NOTE,
    EventKind.GUARDIANSHIP,
)
CAUSES = ("Bệnh già", "Bệnh tim mạch", "Tai biến mạch máu não", "Ung thư", "Tai nạn giao thông")


def load(plan: DemoPlan, tell: Tell) -> None:
    """Load roster and books of this plan once; what is there already is left alone."""
    key = entry_key(plan.seed, "civil_status", 0)
    if not ImportStatement.objects.filter(key=key).exists():
        _load(plan, key, tell)
    # After the commit, and again at a repeated load: the log knows a statement by its digest.
    statement = ImportStatement.objects.get(key=key)
    gateway_admin.import_records(
        source=f"civil_status: {statement.source}",
        records=statement.rows,
        digest=statement.digest,
    )


def _load(plan: DemoPlan, key: UUID, tell: Tell) -> None:
    with transaction.atomic():
        desks = _roster(plan)
        source = f"demonstration country, seed {plan.seed}, scale {plan.scale}"
        opened = Load(key=key, source=source, at=clock.instant(), legal_day=plan.legal_day)
        books = Books(plan, desks, opened)
        for kind, rows, total in books.all():
            _copy(opened, kind, rows, total, tell)
        RegisterBook.objects.bulk_create(books.numbers.books(plan.legal_day), batch_size=CHUNK)
        statement = opened.close()
        record.done(
            "civil_status.imported",
            statement,
            by=system_actor("civil_status", plan.legal_day),
            detail={"source": source, "rows": statement.rows, "digest": statement.digest},
        )


def _copy(opened: Load, kind: type, rows: Iterator[Row], total: int, tell: Tell) -> None:
    meta = kind._meta  # type: ignore[attr-defined]
    # What the database fills in by itself is nothing an import says.
    columns = [field.column for field in meta.concrete_fields if not field.has_db_default()]
    nullable = {field.column for field in meta.concrete_fields if field.null}
    empty = {column: None for column in columns if column in nullable}
    done = 0
    while chunk := [empty | row for row in islice(rows, CHUNK)]:
        opened.copy(meta.db_table, columns, chunk)
        done += len(chunk)
        tell(f"civil_status {kind.kind.value}", done, total)  # type: ignore[attr-defined]


def _roster(plan: DemoPlan) -> dict[str, list[str]]:
    """Make desks and their users; the offices of each commune, by unit code."""
    units = catalogues.units().on(plan.legal_day)
    # The officers of the demonstration may be loaded after the books.
    offices = {DUONG_TO.unit: DUONG_TO.code}
    offices |= dict(Office.objects.exclude(unit="").values_list("unit", "code"))
    wanted = {
        Level.COMMUNE: plan.figures["F016"],
        Level.DISTRICT: plan.figures["F017"],
        Level.PROVINCE: plan.figures["F018"],
    }
    desks = [
        desk
        for level, count in wanted.items()
        for desk in _desks(plan, [unit for unit in units if unit.level is level], count, offices)
    ]
    Desk.objects.bulk_create(desks, batch_size=CHUNK)
    by_unit = defaultdict(list)
    for desk in desks:
        if desk.level == DeskLevel.COMMUNE:
            by_unit[desk.unit].append(desk.office)
    # The report says "more than": a few beyond the figure.
    users = plan.figures["F015"] + max(1, plan.figures["F015"] // 200)
    DeskUser.objects.bulk_create(
        (
            DeskUser(
                key=entry_key(plan.seed, "user", place),
                desk=desks[place % len(desks)],
                valid_from=DEPLOYED_ON,
                origin=Origin.IMPORT.value,
            )
            for place in range(users)
        ),
        batch_size=CHUNK,
    )
    return dict(by_unit)


def _desks(
    plan: DemoPlan, units: list[Unit], count: int, offices: dict[str, str]
) -> Iterator[Desk]:
    """``count`` desks over these units: one each, then second ones where units were merged."""
    ordered = sorted(units, key=lambda unit: unit.code)
    second = sorted(ordered, key=lambda unit: draw(plan.seed, "desk", int(unit.code)))
    # The story's commune has one desk, so that nobody wonders which is meant.
    second = [unit for unit in second if unit.code != STORY_COMMUNE]
    places = [(unit, 1) for unit in ordered] + [(unit, 2) for unit in second]
    for unit, number in places[:count]:
        own = offices.get(unit.code) if number == 1 else None
        title = {
            Level.COMMUNE: f"Ủy ban nhân dân {unit.full_name}",
            Level.DISTRICT: f"Phòng Tư pháp {unit.full_name}",
            Level.PROVINCE: f"Sở Tư pháp {unit.full_name}",
        }[unit.level]
        yield Desk(
            office=own or f"{unit.level.value}-{unit.code}" + ("" if number == 1 else "-2"),
            level=unit.level.value,
            unit=unit.code,
            name=title if number == 1 else f"{title} (bàn của đơn vị trước sáp nhập)",
            opened_on=DEPLOYED_ON,
        )


class Books:
    """Rows of the four books, made of people who do not exist, in the order of their days."""

    def __init__(self, plan: DemoPlan, desks: dict[str, list[str]], opened: Load) -> None:
        self._plan = plan
        self._desks = desks
        self._statement = opened.statement.key
        self._at = opened.statement.imported_at
        self._crowd = Crowd(seed=plan.seed, units=catalogues.units(), day=plan.legal_day)
        self.numbers = Numbers()

    def all(self) -> Iterator[tuple[type, Iterator[Row], int]]:
        figures = self._plan.figures
        yield BirthRegistration, self.births(), figures["F019"]
        yield MarriageRegistration, self.marriages(figures["F021"]), figures["F021"]
        yield DeathRegistration, self.deaths(figures["F022"]), figures["F022"]
        yield OtherRegistration, self.others(figures["F023"]), figures["F023"]

    def births(self) -> Iterator[Row]:
        count = self._plan.figures["F019"] - OPEN_BIRTHS
        for birth in self._crowd.births(count, self._plan.figures["F020"]):
            row = self._entry(Kind.BIRTH, birth.place, birth.commune, birth.registered_on)
            yield row | self._birth(birth) | {"key": birth.key}
        for back in reversed(range(OPEN_BIRTHS)):
            yield self._open_birth(self._plan.legal_day - timedelta(days=back), back)

    def _birth(self, birth: MadeUpBirth) -> Row:
        number = birth.child.personal_id
        return self._child(birth.child, birth.home_place) | {
            **self._parent("mother", birth.mother),
            **self._parent("father", birth.father),
            "declarant_name": (birth.father or birth.mother).full_name,
            "declarant_relation": "cha" if birth.father else "mẹ",
            "late": self._is_late(birth),
            "personal_id": str(number) if number else None,
            "id_state": (IdState.ISSUED if number else IdState.NEVER).value,
            "id_issued_on": birth.registered_on if number else None,
        }

    def _is_late(self, birth: MadeUpBirth) -> bool:
        since_law = birth.registered_on >= NUMBERS_SINCE
        return since_law and (birth.registered_on - birth.child.born_on).days > 60

    def _open_birth(self, day: date, place: int) -> Row:
        """A birth entered in the last days whose number was never asked for: the queue's work."""
        child, mother, father = (
            self._crowd.person(
                f"open {who}", place, born_on=born, sex=sex, commune=STORY_COMMUNE, numbered=False
            )
            for who, born, sex in (
                ("child", day - timedelta(days=6 + place), Sex.FEMALE if place % 2 else Sex.MALE),
                ("mother", date(1994 - place, 4, 9), Sex.FEMALE),
                ("father", date(1991 - place, 9, 21), Sex.MALE),
            )
        )
        family = f"{father.full_name.split()[0]} {child.full_name.partition(' ')[2]}"
        row = self._entry(Kind.BIRTH, -1 - place, STORY_COMMUNE, day)
        return (
            row
            | self._child(child, child.residence)
            | {
                "key": entry_key(self._plan.seed, "open birth", place),
                **self._name("child_name", family),
                **self._parent("mother", mother),
                **self._parent("father", father),
                "declarant_name": father.full_name,
                "declarant_relation": "cha",
                "late": False,
                "id_state": IdState.WAITING.value,
                "due_on": day,
            }
        )

    def _child(self, child: MadeUpPerson, home: str) -> Row:
        return {
            **self._name("child_name", child.full_name),
            "sex": child.sex.value,
            "born_on": child.born_on,
            "birth_place": child.residence,
            "home_place": home,
            "ethnicity": child.ethnicity,
            "nationality": VIET_NAM,
        }

    def _parent(self, role: str, parent: MadeUpPerson | None) -> Row:
        if parent is None:
            return {}
        row: Row = {
            f"{role}_id": str(parent.personal_id or ""),
            f"{role}_name": parent.full_name,
            f"{role}_birth_year": parent.born_on.year,
            f"{role}_ethnicity": parent.ethnicity,
            f"{role}_nationality": VIET_NAM,
            f"{role}_residence": parent.residence,
        }
        if role == "mother":
            row["mother_fold"] = names.folding_key(parent.full_name)
        return row

    def marriages(self, count: int) -> Iterator[Row]:
        for place in range(count):
            day, commune = self._when_where("marriage", place, count)
            luck = draw(self._plan.seed, "ages", place)
            row = self._entry(Kind.MARRIAGE, place, commune, day)
            for side, sex, age in (
                ("wife", Sex.FEMALE, 18 + luck % 15),
                ("husband", Sex.MALE, 20 + (luck >> 8) % 16),
            ):
                born_on = date(day.year - age - 1, 1 + (luck >> 16) % 12, 1 + (luck >> 24) % 28)
                person = self._crowd.person(
                    side, place, born_on=born_on, sex=sex, commune=commune, numbered=False
                )
                row |= {
                    f"{side}_name": person.full_name,
                    f"{side}_fold": names.folding_key(person.full_name),
                    f"{side}_born_on": born_on,
                    f"{side}_ethnicity": person.ethnicity,
                    f"{side}_nationality": VIET_NAM,
                    f"{side}_residence": person.residence,
                }
            yield row

    def deaths(self, count: int) -> Iterator[Row]:
        for place in range(count):
            day, commune = self._when_where("death", place, count)
            luck = draw(self._plan.seed, "age at death", place)
            died_on = day - timedelta(days=luck % 14)
            # The older of two draws: most die old, some do not.
            age = max((luck >> 8) % 96, (luck >> 24) % 96, 1)
            born_on = died_on - timedelta(days=age * 365 + (luck >> 40) % 365)
            person = self._crowd.person(
                "dead",
                place,
                born_on=born_on,
                sex=Sex.MALE if (luck >> 50) % 9 < 5 else Sex.FEMALE,
                commune=commune,
                numbered=False,
            )
            yield self._entry(Kind.DEATH, place, commune, day) | {
                **self._name("full_name", person.full_name),
                "sex": person.sex.value,
                "born_on": born_on,
                "birth_year": born_on.year,
                "ethnicity": person.ethnicity,
                "nationality": VIET_NAM,
                "residence": person.residence,
                "died_on": died_on,
                "place": person.residence,
                "cause": CAUSES[(luck >> 56) % len(CAUSES)],
                "late": False,
                "state": DeathState.NO_NUMBER.value,
            }

    def others(self, count: int) -> Iterator[Row]:
        for place in range(count):
            day, commune = self._when_where("other", place, count)
            luck = draw(self._plan.seed, "event", place)
            born_on = date(day.year - 18 - luck % 50, 1 + (luck >> 8) % 12, 1 + (luck >> 16) % 28)
            person = self._crowd.person(
                "other",
                place,
                born_on=born_on,
                sex=Sex.MALE if luck >> 40 & 1 else Sex.FEMALE,
                commune=commune,
                numbered=False,
            )
            yield self._entry(Kind.OTHER, place, commune, day) | {
                **self._name("full_name", person.full_name),
                "event": EVENTS[(luck >> 48) % len(EVENTS)].value,
                "born_on": born_on,
            }

    def _when_where(self, salt: str, place: int, count: int) -> tuple[date, str]:
        day = spread(BOOKS_SINCE, self._plan.legal_day, place, count)
        return day, self._crowd.commune_of(salt, place)

    def _entry(self, kind: Kind, place: int, commune: str, day: date) -> Row:
        desks = self._desks[commune]
        office = desks[draw(self._plan.seed, "office", place) % len(desks)]
        number = self.numbers.next(office, kind, day)
        return {
            "key": entry_key(self._plan.seed, kind.value, place),
            "office": office,
            "custodian": office,
            "entry_no": number,
            "entry_year": day.year,
            "book_no": f"{kind.value}/{day.year}",
            "page": str(number),
            "registered_on": day,
            "recorded_at": self._at,
            "origin": Origin.IMPORT.value,
            "statement_id": self._statement,
        }

    @staticmethod
    def _name(column: str, name: str) -> Row:
        return {
            column: name,
            "name_sort": names.sort_key(name),
            "name_fold": names.folding_key(name),
        }
