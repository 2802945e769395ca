"""The first officers of a real node: opened, appointed, closed from the command line."""

from __future__ import annotations

import re
from contextlib import nullcontext

import pytest

import cast
from lienthong.cli import accounts, main
from lienthong.kernel.errors import LienThongError
from lienthong.record.models import Entry
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.actors import seats_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("legal_day")]
PLACE = ["--officer", "Trần Văn Bình", "--title", "Công chức", "--office", "kien-giang.duong-to"]
NEW_OFFICE = ["--office-name", "UBND xã Dương Tơ", "--unit", cast.DUONG_TO, "--body", "H33"]
ROLE = ["--role", "civil_status.registrar"]


@pytest.fixture(autouse=True)
def _node(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test database stands for the node's, and nobody is root."""
    monkeypatch.setattr(accounts.database_session, "running", lambda node: nullcontext())
    monkeypatch.setattr(main.os, "geteuid", lambda: 1000)


def said_password(text: str) -> str:
    found = re.search(r"said once and kept nowhere: (\S+)", text)
    assert found is not None
    return found[1]


def test_an_opened_account_has_its_position_and_the_password_that_was_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["accounts", "open", "tran.binh", *PLACE, *NEW_OFFICE, *ROLE]) == 0
    account = Account.objects.get(username="tran.binh")
    assert account.check_password(said_password(capsys.readouterr().out))
    (seat,) = seats_of(account, cast.LEGAL_DAY)
    assert (seat.office, seat.roles) == ("kien-giang.duong-to", {"civil_status.registrar"})
    assert Entry.objects.get(what="account.opened").actor.startswith("command-line")


def test_an_account_is_appointed_and_closed(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["accounts", "open", "tran.binh", *PLACE, *NEW_OFFICE, *ROLE])
    assert main.main(["accounts", "appoint", "tran.binh", *PLACE, "--role", "steering.x"]) == 0
    account = Account.objects.get(username="tran.binh")
    assert len(seats_of(account, cast.LEGAL_DAY)) == 2
    assert main.main(["accounts", "close", "tran.binh"]) == 0
    account.refresh_from_db()
    assert not account.is_active


def test_a_lost_phone_is_forgotten_with_the_old_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main.main(["accounts", "open", "tran.binh", *PLACE, *NEW_OFFICE, *ROLE])
    account = Account.objects.get(username="tran.binh")
    second_factor.set_up(account)
    first = said_password(capsys.readouterr().out)
    assert main.main(["accounts", "password", "tran.binh", "--forget-code"]) == 0
    account.refresh_from_db()
    assert account.check_password(said_password(capsys.readouterr().out))
    assert not account.check_password(first)
    assert not second_factor.has_totp(account)


def test_what_is_wrong_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main.main(["accounts", "close", "nobody.here"])
    except LienThongError as error:  # pragma: no cover - the command must have said it
        pytest.fail(f"not told in words: {error!r}")
    assert status != 0
    assert "No account has this name." in capsys.readouterr().err
