"""A node whose public address is https tells browsers to keep to it; any other says nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import django
django.setup()
from django.conf import settings
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
answer = SecurityMiddleware(lambda request: HttpResponse())(
    RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"})
)
print(answer.headers.get("Strict-Transport-Security", "nothing"))
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
"""


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://ho-tich.example.vn", ["max-age=31536000", "True True"]),
        ("http://127.0.0.1:8000", ["nothing", "False False"]),
    ],
    ids=["https", "http"],
)
def test_https_is_kept_to_where_it_is_the_public_address(address: str, told: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env=os.environ | {"LIENTHONG_PUBLIC_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == told
