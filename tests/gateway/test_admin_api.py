"""The administration API and the public log, over exchanges that really went through a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg
import pytest

from gateway import log_tables
from gateway.exchange_cast import CIVIL_STATUS, FIND, ISSUE, OUTSIDER, UNITS, asks, country
from gateway.rows_cast import row
from lienthong.exchange import gateway_admin
from lienthong.gateway import rollups
from lienthong.gateway.admin import LARGEST_BODY, LARGEST_IMPORT, Administration
from lienthong.gateway.bodies import EMPTY, Body
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.public_log import PublicLog
from lienthong.gateway.reading import LogReader
from lienthong.gateway.rows import Kind, Outcome
from lienthong.gateway.sealer import Sealer
from lienthong.kernel import clock
from lienthong.protocol import digest, merkle
from lienthong.protocol.checkpoint import open_checkpoint
from lienthong.protocol.evidence import leaf_of
from lienthong.protocol.promise import read_promise
from lienthong.protocol.receipt import ReceiptRecord, verify_receipt

TOKEN = "the token of the tests"
NOWHERE = Path("/nonexistent")
BODY = b'{"born_on":"2021-08-17"}'


@pytest.fixture(scope="module")
def here():
    return country()


@dataclasses.dataclass
class Stage:
    """A gateway in process with a real log, its sealer and both applications on it."""

    gateway: object
    sealer: Sealer
    admin: Administration
    public: PublicLog
    log: PostgresLog

    async def issue(self, **more):
        more = {"Idempotency_Key": "birth-1", **more}
        return await self.gateway.answer("POST", f"/r1/{ISSUE}?full=1", asks(**more), BODY)

    async def seal(self):
        assert await self.sealer.take_over()
        while await self.sealer.seal():
            pass

    async def ask(self, target, *, method="GET", body=b"", token=TOKEN):
        headers = [(b"Authorization", f"Bearer {token}".encode())]
        head = Head(method.encode(), target.encode(), headers, Caller())
        answer = await self.admin.answer(Incoming(head, Body.of(body), time.monotonic()))
        return answer.status, answer.body.whole()

    async def json(self, target, status=200, **more):
        found, body = await self.ask(target, **more)
        assert found == status, body
        return json.loads(body)

    async def look(self, target):
        head = Head(b"GET", target.encode(), [], Caller())
        answer = await self.public.answer(Incoming(head, EMPTY, time.monotonic()))
        return answer.status, answer.body.whole()


@contextlib.asynccontextmanager
async def stage(here, database):
    log = PostgresLog(database.gateway_url)
    await log.start()
    gateway = here.gateway()
    gateway.gateway.log = log
    owner = gateway.gateway.identity.owner
    sealer = Sealer(
        database.gateway_url, origin=str(gateway.gateway.identity), key=here.keys[owner]
    )
    reader = LogReader(database.gateway_url)
    try:
        yield Stage(
            gateway,
            sealer,
            Administration(gateway.gateway, reader, sealer, TOKEN, Archive(NOWHERE)),
            PublicLog(reader),
            log,
        )
    finally:
        await log.close()
        await sealer.close()
        await reader.close()


@pytest.fixture
def play(here, gateway_db):
    """Run a story on a stage."""

    def run(story):
        async def whole():
            async with stage(here, gateway_db) as ready:
                return await story(ready)

        return asyncio.run(whole())

    return run


def test_one_exchange_is_shown_with_all_rows_of_both_sides_and_their_verdicts(play):
    async def story(ready):
        await ready.issue(X_Road_Id="birth-1", X_Road_UserId="VN001099000001")
        before = await ready.json("/exchanges/birth-1")
        await ready.seal()
        return before, await ready.json("/exchanges/birth-1")

    before, after = play(story)
    assert [(one["side"], one["kind"]) for one in after["records"]] == [
        ("consumer", "request"),
        ("provider", "request"),
        ("provider", "answer"),
        ("consumer", "answer"),
    ]
    for one in after["records"]:
        assert one["signature_verdict"] == one["record_verdict"] == "valid"
        assert one["signature_valid"] is one["proof_valid"] is True
        assert one["signed_by"] == ("VN/GOV/G15" if one["kind"] == "request" else "VN/GOV/G01")
        assert one["tree_size"] == 4
    assert all(one["leaf_index"] is None and one["proof_valid"] is None
               for one in before["records"])  # fmt: skip
    asked = after["records"][0]
    assert asked["head"].startswith(f"POST\n/r1/{ISSUE}?full=1\n")
    assert "001099000001" not in json.dumps(after), "a person's number is not shown"
    assert after["records"][2]["subjects"] == 2
    # The console's client reads exactly this.
    read = msgspec.convert(after, gateway_admin.ExchangeDetail)
    assert read.client == CIVIL_STATUS


def test_a_row_changed_behind_the_gateways_back_is_told(play, gateway_db):
    async def story(ready):
        await ready.issue(X_Road_Id="birth-1")
        await ready.seal()
        await asyncio.to_thread(tamper)
        return await ready.json("/exchanges/birth-1")

    def tamper():
        for which, change in (
            (("request", "provider"), lambda one: {"head": one.head.replace(b"full=1", b"full=2")}),
            (("answer", "consumer"), lambda one: {"body_size": one.body_size + 1}),
        ):
            assert log_tables.tamper(
                gateway_db,
                lambda row, which=which: (row.evidence.kind, row.evidence.side) == which,
                lambda row, change=change: dataclasses.replace(
                    row, evidence=msgspec.structs.replace(row.evidence, **change(row.evidence))
                ),
            )

    found = {(one["side"], one["kind"]): one for one in play(story)["records"]}
    request = found["provider", "request"]
    assert (request["signature_verdict"], request["record_verdict"]) == (
        "bad_signature",
        "changed",
    )
    assert found["consumer", "answer"]["record_verdict"] == "changed"
    assert found["consumer", "answer"]["proof_valid"] is False
    assert found["consumer", "request"]["record_verdict"] == "valid"


def test_a_receipt_from_the_api_convinces_a_stranger(play, here):
    async def story(ready):
        answer = await ready.issue(X_Road_Id="birth-1")
        promised = read_promise(dict(answer.headers)[b"lienthong-promise"])
        status, _ = await ready.ask("/receipts/birth-1")
        assert status == 404, "there is none before the rows are sealed"
        await ready.seal()
        await ready.issue(X_Road_Id="birth-2")
        await ready.seal()
        status, raw = await ready.ask("/receipts/birth-1")
        assert status == 200
        _, other = await ready.ask("/receipts/birth-1?side=provider")
        return promised, raw, other

    promised, raw, other = play(story)
    facts = verify_receipt(raw, here.anchor)
    assert (facts.message_id, facts.side, facts.log_size) == ("birth-1", "consumer", 8)
    assert facts.request_digest == digest.sha256(BODY)
    assert facts.hosted == ("VN/GOV/G01", "VN/GOV/G15")
    assert verify_receipt(other, here.anchor).side == "provider"
    leaves = [merkle_leaf(record) for record in json.loads(raw)["records"]]
    assert promised.leaf in leaves, "the leaf that was promised is the one that was sealed"


def merkle_leaf(record) -> str:
    one = msgspec.convert(record, ReceiptRecord)
    return b64encode(leaf_of(one.blind, one.evidence.digest())).decode()


def test_a_refused_exchange_has_rows_and_no_receipt(play):
    async def story(ready):
        answer = await ready.gateway.answer(
            "POST", f"/r1/{FIND}", asks(OUTSIDER, None, X_Road_Id="denied"), BODY
        )
        assert answer.status == 500
        await ready.seal()
        assert (await ready.ask("/receipts/denied"))[0] == 404
        lines = (await ready.json("/exchanges?outcome=refused"))["exchanges"]
        now = clock.instant()
        span = f"start={iso(now - timedelta(hours=2))}&end={iso(now + timedelta(hours=1))}"
        return lines, await ready.json(f"/counts?{span}")

    lines, counts = play(story)
    (line,) = lines
    assert line["message_id"] == "denied"
    assert line["fault"] == "Server.ServerProxy.AccessDenied"
    assert counts["refused"] == {"live": 1, "imported": 0}
    assert counts["answered"] == {"live": 0, "imported": 0}


def iso(moment) -> str:
    return quote(moment.isoformat())


def test_the_list_has_one_line_an_exchange_newest_first_and_can_be_narrowed(play):
    async def story(ready):
        for number in range(3):
            await ready.issue(X_Road_Id=f"birth-{number}")
        await ready.gateway.answer("GET", f"/r1/{UNITS}", asks(X_Road_Id="units"), b"")
        await ready.issue(X_Road_Id="birth-0")
        everything = (await ready.json("/exchanges"))["exchanges"]
        oldest = everything[1]["at"]
        return (
            everything,
            (await ready.json(f"/exchanges?service={UNITS}"))["exchanges"],
            (await ready.json(f"/exchanges?before={quote(oldest)}&limit=2"))["exchanges"],
            (await ready.json("/exchanges?client=VN/GOV/G24"))["exchanges"],
        )

    everything, units, page, none = play(story)
    assert [line["message_id"] for line in everything] == [
        "birth-0", "units", "birth-2", "birth-1", "birth-0",
    ]  # fmt: skip
    assert [line["repeated"] for line in everything] == [True, False, False, False, True]
    assert all(line["outcome"] == "answered" and line["took_ms"] >= 0 for line in everything)
    assert [line["message_id"] for line in units] == ["units"]
    assert [line["message_id"] for line in page] == ["birth-2", "birth-1"]
    assert none == []


def test_a_request_without_an_end_is_an_unknown_outcome(play, here):
    async def story(ready):
        long_ago = clock.instant() - timedelta(minutes=2)
        for side in ("consumer", "provider"):
            await ready.log.append(
                row(kind=Kind.REQUEST, side=side, outcome=Outcome.OPEN, at=long_ago,
                    message_id="lost", request_id="lost-1")
            )  # fmt: skip
        lines = (await ready.json("/exchanges?outcome=unknown"))["exchanges"]
        span = f"start={iso(long_ago - timedelta(hours=1))}&end={iso(clock.instant())}"
        return lines, await ready.json(f"/counts?{span}")

    lines, counts = play(story)
    assert [(line["message_id"], line["side"]) for line in lines] == [("lost", "consumer")]
    assert counts["unknown"] == 1


def test_counting_what_has_no_end_compares_no_row_with_every_other(gateway_db):
    """Rows of the last minute are in no statistics, and a busy minute has thousands."""
    sql = rollups.UNKNOWN.replace("$1", "timestamptz '2021-01-01'")
    sql = sql.replace("$2", "timestamptz '2100-01-01'")
    sql = sql.replace("$3", "array[1, 2]").replace("$4", "array[3, 4]")
    with psycopg.connect(gateway_db.owner_url) as connection:
        plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {sql}"))
    assert "message_record" in plan
    for pairwise in ("Join", "Nested Loop", "SubPlan"):
        assert pairwise not in plan


def test_exchanges_are_counted_once_and_apart_from_what_was_imported(play):
    async def story(ready):
        for _ in range(3):
            await ready.issue()
        await ready.seal()
        now = clock.instant()
        hour = now.replace(minute=0, second=0, microsecond=0)
        rows = [
            {"hour": hour.isoformat(), "client": CIVIL_STATUS, "service": FIND, "count": 40},
            {"hour": hour.isoformat(), "client": CIVIL_STATUS, "service": FIND, "count": 2,
             "outcome": "refused", "side": "consumer"},
        ]  # fmt: skip
        body = json.dumps({"source": "a test", "rows": rows}).encode()
        done = await ready.json("/imports", 201, method="POST", body=body)
        turned = json.dumps({"source": "a test", "rows": rows[::-1]}).encode()
        again = await ready.json("/imports", method="POST", body=turned)
        await ready.seal()
        span = f"start={iso(hour)}&end={iso(hour + timedelta(hours=2))}"
        pairs = await ready.json(f"/counts?{span}&group=pair")
        statement = await ready.json(f"/exchanges/import-{done['statement']}")
        return done, again, pairs, statement, await ready.json(f"/counts?{span}&group=hour")

    done, again, pairs, statement, hours = play(story)
    assert (done["rows"], done["exchanges"], done["repeated"]) == (2, 42, False)
    assert again == {**done, "repeated": True}
    assert pairs["answered"] == {"live": 3, "imported": 40}
    assert pairs["refused"] == {"live": 0, "imported": 2}
    assert {(row["service"], row["live"], row["imported"]) for row in pairs["rows"]} == {
        (ISSUE, 3, 0),
        (FIND, 0, 40),
    }
    assert sum(row["live"] + row["imported"] for row in hours["rows"]) == 43
    (entered,) = statement["records"]
    assert (entered["kind"], entered["signature_verdict"]) == ("import", "unsigned")
    assert entered["proof_valid"] is True, "the statement itself is a leaf of the log"
    assert entered["body_digest"] == done["digest"]
    read = msgspec.convert(hours, gateway_admin.Counts)
    assert read.answered.total == 43


def test_a_registers_load_is_a_leaf_of_the_log_and_counts_no_exchange(play):
    stated = {"source": "civil_status: a book", "records": 31_506, "digest": "ab" * 32}

    async def story(ready):
        body = json.dumps(stated).encode()
        done = await ready.json("/imports", 201, method="POST", body=body)
        again = await ready.json("/imports", method="POST", body=body)
        await ready.seal()
        span = f"start={iso(clock.instant() - timedelta(days=1))}&end={iso(clock.instant())}"
        entered = await ready.json(f"/exchanges/import-{done['statement']}")
        return done, again, entered, await ready.json(f"/counts?{span}")

    done, again, entered, counts = play(story)
    assert (done["rows"], done["exchanges"], again["repeated"]) == (31_506, 0, True)
    assert entered["records"][0]["proof_valid"] is True
    assert counts["answered"] == {"live": 0, "imported": 0}


def test_an_import_of_counts_and_records_at_once_is_refused(play):
    async def story(ready):
        body = json.dumps({"source": "both", "records": 1, "digest": "ab" * 32, "rows": [
            {"hour": "2021-08-20T03:00:00Z", "client": "c", "service": "s", "count": 1}
        ]}).encode()  # fmt: skip
        return await ready.json("/imports", 400, method="POST", body=body)

    assert play(story)["code"] == "gateway.bad_statement"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"hour": "2021-08-20T03:30:00Z", "client": "c", "service": "s", "count": 1}],
        [{"hour": "2021-08-20T03:00:00", "client": "c", "service": "s", "count": 1}],
        [{"hour": "2021-08-20T03:00:00Z", "client": "c", "service": "s", "count": 0}],
        [{"hour": "2021-08-20T03:00:00Z", "client": "c", "service": "s", "count": 1,
          "outcome": "imagined"}],
        "nonsense",
    ],
)  # fmt: skip
def test_a_bad_import_changes_nothing_and_is_explained(play, gateway_db, rows):
    async def story(ready):
        body = json.dumps({"source": "a test", "rows": rows}).encode()
        return await ready.json("/imports", 400, method="POST", body=body)

    assert play(story)["code"] == "gateway.bad_statement"
    with psycopg.connect(gateway_db.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM rollup").fetchone() == (0,)


def test_a_withdrawn_grant_is_refused_by_every_process_at_once(play, here, gateway_db):
    grant = here.snapshot.grants[0].id

    async def story(ready):
        second = PostgresLog(gateway_db.gateway_url)
        await second.start()
        assert (await ready.issue()).status == 200
        body = json.dumps({"grant": grant, "reason": "the purpose is over"}).encode()
        assert not (await ready.json("/revocations", method="POST", body=body))["repeated"]
        assert (await ready.json("/revocations", method="POST", body=body))["repeated"]
        for _ in range(100):
            if grant in ready.log.revoked and grant in second.revoked:
                break
            await asyncio.sleep(0.02)
        assert grant in second.revoked
        await second.close()
        later = PostgresLog(gateway_db.gateway_url)
        await later.start()
        assert grant in later.revoked, "a process started later knows it too"
        await later.close()
        return dict((await ready.issue()).headers)

    assert play(story)[b"x-road-error"] == b"Server.ServerProxy.AccessDenied"


def test_nothing_is_told_without_the_token(play):
    async def story(ready):
        tokens = ("", "wrong", TOKEN + "x", TOKEN[:-1])
        return [await ready.json("/exchanges", 401, token=token) for token in tokens]

    assert {told["code"] for told in play(story)} == {"gateway.no_token"}


def test_only_one_with_the_token_may_send_much(here):
    administration = Administration(here.gateway().gateway, None, None, TOKEN, Archive(NOWHERE))

    def limit(token):
        headers = [(b"authorization", b"Bearer " + token)]
        return administration.body_limit(Head(b"POST", b"/imports", headers, Caller()))

    assert limit(TOKEN.encode()) == LARGEST_IMPORT
    assert limit(b"guess") == LARGEST_BODY


WRONG_QUESTIONS = [
    ("/nothing", "GET", 404, "gateway.no_such_page"),
    ("/", "GET", 404, "gateway.no_such_page"),
    ("/exchanges", "POST", 405, "gateway.wrong_method"),
    ("/exchanges?limit=0", "GET", 400, "gateway.bad_question"),
    ("/exchanges?limit=x", "GET", 400, "gateway.bad_question"),
    ("/exchanges?since=yesterday", "GET", 400, "gateway.bad_question"),
    ("/exchanges?since=2021-08-20T00:00:00", "GET", 400, "gateway.bad_question"),
    ("/exchanges?client=%00", "GET", 400, "gateway.bad_question"),
    ("/exchanges/%FF", "GET", 400, "gateway.bad_question"),
    ("/exchanges/unheard-of", "GET", 404, "gateway.no_such_exchange"),
    ("/receipts/unheard-of", "GET", 404, "gateway.no_such_exchange"),
    ("/receipts/x?side=both", "GET", 400, "gateway.bad_question"),
    ("/counts", "GET", 400, "gateway.bad_question"),
    ("/counts?start=2021-08-02T00:00Z&end=2021-08-01T00:00Z", "GET", 400, "gateway.bad_question"),
    (
        "/counts?start=2021-08-01T00:00Z&end=2021-08-02T00:00Z&group=moon",
        "GET",
        400,
        "gateway.bad_question",
    ),
    ("/revocations", "POST", 400, "gateway.bad_question"),
]


def test_a_wrong_question_gets_a_plain_answer(play):
    async def story(ready):
        return [
            (target, method, status, json.loads(body)["code"])
            for target, method, *_ in WRONG_QUESTIONS
            for status, body in [await ready.ask(target, method=method)]
        ]

    assert play(story) == WRONG_QUESTIONS


def test_health_and_metrics_tell_of_the_log(play):
    async def story(ready):
        await ready.issue()
        waiting = await ready.json("/health")
        await ready.seal()
        _, metrics = await ready.ask("/metrics")
        return waiting, await ready.json("/health"), metrics.decode()

    waiting, sealed, metrics = play(story)
    assert (waiting["status"], waiting["unsealed"], waiting["tree_size"]) == ("ok", 4, 0)
    assert (sealed["status"], sealed["unsealed"], sealed["tree_size"]) == ("ok", 0, 4)
    assert sealed["snapshot"] == 7
    assert 'lienthong_gateway_exchanges_total{side="provider",outcome="answered"} 1' in metrics
    assert "lienthong_gateway_log_leaves 4" in metrics.splitlines()
    assert "lienthong_gateway_signature_batches_total 0" in metrics.splitlines()


def test_a_promise_that_is_being_broken_shows(play):
    async def story(ready):
        await ready.issue()
        with clock.stopped(at=datetime.now(UTC) + timedelta(seconds=30)):  # noqa: TID251
            return await ready.json("/health")

    told = play(story)
    assert (told["status"], told["wrong"]) == ("degraded", ["sealing"])


def test_the_api_says_so_when_the_database_is_away(here, gateway_db):
    async def story():
        gateway = here.gateway().gateway
        reader = LogReader(gateway_db.gateway_url + "_absent")
        administration = Administration(gateway, reader, None, TOKEN, Archive(NOWHERE))
        head = Head(b"GET", b"/exchanges", [(b"Authorization", f"Bearer {TOKEN}".encode())],
                    Caller())  # fmt: skip
        answer = await administration.answer(Incoming(head, EMPTY, time.monotonic()))
        return answer.status, json.loads(answer.body.whole())["code"]

    assert asyncio.run(story()) == (503, "exchange.logging_failed")


# -- the public log ------------------------------------------------------------------


def test_anyone_can_check_a_promise_and_the_growth_of_the_log(play, here):
    async def story(ready):
        assert (await ready.look("/log/checkpoint"))[0] == 404
        answer = await ready.issue()
        promised = read_promise(dict(answer.headers)[b"lienthong-promise"])
        await ready.seal()
        _, first = await ready.look("/log/checkpoint")
        for _ in range(3):
            await ready.issue()
        await ready.seal()
        _, second = await ready.look("/log/checkpoint")
        leaf = b64decode(promised.leaf)
        _, inclusion = await ready.look(f"/log/proof/inclusion?leaf={leaf.hex()}")
        _, consistency = await ready.look("/log/proof/consistency?old=4")
        _, tile = await ready.look("/log/tile/0/000.p/16")
        return leaf, first, second, json.loads(inclusion), json.loads(consistency), tile

    leaf, first, second, inclusion, consistency, tile = play(story)
    owner = here.keys[next(member for member in here.keys if member.code == "G14")]
    old, new = (open_checkpoint(note, owner.verifying) for note in (first, second))
    assert (old.size, new.size) == (4, 16)
    hashes = [bytes.fromhex(step) for step in inclusion["proof"]]
    merkle.verify_inclusion(leaf, inclusion["leaf_index"], 16, hashes, new.root)
    hashes = [bytes.fromhex(step) for step in consistency["proof"]]
    merkle.verify_consistency(4, old.root, 16, new.root, hashes)
    whole = merkle.Tree()
    for place in range(16):
        whole.append(tile[place * 32 : place * 32 + 32])
    assert whole.root() == new.root, "the tiles alone rebuild the head"


NOT_PUBLIC = [
    ("/log/tile/0/000", 404),
    ("/log/tile/0/000.p/5", 404),
    ("/log/tile/0/000.p/0", 400),
    ("/log/tile/0/000.p/256", 400),
    ("/log/tile/entries/000", 404),
    ("/log/tile/64/000", 404),
    ("/log/proof/inclusion?index=9", 404),
    ("/log/proof/inclusion?index=-1", 400),
    ("/log/proof/inclusion?leaf=zz", 400),
    ("/log/proof/inclusion?leaf=00", 404),
    ("/log/proof/inclusion?index=0&size=99", 404),
    ("/log/proof/consistency?old=9", 400),
    ("/exchanges", 404),
    ("/log/../exchanges", 404),
]


def test_the_public_log_tells_nothing_else(play):
    async def story(ready):
        await ready.issue()
        await ready.seal()
        return [(target, (await ready.look(target))[0]) for target, _ in NOT_PUBLIC]

    assert play(story) == NOT_PUBLIC


def test_the_public_log_holds_nothing_that_names_a_party(play):
    async def story(ready):
        await ready.issue()
        await ready.seal()
        said = [await ready.look(target) for target in (
            "/log/checkpoint", "/log/tile/0/000.p/4", "/log/proof/inclusion?index=0")]  # fmt: skip
        return b"".join(body for _, body in said)

    said = play(story)
    for word in (b"population", b"civil-status", b"G15", b"personal-id"):
        assert word not in said
