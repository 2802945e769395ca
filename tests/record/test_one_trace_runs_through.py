"""Trace ids and the application log: what may be on a line and what may not."""

from __future__ import annotations

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from lienthong.record import trace

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def served(**headers: str) -> tuple[HttpResponse, list[str]]:
    seen: list[str] = []

    def page(request: object) -> HttpResponse:
        seen.append(trace.current())
        return HttpResponse()

    response = trace.TraceMiddleware(page)(RequestFactory().get("/x", headers=headers))
    return response, seen


def test_a_page_gets_a_fresh_trace_and_tells_it() -> None:
    response, (seen,) = served()
    assert response["Lienthong-Trace"] == seen
    assert len(seen) == 32


@pytest.mark.parametrize(
    "headers",
    [
        {"Lienthong-Trace": ID},
        {"Lienthong-Trace": "4BF92F35-77B3-4DA6-A3CE-929D0E0E4736"},
        {"traceparent": f"00-{ID}-00f067aa0ba902b7-01"},
    ],
)
def test_a_trace_that_comes_along_is_followed(headers: dict[str, str]) -> None:
    _, (seen,) = served(**headers)
    assert seen == ID


@pytest.mark.parametrize(
    "headers",
    [
        {"Lienthong-Trace": "Nguyen Thi An 091195000017"},
        {"Lienthong-Trace": "0" * 32},
        {"traceparent": "00-short-01"},
    ],
)
def test_what_is_no_trace_is_replaced(headers: dict[str, str]) -> None:
    response, (seen,) = served(**headers)
    assert seen not in headers.values()
    assert response["Lienthong-Trace"] == seen


def test_the_trace_ends_with_its_request() -> None:
    with trace.following(ID):
        _, (inner,) = served()
        assert inner != ID
        assert trace.current() == ID


def line(message: object, *args: object, **more: object) -> dict[str, object]:
    made = logging.LogRecord("lienthong.x", logging.INFO, "x.py", 1, message, args, None)  # type: ignore[arg-type]
    made.__dict__.update(more)
    return json.loads(trace.JsonFormatter().format(made))  # type: ignore[no-any-return]


def test_a_line_has_the_events_fixed_text_and_never_its_arguments() -> None:
    with trace.following(ID):
        held = line("found %s", "Nguyễn Thị An")
    assert (held["event"], held["trace"], held["level"]) == ("found %s", ID, "info")
    assert "An" not in json.dumps(held, ensure_ascii=False)


def test_another_librarys_words_are_not_repeated() -> None:
    made = logging.LogRecord("procrastinate.jobs", 20, "jobs.py", 7, "Job(An)", None, None)
    held = json.loads(trace.JsonFormatter().format(made))
    assert (held["event"], held["logger"]) == ("jobs:7", "procrastinate.jobs")


def test_only_listed_fields_are_written() -> None:
    held = line("call", service="person.find.v1", personal_id="091195000017", status=200)
    assert (held["service"], held["status"]) == ("person.find.v1", 200)
    assert "personal_id" not in held


def test_an_exception_gives_its_type_and_place_but_not_its_words() -> None:
    try:
        raise ValueError("Key (number)=(091195000017) already exists")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    made = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", None, info)
    text = trace.JsonFormatter().format(made)
    held = json.loads(text)
    assert held["error"] == "ValueError"
    assert held["where"][-1].startswith("test_one_trace_runs_through.py:")
    assert "091195000017" not in text


def test_the_line_of_a_request_has_its_pattern_not_its_path(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="lienthong.request"):
        trace.TraceMiddleware(lambda request: HttpResponse(status=404))(
            RequestFactory().get("/kiem-tra/091195000017")
        )
    (made,) = caplog.records
    assert "091195000017" not in trace.JsonFormatter().format(made)
    assert made.__dict__["status"] == 404
