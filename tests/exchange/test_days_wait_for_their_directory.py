"""Signed days are told until the directory has answered, asked in the name of the owner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from lienthong.cli import chores, log_days
from lienthong.exchange import day_reports, errors, gateway_admin, housekeeping
from lienthong.exchange.gateway_admin import ToldDay, WaitingDay
from lienthong.exchange.housekeeping import NobodyAsks, Told
from lienthong.exchange.transport import HttpAnswer, HttpRequest, InProcess, Lost, NotSent
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import snapshot as wire
from lienthong.protocol.day_totals import (
    DayRow,
    DayTotals,
    SignedDay,
    TakenDay,
    TakenDays,
    Verdict,
    bounds,
    counts_digest,
    sign_day,
)
from lienthong.protocol.housekeeping import REPORT_DAYS, WAITING
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.signing_desk import AskWaiting, WaitingDocuments

KEY = SigningKey.generate()
FIRST = date(2026, 11, 1)


def day(number: int, rows: int = 0) -> SignedDay:
    on = FIRST + timedelta(number)
    counted = [
        DayRow(client="VN/a", service=f"VN/b/x{n:03}.v1", side="provider", outcome="answered",
               count=1)
        for n in range(rows)
    ]  # fmt: skip
    return sign_day(
        DayTotals(
            gateway="VN/GOV/G15/justice", day=on, closed_at=bounds(on)[1] + timedelta(hours=1),
            tree_size=0, root="00" * 32, counts_sha256=counts_digest(counted), rows=counted,
        ),
        KEY,
    )  # fmt: skip


class Log:
    """The gateway's signed days, and a directory that says what it is told to say."""

    def __init__(self, count: int) -> None:
        self.days = [day(number) for number in range(count)]
        self.told: list[ToldDay] = []
        self.refused: list[tuple[datetime, ToldDay]] = []
        self.asked: list[tuple[int, str]] = []
        self.down = False
        self.verdicts: dict[int, Verdict] = {}
        self.unreadable: set[int] = set()
        self.at_once = 200

    def waiting(self) -> list[WaitingDay]:
        done = {told.day for told in self.told}
        waiting = []
        for number, document in enumerate(self.days):
            on = FIRST + timedelta(number)
            said = [(at, told.why) for at, told in self.refused if told.day == on]
            at, why = said[-1] if said else (None, "")
            if on not in done:
                waiting.append(
                    WaitingDay(
                        day=on, source="", document=document,
                        refused=len(said), refused_at=at, why=why,
                    )
                )  # fmt: skip
        return waiting

    def untold(self) -> Iterator[list[WaitingDay]]:
        """Some at a time, each looked up when it is asked for, as the gateway does it."""
        behind = date.min
        while found := [day for day in self.waiting() if day.day > behind][: self.at_once]:
            yield found
            behind = found[-1].day

    def note(self, days) -> int:
        for told in days:
            if told.verdict == Verdict.REFUSED:
                self.refused.append((clock.instant(), told))
            else:
                self.told.append(told)
        return len(days)

    def ask(self, node, code, body, kind, *, key=""):
        assert code == REPORT_DAYS
        if self.down:
            raise errors.Unavailable(code="exchange.unavailable")
        if any(self.days.index(one) in self.unreadable for one in body.days):
            raise errors.Invalid(fault="Client.InvalidBody")
        self.asked.append((len(body.days), key))
        said = []
        for one in body.days:
            verdict = self.verdicts.get(self.days.index(one), Verdict.TAKEN)
            why = "exchange.day_not_over" if verdict is Verdict.REFUSED else ""
            digest = hashlib.sha256(one.content).hexdigest()
            said.append(TakenDay(sha256=digest, verdict=verdict, why=why))
        return Told(TakenDays(said), f"m-{len(self.asked)}")


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path, Ports(21000))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    played = Log(3)
    monkeypatch.setattr(gateway_admin, "untold_days", played.untold)
    monkeypatch.setattr(gateway_admin, "note_told", played.note)
    monkeypatch.setattr(housekeeping, "ask", played.ask)
    return played


def test_a_directory_that_is_away_loses_no_day(log: Log, node: Node) -> None:
    log.down = True
    with pytest.raises(errors.Unavailable):
        day_reports.tell(node)
    assert not chores.Chores(node).one_round()  # said in the log, and tried again
    assert len(log.waiting()) == 3
    log.down = False
    assert day_reports.tell(node).taken == 3
    assert [told.verdict for told in log.told] == ["taken"] * 3
    assert {told.message_id for told in log.told} == {"m-1"}
    assert log.waiting() == []
    assert day_reports.tell(node).all == 0


def test_a_refused_day_waits_on_and_holds_no_other_back(log: Log, node: Node) -> None:
    log.verdicts = {0: Verdict.REFUSED, 1: Verdict.CONTRADICTION}
    done = day_reports.tell(node)
    assert (done.taken, done.contradicted, done.refused) == (1, 1, 1)
    assert [waiting.document for waiting in log.waiting()] == [log.days[0]]
    assert sorted(told.verdict for told in log.told) == ["contradiction", "taken"]


def test_any_number_of_refused_days_holds_up_none_behind_them(log: Log, node: Node) -> None:
    log.days, log.at_once = [day(number) for number in range(7)], 2
    log.verdicts = dict.fromkeys(range(5), Verdict.REFUSED)
    done = day_reports.tell(node)
    assert (done.taken, done.refused) == (2, 5)
    assert [told.day for told in log.told] == [FIRST + timedelta(5), FIRST + timedelta(6)]


def test_a_refused_day_is_told_again_another_day_or_when_the_operator_says_so(
    log: Log, node: Node
) -> None:
    log.verdicts = {0: Verdict.REFUSED}
    day_reports.tell(node)
    first = log.asked[-1]
    assert day_reports.tell(node).all == 0  # not every few minutes
    assert day_reports.tell(node, again_after=timedelta(0)).refused == 1
    assert log.asked[-1][1] != first[1]  # another key, so that it is looked at anew
    log.verdicts = {}
    with clock.stopped(at=clock.instant() + day_reports.AGAIN_AFTER + timedelta(minutes=1)):
        assert day_reports.tell(node).taken == 1
    assert log.waiting() == []


def test_a_day_no_request_can_carry_is_refused_here_and_the_others_go_on(
    log: Log, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.days[0] = day(0, rows=40)
    monkeypatch.setattr(day_reports, "LONGEST_DAY", len(log.days[0].payload) - 1)
    done = day_reports.tell(node)
    assert (done.taken, done.refused) == (2, 1)
    ((_, told),) = log.refused
    assert (told.day, told.why, told.message_id) == (FIRST, day_reports.TOO_LONG, "")


def test_a_day_that_spoils_its_request_is_found_and_the_others_go_on(log: Log, node: Node) -> None:
    log.days, log.unreadable = [day(number) for number in range(5)], {3}
    done = day_reports.tell(node)
    assert (done.taken, done.refused) == (4, 1)
    ((_, told),) = log.refused
    assert (told.day, told.why) == (FIRST + timedelta(3), "Client.InvalidBody")


def test_refusals_are_shown_to_the_operator_in_words(
    log: Log, node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    log.verdicts = {1: Verdict.REFUSED}
    day_reports.tell(node)
    assert log_days.show(gateway_admin.untold_days()) == 1
    told = capsys.readouterr().out
    assert "2026-11-02" in told
    assert "REFUSED 1 times" in told
    assert "set the clock of this machine" in told
    assert "exchange.day_not_over" in told
    assert "1 days wait, 1 of them refused" in told


def test_the_same_days_have_the_same_key_today(log: Log, node: Node) -> None:
    waiting = log.waiting()
    assert day_reports.key_of(waiting) == day_reports.key_of(list(waiting))
    assert day_reports.key_of(waiting) != day_reports.key_of(waiting[:2])


def test_many_days_are_told_in_parts(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    monkeypatch.setattr(day_reports, "MOST_DAYS", 2)
    assert [len(batch) for batch in day_reports.batches(log.waiting())] == [2, 1]
    monkeypatch.setattr(day_reports, "MOST_BYTES", 1)
    assert [len(batch) for batch in day_reports.batches(log.waiting())] == [1, 1, 1]


# -- asking in the owner's name ------------------------------------------------------------------


@pytest.fixture
def member(node: Node) -> Node:
    """The home of a gateway of G15 with two subsystems, one of them with a certificate only."""
    node.gateway.mkdir(parents=True)
    clients = node.secrets / "clients"
    clients.mkdir(parents=True)
    (clients / "G15.civil-status").write_text("a secret\n")
    digest = hashlib.sha256(b"a secret").hexdigest()
    rules = {
        "GOV/G15/archive": {"modes": ["certificate"], "secret_sha256": "", "cert_sha256": []},
        "GOV/G15/civil-status": {"modes": ["secret"], "secret_sha256": digest, "cert_sha256": []},
        "GOV/G99/alpha": {"modes": ["secret"], "secret_sha256": digest, "cert_sha256": []},
    }
    (node.gateway / "clients.json").write_bytes(msgspec.json.encode(rules))
    (node.gateway / "gateway.json").write_bytes(msgspec.json.encode({"owner": "GOV/G15"}))
    key = SigningKey.generate()
    anchor = wire.Anchor("VN", [wire.DirectoryKey(key.kid, key.verifying.pem())], [])
    (node.gateway / "anchor.json").write_bytes(anchor.dump())
    said = wire.Snapshot(
        instance="VN", number=1, made_at=bounds(FIRST)[0],
        offers=[
            wire.OfferEntry(
                provider="GOV/G14/directory", code=WAITING, methods=["POST"], effect="public"
            )
        ],
    )  # fmt: skip
    (node.gateway / "snapshot.json").write_bytes(wire.seal(said, key))
    return node


def test_the_owners_subsystem_with_a_secret_asks(member: Node) -> None:
    seen: list[HttpRequest] = []

    def gateway(request: HttpRequest) -> HttpAnswer:
        seen.append(request)
        return HttpAnswer(200, {"x-road-id": "m-7"}, b'{"documents":[]}')

    told = housekeeping.ask(
        member, WAITING, AskWaiting(), WaitingDocuments, transport=InProcess(gateway)
    )
    assert (told.body.documents, told.message_id) == ([], "m-7")
    (request,) = seen
    headers = dict(request.headers)
    assert request.target == f"/r1/VN/GOV/G14/directory/{WAITING}"
    assert headers["X-Road-Client"] == "VN/GOV/G15/civil-status"
    assert headers["Lienthong-Client-Secret"] == "a secret"
    assert "Idempotency-Key" not in headers


@pytest.mark.parametrize(
    ("failure", "key", "family"),
    [
        (NotSent, "", errors.Unavailable),
        (Lost, "", errors.Unavailable),
        (Lost, "k-1", errors.UnknownOutcome),
    ],
)
def test_a_way_that_fails_is_one_of_the_families(member: Node, failure, key, family) -> None:
    def gateway(request: HttpRequest) -> HttpAnswer:
        raise failure

    with pytest.raises(family):
        housekeeping.ask(
            member, WAITING, AskWaiting(), WaitingDocuments, key=key, transport=InProcess(gateway)
        )


def test_nobody_asks_where_nothing_of_the_owners_can_prove_itself(member: Node) -> None:
    (member.secrets / "clients" / "G15.civil-status").write_text("another secret")
    with pytest.raises(NobodyAsks):
        housekeeping.asker(member)


# -- signing by itself -----------------------------------------------------------------------------


def test_a_member_asks_what_waits_once_an_hour_and_while_a_grant_of_its_own_is_unsigned(
    member: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Node] = []
    monkeypatch.setattr(
        chores.signing_desk, "sign_stated", lambda node, cards: asked.append(node) or []
    )
    chore = chores.Chores(member)
    chore.sign()
    assert asked == []  # no member: its directory is this node
    Membership(
        url="https://d:8444", directory="VN/GOV/G14/national", gateway="VN/GOV/G15/justice",
        subsystems=["civil-status"],
    ).write(member)  # fmt: skip
    chore.sign()
    chore.sign()
    assert len(asked) == 1
    chore.asked_at -= chores.ASK_SECONDS
    chore.sign()
    assert len(asked) == 2
    monkeypatch.setattr(chore.__class__, "is_owed", lambda self: True)
    chore.sign()
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("client", "provider", "owed"),
    [
        ("GOV/G15/civil-status", "GOV/G01/population", True),
        ("GOV/G01/population", "GOV/G15/civil-status", True),
        ("GOV/G01/population", "GOV/G14/directory", False),
    ],
)
def test_a_signature_is_owed_for_a_grant_of_the_own_body_only(
    member: Node, client: str, provider: str, owed: bool
) -> None:
    grant = wire.GrantEntry(
        id="g", client=client, provider=provider, code="x.v1", methods=["POST"], paths=["**"],
        purpose="p", legal_basis="l", fields=["*"], valid_from=bounds(FIRST)[0],
    )  # fmt: skip
    key = SigningKey.generate()
    anchor = wire.Anchor("VN", [wire.DirectoryKey(key.kid, key.verifying.pem())], [])
    (member.gateway / "anchor.json").write_bytes(anchor.dump())
    said = wire.Snapshot(instance="VN", number=2, made_at=bounds(FIRST)[0], grants=[grant])
    (member.gateway / "snapshot.json").write_bytes(wire.seal(said, key))
    assert chores.Chores(member).is_owed() is owed
