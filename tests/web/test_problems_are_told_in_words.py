from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import translation

from lienthong.kernel.errors import Conflict, LienThongError, Unavailable
from lienthong.web import problems


class AlreadyRegistered(Conflict):
    """This birth is registered already."""

    code = "test.already_registered"


def request_of(path: str = "/khai-sinh/", **headers: Any) -> HttpRequest:
    request = RequestFactory().get(path, **headers)
    request.resolver_match = None
    return request


def test_an_unknown_address_says_what_is_safe_and_what_to_do(client: Client, db: None) -> None:
    page = client.get("/khong-co-trang-nay")
    text = page.content.decode()
    assert page.status_code == 404
    for words in ("Không có gì ở địa chỉ này", "Chưa có gì thay đổi", "Việc cần làm"):
        assert words in text
    assert "404 web.not_found" in text


def test_the_page_names_the_trace_the_log_carries(client: Client, db: None) -> None:
    page = client.get("/khong-co-trang-nay")
    assert page.headers["Lienthong-Trace"] in page.content.decode()


@pytest.mark.parametrize("status", sorted(problems.WORDS))
def test_every_status_has_words_in_both_languages(status: int) -> None:
    words = problems.WORDS[status]
    for text in (words.title, words.what, words.safe, words.todo):
        with translation.override("en"):
            english = str(text)
        with translation.override("vi"):
            vietnamese = str(text)
        assert english != vietnamese, f"not translated: {english}"


def test_an_error_of_the_house_brings_its_code_and_status() -> None:
    answered = problems.answer(request_of(), AlreadyRegistered())
    assert answered is not None
    assert answered.status_code == 409
    text = answered.content.decode()
    assert "test.already_registered" in text
    assert "This birth is registered already." in text


def test_an_api_gets_a_problem_document() -> None:
    answered = problems.answer(request_of("/api/civil_status/births"), AlreadyRegistered())
    assert answered is not None
    assert answered.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answered.content)
    assert body["status"] == 409
    assert body["code"] == "test.already_registered"
    assert body["type"] == "urn:lienthong:problem:test.already_registered"


def test_a_caller_that_reads_no_html_gets_a_document_too() -> None:
    answered = problems.respond(request_of(headers={"accept": "application/json"}), 404)
    assert answered.headers["Content-Type"] == "application/problem+json"


def test_no_answer_shows_what_the_error_carries_inside() -> None:
    secret = Unavailable("The register does not answer.", address="10.0.0.7", name="Nguyễn Thị An")
    for path in ("/khai-sinh/", "/api/x"):
        answered = problems.answer(request_of(path), secret)
        assert answered is not None
        assert "10.0.0.7" not in answered.content.decode()
        assert "Nguyễn Thị An" not in answered.content.decode()


def test_a_database_that_is_away_is_unavailable_and_not_our_fault() -> None:
    answered = problems.answer(request_of(), OperationalError("connection refused"))
    assert answered is not None
    assert answered.status_code == 503
    assert "connection refused" not in answered.content.decode()


def test_a_fault_of_ours_is_left_to_be_raised() -> None:
    assert problems.answer(request_of(), ZeroDivisionError()) is None


def test_a_stale_form_says_to_load_the_page_again(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    page = strict.post("/dang-nhap", {"login": "le.cuong", "password": "x"})
    assert page.status_code == 403
    assert "Trang này mở đã quá lâu" in page.content.decode()
    assert "web.session_changed" in page.content.decode()


def test_a_status_without_words_of_its_own_is_still_told() -> None:
    class Odd(LienThongError):
        """A teapot."""

        code = "test.teapot"
        status = 418

    answered = problems.answer(request_of(), Odd())
    assert answered is not None
    assert answered.status_code == 418
    assert "test.teapot" in answered.content.decode()
