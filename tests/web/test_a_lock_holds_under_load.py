"""The locks at sign-in on the cache a running node has: a table all its processes share."""

from __future__ import annotations

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client

import cast
from lienthong.web.accounts.models import Account
from lienthong.web.lasting_cache import LastingCache

LOCKED = "chờ năm phút"


@pytest.fixture(autouse=True)
def nothing_kept_yet(db: None) -> None:
    assert isinstance(caches["default"], LastingCache)
    cache.clear()


def try_password(client: Client) -> str:
    given = {"login": cast.LE_CUONG.login, "password": "khong-phai-no"}
    return client.post("/dang-nhap", given).content.decode()


def test_a_thousand_other_entries_do_not_free_a_lock(client: Client, registrar: Account) -> None:
    for _ in range(5):
        assert LOCKED not in try_password(client)
    for number in range(1000):
        # Before and after the lock in the order of keys.
        assert cache.add(f"{'!~'[number % 2]}{number}", number, timeout=300)
    assert cache.get("!0") == 0
    assert LOCKED in try_password(client)


def test_what_has_run_out_makes_room() -> None:
    cache.set("young", 1, timeout=300)
    for number in range(1000):
        cache.set(f"old-{number}", number, timeout=-60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM web_cache")
        (kept,) = cursor.fetchone()
    assert kept <= 303
    assert cache.get("young") == 1
