"""Where a person lives, stays for a time or is away to, on each day."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import connection

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain.lives import ResidenceKind
from lienthong.systems.population.errors import (
    ChangedMeanwhile,
    DatesOutOfOrder,
    NoSuchResidence,
    ResidenceOverlaps,
    SameCommune,
    TemporaryTooLong,
    UnknownCommune,
)
from lienthong.systems.population.models import Person, Residence
from lienthong.systems.population.services import residences
from systems.population import lives

SPRING, SUMMER = date(2021, 3, 1), date(2021, 7, 1)
TEMPORARY, ABSENCE = ResidenceKind.TEMPORARY, ResidenceKind.ABSENCE


def home(number: str, by: Actor, on: date | None = None) -> tuple[str, str]:
    """The commune of the permanent residence on a day, and what the person's row repeats."""
    with personal.bulk("test", actor=by):
        found = queries.find(PersonalId(number))
        assert found is not None
        row = queries.home_of(found.person, on)
        return (row.unit if row else "", found.person.residence)


def end(row: Residence, number: str, by: Actor, on: date) -> None:
    residences.end_residence(
        number=PersonalId(number), residence=row.key, ends=on, ground=lives.ground(on), by=by
    )


def test_moving_ends_the_home_before_on_the_eve(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SPRING)
    lives.moved(number, civil_status, unit=lives.DUONG_DONG, on=SUMMER)
    assert home(number, civil_status, SUMMER - timedelta(days=1))[0] == cast.DUONG_TO
    unit, repeated = home(number, civil_status, SUMMER)
    assert unit == lives.DUONG_DONG
    assert repeated.startswith("tổ 2, ấp Suối Lớn, phường Dương Đông, thành phố Phú Quốc")


def test_a_residence_lies_in_a_commune_of_that_day(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    for unit in ("99999", "911", ""):
        with pytest.raises(UnknownCommune):
            lives.moved(number, civil_status, unit=unit)


def test_days_of_homes_follow_one_another(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SUMMER)
    for wrong in (SUMMER, SPRING, cast.LEGAL_DAY + timedelta(days=1)):
        with pytest.raises(DatesOutOfOrder):
            lives.moved(number, civil_status, unit=lives.HAM_NINH, on=wrong)
    assert home(number, civil_status)[0] == cast.DUONG_TO


def test_a_temporary_residence_is_elsewhere_and_for_two_years_at_most(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SPRING)
    stay = {"on": SUMMER, "kind": TEMPORARY}
    with pytest.raises(SameCommune):
        lives.moved(number, civil_status, ends=date(2022, 6, 30), **stay)
    with pytest.raises(TemporaryTooLong):
        lives.moved(number, civil_status, unit=lives.HAM_NINH, ends=date(2023, 7, 2), **stay)
    with pytest.raises(DatesOutOfOrder):
        lives.moved(number, civil_status, unit=lives.HAM_NINH, **stay)
    lives.moved(number, civil_status, unit=lives.HAM_NINH, ends=date(2023, 7, 1), **stay)
    with pytest.raises(ResidenceOverlaps):
        lives.moved(
            number, civil_status, unit=lives.DUONG_DONG, on=cast.LEGAL_DAY, kind=TEMPORARY,
            ends=date(2021, 12, 31),
        )  # fmt: skip
    assert home(number, civil_status)[0] == cast.DUONG_TO


def test_who_is_away_is_still_at_home(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    lives.moved(number, civil_status, on=SPRING)
    away = lives.moved(
        number, civil_status, unit=lives.HAM_NINH, on=SUMMER, kind=ABSENCE, ends=date(2021, 9, 30)
    )
    end(away, number, civil_status, date(2021, 8, 1))
    with personal.bulk("test", actor=civil_status):
        person = Person.objects.get(pk=away.person_id)
        kinds = [
            sorted(row.kind for row in queries.residences_of(person, day))
            for day in (date(2021, 7, 15), date(2021, 8, 2))
        ]
    assert kinds == [["absence", "permanent"], ["permanent"]]
    with pytest.raises(NoSuchResidence):
        end(away, number, civil_status, date(2021, 8, 15))


def test_a_home_struck_off_leaves_none(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    row = lives.moved(number, civil_status, on=SPRING)
    end(row, number, civil_status, SUMMER)
    assert home(number, civil_status) == ("", "")
    assert home(number, civil_status, SUMMER)[0] == cast.DUONG_TO


def test_of_two_officers_registering_at_once_one_looks_again(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    with personal.bulk("test", actor=civil_status):
        found = queries.find(PersonalId(number))
        assert found is not None
        seen = queries.newest_event(found.person)
    lives.moved(number, civil_status, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        lives.moved(number, civil_status, unit=lives.HAM_NINH, seen=seen)


def test_residences_of_before_are_carried_over_once(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "one")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE population_person SET residence = 'xã Dương Tơ', residence_unit = '31096'"
        )
        migration = import_module("lienthong.systems.population.migrations.0007_residences")
        for _ in range(2):
            for place in range(migration.PARTITIONS):
                cursor.execute(migration.MOVE.format(place=place))
        cursor.execute("SELECT kind, unit, address, begins, origin FROM population_residence")
        assert cursor.fetchall() == [("permanent", "31096", "xã Dương Tơ", None, "live")]
    assert home(number, civil_status, date(1999, 1, 1))[0] == cast.DUONG_TO
    lives.moved(number, civil_status, unit=lives.HAM_NINH, on=SUMMER)
    assert home(number, civil_status, SPRING)[0] == cast.DUONG_TO
