"""A death is entered, population is told, the extract does not wait."""

from __future__ import annotations

import pytest
from django.test import Client

from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.errors import DuplicateDeath
from lienthong.systems.civil_status.models import DeathRegistration
from lienthong.systems.civil_status.services import deaths
from systems.civil_status import declarations

NEW = "/canbo/civil-status/deaths/new"


def test_population_is_told_of_the_death(cuong: Actor, population: ExchangeDouble) -> None:
    entered = deaths.register_death(death=declarations.death(), by=cuong)
    assert entered.outbox_row is not None
    assert outbox.deliver(entered.outbox_row) == "delivered"

    (told,) = population.asked("population", "death.record.v1")
    assert told.personal_id == "091044000318"
    assert DeathRegistration.objects.filter(state="recorded").count() == 1


def test_the_entry_stands_when_population_is_down(
    browser: Client, population: ExchangeDouble
) -> None:
    population.is_down("population")

    page = browser.post(NEW, declarations.death_form(), follow=True)

    assert "Thông tin chưa khóa" in page.content.decode()
    row = DeathRegistration.objects.filter(state="waiting")
    assert row.count() == 1
    population.is_up("population")
    waiting = outbox.unfinished("civil_status", row.values_list("key", flat=True).get()).get()
    assert outbox.deliver(waiting.pk) == "delivered"


def test_a_person_without_a_number_is_entered_and_nobody_is_told(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = deaths.register_death(death=declarations.death(personal_id=None), by=cuong)

    assert entered.outbox_row is None
    assert entered.death.state == "no_number"


def test_nobody_dies_twice(cuong: Actor, other_officer: Actor, population: ExchangeDouble) -> None:
    deaths.register_death(death=declarations.death(), by=cuong)

    with pytest.raises(DuplicateDeath):
        deaths.register_death(death=declarations.death(), by=other_officer)


def test_a_refusal_of_population_is_shown_with_its_code(
    browser: Client, population: ExchangeDouble
) -> None:
    population.refuses("population", "death.record.v1", "population.other_death")

    page = browser.post(NEW, declarations.death_form(), follow=True).content.decode()

    assert "Dữ liệu dân cư từ chối yêu cầu" in page
    assert "population.other_death" in page
