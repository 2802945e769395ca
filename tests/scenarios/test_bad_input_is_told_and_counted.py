"""
Whatever is wrong is said in words or in X-Road's codes, stands in the log, and changes nothing.

That a gateway whose snapshot is too old refuses is shown in ``tests/gateway``: on a whole node
the directory makes the snapshot anew every few seconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

import pytest

from running_node import RunningNode
from scenarios.desk_browser import BIRTHS, Browser, births_found, declare_birth
from scenarios.evidence import (
    CIVIL_STATUS,
    POPULATION,
    STEERING,
    Evidence,
    ask,
    eventually,
    raw,
    secret_of,
)

pytestmark = pytest.mark.scenario

FIND = f"{POPULATION}/person.find.v1"
ISSUE = f"{POPULATION}/personal-id.issue.v1"
NUMBER = {"personal_id": "091195000017"}
CHILD = {
    "registration": "scenario-bad-input",
    "registered_on": "2021-08-20",
    "office": "H33.18.05",
    "province": "91",
    "full_name": "Trần Không Có",
    "sex": "male",
    "born_on": "2021-08-17",
    "ethnicity": {"name": "Kinh"},
    "nationality": "Việt Nam",
    "home_place": "xã Dương Tơ",
}


# -- at the gateway --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "fault", "sent"),
    [
        (FIND, "Server.ClientProxy.UnknownMember", {"client": "VN/GOV/G99/nobody", "secret": "x"}),
        (FIND, "Server.ClientProxy.SslAuthenticationFailed", {"secret": "wrong"}),
        (FIND, "Server.ServerProxy.AccessDenied", {"client": STEERING}),
        (f"{POPULATION}/no.such.v1", "Server.ServerProxy.UnknownService", {}),
        ("VN/GOV/G98/nowhere/x.v1", "Server.ClientProxy.UnknownMember", {}),
        (ISSUE, "Client.MissingHeader", {}),
        (FIND, "Client.BadRequest", {"Lienthong_Deadline": "soon"}),
    ],
    ids=[
        "unknown client", "wrong secret", "no grant", "unknown service", "unknown provider",
        "no idempotency key", "deadline that is no number",
    ],
)  # fmt: skip
def test_a_refusal_has_its_code_and_is_counted_once(
    demo_node: RunningNode, log: Evidence, service: str, fault: str, sent: dict[str, Any]
) -> None:
    before = settled_refusals(log)
    reply = ask(demo_node, service, NUMBER, **sent)
    assert reply.headers["x-road-error"] == reply.json["type"] == fault
    assert set(reply.json) == {"type", "message", "detail"}
    assert reply.status == (500 if fault.startswith("Server.") else 400)

    message = reply.headers["x-road-id"]
    lines = [line for line in log.lines(outcome="refused") if line["message_id"] == message]
    assert {line["fault"] for line in lines} == {fault}
    assert {line["service"] for line in lines} == {service}
    eventually(lambda: log.live("refused") == before + 1, 30, "counted exactly once")


def settled_refusals(log: Evidence) -> int:
    """How many refusals are counted once everything so far is sealed."""
    eventually(lambda: log.ask("/health").json["unsealed"] == 0, 30, "all sealed")
    return log.live("refused")


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(
    demo_node: RunningNode, log: Evidence
) -> None:
    before = settled_refusals(log)
    head = (
        f"POST /r1/{FIND} HTTP/1.1\r\nHost: gateway\r\nX-Road-Client: {CIVIL_STATUS}\r\n"
        f"Lienthong-Client-Secret: {secret_of(demo_node, CIVIL_STATUS)}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n"
    )
    said = raw(demo_node.node.ports.consumer, head.encode())
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"type":"Client.InvalidBody"' in said
    eventually(lambda: log.live("refused") == before + 1, 30, "counted exactly once")


@pytest.mark.parametrize(
    "headers",
    [
        b"Host : gateway\r\n",
        b"Host: gateway\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Host: gateway\r\nX-Road-Client: VN\r\n /GOV/G15/civil-status\r\n",
        b"Host: gateway\r\nX-Road-Client: VN\x00GOV\r\n",
    ],
    ids=["space before the colon", "two lengths", "folded line", "zero byte"],
)
def test_malformed_bytes_are_told_and_measured(
    demo_node: RunningNode, log: Evidence, headers: bytes
) -> None:
    """Such bytes make no exchange, so the processes that met them count them as metrics."""
    where = ("consumer", "Client.BadRequest")
    before = log.metrics().get(where, 0)
    # Several, each on its own connection: the process with the metrics gets some of them.
    for _ in range(24):
        said = raw(
            demo_node.node.ports.consumer,
            b"POST /r1/" + FIND.encode() + b" HTTP/1.1\r\n" + headers + b"\r\n",
        )
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b'"type":"Client.BadRequest"' in said
    assert before < log.metrics()[where] <= before + 24


# -- at the provider's edge --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "vietnamese", "english"),
    [
        (
            {"born_on": "2031-08-17"},
            "population.birth_after_registration",
            "Ngày sinh sau ngày đăng ký",
            "The birth lies after its registration",
        ),
        (
            {"born_on": "17/08/2021"},
            "exchange.bad_body",
            "Yêu cầu không đúng cấu trúc",
            "not in the shape",
        ),
        (
            {"province": "zz"},
            "population.unknown_prefix",
            "Tỉnh này không có mã",
            "no prefix of personal IDs",
        ),
    ],
    ids=["future", "no date", "no such province"],
)
def test_a_provider_says_what_is_wrong_in_the_callers_language(
    demo_node: RunningNode,
    log: Evidence,
    changes: dict[str, str],
    code: str,
    vietnamese: str,
    english: str,
) -> None:
    for language, words in (("vi", vietnamese), ("en", english), ("fr", vietnamese)):
        reply = ask(
            demo_node,
            ISSUE,
            CHILD | changes,
            Idempotency_Key=f"bad-{code}-{language}",
            Accept_Language=language,
        )
        assert reply.status == 400
        assert "x-road-error" not in reply.headers, "the provider said so, not the exchange"
        assert reply.headers["content-type"].startswith("application/problem+json")
        assert reply.json["code"] == code
        assert words in reply.json["title"]
        records = log.exchange(reply.headers["x-road-id"])["records"]
        assert len(records) == 4, "an answer of 400 is an exchange like any other"
        assert all(row["signature_valid"] for row in records)


def test_the_same_key_with_other_bytes_is_a_conflict_and_gives_no_second_number(
    demo_node: RunningNode,
) -> None:
    child = CHILD | {"registration": "scenario-two-bodies", "full_name": "Trần Hai Thư"}
    first = ask(demo_node, ISSUE, child, Idempotency_Key="two-bodies")
    assert first.status == 200
    other = ask(demo_node, ISSUE, child | {"sex": "female"}, Idempotency_Key="two-bodies")
    assert other.status == 409
    again = ask(demo_node, ISSUE, child, Idempotency_Key="two-bodies")
    assert again.json == first.json


# -- at the desk -------------------------------------------------------------------------


FUTURE = ("Ngày sinh không thể sau hôm nay", "A birth date cannot be after today")
NAME = ("Họ tên chỉ có chữ cái", "A name has letters, spaces and marks only")
PROBLEM = re.compile(r'^lienthong_problems_total\{code="([^"]+)"\} ([0-9]+)$', re.MULTILINE)
NUMBERS = ("Số định danh có 12 chữ số", "An ID has 12 digits")


def counted(browser: Browser) -> Counter[str]:
    """How often each problem was met at this node's pages, over all their processes."""
    return Counter({code: int(n) for code, n in PROBLEM.findall(browser.get("/metrics").text)})


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_declaration_with_mistakes_is_sent_back_with_all_of_them(
    demo_node: RunningNode, registrar: Browser, language: str
) -> None:
    browser = Browser(demo_node.node.ports.pages, cookies=dict(registrar.cookies))
    browser.language_is(language)
    place = ("vi", "en").index(language)
    before, problems = births_found(registrar, ""), counted(registrar)
    page = declare_birth(
        browser,
        "Trần 123",
        born_on="17/08/2031",
        birth_place="Đã gõ rồi",
        declarant_paper="",
    )
    assert page.status == 422
    for words in (FUTURE, NAME):
        assert words[place] in page.words
    # What was typed is still there.
    assert page.form("form_token")["birth_place"] == "Đã gõ rồi"
    short = declare_birth(browser, "Trần Nguyễn Số Thiếu", mother_id="0911950000")
    assert short.status == 422
    assert NUMBERS[place] in short.words
    assert counted(registrar) - problems == {
        "civil_status.invalid_birth": 2,
        "civil_status.in_future": 1,
        "civil_status.bad_name": 1,
        "civil_status.missing": 1,
        "civil_status.not_twelve_digits": 1,
    }
    assert births_found(registrar, "") == before
    assert births_found(registrar, "Trần Nguyễn Số Thiếu") == {}


def test_a_name_in_pieces_or_with_the_other_d_is_taken_and_cleaned(registrar: Browser) -> None:
    """Decomposed marks, the Icelandic Ð, double spaces: what keyboards and old files send."""
    typed = unicodedata.normalize("NFD", "Ðỗ  thị Ngọc Yến")
    assert typed != "Đỗ Thị Ngọc Yến"
    problems = counted(registrar)
    page = declare_birth(registrar, typed)
    assert counted(registrar) - problems == {
        "civil_status.name_decomposed": 1,
        "civil_status.name_look_alike": 1,
    }
    assert births_found(registrar, "Đỗ Thị Ngọc Yến") == {page.key: "ĐỖ THỊ NGỌC YẾN"}


def test_the_same_child_declared_again_is_pointed_to_the_entry(registrar: Browser) -> None:
    first = declare_birth(registrar, "Trần Nguyễn Đã Có")
    number = re.search(r"số (\d+/2021)", first.words)
    assert number is not None
    problems = counted(registrar)
    again = declare_birth(registrar, "trần nguyễn đã có")
    assert again.status == 409
    assert number[1] in again.words
    assert counted(registrar) - problems == {"civil_status.duplicate_birth": 1}
    assert births_found(registrar, "Trần Nguyễn Đã Có") == {first.key: "TRẦN NGUYỄN ĐÃ CÓ"}
    reason = {"not_duplicate": "Trẻ sinh đôi đặt trùng tên"}
    other = declare_birth(registrar, "Trần Nguyễn Đã Có", **reason)
    assert other.key != first.key


def test_a_form_without_its_token_and_a_stranger_change_nothing(
    demo_node: RunningNode, registrar: Browser
) -> None:
    before = births_found(registrar, "")
    forged = Browser(demo_node.node.ports.pages, cookies=dict(registrar.cookies))
    forged.cookies["csrftoken"] = ""
    assert forged.post(f"{BIRTHS}new", {"child_name": "Trần Giả"}).status == 403
    stranger = Browser(demo_node.node.ports.pages)
    assert stranger.get(f"{BIRTHS}new").path.startswith("/dang-nhap")
    assert births_found(registrar, "") == before
