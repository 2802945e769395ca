"""
The made-up people of the demonstration country: the same seed, the same people.

Several registers know the same person, and none may read another's tables. So the
loaders of population and of civil status both ask these pure functions, as two real
registers would both have been filled from the same lives. Nobody here exists: names
are put together from lists, and numbers follow from the seed without any secret.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from uuid import UUID

from lienthong.kernel import demo_names
from lienthong.kernel.identifiers import PersonalId, Sex, century_sex_digit
from lienthong.kernel.names import print_form
from lienthong.kernel.units import Level, Unit, UnitTable

_MASK = (1 << 64) - 1
# Births entered before this day were digitised from paper books and carry no number:
# personal IDs are given at birth registration since the law of civil status took effect.
NUMBERS_SINCE = date(2016, 1, 1)
BOOKS_SINCE = date(1990, 1, 1)

_FAMILIES = tuple(demo_names.family_shares())
_FAMILY_STEPS = tuple(accumulate(demo_names.family_shares().values()))
_PEOPLES = demo_names.peoples()
_MIDDLE = demo_names.middle_names()
_GIVEN = demo_names.given_names()


def draw(seed: int, salt: str | int, place: int) -> int:
    """64 bits that follow from a seed, a purpose and a place alone (splitmix64)."""
    # Not hash(): it differs between processes.
    word = int.from_bytes(salt.encode(), "big") if isinstance(salt, str) else salt
    z = (seed * 0x9E3779B97F4A7C15 + word * 0xD1B54A32D192ED03 + place * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """One who does not exist, as any register may hold them."""

    full_name: str
    sex: Sex
    born_on: date
    ethnicity: str
    ethnicity_code: str
    personal_id: PersonalId | None
    residence: str
    residence_unit: str


@dataclass(frozen=True, slots=True)
class MadeUpBirth:
    """A child, both parents, and when and where the birth was entered."""

    place: int
    key: UUID
    child: MadeUpPerson
    mother: MadeUpPerson
    father: MadeUpPerson | None
    registered_on: date
    commune: str
    home_place: str

    @property
    def registration(self) -> str:
        """The name of the entry towards other registers."""
        return str(self.key)


def _told(name: str, sex: Sex, born_on: date, number: str) -> MadeUpPerson:
    return MadeUpPerson(
        full_name=print_form(name),
        sex=sex,
        born_on=born_on,
        ethnicity="Kinh",
        ethnicity_code="01",
        personal_id=PersonalId(number),
        residence="xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
        residence_unit="31096",
    )


# The people of the tutorials: a mother, a father, and an old man who dies.
AN = _told("Nguyễn Thị An", Sex.FEMALE, date(1995, 3, 2), "091195000017")
BINH = _told("Trần Văn Bình", Sex.MALE, date(1993, 11, 30), "091093000025")
LUOM = _told("Nguyễn Văn Lượm", Sex.MALE, date(1944, 3, 8), "091044000318")
STORY = (AN, BINH, LUOM)
# Births that stand open on the story's desk: entered in the last days, without a number yet.
OPEN_BIRTHS = 3
_TAKEN = frozenset(str(person.personal_id) for person in STORY)


class Crowd:
    """
    The people of one seed, standing on one day's administrative units.

    Streams, so that the whole country fits in little memory: only the count of
    numbers used per range is kept.
    """

    def __init__(self, *, seed: int, units: UnitTable, day: date) -> None:
        self.seed = seed
        self.day = day
        today = units.on(day)
        self._communes = sorted(
            (unit for unit in today if unit.level is Level.COMMUNE), key=lambda unit: unit.code
        )
        self._by_code = {unit.code: unit for unit in today}
        self._paths: dict[str, str] = {}
        self._used: defaultdict[str, int] = defaultdict(int)

    @property
    def communes(self) -> Sequence[Unit]:
        return self._communes

    def path(self, code: str) -> str:
        """``xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang``."""
        if (known := self._paths.get(code)) is None:
            line, unit = [], self._by_code.get(code)
            while unit is not None:
                line.append(unit.full_name)
                unit = self._by_code.get(unit.parent)
            known = self._paths[code] = ", ".join(line)
        return known

    def province(self, code: str) -> str:
        """Statistical code of the province a commune lies in."""
        unit = self._by_code[code]
        while unit.parent:
            unit = self._by_code[unit.parent]
        return unit.code

    def births(
        self, count: int, with_number: int, *, numbered_only: bool = False
    ) -> Iterator[MadeUpBirth]:
        """
        ``count`` births in order of registration; the last ``with_number`` carry a number.

        Older ones were digitised from paper books. Days of registration never go
        back, so that numbers of books follow the days. Every register that tells of
        these children must ask with the same two counts.
        """
        without = count - with_number
        for place in range(without if numbered_only else 0, count):
            numbered = place >= without
            if numbered:
                day = spread(NUMBERS_SINCE, self.day, place - without, with_number)
            else:
                last = NUMBERS_SINCE - timedelta(days=1)
                day = spread(BOOKS_SINCE, last, place, without)
            yield self._birth(place, day, numbered=numbered)

    def person(
        self, salt: str, place: int, *, born_on: date, sex: Sex, commune: str, numbered: bool
    ) -> MadeUpPerson:
        """Any other person: one who died, married, or changed a name."""
        people = self._people(salt, place, commune)
        return self._person(salt, place, people, born_on, sex, commune, numbered=numbered)

    def commune_of(self, salt: str, place: int) -> str:
        return self._communes[draw(self.seed, salt + "c", place) % len(self._communes)].code

    def _birth(self, place: int, registered_on: date, *, numbered: bool) -> MadeUpBirth:
        seed = self.seed
        commune = self.commune_of("birth", place)
        luck = draw(seed, "birth", place)
        # Most are entered within the sixty days, one in thirty late.
        delay = luck % 55 if (luck >> 8) % 30 else 61 + luck % 300
        born_on = registered_on - timedelta(days=delay)
        # 112 boys to 100 girls, as the census of 2019 counted.
        sex = Sex.MALE if (luck >> 16) % 212 < 112 else Sex.FEMALE
        people = self._people("birth", place, commune)
        age = 18 + (luck >> 24) % 22
        mother = self._person(
            "mother", place, people, _years_before(born_on, age, luck >> 30), Sex.FEMALE, commune,
            numbered=numbered,
        )  # fmt: skip
        father = None
        if (luck >> 36) % 40:
            years = age + (luck >> 42) % 8
            father = self._person(
                "father", place, people, _years_before(born_on, years, luck >> 46), Sex.MALE,
                commune, numbered=numbered,
            )  # fmt: skip
        family = (father or mother).full_name.split()[0]
        child = self._person(
            "child", place, people, born_on, sex, commune, numbered=numbered, family=family
        )
        return MadeUpBirth(
            place=place,
            key=entry_key(seed, "birth", place),
            child=child,
            mother=mother,
            father=father,
            registered_on=registered_on,
            commune=commune,
            home_place=self.path(commune),
        )

    def _people(self, salt: str, place: int, commune: str) -> tuple[str, str, tuple[str, ...]]:
        at = draw(self.seed, salt + "e", place) % 100
        for name, code, share, families in _PEOPLES.get(self.province(commune), ()):
            if at < share:
                return name, code, families
            at -= share
        return "Kinh", "01", ()

    def _person(
        self,
        salt: str,
        place: int,
        people: tuple[str, str, tuple[str, ...]],
        born_on: date,
        sex: Sex,
        commune: str,
        *,
        numbered: bool,
        family: str = "",
    ) -> MadeUpPerson:
        luck = draw(self.seed, salt, place)
        era = "new" if born_on.year >= 2005 else "old"
        if not family:
            families = people[2]
            if families:
                family = families[luck % len(families)]
            else:
                family = _FAMILIES[bisect_right(_FAMILY_STEPS, luck % _FAMILY_STEPS[-1])]
        middles, givens = _MIDDLE[sex, era], _GIVEN[sex, era]
        middle = middles[(luck >> 12) % len(middles)]
        given = givens[(luck >> 24) % len(givens)]
        number = self._number(commune, sex, born_on) if numbered else None
        return MadeUpPerson(
            full_name=print_form(f"{family} {middle} {given}"),
            sex=sex,
            born_on=born_on,
            ethnicity=people[0],
            ethnicity_code=people[1],
            personal_id=number,
            residence=self.path(commune),
            residence_unit=commune,
        )

    def _number(self, commune: str, sex: Sex, born_on: date) -> PersonalId:
        """The next number of a range, in an order the seed shuffles; collisions cannot happen."""
        digits = f"0{self.province(commune)}{century_sex_digit(sex, born_on.year)}"
        digits += f"{born_on.year % 100:02d}"
        # An odd step that is no multiple of five meets every number below a million once.
        step = 7 + 10 * (draw(self.seed, "step", int(digits)) % 99_999)
        start = draw(self.seed, "start", int(digits))
        while True:
            at = self._used[digits]
            self._used[digits] = at + 1
            number = f"{digits}{(at * step + start) % 1_000_000:06d}"
            if number not in _TAKEN:
                return PersonalId(number)


def entry_key(seed: int, salt: str, place: int) -> UUID:
    """The lasting key of a made-up entry (a UUID of version 8: our own making)."""
    high, low = draw(seed, salt + "k", 2 * place), draw(seed, salt + "k", 2 * place + 1)
    return UUID(int=(high << 64 | low) & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62)


def spread(first: date, last: date, place: int, count: int) -> date:
    """Day of the place-th of ``count`` events spread evenly; the last falls on the last day."""
    span = (last - first).days
    return first + timedelta(days=span * (place + 1) // count if count else 0)


def _years_before(day: date, years: int, luck: int) -> date:
    return date(day.year - years, 1 + luck % 12, 1 + (luck >> 5) % 28)
