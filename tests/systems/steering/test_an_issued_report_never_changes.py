"""Numbers without gaps, notes on contradictions, and a lock on what was issued."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record.models import Entry
from lienthong.systems.steering import services
from lienthong.systems.steering.domain.editions import State
from lienthong.systems.steering.errors import (
    AlreadyIssued,
    FiguresStale,
    NoteMissing,
    NothingCollected,
    NothingToExplain,
    ProofBroken,
    RelationUnexplained,
    RevisionUnexplained,
)
from lienthong.systems.steering.models import DocumentRegister, ReportEdition, SourceAnswer
from lienthong.systems.steering.queries import editions
from lienthong.systems.steering.queries.document import Report, body
from lienthong.web.papers.blocks import Aside, LetterHead, plain
from systems.steering.stated import stated_by

AUGUST = Period.month("2021-08")
JULY = Period.month("2021-07")


def contradict(month):
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17433"))


def head_of(edition):
    (head,) = (b for b in body(Report.of(edition)) if isinstance(b, LetterHead))
    return head


def test_an_issued_report_carries_its_number_and_day(collected, secretary):
    issued = services.issue(collected, by=secretary)
    assert (issued.number, issued.state, issued.issued_on) == (1, State.ISSUED, date(2021, 8, 20))
    head = head_of(issued)
    assert head.number == "Số: 01/BC-BTTTT"
    assert head.place_date == "Hà Nội, ngày 20 tháng 8 năm 2021"
    assert Entry.objects.filter(what="steering.edition.issued").get().detail["number"] == 1


def test_numbers_run_without_a_gap_and_start_anew_each_year(month, db, secretary):
    numbers = []
    for period in (JULY, AUGUST, AUGUST):
        edition = services.collect(period, by=secretary)
        numbers.append(services.issue(edition, by=secretary).number)
    with clock.stopped(legal_day=date(2022, 1, 3)):
        edition = services.collect(AUGUST, by=secretary)
        numbers.append(services.issue(edition, by=secretary).number)
    assert numbers == [1, 2, 3, 1]


def test_a_refused_issue_uses_no_number_up(month, db, collect, secretary):
    contradict(month)
    edition = collect()
    with pytest.raises(RelationUnexplained):
        services.issue(edition, by=secretary)
    assert not DocumentRegister.objects.filter(last__gt=0).exists()
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status"))
    assert services.issue(collect(), by=secretary).number == 1


def test_a_note_on_each_contradiction_lets_the_report_go_out_as_it_is(
    month, db, collect, secretary
):
    contradict(month)
    edition = collect()
    for check in Report.of(edition).failing():
        services.note_relation(edition, check.key, "Sổ giấy nhập sau, \n đối chiếu", by=secretary)
    issued = services.issue(edition, by=secretary)
    printed = [b for b in body(Report.of(issued)) if isinstance(b, Aside) and b.tone == "danger"]
    assert len(printed) == 2
    assert all("Sổ giấy nhập sau, đối chiếu" in plain(b.inlines) for b in printed)
    assert editions.figure_of(issued, "F020").value == 17433


def test_a_note_falls_when_the_numbers_change(month, db, collect, secretary):
    contradict(month)
    edition = collect()
    services.note_relation(edition, "F020<=F019", "Đang đối chiếu", by=secretary)
    assert not any(c.key == "F020<=F019" for c in editions.unexplained(collect()))
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17434"))
    assert any(c.key == "F020<=F019" for c in editions.unexplained(collect()))


@pytest.mark.parametrize("note", ["", "  \n ", "x" * 1001])
def test_a_note_must_say_something_of_fitting_length(month, db, collect, secretary, note):
    contradict(month)
    with pytest.raises(NoteMissing):
        services.note_relation(collect(), "F020<=F019", note, by=secretary)


def test_a_relation_that_holds_takes_no_note(collected, secretary):
    with pytest.raises(NothingToExplain):
        services.note_relation(collected, "F020<=F019", "vì sao", by=secretary)


def test_old_or_missing_figures_are_not_issued(month, db, collect, secretary):
    month.is_down("population")
    with pytest.raises(FiguresStale):
        services.issue(collect(), by=secretary)


def test_a_report_without_figures_is_not_issued(month, db, secretary):
    edition = services.open_edition(AUGUST, by=secretary)
    with pytest.raises(NothingCollected):
        services.issue(edition, by=secretary)


def test_a_receipt_that_proves_something_else_stops_the_issue(collected, secretary):
    collected.answers.filter(system="directory").update(proof=SourceAnswer.Proof.BROKEN)
    with pytest.raises(ProofBroken):
        services.issue(collected, by=secretary)


def test_collecting_after_the_issue_opens_a_new_edition_and_leaves_the_old(
    collected, month, secretary
):
    issued = services.issue(collected, by=secretary)
    before = services.write(Report.of(issued), "json")
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F019="17440"))
    with clock.stopped(at=datetime(2021, 8, 21, tzinfo=UTC), legal_day=date(2021, 8, 21)):
        draft = services.collect(AUGUST, by=secretary)
    assert (draft.version, draft.state) == (2, State.DRAFT)
    assert editions.issued_edition(AUGUST).pk == issued.pk
    assert services.write(Report.of(editions.issued_edition(AUGUST)), "json") == before
    with pytest.raises(RevisionUnexplained):
        services.issue(draft, by=secretary)
    services.explain_revisions(draft, ["F019"], "Ghi thêm việc của ngày 20", by=secretary)
    second = services.issue(draft, by=secretary)
    issued.refresh_from_db()
    assert (issued.state, second.number) == (State.SUPERSEDED, 2)
    assert editions.issued_edition(AUGUST).pk == second.pk


def test_an_issued_edition_takes_no_more_answers_and_no_second_number(collected, secretary):
    services.issue(collected, by=secretary)
    collected.refresh_from_db()
    with pytest.raises(AlreadyIssued):
        services.collect_from(collected, "directory", by=secretary)
    with pytest.raises(AlreadyIssued):
        services.issue(collected, by=secretary)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steering_collectedfigure SET value = value + 1",
        "DELETE FROM steering_collectedfigure",
        "UPDATE steering_relationcheck SET note = 'x'",
        "UPDATE steering_reportedition SET number = 99",
        "UPDATE steering_reportedition SET state = 'draft', number = NULL",
        "DELETE FROM steering_relationcheck",
    ],
)
def test_the_database_itself_keeps_what_was_issued(collected, secretary, statement):
    services.issue(collected, by=secretary)
    with (
        pytest.raises(DatabaseError, match="an issued report is not changed"),
        transaction.atomic(),
    ):
        connection.cursor().execute(statement)


@pytest.mark.django_db(transaction=True)
def test_two_secretaries_at_once_get_two_numbers_without_a_gap(month, secretary):
    drafts = [services.collect(period, by=secretary) for period in (JULY, AUGUST)]
    barrier, numbers = threading.Barrier(len(drafts)), []

    def go(edition: ReportEdition) -> None:
        try:
            barrier.wait(timeout=10)
            numbers.append(services.issue(edition, by=secretary).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(numbers) == [1, 2]
