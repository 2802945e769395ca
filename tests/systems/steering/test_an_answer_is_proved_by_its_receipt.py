"""The receipt of an answer is verified against the anchor, and must be of these very bytes."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lienthong.exchange.gateway_admin import LogNotReachable, NoSuchExchange
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.rows import Kind, LogSide, Outcome, make_row
from lienthong.protocol import digest, signature
from lienthong.protocol.promise import Promise
from lienthong.protocol.rest import RequestPart, ResponsePart
from lienthong.systems.steering import services
from lienthong.systems.steering.models import SourceAnswer
from lienthong.systems.steering.queries.document import Report
from lienthong.systems.steering.queries.export import described
from lienthong.systems.steering.views.shown import counts
from unit.protocol.conftest import PaperExchange

ORIGIN = "VN/GOV/G14/national"
CLIENT = "VN/GOV/G14/steering"
SERVICE = "VN/GOV/G15/civil-status/figures.v1"
RAW = b'{"system":"civil_status","figures":[]}'
AT = datetime(2021, 8, 20, 3, 0, tzinfo=UTC)


def receipt(paper: PaperExchange, *, message_id: str, request_id: str, body: bytes = RAW) -> bytes:
    """What the gateway of G14 can show of one exchange, made with its own code."""

    async def run() -> bytes:
        log, now = MemoryLog(), paper.now.timestamp()
        asked = signature.sign_request(
            RequestPart(
                b"POST",
                f"/r1/{SERVICE}".encode(),
                (
                    (b"X-Road-Client", CLIENT.encode()),
                    (b"x-road-request-id", request_id.encode()),
                    (b"x-road-id", message_id.encode()),
                ),
            ),
            digest.sha256(b"{}"),
            paper.keys["G14"],
            now=now,
        )
        answered = signature.sign_answer(
            ResponsePart(200, b"OK", ((b"content-type", b"application/json"),)),
            digest.sha256(body),
            asked,
            paper.keys["G15"],
            now=now,
        )
        common = {
            "side": LogSide.CONSUMER,
            "gateway": ORIGIN,
            "at": paper.now,
            "client": CLIENT,
            "service": SERVICE,
            "message_id": message_id,
            "request_id": request_id,
        }
        await log.append(make_row(kind=Kind.REQUEST, signed=asked, body_size=2, **common))
        await log.append(
            make_row(
                kind=Kind.ANSWER,
                outcome=Outcome.ANSWERED,
                status=200,
                signed=answered,
                body_size=len(body),
                **common,
            )
        )
        note = log.seal(ORIGIN, paper.keys["G14"], at=paper.now)
        certificates = {key.kid: paper.certificate(code) for code, key in paper.keys.items()}
        return log.receipt(request_id, LogSide.CONSUMER, note, certificates).dump()

    return asyncio.run(run())


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperExchange:
    """An authority and its members; this node trusts them by its anchor."""
    made = PaperExchange()
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "anchor.json").write_bytes(made.anchor.dump())
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    return made


@pytest.fixture
def promised(collected) -> SourceAnswer:
    """The answer of civil status, which came with a promise."""
    answer = collected.answers.get(system="civil_status")
    answer.promise = msgspec.to_builtins(
        Promise(log=ORIGIN, leaf="x", time=int(AT.timestamp()), seal_by=0, kid="k")
    )
    answer.proof = SourceAnswer.Proof.PROMISED
    answer.body_digest = hashlib.sha256(RAW).hexdigest()
    answer.save()
    return answer


def give(monkeypatch, raw):
    """Let the gateway answer this receipt, or raise this error."""
    asked = []

    def answer(message_id, request_id):
        asked.append((message_id, request_id))
        if isinstance(raw, Exception):
            raise raw
        return raw

    monkeypatch.setattr("lienthong.exchange.gateway_admin.receipt", answer)
    return asked


def settled(promised):
    left = services.settle_receipts(promised.edition)
    promised.refresh_from_db()
    return left, promised


def test_a_receipt_of_these_bytes_proves_the_answer(paper, promised, monkeypatch):
    ids = {"message_id": promised.message_id, "request_id": promised.request_id}
    asked = give(monkeypatch, receipt(paper, **ids))
    left, answer = settled(promised)
    assert (left, answer.proof) == (0, SourceAnswer.Proof.VERIFIED)
    # A message id alone may be another client's too.
    assert asked == [(promised.message_id, promised.request_id)]
    assert answer.provider == SERVICE
    assert answer.proof_detail["answered_by"] == "VN/GOV/G15"
    assert answer.proof_detail["asked_by"] == "VN/GOV/G14"
    assert answer.proof_detail["log_size"] == 2
    assert answer.receipt["format"] == "lienthong-receipt-1"
    told = next(
        s for s in described(Report.of(answer.edition))["sources"] if s["system"] == "civil_status"
    )
    assert told["answer"]["receipt"] == answer.receipt


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"message_id": "VN-other"}, "other-message"),
        ({"request_id": "other"}, "other-request"),
        ({"body": RAW + b" "}, "other-answer"),
    ],
)
def test_a_genuine_receipt_of_something_else_proves_nothing(
    paper, promised, monkeypatch, changed, problem
):
    ids = {"message_id": promised.message_id, "request_id": promised.request_id}
    give(monkeypatch, receipt(paper, **{**ids, **changed}))
    _, answer = settled(promised)
    assert answer.proof == SourceAnswer.Proof.BROKEN
    assert answer.proof_detail == {"problem": problem}


def test_a_receipt_under_a_strange_authority_proves_nothing(paper, promised, monkeypatch):
    ids = {"message_id": promised.message_id, "request_id": promised.request_id}
    give(monkeypatch, receipt(PaperExchange(), **ids))
    _, answer = settled(promised)
    assert answer.proof == SourceAnswer.Proof.BROKEN
    assert answer.proof_detail == {"problem": "UntrustedCertificate"}


def test_words_that_are_no_receipt_prove_nothing(paper, promised, monkeypatch):
    give(monkeypatch, b"<html>not here</html>")
    _, answer = settled(promised)
    assert answer.proof == SourceAnswer.Proof.BROKEN


@pytest.mark.parametrize("problem", [NoSuchExchange(), LogNotReachable()])
def test_an_answer_that_is_not_sealed_yet_keeps_its_promise(paper, promised, monkeypatch, problem):
    give(monkeypatch, problem)
    left, answer = settled(promised)
    assert (left, answer.proof) == (1, SourceAnswer.Proof.PROMISED)
    assert counts(Report.of(answer.edition))["promised"] == 1


def test_a_receipt_may_arrive_after_the_report_was_issued(paper, promised, monkeypatch, secretary):
    services.issue(promised.edition, by=secretary)
    ids = {"message_id": promised.message_id, "request_id": promised.request_id}
    give(monkeypatch, receipt(paper, **ids))
    assert settled(promised)[1].proof == SourceAnswer.Proof.VERIFIED


def test_the_panel_shows_how_far_the_proof_has_come(paper, promised, monkeypatch, signed_in):
    page = "/canbo/steering/2021-08/?figure=F019"
    assert "chờ niêm phong" in signed_in.get(page).content.decode()
    ids = {"message_id": promised.message_id, "request_id": promised.request_id}
    give(monkeypatch, receipt(paper, **ids))
    answer = signed_in.post("/canbo/steering/2021-08/receipts", {"figure": "F019"})
    assert answer["Location"] == f"{page}#nguon"
    html = signed_in.get(page).content.decode()
    assert "chữ ký và niêm phong đã kiểm tra, đều đúng" in html
    assert SERVICE in html.replace("<wbr>", "")
