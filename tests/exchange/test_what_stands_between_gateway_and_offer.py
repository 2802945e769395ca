"""The provider's edge: admission, shapes, field lists, subjects, one effect for one key."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.db import connection, connections

from exchange.played import NAME, NUMBER, REGISTER, FindPlot, GiveNumber, NumberGiven, Plot
from lienthong.exchange import client, edge, edge_wsgi, kept, scope
from lienthong.exchange.edge import Caller
from lienthong.exchange.edge_wsgi import EdgeRequest, application, serve
from lienthong.exchange.errors import CalledFromOffer
from lienthong.exchange.models import KeptAnswer
from lienthong.exchange.testing import ADMISSION_KEY, OfferAnswer, admission, ask_offer
from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict
from lienthong.record.models import Entry

pytestmark = pytest.mark.django_db

Given = Callable[[Any, Caller], Any]


class AlreadyGiven(Conflict):
    """This plot already has a number."""

    code = "land_register.already_given"


class Register:
    """The handlers of the tests, counted."""

    def __init__(self) -> None:
        self.given = 0
        self.callers: list[Caller] = []
        self.failure: Exception | None = None
        self.names: list[str] | None = [NUMBER]

    def give(self, request: GiveNumber, caller: Caller) -> NumberGiven:
        self.given += 1
        self.callers.append(caller)
        # A trace in the database, to see what a rollback takes along.
        Entry.objects.create(
            at=clock.instant(), legal_day=clock.today(), actor="x", what="a.b", subject="s",
            trace="",
        )  # fmt: skip
        if self.failure is not None:
            raise self.failure
        if self.names is not None:
            edge.name_subjects(self.names)
        return NumberGiven(request.plot, self.given, note=NAME)

    def find(self, request: FindPlot, caller: Caller) -> Plot:
        edge.name_subjects([NUMBER])
        return Plot(found=True, owner=NAME, debts=7)


@pytest.fixture
def register() -> Iterator[Register]:
    held = Register()
    edge.offer("number.give.v1", card=REGISTER)(held.give)
    edge.offer("plot.find.v1", card=REGISTER)(held.find)
    yield held
    edge.remove("land_register", "number.give.v1")
    edge.remove("land_register", "plot.find.v1")


def ask(key: str = "k-1", plot: str = "17", **more: Any) -> OfferAnswer:
    return ask_offer("land_register", "number.give.v1", GiveNumber(plot, NUMBER), key=key, **more)


def test_an_admitted_request_is_answered_and_its_subjects_are_named(register: Register) -> None:
    answer = ask()
    assert (answer.status, answer.body) == (200, {"plot": "17", "number": 1, "note": NAME})
    assert answer.subjects == [NUMBER]


def test_the_handler_learns_who_asks_by_which_grant(register: Register) -> None:
    ask(client_id="VN/GOV/H33/mot-cua", purpose="cấp sổ", fields=["number"])
    (caller,) = register.callers
    assert (str(caller.client), caller.system) == ("VN/GOV/H33/mot-cua", "mot_cua")
    assert (caller.purpose, caller.fields, caller.key) == ("cấp sổ", ("number",), "k-1")
    assert str(caller.actor) == "exchange:VN/GOV/H33/mot-cua@VN/GOV/H33/mot-cua"
    assert 0 < caller.left <= 30


def test_only_the_fields_of_the_grant_are_answered(register: Register) -> None:
    answer = ask_offer("land_register", "plot.find.v1", FindPlot(1), fields=["found", "debts"])
    assert answer.body == {"found": True, "debts": 7}


# -- admission ---------------------------------------------------------------------------


def served(headers: dict[str, str], body: bytes, path: str = "", method: str = "POST") -> Any:
    answer = serve(
        EdgeRequest(method, path or "/offers/land-register/plot.find.v1", headers, body),
        key=ADMISSION_KEY,
    )
    return answer.status, msgspec.json.decode(answer.body)


BODY = msgspec.json.encode(FindPlot(1))


def sealed(code: str = "plot.find.v1", body: bytes = BODY, seconds: float = 30) -> dict[str, str]:
    value = admission(REGISTER, code, body, client_id="VN/GOV/G15/notary", seconds=seconds)
    return {"lienthong-admission": value}


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        (lambda: {}, BODY, "exchange.missing_signature"),
        (lambda: {"lienthong-admission": "x.y"}, BODY, "exchange.bad_signature"),
        (sealed, b'{"number":2}', "exchange.bad_signature"),
        (lambda: sealed(code="number.give.v1"), BODY, "exchange.other_service"),
    ],
    ids=["none", "forged", "other body", "other service"],
)
def test_what_the_gateway_did_not_admit_is_refused(
    register: Register, headers: Callable[[], dict[str, str]], body: bytes, reason: str
) -> None:
    # Sealed now and not at the collection: an admission holds for seconds.
    status, problem = served(headers(), body)
    assert (status, problem["code"]) == (403, "exchange.not_admitted")
    assert problem["params"] == {"reason": reason}


def test_an_admission_of_another_key_is_refused(register: Register) -> None:
    answer = serve(
        EdgeRequest("POST", "/offers/land-register/plot.find.v1", sealed(), BODY), key=b"other"
    )
    assert answer.status == 403


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/offers/land-register/no.such.v1", "POST", 404),
        ("/offers/no-such/plot.find.v1", "POST", 404),
        ("/offers/land-register/plot.find.v1/deeper", "POST", 404),
        ("/elsewhere", "POST", 404),
        ("/offers/land-register/plot.find.v1", "GET", 405),
    ],
)
def test_other_addresses_and_methods_are_told_so(
    register: Register, path: str, method: str, status: int
) -> None:
    assert served(sealed(), BODY, path, method)[0] == status


def test_a_request_nobody_waits_for_is_not_begun(register: Register) -> None:
    answer = ask(seconds=-1)
    assert (answer.status, answer.code, register.given) == (503, "exchange.out_of_time", 0)


# -- shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b'{"plot":"\xff","owner":"x"}', "$"),
        (b'{"plot":"17"}', "$"),
        (b'{"plot":17,"owner":"Nguyen Thi An"}', "$.plot"),
        ('{"plot":"thửa đất của bà Nguyễn Thị An","owner":"x"}'.encode(), "$.plot"),
    ],
)
def test_a_body_in_another_shape_is_told_the_place_and_never_the_value(
    register: Register, body: bytes, place: str
) -> None:
    answer = ask_offer("land_register", "number.give.v1", body, key="k")
    assert (answer.status, answer.code) == (400, "exchange.bad_body")
    assert answer.body["params"] == {"at": place}
    assert b"Nguy" not in answer.raw
    assert register.given == 0


def test_unknown_fields_of_a_newer_caller_are_ignored(register: Register) -> None:
    body = b'{"plot":"17","owner":"x","colour":"red"}'
    assert ask_offer("land_register", "number.give.v1", body, key="k").status == 200


def test_a_body_longer_than_the_card_allows_is_refused(register: Register) -> None:
    body = msgspec.json.encode(GiveNumber("17", "x" * 3000))
    answer = ask_offer("land_register", "number.give.v1", body, key="k")
    assert (answer.status, answer.code) == (413, "exchange.too_large")


def test_an_answer_in_another_shape_is_an_error_of_the_provider(register: Register) -> None:
    edge.remove("land_register", "plot.find.v1")
    edge.offer("plot.find.v1", card=REGISTER)(lambda request, caller: {"found": True})
    answer = ask_offer("land_register", "plot.find.v1", FindPlot(1))
    assert (answer.status, answer.code) == (500, "exchange.bad_handler")


def test_an_offer_that_names_nobody_is_an_error_and_its_effect_is_undone(
    register: Register,
) -> None:
    register.names = None
    answer = ask()
    assert (answer.status, answer.code) == (500, "exchange.subjects_not_named")
    assert not Entry.objects.exists()


def test_saying_that_nobody_is_concerned_is_an_answer(register: Register) -> None:
    register.names = []
    answer = ask()
    assert answer.status == 200
    assert answer.headers["lienthong-subject"] == ""


def test_a_subject_is_an_identifier_and_no_text(register: Register) -> None:
    register.names = ["Nguyễn Thị An\r\nX: y"]
    assert ask().status == 500


# -- one effect for one key --------------------------------------------------------------


def test_a_changing_offer_needs_a_key(register: Register) -> None:
    answer = ask(key="")
    assert (answer.status, answer.code) == (400, "exchange.idempotency_key_missing")
    assert register.given == 0


@pytest.mark.parametrize("key", ["x" * 201, "a b", "khóa"])
def test_a_key_is_short_and_printable(register: Register, key: str) -> None:
    assert ask(key=key).code == "exchange.bad_idempotency_key"


def test_the_same_key_gives_the_same_answer_and_no_second_effect(register: Register) -> None:
    first, second = ask(), ask()
    assert (first.raw, first.subjects) == (second.raw, second.subjects)
    assert register.given == 1
    assert second.headers["lienthong-repeated"] == "1"


def test_the_same_key_with_other_bytes_is_a_conflict(register: Register) -> None:
    ask(plot="17")
    answer = ask(plot="18")
    assert (answer.status, answer.code) == (409, "exchange.idempotency_key_reused")
    assert register.given == 1


def test_keys_of_two_callers_are_not_the_same_key(register: Register) -> None:
    ask(client_id="VN/GOV/G15/notary")
    assert ask(client_id="VN/GOV/H33/notary").body["number"] == 2


def test_a_repeated_answer_follows_the_grant_of_today(register: Register) -> None:
    ask()
    assert ask(fields=["number"]).body == {"number": 1}


def test_a_refused_request_leaves_nothing_and_may_come_again(register: Register) -> None:
    register.failure = AlreadyGiven(plot="17")
    answer = ask()
    assert (answer.status, answer.code) == (409, "land_register.already_given")
    assert answer.body["params"] == {"plot": "17"}
    assert not KeptAnswer.objects.exists()
    assert not Entry.objects.exists()
    register.failure = None
    assert ask().status == 200


def test_kept_answers_are_forgotten_after_thirty_days(register: Register) -> None:
    ask(key="old")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_keptanswer SET kept_at = kept_at - interval '31 days'")
    ask(key="new")
    assert kept.forget_old() == 1
    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_key_at_the_same_moment_have_one_effect(register: Register) -> None:
    started, go_on = threading.Event(), threading.Event()
    plain = register.give

    def slow(request: GiveNumber, caller: Caller) -> NumberGiven:
        answer = plain(request, caller)
        started.set()
        go_on.wait(5)
        return answer

    edge.remove("land_register", "number.give.v1")
    edge.offer("number.give.v1", card=REGISTER)(slow)
    answers: list[OfferAnswer] = []

    def one() -> None:
        answers.append(ask())
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    threads[0].start()
    assert started.wait(5)
    threads[1].start()
    threads[1].join(0.3)
    assert threads[1].is_alive(), "the second request waits for the first"
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert [answer.body["number"] for answer in answers] == [1, 1]
    assert register.given == 1


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_outlives_the_callers_patience_is_stopped(register: Register) -> None:
    def slow(request: FindPlot, caller: Caller) -> Plot:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")
        return Plot(found=False)

    edge.remove("land_register", "plot.find.v1")
    edge.offer("plot.find.v1", card=REGISTER)(slow)
    answer = ask_offer("land_register", "plot.find.v1", FindPlot(1), seconds=0.3)
    assert (answer.status, answer.code) == (503, "exchange.register_busy")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


# -- errors ------------------------------------------------------------------------------


def test_an_unforeseen_error_tells_nothing_of_itself(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    register.failure = RuntimeError(f"no such owner: {NAME} {NUMBER}")
    answer = ask()
    assert (answer.status, answer.code) == (500, "lienthong.error")
    assert NUMBER.encode() not in answer.raw
    assert NAME.encode() not in answer.raw


def test_a_problem_is_told_in_the_callers_language(register: Register) -> None:
    register.failure = AlreadyGiven()
    english = ask(language="en-GB,en;q=0.9,vi;q=0.1")
    assert english.headers["content-type"] == "application/problem+json"
    assert english.headers["content-language"] == "en"
    assert english.body["title"] == "This plot already has a number."
    assert ask(language="fr").headers["content-language"] == "vi"
    assert ask(language="").headers["content-language"] == "vi"


def test_the_edges_own_problems_are_told_in_vietnamese(register: Register) -> None:
    assert ask(key="").body["title"] == (
        "Dịch vụ này làm thay đổi dữ liệu nên cần Idempotency-Key."
    )


def test_a_problem_carries_the_trace_it_came_under(register: Register) -> None:
    register.failure = AlreadyGiven()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert ask(headers={"lienthong-trace": trace}).body["trace_id"] == trace


# -- what a handler may not --------------------------------------------------------------


def test_an_offer_may_not_call_the_exchange(register: Register) -> None:
    from exchange.played import find

    def calling(request: FindPlot, caller: Caller) -> Plot:
        client.call(find())
        return Plot(found=False)

    edge.remove("land_register", "plot.find.v1")
    edge.offer("plot.find.v1", card=REGISTER)(calling)
    answer = ask_offer("land_register", "plot.find.v1", FindPlot(1))
    assert (answer.status, answer.code) == (500, CalledFromOffer.code)
    assert scope.answered_offer() == ""


def test_an_offer_is_answered_by_one_function(register: Register) -> None:
    with pytest.raises(ValueError, match="twice"):
        edge.offer("plot.find.v1", card=REGISTER)(lambda request, caller: Plot(found=False))


def test_a_function_cannot_answer_what_is_not_on_the_card() -> None:
    with pytest.raises(KeyError):
        edge.offer("plot.sell.v1", card=REGISTER)(lambda request, caller: Plot(found=False))


def test_a_node_does_not_start_with_an_offer_nobody_answers() -> None:
    with pytest.raises(LookupError, match=r"number\.give\.v1"):
        edge.load_offers(["land_register"])


def test_a_body_is_read_no_further_than_its_offer_takes(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_wsgi, "_admission_key", lambda: ADMISSION_KEY)

    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0, "never all there is"
            self.read_bytes += size
            return b"x" * size

    body, told = Endless(), []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/offers/land-register/plot.find.v1",
        "CONTENT_LENGTH": str(1 << 40),
        "wsgi.input": body,
    }
    application(environ, lambda status, headers: told.append(status))
    most = edge.find("land_register", "plot.find.v1").offer.max_body
    assert body.read_bytes <= most + 1
    assert told == ["413 Request Entity Too Large"]


def test_nothing_is_read_for_an_offer_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_wsgi, "_admission_key", lambda: ADMISSION_KEY)
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/offers/land-register/nothing.v1",
        "CONTENT_LENGTH": "10",
        "wsgi.input": None,
    }
    application(environ, lambda status, headers: told.append(status))
    assert told == ["404 Not Found"]
