from __future__ import annotations

import base64
import dataclasses
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

import cast
from lienthong.kernel import clock
from lienthong.web.accounts import demo
from lienthong.web.accounts.models import Account
from lienthong.web.actors import actor_of


@pytest.fixture
def demonstration(db: None, settings: Settings, tmp_path: Path, legal_day: None) -> Path:
    settings.DEMO = True
    settings.NODE = dataclasses.replace(settings.NODE, home=tmp_path)
    return tmp_path / "secrets" / "demo_accounts.json"


def test_the_code_is_the_one_of_rfc_6238() -> None:
    # RFC 6238 appendix B, SHA-1, at 1111111109 and 1234567890, last six digits.
    secret = base64.b32encode(b"12345678901234567890").decode()
    for at, code in ((1111111109, "081804"), (1234567890, "005924")):
        with clock.stopped(at=datetime.fromtimestamp(at, UTC)):
            assert demo.totp(secret) == code


def test_the_registrar_of_duong_to_is_seated(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    actor = actor_of(Account.objects.get(username="le.cuong"), cast.LEGAL_DAY)
    assert actor is not None
    assert actor.unit == cast.DUONG_TO
    assert actor.has("civil_status.registrar")


def test_the_stranger_has_an_office_and_no_role(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    actor = actor_of(Account.objects.get(username="do.la"), cast.LEGAL_DAY)
    assert actor is not None
    assert actor.roles == frozenset()


def test_passwords_and_secrets_lie_in_a_file_only_the_owner_reads(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    assert stat.S_IMODE(demonstration.stat().st_mode) == 0o600
    assert stat.S_IMODE(demonstration.parent.stat().st_mode) == 0o700


def test_each_account_is_kept_with_who_it_is(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    kept = json.loads(demonstration.read_text())
    assert kept["le.cuong"]["who"] == "Lê Cường, Công chức tư pháp - hộ tịch, UBND xã Dương Tơ"
    assert all(one["who"] for one in kept.values())


def test_a_second_load_keeps_passwords_and_codes(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    first = json.loads(demonstration.read_text())
    demo.create(cast.LEGAL_DAY)
    assert json.loads(demonstration.read_text()) == first
    assert Account.objects.count() == len(demo.OFFICERS)


def test_a_lost_file_is_made_again_and_the_old_password_stops(demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    old = json.loads(demonstration.read_text())["le.cuong"]["password"]
    demonstration.unlink()
    demo.create(cast.LEGAL_DAY)
    account = Account.objects.get(username="le.cuong")
    assert not account.check_password(old)
    assert account.check_password(json.loads(demonstration.read_text())["le.cuong"]["password"])


def test_what_the_page_shows_really_signs_in(client: Client, demonstration: Path) -> None:
    demo.create(cast.LEGAL_DAY)
    shown = next(a for a in client.get("/demo/").context["accounts"] if a.username == "le.cuong")
    client.post("/dang-nhap", {"login": shown.username, "password": shown.password})
    done = client.post("/dang-nhap/ma", {"code": shown.code})
    assert done.headers["Location"] == "/canbo/"


def test_a_real_node_has_no_demo_page_and_makes_no_demo_accounts(
    client: Client, db: None, settings: Settings
) -> None:
    settings.DEMO = False
    assert client.get("/demo/").status_code == 404
    with pytest.raises(demo.NotADemonstration):
        demo.create(cast.LEGAL_DAY)
    assert "Bản trình diễn" not in client.get("/").content.decode()
