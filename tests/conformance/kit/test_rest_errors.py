"""Errors of the exchange: code, status, body (PR-REST, 4.6; codes in either spelling)."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from conformance.kit.target import Target
from conformance.kit.wire import UUID, Answer, asking, call, plain, send

SERVER = "server.serverproxy."
CLIENT = "server.clientproxy."


def refused(answer: Answer, *codes: str) -> None:
    """The answer is an error of the exchange with one of these codes, in its documented form."""
    assert answer.fault in {plain(code) for code in codes}, answer
    assert answer.status == (500 if answer.fault.startswith("server.") else 400)
    assert (answer.header("content-type") or "").startswith("application/json")
    body = answer.json()
    assert set(body) == {"type", "message", "detail"}
    assert body["type"] == answer.header("x-road-error")
    assert UUID.fullmatch(body["detail"])


def other_service(target: Target, *, subsystem: str = "", code: str = "") -> str:
    parts = target.need("service").split("/")
    return "/".join([*parts[:3], subsystem or parts[3], code or parts[4]])


def test_a_missing_client_is_told(target: Target) -> None:
    answer = send(target, "GET", f"/r1/{target.need('service')}")
    refused(answer, f"{CLIENT}InvalidClientIdentifier", "client.InvalidClientIdentifier",
            f"{CLIENT}MissingHeader")  # fmt: skip


def test_an_unknown_client_is_told(target: Target) -> None:
    stranger = "/".join([*target.client.split("/")[:3], "conformance-nobody"])
    answer = send(target, "GET", f"/r1/{target.need('service')}", [("X-Road-Client", stranger)])
    refused(answer, f"{CLIENT}UnknownMember", f"{CLIENT}InternalError")


def test_an_unknown_provider_is_told(target: Target) -> None:
    service = f"{target.instance}/X/conformance/nobody/x"
    refused(call(target, service=service), f"{CLIENT}UnknownMember")


def test_an_unknown_service_is_told_by_its_provider(target: Target) -> None:
    service = other_service(target, code="conformance-no-such-service")
    refused(call(target, service=service), f"{SERVER}UnknownService")


def test_a_service_without_a_grant_is_denied(target: Target) -> None:
    refused(call(target, service=target.need("denied_service")), f"{SERVER}AccessDenied")


def test_an_unknown_security_server_is_told(target: Target) -> None:
    member = "/".join(target.need("service").split("/")[:3])
    answer = call(target, target.path or "", ("X-Road-Security-Server", f"{member}/nowhere"))
    refused(answer, f"{CLIENT}InvalidSecurityServer")


@pytest.mark.parametrize("path", ["/r1/", "/r1/XX", "/r1/XX/GOV/1/x", "/r1//////"])
def test_a_path_that_names_no_service_is_told(target: Target, path: str) -> None:
    """PR-REST says 400 Client.BadRequest; the reference code sends an InternalError."""
    answer = send(target, "GET", path, asking(target))
    assert answer.fault in ("client.badrequest", f"{CLIENT}internalerror"), answer
    assert answer.status == (500 if answer.fault.startswith("server.") else 400)


@pytest.mark.parametrize("accept", ["text/xml", "application/xml", "application/json, text/*"])
def test_an_error_is_xml_for_whoever_accepts_xml(target: Target, accept: str) -> None:
    service = other_service(target, code="conformance-no-such-service")
    answer = call(target, "", ("Accept", accept), service=service)
    assert (answer.header("content-type") or "").startswith("text/xml")
    error = ET.fromstring(answer.body)
    assert error.tag == "error"
    assert error.findtext("type") == answer.header("x-road-error")
    assert error.findtext("message")
    assert UUID.fullmatch(error.findtext("detail") or "")


def test_whoever_shows_no_credential_is_refused(target: Target) -> None:
    if not (target.secret or target.cert):
        pytest.skip("needs --secret or --cert")
    answer = send(target, "GET", f"/r1/{target.need('service')}", asking(target), credential=False)
    refused(answer, f"{CLIENT}SslAuthenticationFailed")
