from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

import cast
from lienthong.web.accounts.models import Account
from lienthong.web.actors import actor_of, seats_of
from lienthong.web.offices import Delegation, Office, Position

Seat = Callable[..., Position]


def test_an_actor_carries_office_unit_day_and_roles(registrar: Account) -> None:
    actor = actor_of(registrar, cast.LEGAL_DAY)
    assert actor is not None
    assert actor.account == str(registrar.pk)
    assert actor.office == cast.LE_CUONG.office
    assert actor.unit == cast.DUONG_TO
    assert actor.legal_day == cast.LEGAL_DAY
    assert actor.has("civil_status.registrar")


def test_a_position_holds_on_its_first_and_its_last_day_only(account: Account, seat: Seat) -> None:
    seat(account, valid_from=date(2021, 3, 1), valid_to=date(2021, 8, 20))
    days = [date(2021, 2, 28), date(2021, 3, 1), date(2021, 8, 20), date(2021, 8, 21)]
    held = [actor_of(account, day) is not None for day in days]
    assert held == [False, True, True, False]


def test_a_position_ends_with_its_office(account: Account, seat: Seat, office: Office) -> None:
    seat(account)
    Office.objects.filter(pk=office.pk).update(valid_to=date(2021, 6, 30))
    assert seats_of(account, cast.LEGAL_DAY) == []


def test_with_two_positions_nobody_acts_until_one_is_chosen(account: Account, seat: Seat) -> None:
    seat(account)
    second = seat(account, title="Chủ tịch")
    assert actor_of(account, cast.LEGAL_DAY) is None
    actor = actor_of(account, cast.LEGAL_DAY, seat=f"p{second.pk}")
    assert actor is not None


def test_a_seat_of_somebody_else_cannot_be_chosen(account: Account, seat: Seat) -> None:
    other = Account.objects.create_local("tran.binh", "mot-con-vit-xoe-4")
    theirs = seat(other)
    seat(account)
    seat(account, title="Chủ tịch")
    assert actor_of(account, cast.LEGAL_DAY, seat=f"p{theirs.pk}") is None


def test_a_delegation_hands_on_only_roles_the_position_has(account: Account, seat: Seat) -> None:
    deputy = Account.objects.create_local("pham.dung", "mot-con-vit-xoe-4")
    position = seat(account)
    Delegation.objects.create(
        position=position,
        to_account=deputy,
        to_officer_name="Phạm Dung",
        roles=["civil_status.registrar", "directory.operator"],
        basis="Quyết định 12/QĐ-UBND ngày 01/08/2021",
        valid_from=date(2021, 8, 1),
        valid_to=date(2021, 8, 31),
    )
    actor = actor_of(deputy, cast.LEGAL_DAY)
    assert actor is not None
    assert actor.roles == {"civil_status.registrar"}
    assert actor_of(deputy, date(2021, 9, 1)) is None


def test_a_position_that_ends_before_it_begins_is_refused(account: Account, seat: Seat) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        seat(account, valid_from=date(2021, 8, 2), valid_to=date(2021, 8, 1))


def test_the_chooser_asks_and_then_remembers(signed_in: Client, seat: Seat) -> None:
    account = Account.objects.get(username=cast.LE_CUONG.login)
    second = seat(account, title="Chủ tịch")

    asked = signed_in.get("/canbo/")
    assert asked.headers["Location"] == "/canbo/chon-vi-tri?next=%2Fcanbo%2F"
    nothing = signed_in.post("/canbo/chon-vi-tri", {})
    assert nothing.status_code == 400
    assert "Chọn cơ quan" in nothing.content.decode()
    chosen = signed_in.post("/canbo/chon-vi-tri", {"seat": f"p{second.pk}", "next": "/canbo/"})

    assert chosen.headers["Location"] == "/canbo/"
    assert "Chủ tịch" in signed_in.get("/canbo/").content.decode()


def test_the_chooser_leads_nowhere_outside(signed_in: Client, seat: Seat) -> None:
    account = Account.objects.get(username=cast.LE_CUONG.login)
    second = seat(account)
    sent = signed_in.post(
        "/canbo/chon-vi-tri", {"seat": f"p{second.pk}", "next": "https://example.org/"}
    )
    assert sent.headers["Location"] == "/canbo/"
