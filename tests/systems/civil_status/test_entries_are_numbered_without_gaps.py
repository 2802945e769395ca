"""Numbers of a book have no gaps and no doubles; each office and kind counts for itself."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.errors import BookClosed, InvalidEntry
from lienthong.systems.civil_status.models import BirthRegistration, RegisterBook
from lienthong.systems.civil_status.services import births, deaths
from systems.civil_status import declarations


def enter(by: Actor, name: str) -> str:
    child = declarations.child(full_name=name)
    return births.register_birth(birth=declarations.birth(child=child), by=by).birth.number


def test_each_office_and_kind_counts_for_itself(
    cuong: Actor, other_officer: Actor, population: ExchangeDouble
) -> None:
    assert [enter(cuong, "Trần Một"), enter(cuong, "Trần Hai")] == ["1/2021", "2/2021"]
    assert enter(other_officer, "Trần Ba") == "1/2021"
    died = deaths.register_death(death=declarations.death(), by=cuong).death
    assert died.number == "1/2021"


def test_a_refused_entry_takes_no_number(cuong: Actor, population: ExchangeDouble) -> None:
    assert enter(cuong, "Trần Một") == "1/2021"
    with pytest.raises(InvalidEntry):
        enter(cuong, "Trần 2")

    assert enter(cuong, "Trần Hai") == "2/2021"


def test_a_new_year_opens_a_new_book(cuong: Actor, population: ExchangeDouble) -> None:
    enter(cuong, "Trần Một")
    new_year = date(2022, 1, 4)
    with clock.stopped(legal_day=new_year):
        later = Actor(cuong.account, cuong.office, cuong.unit, new_year, cuong.roles)
        birth = declarations.birth(registered_on=new_year)
        assert births.register_birth(birth=birth, by=later).birth.number == "1/2022"


def test_a_closed_book_takes_no_entry(cuong: Actor, population: ExchangeDouble) -> None:
    enter(cuong, "Trần Một")
    RegisterBook.objects.update(closed_on=date(2021, 8, 19))

    with pytest.raises(BookClosed):
        enter(cuong, "Trần Hai")


def test_the_database_refuses_a_number_given_twice(
    cuong: Actor, population: ExchangeDouble
) -> None:
    enter(cuong, "Trần Một")
    enter(cuong, "Trần Hai")

    with pytest.raises(IntegrityError), transaction.atomic():
        BirthRegistration.objects.filter(entry_no=2).update(entry_no=1)
