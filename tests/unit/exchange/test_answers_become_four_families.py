"""Faults of the exchange and problems of providers, sorted by what the caller may do next."""

from __future__ import annotations

import json

import pytest

from lienthong.exchange import errors
from lienthong.exchange.errors import Invalid, Refused, Unavailable, UnknownOutcome

FAULTS = [
    # fault, when reading, when changing
    ("Server.ServerProxy.AccessDenied", Refused, Refused),
    ("server.serverproxy.access_denied", Refused, Refused),
    ("Server.ClientProxy.UnknownMember", Refused, Refused),
    ("Server.ServerProxy.UnknownService", Refused, Refused),
    ("Server.ClientProxy.SslAuthenticationFailed", Refused, Refused),
    ("Client.BadRequest", Invalid, Invalid),
    ("client.bad_request", Invalid, Invalid),
    ("Server.ServerProxy.InvalidBody", Invalid, Invalid),
    ("Server.ClientProxy.NetworkError", Unavailable, Unavailable),
    ("Server.ServerProxy.NetworkError", Unavailable, Unavailable),
    ("Server.ClientProxy.OutdatedGlobalConf", Unavailable, Unavailable),
    ("server.clientproxy.global_conf_outdated", Unavailable, Unavailable),
    ("Server.ServerProxy.ServiceDisabled", Unavailable, Unavailable),
    ("Server.ServerProxy.IOError", Unavailable, UnknownOutcome),
    ("Server.ClientProxy.IOError", Unavailable, UnknownOutcome),
    ("Server.ServerProxy.LoggingFailed", Unavailable, UnknownOutcome),
    ("Server.ClientProxy.InconsistentResponse", Unavailable, UnknownOutcome),
    ("Server.ServerProxy.SomethingNew", Unavailable, UnknownOutcome),
]


@pytest.mark.parametrize(("fault", "reading", "changing"), FAULTS)
def test_a_fault_is_told_apart_by_whether_something_may_have_happened(
    fault: str, reading: type, changing: type
) -> None:
    assert type(errors.from_fault(fault, changes=False)) is reading
    assert type(errors.from_fault(fault, changes=True)) is changing


def test_a_fault_keeps_its_code_and_trace() -> None:
    body = json.dumps(
        {"type": "Server.ServerProxy.AccessDenied", "message": "Request of An", "detail": "t-1"}
    ).encode()
    error = errors.from_answer(
        500, {"x-road-error": "Server.ServerProxy.AccessDenied"}, body, changes=True
    )
    assert (error.fault, error.trace_id) == ("Server.ServerProxy.AccessDenied", "t-1")
    assert "An" not in str(error)


PROBLEM = {"content-type": "application/problem+json"}

STATUSES = [
    (400, Invalid),
    (404, Invalid),
    (409, Invalid),
    (422, Invalid),
    (401, Refused),
    (403, Refused),
    (429, Unavailable),
    (503, Unavailable),
    (504, Unavailable),
    (500, Unavailable),
]


@pytest.mark.parametrize(("status", "family"), STATUSES)
def test_a_problem_is_sorted_by_its_status_and_keeps_its_code(status: int, family: type) -> None:
    body = json.dumps(
        {
            "code": "population.already_issued",
            "title": "An đã có số",
            "trace_id": "t-2",
            "params": {"count": 2, "code": "x", "message": "y"},
        }
    ).encode()
    error = errors.from_answer(status, PROBLEM, body, changes=True, message_id="m-1")
    assert type(error) is family
    assert (error.code, error.trace_id) == ("population.already_issued", "t-2")
    assert (error.message_id, error.detail) == ("m-1", {"count": 2})
    assert "An" not in str(error)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_failure_without_a_problem_may_hide_an_effect(status: int) -> None:
    """A proxy before the system says 504 when the system was too slow, not idle."""
    html = {"content-type": "text/html"}
    assert type(errors.from_answer(status, html, b"<h1>", changes=True)) is UnknownOutcome
    assert type(errors.from_answer(status, html, b"<h1>", changes=False)) is Unavailable


def test_a_system_that_takes_no_more_has_done_nothing() -> None:
    html = {"content-type": "text/html"}
    assert type(errors.from_answer(503, html, b"<h1>", changes=True)) is Unavailable


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": 3}', b'{"params": []}'])
def test_a_broken_problem_is_still_sorted(body: bytes) -> None:
    assert type(errors.from_answer(409, PROBLEM, body, changes=True)) is Invalid


def test_the_families_are_also_those_of_the_kernel() -> None:
    from lienthong.kernel import errors as kernel

    assert issubclass(Refused, kernel.Refused)
    assert issubclass(Invalid, kernel.Invalid)
    assert issubclass(Unavailable, kernel.Unavailable)
    assert not set(errors.Final) & set(errors.Retryable)
