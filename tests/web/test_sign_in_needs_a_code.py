from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, validate_totp_code
from django.core.cache import cache
from django.test import Client

import cast
from lienthong.kernel import clock
from lienthong.record.models import Entry
from lienthong.web.accounts.demo import totp
from lienthong.web.accounts.models import Account
from lienthong.web.accounts.second_factor import has_totp
from lienthong.web.offices import Position

PASSWORD = "ba-con-ga-trong-9"
Answer = Any
"""What Django's test client gives back; its attributes depend on the page."""


@pytest.fixture(autouse=True)
def no_attempts_counted_yet(db: None) -> None:
    cache.clear()


def give_password(client: Client, password: str = PASSWORD, login: str = cast.LE_CUONG.login):
    return client.post("/dang-nhap", {"login": login, "password": password})


def test_password_and_code_open_the_desks(client: Client, registrar: Account, secret: str) -> None:
    asked = give_password(client)
    assert asked.headers["Location"] == "/dang-nhap/ma"

    done = client.post("/dang-nhap/ma", {"code": totp(secret)})

    assert done.headers["Location"] == "/canbo/"
    assert client.get("/canbo/").status_code == 200


def test_the_password_alone_opens_nothing(client: Client, registrar: Account) -> None:
    give_password(client)
    assert client.get("/canbo/").headers["Location"].startswith("/dang-nhap")


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """Time stands still, so that no step of thirty seconds ends within a test."""
    now = clock.instant()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=now.timestamp))
    with clock.stopped(at=now):
        yield now


def code_at(secret: str, moment: datetime, seconds: int) -> str:
    return str(format_hotp_value(hotp_value(secret, int(moment.timestamp() + seconds) // 30)))


def give_code(code: str) -> Answer:
    """A fresh sign-in: password, then this code."""
    browser = Client()
    give_password(browser)
    return browser.post("/dang-nhap/ma", {"code": code})


def refused(answer: Answer) -> bool:
    return answer.status_code == 200 and "Mã sai hoặc đã hết hạn" in answer.content.decode()


def test_a_code_is_good_once_while_the_tolerance_keeps_it_alive(
    registrar: Account, secret: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a minute later the same code is still one that a slow phone might show."""
    code = code_at(secret, moment, 0)
    assert give_code(code).headers["Location"] == "/canbo/"
    cache.clear()  # whatever a cache remembered of it may be gone by then
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: moment.timestamp() + 30))
    assert validate_totp_code(secret, code), "the tolerance itself would still take it"
    assert refused(give_code(code))


def test_a_code_older_than_the_last_one_taken_is_refused(
    registrar: Account, secret: str, moment: datetime
) -> None:
    assert give_code(code_at(secret, moment, 30)).headers["Location"] == "/canbo/"
    assert refused(give_code(code_at(secret, moment, 0)))


def test_a_code_newer_than_the_last_one_taken_is_good(
    registrar: Account, secret: str, moment: datetime
) -> None:
    for seconds in (-30, 0, 30):
        answer = give_code(code_at(secret, moment, seconds))
        assert answer.headers["Location"] == "/canbo/"


def test_the_code_that_set_the_app_up_signs_nobody_in(
    client: Client,
    account: Account,
    seat: Callable[..., Position],
    legal_day: None,
    moment: datetime,
) -> None:
    seat(account)
    give_password(client)
    secret = client.get("/tai-khoan/ma-xac-thuc").context["form"].secret
    code = code_at(secret, moment, 0)
    assert client.post("/tai-khoan/ma-xac-thuc", {"code": code}).status_code == 302
    assert refused(give_code(code))


def test_a_used_code_tried_again_counts_as_a_wrong_one(
    registrar: Account, secret: str, moment: datetime
) -> None:
    used = code_at(secret, moment, 0)
    give_code(used)
    for _ in range(5):
        assert refused(give_code(used))
    shut = give_code(code_at(secret, moment, 30))
    assert "chờ năm phút" in shut.content.decode()


def test_a_wrong_password_says_what_to_do_and_not_which_half_was_wrong(
    client: Client, registrar: Account
) -> None:
    wrong = give_password(client, "khong-phai-no").content.decode()
    unknown = give_password(client, login="khong.ai").content.decode()
    told = "Tên tài khoản và mật khẩu không đi với nhau"
    assert told in wrong
    assert told in unknown
    assert 'role="alert"' in wrong


def test_five_wrong_passwords_close_the_door_for_a_while(
    client: Client, registrar: Account
) -> None:
    for _ in range(5):
        give_password(client, "khong-phai-no")
    shut = give_password(client)
    assert shut.status_code == 200
    assert "chờ năm phút" in shut.content.decode()


def test_a_name_in_capitals_is_the_same_name(client: Client, registrar: Account) -> None:
    assert give_password(client, login=" Le.Cuong ").headers["Location"] == "/dang-nhap/ma"


def test_an_officer_without_a_code_sets_it_up_before_any_desk_opens(
    client: Client, account: Account, seat: Callable[..., Position], legal_day: None
) -> None:
    seat(account)
    client.force_login(account)

    sent = client.get("/canbo/")

    assert sent.headers["Location"] == "/tai-khoan/ma-xac-thuc?next=%2Fcanbo%2F"


def test_setting_up_the_code_shows_recovery_codes_and_opens_the_desks(
    client: Client, account: Account, seat: Callable[..., Position], legal_day: None
) -> None:
    seat(account)
    give_password(client)  # a fresh sign-in, so that no password is asked again
    page = client.get("/tai-khoan/ma-xac-thuc")
    secret = page.context["form"].secret

    done = client.post("/tai-khoan/ma-xac-thuc", {"code": totp(secret)}, follow=True)

    assert done.request["PATH_INFO"] == "/tai-khoan/ma-du-phong"
    assert len(done.context["unused_codes"]) == 10
    assert client.get("/canbo/").status_code == 200


def test_an_officer_cannot_switch_the_code_off(signed_in: Client, registrar: Account) -> None:
    page = signed_in.get("/tai-khoan/ma-xac-thuc/tat")
    assert "không tắt được" in page.content.decode()
    signed_in.post("/tai-khoan/ma-xac-thuc/tat")
    assert has_totp(registrar)


def test_a_recovery_code_stands_in_for_the_app_once(
    client: Client, registrar: Account, secret: str
) -> None:
    from allauth.mfa.models import Authenticator

    codes = Authenticator.objects.get(user=registrar, type="recovery_codes").wrap()
    code = codes.get_unused_codes()[0]
    give_password(client)
    assert client.post("/dang-nhap/ma", {"code": code}).headers["Location"] == "/canbo/"
    other = Client()
    give_password(other)
    assert other.post("/dang-nhap/ma", {"code": code}).status_code == 200


def test_the_secret_lies_encrypted_in_the_database(registrar: Account, secret: str) -> None:
    from allauth.mfa.models import Authenticator

    stored = Authenticator.objects.get(user=registrar, type="totp").data["secret"]
    assert secret not in stored


def test_nobody_makes_an_account_alone(client: Client, db: None) -> None:
    assert client.get("/dang-nhap/mo-tai-khoan").status_code == 404


def test_signing_out_closes_the_desks(signed_in: Client) -> None:
    assert signed_in.get("/canbo/").status_code == 200
    signed_in.post("/dang-xuat")
    assert signed_in.get("/canbo/").status_code == 302


def test_a_sign_in_stands_in_the_audit_once_both_steps_are_done(
    client: Client, registrar: Account, secret: str
) -> None:
    give_password(client)
    assert not Entry.objects.filter(what="account.signed_in").exists()
    client.post("/dang-nhap/ma", {"code": totp(secret)})
    entry = Entry.objects.get(what="account.signed_in")
    assert entry.actor.startswith(str(registrar.pk))


def test_a_failed_sign_in_is_logged_without_what_was_typed(
    client: Client, registrar: Account, caplog: pytest.LogCaptureFixture
) -> None:
    give_password(client, "khong-phai-no", login="le.cuong")
    lines = [r for r in caplog.records if r.getMessage() == "sign-in failed"]
    assert len(lines) == 1
    assert "khong-phai-no" not in str(lines[0].__dict__)
    assert "le.cuong" not in str(lines[0].__dict__)
