"""The serialised part and the request hash of X-Road REST r1, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.protocol import headers, rest
from lienthong.protocol.errors import BadRequestPath
from lienthong.protocol.rest import MalformedPart, RequestPart, ResponsePart

# Made by following X-Road's code (RestRequest, AbstractClientProxyProcessor) by hand;
# see docs/reference/protocol/PR-MESSAGE.md for how to make it again.
VECTOR = (
    b"POST\r\n"
    b"/r1/VN/GOV/G02/DANCU/xacthuc/v1/persons?full=1\r\n"
    b"X-Road-Client:VN/GOV/G01/HOTICH\r\n"
    b"Content-Type:application/json\r\n"
    b"x-road-request-id:f92591a3-6bf0-49b1-987b-0dd78c034cc3\r\n"
    b"x-road-id:VN-7f1b7a53-5a5b-4f4a-8a0a-0e5b6a9f0c11\r\n"
)
BODY = b'{"id":"001099000001"}'
PART_ONLY = (
    b"u9rTwcO67yGlgOGCqb+UBhaCBrF3XwDMLwjR4JC/lORP9eEn/C9eN6Z+bT1W7TkRHuJXHHoCl6zrZ2ouLeikNA=="
)
WITH_BODY = (
    b"VpakyCp/fT4bavfrDfKLE05xC9Aqaz4n33b8NCqncq/TcDWwmhRbtAxXkXiY0IxF5EKdtH4JO4R5CPrGFRhLTA=="
)


def part_of_vector() -> RequestPart:
    return rest.request_part(
        b"POST",
        b"/r1/VN/GOV/G02/DANCU/xacthuc/v1/persons?full=1",
        [
            (b"Host", b"127.0.0.1:8080"),
            (b"X-Road-Client", b"VN/GOV/G01/HOTICH"),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", b"21"),
            (b"X-Road-Request-Id", b"chosen-by-the-client"),
        ],
        request_id=b"f92591a3-6bf0-49b1-987b-0dd78c034cc3",
        message_id=b"VN-7f1b7a53-5a5b-4f4a-8a0a-0e5b6a9f0c11",
    )


def test_the_part_is_serialised_byte_for_byte():
    assert part_of_vector().serialise() == VECTOR
    assert len(VECTOR) == 225


def test_the_hash_of_the_vector_without_and_with_body():
    assert rest.request_hash(VECTOR, b"") == PART_ONLY
    assert rest.request_hash(VECTOR, BODY) == WITH_BODY
    assert rest.request_hash(VECTOR, rest.BodyHash.of(BODY)) == WITH_BODY


def test_an_id_the_client_sent_is_kept_in_its_place():
    part = rest.request_part(
        b"GET", b"/r1/a/b/c/d/e", [(b"x-Road-ID", b"mine"), (b"Accept", b"*/*")],
        request_id=b"r", message_id=b"unused",
    )  # fmt: skip
    assert part.headers == (
        (b"x-Road-ID", b"mine"),
        (b"Accept", b"*/*"),
        (b"x-road-request-id", b"r"),
    )


def test_an_answer_ends_with_the_five_headers_of_the_exchange():
    part = rest.response_part(
        200,
        b"OK",
        [(b"Server", b"x"), (b"X-Road-Service", b"forged"), (b"Content-Type", b"text/plain")],
        message_id=b"m",
        client=b"c",
        service=b"s",
        request_id=b"r",
        request_hash=b"h",
    )
    assert part.serialise() == (
        b"200\r\nOK\r\nContent-Type:text/plain\r\nx-road-id:m\r\nx-road-client:c\r\n"
        b"x-road-service:s\r\nx-road-request-id:r\r\nx-road-request-hash:h\r\n"
    )
    assert ResponsePart.parse(part.serialise()) == part


name = st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,12}", fullmatch=True)
value = st.binary(max_size=20).filter(lambda data: b"\r" not in data and b"\n" not in data)


@given(st.lists(st.tuples(name, value), max_size=6))
def test_a_serialised_part_reads_back_as_it_was(pairs):
    part = RequestPart(b"GET", b"/r1/a/b/c/d/e", tuple(pairs))
    assert RequestPart.parse(part.serialise()) == part


@pytest.mark.parametrize("raw", [b"", b"GET\r\n", b"GET\r\n/\r\nno colon\r\n", b"GET\r\n/\r\na:b"])
def test_what_is_not_a_part_is_refused(raw):
    with pytest.raises(MalformedPart):
        RequestPart.parse(raw)


@given(st.lists(st.tuples(name, value), max_size=6))
def test_a_partys_own_headers_cross_between_gateways_unharmed(pairs):
    mine = headers.surviving([*pairs, (b"Signature", b"sig1=:AA==:"), (b"content-digest", b"x")])
    crossing = headers.escape_for_peer(mine)
    assert not any(key.lower() in headers.PEER_ONLY for key, _ in crossing)
    added = [(headers.SIGNATURE, b"lienthong=:AA==:"), (headers.CONTENT_DIGEST, b"y")]
    assert headers.unescape_from_peer([*crossing, *added]) == mine


def test_a_target_names_service_path_and_query():
    target = rest.parse_target(b"/r1/VN/GOV/G%2F1/pop/svc/a/b//c?x=1?y")
    assert str(target.service) == "VN/GOV/G%2F1/pop/svc"
    assert target.service.subsystem.member_code == "G/1"
    assert target.service_path == b"/a/b//c"
    assert target.query == b"x=1?y"
    assert rest.parse_target(b"/r1/VN/GOV/G01/pop/svc").service_path == b""
    assert rest.parse_target(b"/r1/VN/GOV/G01/pop/svc/").service_path == b"/"


@pytest.mark.parametrize(
    "raw",
    [b"/r1/VN/GOV/G01/pop", b"/r2/VN/GOV/G01/pop/svc", b"/r1/VN//G01/pop/svc", b"r1/VN/GOV/G/p/s",
     b"/r1/VN/GOV/%FF/pop/svc", b"/r1/VN/GOV/\xff/pop/svc", b""],
)  # fmt: skip
def test_a_malformed_target_is_refused(raw):
    with pytest.raises(BadRequestPath):
        rest.parse_target(raw)
