"""A birth is entered, its number comes, its certificate may be printed."""

from __future__ import annotations

import pytest

from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.record.models import Entry as AuditEntry
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births
from lienthong.systems.civil_status.views import shown
from systems.civil_status import declarations
from systems.civil_status.declarations import CHILD_ID


def test_an_entered_birth_asks_population_for_a_number(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)

    assert entered.birth.number == "1/2021"
    assert entered.birth.child_name == "TRẦN NGUYỄN GIA ĐỨC"
    assert entered.outbox_row is not None
    assert population.asked("population", "personal-id.issue.v1") == []

    assert outbox.deliver(entered.outbox_row) == "delivered"

    (asked,) = population.asked("population", "personal-id.issue.v1")
    assert (asked.province, asked.sex) == ("91", "male")
    assert asked.registration == str(entered.birth.key)
    with personal.bulk("test", actor=cuong):
        birth = BirthRegistration.objects.get(pk=entered.birth.pk)
    assert (birth.personal_id, birth.id_state) == (CHILD_ID, "issued")
    assert birth.id_message.startswith("VN-double-")


def test_the_audit_names_the_officer_and_no_child(cuong: Actor, population: ExchangeDouble) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)

    audit = AuditEntry.objects.get(what="civil_status.birth_registered")
    assert audit.actor == str(cuong)
    assert audit.subject == f"civil_status.BirthRegistration:{entered.birth.pk}"
    assert "GIA" not in str(audit.detail)


def test_a_number_that_comes_twice_changes_nothing(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    for _ in range(2):
        births.take_personal_id(
            key=entered.birth.key,
            personal_id=CHILD_ID,
            issued_on=cuong.legal_day,
            message_id="VN-1",
        )

    assert AuditEntry.objects.filter(what="civil_status.id_received").count() == 1


def test_a_child_with_foreign_citizenship_gets_no_number(
    cuong: Actor, population: ExchangeDouble
) -> None:
    child = declarations.child(nationality="Hàn Quốc")
    entered = births.register_birth(birth=declarations.birth(child=child), by=cuong)

    assert entered.outbox_row is None
    assert entered.birth.id_state == "not_due"


def test_a_page_waits_for_the_relay_that_was_faster(
    cuong: Actor, population: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None
    states = iter(["sending", "sending", "delivered"])
    monkeypatch.setattr(outbox, "deliver", lambda row, seconds: next(states))
    monkeypatch.setattr(outbox, "state_of", lambda row: next(states))

    assert shown.delivered(entered.outbox_row) == "delivered"
