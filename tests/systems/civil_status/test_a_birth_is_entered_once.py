"""A form sent twice, a child declared twice, a desk that is not competent."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

import cast
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status.errors import DuplicateBirth, NoDesk, NotCompetent
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations

NEW = "/canbo/civil-status/births/new"


def test_one_form_makes_one_entry(cuong: Actor, population: ExchangeDouble) -> None:
    token = uuid4()
    first = births.register_birth(birth=declarations.birth(), by=cuong, form_token=token)
    again = births.register_birth(birth=declarations.birth(), by=cuong, form_token=token)

    assert again.birth.key == first.birth.key
    assert OutboxRow.objects.count() == 1


def test_a_browser_that_sends_twice_lands_on_the_same_entry(
    browser: Client, population: ExchangeDouble
) -> None:
    form = declarations.birth_form()

    first, second = browser.post(NEW, form), browser.post(NEW, form)

    assert first["Location"] == second["Location"]
    assert BirthRegistration.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["Trần Nguyễn Gia Đức", "TRAN NGUYEN GIA DUC", "Trần  Nguyễn Gia Ðức"]
)
def test_the_same_child_is_noticed_with_or_without_marks(
    cuong: Actor, other_officer: Actor, population: ExchangeDouble, name: str
) -> None:
    births.register_birth(birth=declarations.birth(), by=cuong)
    again = declarations.birth(child=declarations.child(full_name=name))

    with pytest.raises(DuplicateBirth) as refused:
        births.register_birth(birth=again, by=other_officer)
    assert refused.value.detail["number"] == "1/2021"


def test_a_twin_of_another_name_is_no_duplicate(cuong: Actor, population: ExchangeDouble) -> None:
    births.register_birth(birth=declarations.birth(), by=cuong)
    twin = declarations.birth(child=declarations.child(full_name="Trần Nguyễn Gia Phúc"))

    assert births.register_birth(birth=twin, by=cuong).birth.number == "2/2021"


def test_the_officer_may_say_why_it_is_another_child(
    browser: Client, population: ExchangeDouble
) -> None:
    browser.post(NEW, declarations.birth_form())
    refused = browser.post(NEW, declarations.birth_form())
    assert refused.status_code == 409
    assert "Có vẻ việc này đã ghi trong sổ" in refused.content.decode()

    entered = browser.post(
        NEW, declarations.birth_form(not_duplicate="hai mẹ trùng tên, khác số định danh")
    )

    assert entered.status_code == 302
    assert BirthRegistration.objects.count() == 2


def test_an_office_without_books_enters_nothing(db: None, population: ExchangeDouble) -> None:
    stranger = Actor("a-1", "G14.TH", "", cast.LEGAL_DAY)

    with pytest.raises(NoDesk):
        births.register_birth(birth=declarations.birth(), by=stranger)


def test_a_foreign_parent_belongs_to_the_district_in_2021(
    cuong: Actor, population: ExchangeDouble
) -> None:
    birth = declarations.birth(father=declarations.father(nationality="Hàn Quốc"))

    with pytest.raises(NotCompetent):
        births.register_birth(birth=birth, by=cuong)


def test_a_withdrawn_entry_cancels_the_number_and_frees_the_name(
    cuong: Actor, population: ExchangeDouble
) -> None:
    from lienthong.exchange import outbox

    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    assert entered.outbox_row is not None
    outbox.deliver(entered.outbox_row)
    births.withdraw_birth(
        key=entered.birth.key, reason="người đăng ký là người thân", decision="45/QĐ-UBND", by=cuong
    )

    row = outbox.unfinished("civil_status", entered.birth.key).get()
    assert outbox.deliver(row.pk) == "delivered"
    (asked,) = population.asked("population", "personal-id.cancel.v1")
    assert asked.personal_id == declarations.CHILD_ID
    births.register_birth(birth=declarations.birth(), by=cuong)


def test_a_number_that_comes_after_the_withdrawal_is_cancelled_at_once(
    cuong: Actor, population: ExchangeDouble
) -> None:
    from lienthong.exchange import outbox

    entered = births.register_birth(birth=declarations.birth(), by=cuong)
    births.withdraw_birth(key=entered.birth.key, reason="ghi nhầm", decision="45/QĐ-UBND", by=cuong)
    assert entered.outbox_row is not None
    outbox.deliver(entered.outbox_row)

    waiting = outbox.unfinished("civil_status", entered.birth.key).get()
    assert waiting.code == "personal-id.cancel.v1"
