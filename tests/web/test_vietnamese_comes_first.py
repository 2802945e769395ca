from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from lienthong.web.middleware import language_of

pytestmark = pytest.mark.django_db


def test_a_browser_set_to_english_still_gets_vietnamese(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "en-GB,en;q=0.9"})
    assert page.headers["Content-Language"] == "vi"
    assert 'lang="vi"' in page.content.decode()


def test_the_switch_turns_the_page_and_stays(client: Client) -> None:
    sent = client.post("/ngon-ngu", {"language": "en", "next": "/"})
    assert sent.headers["Location"] == "/"
    page = client.get("/").content.decode()
    assert 'lang="en"' in page
    assert "Sign in as an officer" in page
    client.post("/ngon-ngu", {"language": "vi", "next": "/"})
    assert "Cán bộ đăng nhập" in client.get("/").content.decode()


def test_a_made_up_language_is_ignored(client: Client) -> None:
    client.cookies["django_language"] = "tlh"
    assert 'lang="vi"' in client.get("/").content.decode()


def test_a_program_is_answered_in_the_language_it_names() -> None:
    request = RequestFactory().get("/api/x", headers={"accept-language": "en"})
    assert language_of(request) == "en"


def test_the_switch_leads_nowhere_outside(client: Client) -> None:
    sent = client.post("/ngon-ngu", {"language": "en", "next": "https://example.org/"})
    assert "example.org" not in sent.headers["Location"]
