"""Population tells that a number was cancelled; the book keeps the entry and notes it once."""

from __future__ import annotations

from datetime import date

from django.test import Client
from django.urls import reverse

from lienthong.exchange import inbox, outbox
from lienthong.exchange.registry import card
from lienthong.exchange.testing import ExchangeDouble, ask_offer, tell
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.record.models import Entry as AuditEntry
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations
from systems.civil_status.played import CHILD_ID

CODE = "personal-id.cancelled.v1"
NEW = "091221000099"
DAY = "2021-08-20"


def told(key: str, personal_id: str = CHILD_ID, successor: str = NEW):
    return tell(
        "civil_status",
        CODE,
        {"personal_id": personal_id, "cancelled_on": DAY, "successor": successor},
        key=key,
        publisher=card("population"),
        ordering_key="person",
    )


def entered(cuong: Actor) -> BirthRegistration:
    done = births.register_birth(birth=declarations.birth(), by=cuong)
    assert done.outbox_row is not None
    assert outbox.deliver(done.outbox_row) == "delivered"
    return done.birth


def now(birth: BirthRegistration, by: Actor) -> BirthRegistration:
    with personal.bulk("test", actor=by):
        return BirthRegistration.objects.get(pk=birth.pk)


def test_the_entry_keeps_what_was_entered_and_learns_the_new_number(
    cuong: Actor, population: ExchangeDouble
) -> None:
    birth = entered(cuong)
    answer = told("p/1")
    assert answer.status == 200
    assert sorted(answer.subjects) == sorted([CHILD_ID, NEW])
    row = now(birth, cuong)
    assert (row.personal_id, row.id_successor) == (CHILD_ID, NEW)
    assert row.id_cancelled_on == date(2021, 8, 20)
    found = ask_offer("civil_status", "births.find.v1", {"personal_id": NEW})
    assert found.body["registration"] == str(birth.key), "it is found by the new number too"


def test_the_same_event_twice_is_noted_once(cuong: Actor, population: ExchangeDouble) -> None:
    entered(cuong)
    assert told("p/1").body["before"] is False
    told("p/1")
    assert AuditEntry.objects.filter(what="civil_status.id_cancelled").count() == 1


def test_a_number_nobody_entered_here_is_no_error(cuong: Actor) -> None:
    assert told("p/1").status == 200
    assert not inbox.dead_letters().exists()
    assert not AuditEntry.objects.filter(what="civil_status.id_cancelled").exists()


def test_the_page_of_the_birth_says_it(
    browser: Client, cuong: Actor, population: ExchangeDouble
) -> None:
    birth = entered(cuong)
    told("p/1")
    page = browser.get(reverse("civil_status:birth", args=[birth.key]))
    assert page.status_code == 200
    assert "đã hủy số này ngày 20/08/2021" in page.content.decode()
