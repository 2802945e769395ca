from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

import cast
from lienthong.kernel.actor import Actor
from lienthong.record.models import Entry
from lienthong.web.accounts import opening
from lienthong.web.accounts.models import Account
from lienthong.web.actors import actor_of

BY = Actor("console", "kien-giang.duong-to", "31096", cast.LEGAL_DAY)
PLACE = opening.Appointment(
    officer_name="Trần Văn Bình",
    title="Công chức tư pháp - hộ tịch",
    office="kien-giang.duong-to",
    office_name="UBND xã Dương Tơ",
    unit=cast.DUONG_TO,
    body="H33",
    roles=("civil_status.registrar",),
    since=date(2021, 8, 1),
)

pytestmark = pytest.mark.django_db


def test_an_opened_account_signs_in_and_acts_for_its_office() -> None:
    password = opening.open_account("tran.binh", PLACE, by=BY)
    account = Account.objects.get(username="tran.binh")
    assert account.check_password(password)
    actor = actor_of(account, cast.LEGAL_DAY)
    assert actor is not None
    assert actor.office == "kien-giang.duong-to"
    assert Entry.objects.filter(what="account.opened").exists()
    given = Entry.objects.get(what="position.given")
    assert given.detail == {"office": "kien-giang.duong-to", "roles": ["civil_status.registrar"]}


def test_the_password_stands_nowhere_in_the_audit() -> None:
    password = opening.open_account("tran.binh", PLACE, by=BY)
    assert all(password not in f"{e.detail} {e.subject}" for e in Entry.objects.all())


def test_two_passwords_are_never_alike() -> None:
    assert len({opening.new_password() for _ in range(50)}) == 50


@pytest.mark.parametrize("name", ["Tran.Binh", "trần.bình", "ab", "1binh", "tran binh", "a" * 65])
def test_a_name_that_cannot_be_typed_everywhere_is_refused(name: str) -> None:
    with pytest.raises(opening.BadUsername):
        opening.open_account(name, PLACE, by=BY)


def test_a_taken_name_is_a_conflict_and_changes_nothing() -> None:
    first = opening.open_account("tran.binh", PLACE, by=BY)
    with pytest.raises(opening.AccountExists):
        opening.open_account("tran.binh", PLACE, by=BY)
    assert Account.objects.get(username="tran.binh").check_password(first)


def test_an_office_nobody_named_is_not_made_up() -> None:
    nameless = opening.Appointment(
        officer_name="x", title="x", office="nowhere", roles=(), since=date(2021, 8, 1)
    )
    with pytest.raises(opening.OfficeUnknown):
        opening.open_account("tran.binh", nameless, by=BY)
    assert not Account.objects.exists()


def test_closing_ends_positions_and_open_sessions(client: Client, legal_day: None) -> None:
    opening.open_account("tran.binh", PLACE, by=BY)
    account = Account.objects.get(username="tran.binh")
    client.force_login(account)
    assert client.get("/tai-khoan/ma-xac-thuc").status_code != 302 or client.session

    opening.close_account("tran.binh", by=BY)

    assert client.get("/canbo/").headers["Location"].startswith("/dang-nhap")
    assert actor_of(account, date(2021, 8, 21)) is None


def test_a_new_password_ends_sessions_and_a_lost_phone_is_set_up_anew(
    client: Client, legal_day: None
) -> None:
    cache.clear()
    opening.open_account("tran.binh", PLACE, by=BY)
    account = Account.objects.get(username="tran.binh")
    client.force_login(account)

    password = opening.set_new_password("tran.binh", by=BY, forget_code=True)

    assert client.get("/canbo/").headers["Location"].startswith("/dang-nhap")
    client.post("/dang-nhap", {"login": "tran.binh", "password": password})
    assert client.get("/canbo/").headers["Location"].startswith("/tai-khoan/ma-xac-thuc")


def test_an_unknown_account_is_said_to_be_unknown() -> None:
    with pytest.raises(opening.NoSuchAccount):
        opening.set_new_password("khong.ai", by=BY)
