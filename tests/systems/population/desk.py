"""Officers of the population desk, signed in, and what they send."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.test import Client

import cast
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position

DESK = "/canbo/population/"
PURPOSE = "giải quyết hồ sơ cư trú"
GROUND = {
    "effective_on": cast.LEGAL_DAY.strftime("%d/%m/%Y"),
    "reason": "theo đề nghị của công dân",
    "document": "12/QĐ-CA",
    "basis": "Luật Cư trú 68/2020/QH14",
}


def officer(username: str) -> Client:
    """A browser of an officer of the authority."""
    account = Account.objects.create_local(username, "mật khẩu của cán bộ")
    second_factor.set_up(account)
    office, _ = Office.objects.get_or_create(
        code="G01.C06",
        defaults={"name": "Cục C06", "unit": "", "body": "G01", "valid_from": date(2020, 1, 1)},
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name=username,
        title="Cán bộ dữ liệu dân cư",
        roles=["population.officer"],
        valid_from=date(2020, 1, 1),
    )
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def look(client: Client, **asked: str) -> str:
    """The page of an answered search."""
    page = client.post(DESK, {"purpose": PURPOSE, **asked})
    assert page.status_code == 200
    return str(page.content.decode())


def page_of(client: Client, key: object) -> str:
    page = client.get(f"{DESK}nguoi/{key}/")
    assert page.status_code == 200
    return str(page.content.decode())


def act(client: Client, key: object, name: str, *, confirmed: bool = True, **answers: str) -> Any:
    """Answer the form of an act, with its ground; both pages at once unless told otherwise."""
    address = f"{DESK}nguoi/{key}/{name}/"
    if "seen" not in answers:
        form = client.get(address).content.decode()
        found = re.search(r'name="seen"(?: value="([^"]*)")?', form)
        assert found is not None
        answers["seen"] = found.group(1) or ""
    return client.post(address, GROUND | answers | ({"confirmed": "1"} if confirmed else {}))
