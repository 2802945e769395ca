"""Signed days are told until the directory has answered, asked in the name of the owner."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from lienthong.cli import chores
from lienthong.exchange import day_reports, errors, gateway_admin, housekeeping
from lienthong.exchange.gateway_admin import ToldDay
from lienthong.exchange.housekeeping import NobodyAsks, Told
from lienthong.exchange.transport import HttpAnswer, HttpRequest, InProcess, Lost, NotSent
from lienthong.gateway.membership import Membership
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import snapshot as wire
from lienthong.protocol.day_totals import (
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


def day(number: int) -> SignedDay:
    on = FIRST + timedelta(number)
    return sign_day(
        DayTotals(
            gateway="VN/GOV/G15/justice", day=on, closed_at=bounds(on)[1] + timedelta(hours=1),
            tree_size=0, root="00" * 32, counts_sha256=counts_digest([]), rows=[],
        ),
        KEY,
    )  # fmt: skip


class Log:
    """The gateway's signed days, and a directory that says what it is told to say."""

    def __init__(self, count: int) -> None:
        self.days = [day(number) for number in range(count)]
        self.told: list[ToldDay] = []
        self.asked: list[tuple[int, str]] = []
        self.down = False
        self.verdicts: dict[int, Verdict] = {}

    def untold(self) -> list[SignedDay]:
        done = {told.day for told in self.told}
        return [one for n, one in enumerate(self.days) if FIRST + timedelta(n) not in done]

    def note(self, days) -> int:
        self.told += days
        return len(days)

    def ask(self, node, code, body, kind, *, key=""):
        assert code == REPORT_DAYS
        if self.down:
            raise errors.Unavailable(code="exchange.unavailable")
        self.asked.append((len(body.days), key))
        said = []
        for one in body.days:
            verdict = self.verdicts.get(self.days.index(one), Verdict.TAKEN)
            said.append(TakenDay(sha256=hashlib.sha256(one.content).hexdigest(), verdict=verdict))
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
    assert len(log.untold()) == 3
    log.down = False
    assert day_reports.tell(node).taken == 3
    assert [told.verdict for told in log.told] == ["taken"] * 3
    assert {told.message_id for told in log.told} == {"m-1"}
    assert log.untold() == []
    assert day_reports.tell(node).all == 0


def test_a_refused_day_waits_on_and_holds_no_other_back(log: Log, node: Node) -> None:
    log.verdicts = {0: Verdict.REFUSED, 1: Verdict.CONTRADICTION}
    done = day_reports.tell(node)
    assert (done.taken, done.contradicted, done.refused >= 1) == (1, 1, True)
    assert log.untold() == [log.days[0]]
    assert sorted(told.verdict for told in log.told) == ["contradiction", "taken"]


def test_the_same_days_have_the_same_key_today(log: Log, node: Node) -> None:
    assert day_reports.key_of(log.days) == day_reports.key_of(list(log.days))
    assert day_reports.key_of(log.days) != day_reports.key_of(log.days[:2])


def test_many_days_are_told_in_parts(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    monkeypatch.setattr(day_reports, "MOST_DAYS", 2)
    assert [len(batch) for batch in day_reports.batches(log.days)] == [2, 1]
    monkeypatch.setattr(day_reports, "MOST_BYTES", 1)
    assert [len(batch) for batch in day_reports.batches(log.days)] == [1, 1, 1]


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
