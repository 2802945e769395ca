"""Number, final files, the person's signature, the seal: each step once, and none is lost."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import DatabaseError, OperationalError, connection, transaction

from lienthong.cli import verify
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record.models import Entry
from lienthong.systems.steering import services
from lienthong.systems.steering.domain.editions import State
from lienthong.systems.steering.errors import (
    AlreadyIssued,
    LayoutBroken,
    MustBeSigned,
    NotSignedYet,
    NotSigning,
    NotTheSigner,
    ReasonMissing,
    SignedAlready,
)
from lienthong.systems.steering.models import DocumentRegister, Issuance, IssuedFile
from lienthong.systems.steering.queries import editions
from lienthong.systems.steering.queries.document import Report, document
from lienthong.systems.steering.services import files, signing
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from lienthong.web.papers.decree30.check import check
from lienthong.web.papers.decree30.faults import errors
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.signatures import checking, twins
from lienthong.web.papers.signatures.errors import NoCertificate
from lienthong.web.papers.word import to_docx
from web_papers.signers import ACCOUNT, node_with_keys

AUGUST, JULY = Period.month("2021-08"), Period.month("2021-07")
DESK = "/canbo/steering/2021-08/"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    # A month before the stories of the steering desk, whose clock stands in August 2021.
    with clock.stopped(at=datetime(2021, 7, 20, tzinfo=UTC), legal_day=date(2021, 7, 20)):
        return node_with_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def keys(keyed, settings):
    settings.NODE, settings.DEMO = keyed, True
    return keyed


@pytest.fixture
def leader(secretary):
    return replace(secretary, account=ACCOUNT, roles=frozenset({"steering.signer"}))


@pytest.fixture
def numbered(collected, keys, secretary):
    return signing.number(collected, ACCOUNT, by=secretary)


@pytest.fixture
def printed(numbered, secretary):
    signing.print_files(numbered, by=secretary)
    return numbered


@pytest.fixture
def signed(numbered, leader):
    return signing.sign(numbered, ACCOUNT, by=leader)


@pytest.fixture
def issued(signed, secretary):
    return signing.seal(signed, by=secretary)


def test_the_whole_order_ends_in_a_report_anyone_can_verify(issued, keys, tmp_path, capsys):
    assert (issued.state, issued.number) == (State.ISSUED, 1)
    desk = signing.desk()
    checked = checking.check_pdf(services.file_of(issued, "pdf"), desk.anchor)
    assert checked.holds
    assert checking.check_pdf(services.file_of(issued, "tom-tat.pdf"), desk.anchor).holds
    assert [one.holder.name for one in checked.signatures] == ["Trần Sơn", ""]
    for kind in ("pdf", "json", "tom-tat.pdf"):
        (tmp_path / f"r.{kind}").write_bytes(services.file_of(issued, kind))
    (tmp_path / "anchor.json").write_bytes(desk.anchor.to_json())
    args = ["r.pdf", "r.tom-tat.pdf", "r.json", "--anchor", "anchor.json"]
    assert run_verify(tmp_path, args) == 0, capsys.readouterr().out
    done = list(Entry.objects.filter(what__startswith="steering.edition.").values_list("what"))
    assert [what for (what,) in done][-4:] == [
        "steering.edition.numbered",
        "steering.edition.printed",
        "steering.edition.signed",
        "steering.edition.issued",
    ]


def run_verify(place, args):
    import argparse

    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    return verify.run(parser.parse_args([a if a[0] == "-" else str(place / a) for a in args]))


def test_the_twin_names_figures_receipts_and_the_pdf_it_belongs_to(issued, keys):
    twin = twins.read_twin(services.file_of(issued, "json"), signing.desk().anchor)
    assert twin.finding.holds
    assert twin.content["pdf_sha256"] == hashlib.sha256(services.file_of(issued, "pdf")).hexdigest()
    codes = {one["code"] for one in twin.content["figures"]}
    assert {"F009", "F019"} <= codes
    assert {one["code"] for one in twin.content["printed"]} <= codes
    assert twin.content["signer"] == {"name": "Trần Sơn", "title": "Thứ trưởng"}
    assert (
        twin.content["files"]["docx"]
        == hashlib.sha256(services.file_of(issued, "docx")).hexdigest()
    )


def test_a_figure_changed_in_the_twin_is_told(issued, keys, tmp_path, capsys):
    raw = json.loads(services.file_of(issued, "json"))
    figure = next(one for one in raw["figures"] if one["code"] == "F019")
    figure["value"] = str(int(figure["value"]) + 1)
    (tmp_path / "r.json").write_text(json.dumps(raw))
    (tmp_path / "r.pdf").write_bytes(services.file_of(issued, "pdf"))
    (tmp_path / "anchor.json").write_bytes(signing.desk().anchor.to_json())
    assert run_verify(tmp_path, ["r.pdf", "r.json", "--anchor", "anchor.json"]) == 1
    assert "changed after signing" in capsys.readouterr().out


def test_the_printed_report_keeps_the_layout_of_the_decree(numbered):
    paper = document(Report.of(numbered.edition))
    assert errors(check(to_pdf(paper))) == []
    assert errors(check(to_docx(paper))) == []
    assert not any(fault.rule == "9a" for fault in check(to_pdf(paper)))


def test_number_day_and_signer_are_printed_before_anyone_signs(printed):
    from pypdf import PdfReader

    pdf = bytes(printed.files.get(kind="pdf", step="printed").content)
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    for words in ("01/BC-BTTTT", "ngày 20 tháng 8 năm 2021", "Trần Sơn", "KT. BỘ TRƯỞNG"):
        assert words in " ".join(text.split())


def test_only_the_named_officer_signs_and_only_once(numbered, leader, signed):
    with pytest.raises(SignedAlready):
        signing.sign(numbered, ACCOUNT, by=leader)
    with pytest.raises(NotTheSigner):
        signing.sign(numbered, "vu.ha", by=leader)


def test_an_officer_without_a_certificate_uses_no_number(collected, keys, secretary):
    with pytest.raises(NoCertificate):
        signing.number(collected, "do.la", by=secretary)
    assert not DocumentRegister.objects.filter(last__gt=0).exists()


def test_the_seal_never_comes_first(numbered, secretary):
    with pytest.raises(NotSignedYet):
        signing.seal(numbered, by=secretary)


def test_a_body_that_signs_electronically_issues_nothing_unsigned(collected, keys, secretary):
    with pytest.raises(MustBeSigned):
        services.issue(collected, by=secretary)


def test_figures_are_closed_from_the_number_on(numbered, secretary):
    with pytest.raises(AlreadyIssued):
        services.collect_from(numbered.edition, "directory", by=secretary)
    with pytest.raises(AlreadyIssued):
        signing.number(numbered.edition, ACCOUNT, by=secretary)


# --- refusing --------------------------------------------------------------


def test_a_refused_number_that_is_still_the_highest_is_given_again(
    numbered, leader, secretary, collected
):
    ended = signing.refuse(numbered, "Sai trích yếu", by=leader)
    assert ended.number_returned
    collected.refresh_from_db()
    assert (collected.state, collected.number) == (State.DRAFT, None)
    again = signing.number(collected, ACCOUNT, by=secretary)
    assert again.number == 1
    assert Issuance.objects.filter(number=1).count() == 2, "the refusal stays in the register"


def test_a_refused_number_below_a_later_one_stays_as_cancelled(
    numbered, keys, month, secretary, leader
):
    other = services.collect(JULY, by=secretary)
    later = signing.number(other, ACCOUNT, by=secretary)
    assert later.number == 2
    ended = signing.refuse(numbered, "Sai trích yếu", by=leader)
    assert not ended.number_returned
    numbered.edition.refresh_from_db()
    assert signing.number(numbered.edition, ACCOUNT, by=secretary).number == 3
    given = set(Issuance.objects.filter(year=2021).values_list("number", flat=True))
    assert given == {1, 2, 3}, "every number is accounted for"


def test_refusing_needs_a_reason_and_something_that_waits(numbered, issued, leader):
    with pytest.raises(ReasonMissing):
        signing.refuse(numbered, "  ", by=leader)
    with pytest.raises(NotSigning):
        signing.refuse(numbered, "Muộn rồi", by=leader)


# --- faults ----------------------------------------------------------------


def test_a_fault_between_number_and_files_loses_nothing(
    collected, keys, secretary, leader, monkeypatch
):
    given = signing.number(collected, ACCOUNT, by=secretary)

    def dies(report, kind):
        raise MemoryError

    monkeypatch.setattr(signing, "write", dies)
    with pytest.raises(MemoryError):
        signing.print_files(given, by=secretary)
    assert DocumentRegister.objects.get().last == 1
    assert not given.files.exists()
    monkeypatch.undo()
    # Whoever opens it next takes it up: the files are made, and signed.
    assert signing.sign(given, ACCOUNT, by=leader).signed_at is not None


def test_a_full_disk_while_sealing_publishes_nothing_and_is_taken_up_again(
    signed, secretary, monkeypatch
):
    kept, calls = signing.keep, []

    def full(given, kind, step, content):
        calls.append(kind)
        if kind == "json":
            raise OperationalError("could not extend file: No space left on device")
        return kept(given, kind, step, content)

    monkeypatch.setattr(signing, "keep", full)
    with pytest.raises(OperationalError), transaction.atomic():
        signing.seal(signed, by=secretary)
    assert calls == ["pdf", "tom-tat.pdf", "json"]
    assert not IssuedFile.objects.filter(step="issued").exists()
    signed.edition.refresh_from_db()
    assert signed.edition.state == State.SIGNING
    monkeypatch.undo()
    assert signing.seal(signed, by=secretary).state == State.ISSUED


def test_a_layout_that_is_broken_is_not_signed(collected, keys, secretary, monkeypatch):
    given = signing.number(collected, ACCOUNT, by=secretary)
    monkeypatch.setattr(
        "lienthong.systems.steering.queries.document.RECIPIENTS", ("Như trên;", "Ai đó.")
    )
    with pytest.raises(LayoutBroken) as broken:
        signing.print_files(given, by=secretary)
    assert broken.value.detail["rules"] == ["L14"]


def test_files_are_printed_once(printed, secretary):
    before = dict(printed.files.values_list("kind", "digest"))
    with clock.stopped(at=datetime(2021, 8, 25, tzinfo=UTC), legal_day=date(2021, 8, 25)):
        signing.print_files(printed, by=secretary)
    assert dict(printed.files.values_list("kind", "digest")) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steering_issuedfile SET content = 'x'",
        "DELETE FROM steering_issuedfile",
        "DELETE FROM steering_issuance",
        "UPDATE steering_issuance SET number = 9",
        "UPDATE steering_reportedition SET number = 9",
        "UPDATE steering_collectedfigure SET value = value + 1",
    ],
)
def test_the_database_itself_keeps_what_was_signed(issued, statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_newer_edition_supersedes_and_the_older_keeps_its_files(
    issued, month, keys, secretary, leader
):
    before = {kind: services.file_of(issued, kind) for kind in files.TYPES}
    with clock.stopped(at=datetime(2021, 8, 21, tzinfo=UTC), legal_day=date(2021, 8, 21)):
        draft = services.collect(AUGUST, by=secretary)
        given = signing.number(draft, ACCOUNT, by=secretary)
        signing.sign(given, ACCOUNT, by=leader)
        second = signing.seal(given, by=secretary)
    issued.refresh_from_db()
    assert (issued.state, second.number) == (State.SUPERSEDED, 2)
    assert {kind: services.file_of(issued, kind) for kind in files.TYPES} == before
    assert editions.issued_edition(AUGUST).pk == second.pk


def test_a_report_signed_on_paper_keeps_the_file_it_showed_first(collected, secretary):
    issued = services.issue(collected, by=secretary)
    first = services.file_of(issued, "html")
    assert services.file_of(issued, "html") == first
    assert IssuedFile.objects.get(kind="html").digest == hashlib.sha256(first).hexdigest()


# --- the pages -------------------------------------------------------------


@pytest.fixture
def leader_at_desk(db, stopped_clock):
    from django.test import Client

    account = Account.objects.create_local(ACCOUNT, "ba-con-ga-trong-9")
    secret = second_factor.set_up(account)
    office = Office.objects.create(
        code="G14.LD", name="Lãnh đạo Bộ", body="G14", valid_from=date(2021, 1, 1)
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name="Trần Sơn",
        title="Thứ trưởng",
        roles=["steering.signer"],
        valid_from=date(2021, 1, 1),
    )
    client = Client()
    client.force_login(account)
    return client, secret


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_secretary_leader_secretary_on_their_pages(signed_in, collected, keys, leader_at_desk):
    leader, secret = leader_at_desk
    page = signed_in.get(f"{DESK}phat-hanh").content.decode()
    assert "Thứ trưởng Trần Sơn" in page
    seen = page.partition('name="seen" value="')[2][:32]
    answer = signed_in.post(f"{DESK}issue", {"seen": seen, "signer": ACCOUNT})
    assert answer["Location"] == f"{DESK}ky"
    assert "Trần Sơn" in signed_in.get(f"{DESK}ky").content.decode()
    assert "01/BC-BTTTT" in leader.get("/canbo/steering/cho-ky").content.decode()
    assert leader.get(f"{DESK}ky/tep.pdf").content.startswith(b"%PDF-")

    assert leader.post(f"{DESK}ky/nguoi-ky", {"code": "000000"}).status_code == 422
    assert Issuance.objects.get().signed_at is None
    assert signed_in.post(f"{DESK}ky/nguoi-ky", {"code": code_of(secret)}).status_code == 403
    assert leader.post(f"{DESK}ky/nguoi-ky", {"code": code_of(secret)})["Location"] == f"{DESK}ky"
    assert leader.post(f"{DESK}ky/dong-dau").status_code == 403
    assert signed_in.post(f"{DESK}ky/dong-dau")["Location"] == DESK
    page = signed_in.get("/bao-cao/2021-08/").content.decode()
    assert "Trần Sơn" in page
    assert signed_in.get("/bao-cao/2021-08/bao-cao.pdf").content == services.file_of(
        editions.issued_edition(AUGUST), "pdf"
    )


def test_giving_it_back_asks_for_the_reason(signed_in, numbered):
    assert signed_in.post(f"{DESK}ky/tra-lai", {"reason": ""}).status_code == 422
    answer = signed_in.post(f"{DESK}ky/tra-lai", {"reason": "Sai trích yếu"})
    assert answer["Location"] == DESK
    numbered.edition.refresh_from_db()
    assert numbered.edition.is_draft


def test_whoever_is_neither_sees_nothing_of_it(client, numbered):
    assert client.get(f"{DESK}ky").status_code == 302
