"""The client against a gateway that is a function: what it sends, and what it makes of answers."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation

from exchange.played import NOTARY, REGISTER, GiveNumber, ReadNumber, find, give
from lienthong.exchange import client, errors, scope
from lienthong.exchange.addresses import CardAddresses
from lienthong.exchange.asks import Ask
from lienthong.exchange.client import GatewayExchange
from lienthong.exchange.credentials import NoCredential, SecretFiles
from lienthong.exchange.errors import Invalid, Refused, Unavailable, UnknownOutcome
from lienthong.exchange.transport import HttpAnswer, HttpRequest, InProcess, Lost, NotSent
from lienthong.record import trace

Gateway = Callable[[HttpRequest], HttpAnswer]

GIVEN = HttpAnswer(
    200,
    {"x-road-id": "VN-1", "x-road-request-id": "r-1", "content-type": "application/json"},
    b'{"plot":"17","number":4,"note":"new"}',
)


class Seen:
    """A gateway that keeps what it was sent and answers as told."""

    def __init__(self, answer: HttpAnswer | Exception = GIVEN) -> None:
        self.answer = answer
        self.requests: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def header(self, name: str) -> str:
        return dict(self.requests[-1].headers)[name]


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    (tmp_path / "G15.notary").write_text("s3cret\n")
    return SecretFiles(tmp_path)


@pytest.fixture
def gateway(secrets: SecretFiles) -> object:
    seen = Seen()
    addresses = CardAddresses({"land_register": REGISTER, "notary": NOTARY})
    with client.using(GatewayExchange(InProcess(seen), addresses, secrets)):
        yield seen


def test_a_call_has_the_form_of_x_road(gateway: Seen) -> None:
    with translation.override("vi"), trace.following(trace.new()) as id_:
        client.call(give(), key="k-1")
    (request,) = gateway.requests
    assert (request.method, request.target) == (
        "POST",
        "/r1/VN/GOV/G05/land-register/number.give.v1",
    )
    assert dict(request.headers) == {
        "X-Road-Client": "VN/GOV/G15/notary",
        "Lienthong-Client-Secret": "s3cret",
        "Lienthong-Deadline": gateway.header("Lienthong-Deadline"),
        "Lienthong-Trace": id_,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Language": "vi",
        "Idempotency-Key": "k-1",
    }
    assert json.loads(request.body) == {"plot": "17", "owner": "091195000017", "size": 0}
    assert "091195000017" not in request.target


def test_the_answer_is_read_in_the_consumers_shape(gateway: Seen) -> None:
    answer = client.call(give(), key="k-1")
    assert answer.body == ReadNumber(number=4)
    assert (answer.message_id, answer.request_id, answer.raw) == ("VN-1", "r-1", GIVEN.body)
    assert answer.promise is None


def test_a_promise_is_read_along(gateway: Seen) -> None:
    promise = {"log": "VN/GOV/G14/national", "leaf": "AA==", "time": 1, "seal_by": 11, "kid": "k"}
    carried = json.dumps({"promise": json.dumps(promise), "signature": "AA=="}).encode()
    value = base64.urlsafe_b64encode(carried).decode().rstrip("=")
    gateway.answer = HttpAnswer(200, {**GIVEN.headers, "lienthong-promise": value}, GIVEN.body)
    told = client.call(give(), key="k-1").promise
    assert told is not None
    assert (told.seal_by, told.log) == (11, "VN/GOV/G14/national")


def test_a_broken_promise_does_not_cost_the_answer(gateway: Seen) -> None:
    gateway.answer = HttpAnswer(200, {**GIVEN.headers, "lienthong-promise": "?"}, GIVEN.body)
    answer = client.call(give(), key="k-1")
    assert (answer.body.number, answer.promise) == (4, None)


def test_a_changing_call_without_a_key_is_not_sent(gateway: Seen) -> None:
    with pytest.raises(errors.KeyMissing):
        client.call(give())
    assert gateway.requests == []


@pytest.mark.parametrize("key", ["khóa", "a b", "x" * 201, "a\r\nX: y"])
def test_a_key_that_cannot_be_a_header_is_not_sent(gateway: Seen, key: str) -> None:
    with pytest.raises(errors.BadKey):
        client.call(give(), key=key)
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("trouble", "reading", "changing"),
    [(NotSent(), Unavailable, Unavailable), (Lost(), Unavailable, UnknownOutcome)],
    ids=["not sent", "lost"],
)
def test_a_lost_answer_is_an_unknown_outcome_only_for_a_changing_call(
    gateway: Seen, trouble: Exception, reading: type[Exception], changing: type[Exception]
) -> None:
    gateway.answer = trouble
    with pytest.raises(reading):
        client.call(find())
    with pytest.raises(changing):
        client.call(give(), key="k")


def test_an_answer_in_a_strange_shape_is_an_unknown_outcome(gateway: Seen) -> None:
    gateway.answer = HttpAnswer(200, {}, b'{"numero": 4}')
    with pytest.raises(errors.BadAnswer):
        client.call(give(), key="k")


def test_a_fault_and_a_problem_are_raised_as_their_family(gateway: Seen) -> None:
    gateway.answer = HttpAnswer(500, {"x-road-error": "Server.ServerProxy.AccessDenied"}, b"{}")
    with pytest.raises(Refused):
        client.call(find())
    gateway.answer = HttpAnswer(
        409, {"content-type": "application/problem+json"}, b'{"code":"land.taken"}'
    )
    with pytest.raises(Invalid) as caught:
        client.call(find())
    assert caught.value.code == "land.taken"


def test_a_redirect_is_not_followed(gateway: Seen) -> None:
    gateway.answer = HttpAnswer(302, {"location": "http://elsewhere/"}, b"")
    with pytest.raises(errors.ExchangeError):
        client.call(find())
    assert len(gateway.requests) == 1


def test_calls_of_one_page_share_its_seconds(gateway: Seen) -> None:
    with client.within(2.0):
        client.call(find_answered(gateway))
        assert 0 < int(gateway.header("Lienthong-Deadline")) <= 2000
        with client.within(0.5):
            client.call(find_answered(gateway), deadline=30)
            assert 0 < int(gateway.header("Lienthong-Deadline")) <= 500


def test_a_deadline_is_never_longer_than_asked(gateway: Seen) -> None:
    with client.within(30):
        client.call(find_answered(gateway), deadline=1.0)
    assert 0 < int(gateway.header("Lienthong-Deadline")) <= 1000


def test_when_no_time_is_left_nothing_is_sent(gateway: Seen) -> None:
    with client.within(0.0), pytest.raises(Unavailable):
        client.call(find())
    assert gateway.requests == []


def find_answered(gateway: Seen) -> Ask:
    gateway.answer = HttpAnswer(200, {}, b'{"found":false}')
    return find()


def test_inside_an_offer_nothing_may_be_called(gateway: Seen) -> None:
    with scope.answering("land_register/plot.find.v1"), pytest.raises(errors.CalledFromOffer):
        client.call(find())
    assert gateway.requests == []


def test_a_system_without_a_credential_is_told_so(tmp_path: Path) -> None:
    addresses = CardAddresses({"land_register": REGISTER})
    exchange = GatewayExchange(InProcess(Seen()), addresses, SecretFiles(tmp_path))
    with client.using(exchange), pytest.raises(NoCredential):
        client.call(find())


def test_a_service_nobody_provides_is_refused(secrets: SecretFiles) -> None:
    exchange = GatewayExchange(InProcess(Seen()), CardAddresses({}), secrets)
    with client.using(exchange), pytest.raises(Refused) as caught:
        client.call(find())
    assert caught.value.code == "exchange.no_provider"


def test_after_failures_in_a_row_the_provider_is_not_asked(gateway: Seen) -> None:
    gateway.answer = Lost()
    for _ in range(5):
        with pytest.raises(Unavailable):
            client.call(find())
    with pytest.raises(Unavailable) as caught:
        client.call(find())
    assert caught.value.code == "exchange.circuit_open"
    assert len(gateway.requests) == 5


def test_an_ask_must_stand_on_the_card_of_the_one_that_asks() -> None:
    with pytest.raises(ValueError, match="not on the card"):
        Ask(REGISTER, NOTARY.needs[0], GiveNumber("1", "x"))
    with pytest.raises(TypeError, match="GiveNumber"):
        Ask(NOTARY, NOTARY.needs[0], ReadNumber(1))


def test_a_secret_that_was_rotated_counts_for_processes_that_run(tmp_path: Path) -> None:
    place = tmp_path / "G15.notary"
    place.write_text("first")
    known = SecretFiles(tmp_path)
    assert known.secret(NOTARY) == "first"
    renewed = tmp_path / ".draft"
    renewed.write_text("second")
    os.utime(renewed, ns=(1, place.stat().st_mtime_ns + 1))
    renewed.rename(place)
    assert known.secret(NOTARY) == "second"
    place.unlink()
    with pytest.raises(NoCredential):
        known.secret(NOTARY)
