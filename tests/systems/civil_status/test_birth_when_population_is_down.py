"""The registration stands, the certificate waits visibly, the number comes later."""

from __future__ import annotations

import pytest
from django.test import Client

from lienthong.exchange import outbox
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.errors import NumberAwaited
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births, papers
from systems.civil_status import declarations
from systems.civil_status.declarations import CHILD_ID


def test_the_entry_stands_and_the_number_comes_when_population_is_back(
    cuong: Actor, population: ExchangeDouble
) -> None:
    population.is_down("population")
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None

    assert outbox.deliver(entered.outbox_row) == "waiting"
    assert BirthRegistration.objects.filter(id_state="waiting").count() == 1

    population.is_up("population")
    assert outbox.deliver(entered.outbox_row) == "delivered"
    assert BirthRegistration.objects.filter(id_state="issued").count() == 1


def test_a_certificate_is_not_printed_before_the_number_is_there(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)

    with pytest.raises(NumberAwaited):
        papers.birth_certificate(key=entered.birth.key, by=cuong)


def test_a_lost_answer_brings_the_same_number_later(
    cuong: Actor, population: ExchangeDouble
) -> None:
    population.loses_answers("population", "personal-id.issue.v1")
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None

    assert outbox.deliver(entered.outbox_row) == "waiting"
    assert outbox.deliver(entered.outbox_row) == "delivered"

    first, second = population.keys("population", "personal-id.issue.v1")
    assert first == second


def test_the_page_says_that_the_certificate_waits(
    browser: Client, population: ExchangeDouble
) -> None:
    population.is_down("population")

    page = browser.post("/canbo/civil-status/births/new", declarations.birth_form(), follow=True)

    assert page.status_code == 200
    text = page.content.decode()
    assert "1/2021" in text
    assert "Giấy khai sinh chờ số định danh" in text
    key = BirthRegistration.objects.values_list("key", flat=True).get()
    refused = browser.post(f"/canbo/civil-status/births/{key}/certificate.pdf", follow=True)
    assert refused.redirect_chain == [(f"/canbo/civil-status/births/{key}/", 302)]
    assert "chờ số định danh" in refused.content.decode()


def test_asking_again_repeats_the_same_request(cuong: Actor, population: ExchangeDouble) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)

    assert births.ask_again(key=entered.birth.key, by=cuong) == entered.outbox_row
    assert OutboxRow.objects.count() == 1


def test_a_refused_request_is_sent_again_when_the_officer_asks(
    cuong: Actor, population: ExchangeDouble
) -> None:
    population.refuses("population", "personal-id.issue.v1")
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None
    assert outbox.deliver(entered.outbox_row) == "dead"

    row = births.ask_again(key=entered.birth.key, by=cuong)

    assert outbox.state_of(row) == "waiting"


def test_nothing_is_saved_of_a_birth_whose_request_cannot_be_kept(
    cuong: Actor, population: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(outbox, "put", broken)
    with pytest.raises(RuntimeError):
        births.register_birth(birth=declarations.birth(), by=cuong)

    assert BirthRegistration.objects.count() == 0
    monkeypatch.undo()
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.birth.number == "1/2021"


def test_the_state_asked_by_an_open_page_reloads_it_when_the_number_is_there(
    browser: Client, cuong: Actor, population: ExchangeDouble
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    address = f"/canbo/civil-status/births/{entered.birth.key}/state"
    assert "HX-Refresh" not in browser.get(address).headers

    births.take_personal_id(
        key=entered.birth.key,
        personal_id=CHILD_ID,
        issued_on=cuong.legal_day,
        message_id="VN-1",
    )

    assert browser.get(address).headers["HX-Refresh"] == "true"
