"""REST r1: what goes through, what is added, what is hashed (PR-REST, 4)."""

from __future__ import annotations

import json
import uuid

import pytest

from conformance.kit.target import Target
from conformance.kit.wire import UUID, asking, call, raw, request_hash, send


def where(target: Target) -> str:
    service, path = target.need("service", "path")
    return f"/r1/{service}{path}"


def test_an_answer_of_the_service_has_the_exchanges_headers_and_no_error(target: Target) -> None:
    answer = call(target, target.need("path"))
    assert 200 <= answer.status < 300, answer
    assert answer.header("x-road-error") is None
    assert answer.header("x-road-client") == target.client
    assert answer.header("x-road-service") == target.service
    assert UUID.fullmatch(answer.header("x-road-request-id") or "")
    assert len(answer.header("x-road-request-hash") or "") == 88


def test_a_message_id_is_echoed(target: Target) -> None:
    name = f"conformance-{uuid.uuid4()}"
    assert call(target, target.need("path"), ("X-Road-Id", name)).header("x-road-id") == name


def test_a_message_id_is_made_with_the_instance_in_front(target: Target) -> None:
    made = call(target, target.need("path")).header("x-road-id") or ""
    assert made.startswith(f"{target.instance}-")
    assert UUID.fullmatch(made.removeprefix(f"{target.instance}-"))


def test_a_request_id_of_the_clients_own_is_replaced(target: Target) -> None:
    own = str(uuid.uuid4())
    answer = call(target, target.need("path"), ("X-Road-Request-Id", own))
    assert answer.header("x-road-request-id") not in (own, None)


def test_the_request_hash_can_be_made_again_without_a_body(target: Target) -> None:
    path = where(target)
    headers = asking(target, ("X-Road-UserId", "VN001"), ("Accept", "*/*"), ("X-Own", "a b"))
    answer = send(target, "GET", path, headers)
    assert answer.header("x-road-request-hash") == request_hash("GET", path, headers, answer)


def test_the_request_hash_can_be_made_again_with_a_body_and_an_id(target: Target) -> None:
    service, below = target.need("service", "post_path")
    path, body = f"/r1/{service}{below}", "xin chào\0".encode() * 100
    headers = asking(
        target, ("x-road-id", f"c-{uuid.uuid4()}"), ("Content-Type", "application/octet-stream"),
        ("Idempotency-Key", str(uuid.uuid4())),
    )  # fmt: skip
    answer = send(target, "POST", path, headers, body)
    assert answer.header("x-road-error") is None, answer
    assert answer.header("x-road-request-hash") == request_hash("POST", path, headers, answer, body)


def test_a_query_is_hashed_as_it_was_written(target: Target) -> None:
    path = where(target)
    path += ("&" if "?" in path else "?") + "q=%c3%A1+%2F&q=&%7E"
    headers = asking(target)
    answer = send(target, "GET", path, headers)
    assert answer.header("x-road-error") is None, answer
    assert answer.header("x-road-request-hash") == request_hash("GET", path, headers, answer)


def test_header_names_have_no_case(target: Target) -> None:
    answer = send(target, "GET", where(target), [("x-ROAD-client", target.client)])
    assert answer.header("x-road-error") is None, answer


def test_the_last_client_of_several_counts(target: Target) -> None:
    headers = [("X-Road-Client", f"{target.instance}/X/nobody/x"), *asking(target)]
    answer = send(target, "GET", where(target), headers)
    assert answer.header("x-road-error") is None, answer


def test_a_client_identifier_may_be_percent_encoded(target: Target) -> None:
    first, *rest = target.client
    answer = send(
        target, "GET", where(target), [("X-Road-Client", f"%{ord(first):02X}" + "".join(rest))]
    )
    assert answer.header("x-road-error") is None, answer


def test_headers_of_the_hop_end_here_and_others_reach_the_service(target: Target) -> None:
    answer = call(
        target, target.need("echo_path"), ("X-Road-UserId", "VN001"), ("X-Road-Issue", "7"),
        ("X-Own-Header", "x"), ("Cookie", "a=b"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
        ("X-Road-Request-Hash", "own"),
    )  # fmt: skip
    names = set(json.loads(answer.body)["headers"])
    assert {"x-road-client", "x-road-userid", "x-road-issue", "x-road-id", "x-road-request-id",
            "x-own-header", "cookie"} <= names  # fmt: skip
    assert not names & {"keep-alive", "te", "lienthong-client-secret", "x-road-request-hash"}


def test_an_error_of_the_service_is_the_services(target: Target) -> None:
    answer = call(target, target.need("missing_path"))
    assert answer.status >= 400
    assert answer.header("x-road-error") is None
    assert answer.header("x-road-request-hash") is not None


def test_a_client_may_use_the_gateway_as_its_proxy(target: Target) -> None:
    target.need("proxy")
    credential = f"Lienthong-Client-Secret: {target.secret}\r\n" if target.secret else ""
    if target.address[2]:
        pytest.skip("an HTTP proxy is asked over plain HTTP")
    said = raw(
        target,
        f"GET http://any.host.example{where(target)} HTTP/1.1\r\nHost: any.host.example\r\n"
        f"X-Road-Client: {target.client}\r\n{credential}Connection: close\r\n\r\n".encode(),
    )
    assert said.split(b" ")[1][:1] == b"2", said[:300]


def test_an_answer_promises_its_place_in_the_log(target: Target) -> None:
    target.need("promises")
    assert call(target, target.need("path")).header("lienthong-promise")
