"""A value nobody counts is written by one officer and decided on by another, with evidence."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record.models import Entry
from lienthong.systems.steering.domain.rounding import Exactness
from lienthong.systems.steering.errors import (
    BadSymbol,
    BadValue,
    ChangedMeanwhile,
    EntryClosed,
    FigureTwice,
    FileRefused,
    MonthNotBegun,
    NotYourFigure,
    ReasonMissing,
    SecondOfficer,
    SourceMissing,
    StatedLive,
    WrongWindow,
)
from lienthong.systems.steering.models import FigureEntry
from lienthong.systems.steering.services import entries, evidence
from systems.steering.figures_cast import AUGUST, DIEM, HA, LA, NGA, YEN, accepted, given, officer

State = FigureEntry.State
pytestmark = pytest.mark.usefixtures("offices", "stopped_clock")


def test_the_owner_reports_and_the_secretariat_accepts():
    made = entries.submit(given(), by=DIEM)
    assert (made.way, made.body, made.system, made.state) == (
        "reported",
        "G22",
        "cabinet",
        State.WAITING,
    )
    done = entries.accept(made, version=1, by=HA)
    assert (done.state, done.decided_by, done.author) == (
        State.ACCEPTED,
        "vu.ha@G14.TH",
        "phan.diem@G22.TH",
    )
    whats = set(
        Entry.objects.filter(what__startswith="steering.entry.").values_list("what", flat=True)
    )
    assert whats == {"steering.entry.submitted", "steering.entry.accepted"}


def test_the_secretariat_enters_by_hand_and_another_officer_accepts():
    made = entries.submit(given(), by=HA)
    assert (made.way, made.body) == ("by_hand", "G14")
    with pytest.raises(SecondOfficer):
        entries.accept(made, version=1, by=HA)
    twice = officer("vu.ha", "G14.bcd", "steering.approver", "steering.secretary")
    with pytest.raises((SecondOfficer, NotYourFigure)):
        entries.accept(made, version=1, by=twice)
    assert entries.accept(made, version=1, by=NGA).state == State.ACCEPTED


@pytest.mark.parametrize("who", [YEN, LA, NGA], ids=["other body", "no role", "only decides"])
def test_nobody_else_writes_a_value(who):
    with pytest.raises(NotYourFigure):
        entries.submit(given(), by=who)


@pytest.mark.parametrize("who", [DIEM, LA, YEN], ids=["who reports", "no role", "other body"])
def test_nobody_else_decides(who):
    made = entries.submit(given(), by=HA)
    with pytest.raises(NotYourFigure):
        entries.accept(made, version=1, by=who)
    with pytest.raises(NotYourFigure):
        entries.give_back(made, "Sai", version=1, by=who)


def test_a_figure_that_is_counted_is_not_entered():
    with pytest.raises(StatedLive):
        entries.submit(given("F009", "5"), by=HA)


def test_a_value_is_returned_with_a_reason_corrected_and_accepted():
    made = entries.submit(given(), by=DIEM)
    with pytest.raises(ReasonMissing):
        entries.give_back(made, "  ", version=1, by=HA)
    back = entries.give_back(made, "Thiếu phiếu \n của tháng 7", version=1, by=HA)
    assert (back.state, back.answer) == (State.RETURNED, "Thiếu phiếu của tháng 7")
    again = entries.edit(back, given(value="801"), version=back.version, by=DIEM)
    assert (again.state, again.value, again.decided_by) == (State.WAITING, Decimal(801), "")
    assert entries.accept(again, version=again.version, by=HA).state == State.ACCEPTED


def test_the_same_figure_twice_is_refused_while_one_waits_and_after():
    made = entries.submit(given(), by=DIEM)
    with pytest.raises(FigureTwice):
        entries.submit(given(value="5"), by=HA)
    entries.accept(made, version=1, by=HA)
    with pytest.raises(FigureTwice):
        entries.submit(given(value="5"), by=HA)


def test_an_accepted_value_is_revised_with_a_reason_and_stays_readable():
    first = accepted()
    with pytest.raises(ReasonMissing):
        entries.submit(given(value="798"), by=HA, replaces=first)
    second = entries.submit(given(value="798"), by=HA, replaces=first, reason="Đếm thiếu một phiếu")
    entries.accept(second, version=1, by=NGA)
    first.refresh_from_db()
    assert (first.state, first.value) == (State.REPLACED, Decimal(797))
    assert FigureEntry.objects.get(state=State.ACCEPTED).value == Decimal(798)


def test_who_wrote_it_may_withdraw_it_until_it_is_accepted():
    made = entries.submit(given(), by=DIEM)
    with pytest.raises(NotYourFigure):
        entries.withdraw(made, version=1, by=HA)
    gone = entries.withdraw(made, version=1, by=DIEM)
    assert gone.state == State.WITHDRAWN
    with pytest.raises(EntryClosed):
        entries.accept(gone, version=gone.version, by=HA)
    assert entries.submit(given(), by=DIEM).state == State.WAITING, "and another takes its place"


def test_the_second_of_two_editors_is_told():
    made = entries.submit(given(), by=DIEM)
    entries.edit(made, given(value="798"), version=1, by=DIEM)
    with pytest.raises(ChangedMeanwhile):
        entries.edit(made, given(value="799"), version=1, by=DIEM)
    with pytest.raises(ChangedMeanwhile):
        entries.accept(made, version=1, by=HA)
    made.refresh_from_db()
    assert made.value == Decimal(798)


@pytest.mark.parametrize(
    ("code", "value", "other"),
    [
        ("F036", "1.5", {}),
        ("F036", "-1", {}),
        ("F036", "NaN", {}),
        ("F036", "1e21", {}),
        ("F036", "797", {"part": 797, "whole": 800}),
        ("F041", "61", {}),
        ("F041", "61", {"part": 60, "whole": 63}),
        ("F041", "64", {"part": 64, "whole": 63}),
        ("F054", "100.01", {}),
        ("F054", "65.111", {}),
        ("F036", "797", {"note": "x" * 501}),
    ],
)
def test_a_value_that_cannot_be_is_refused(code, value, other):
    with pytest.raises(BadValue):
        entries.submit(given(code, value, **other), by=HA)


def test_a_change_may_be_negative_and_a_ratio_has_both_terms():
    entries.submit(given("F068", "-12.66"), by=HA)
    made = entries.submit(given("F041", "61", part=61, whole=63), by=HA)
    assert (made.part, made.whole) == (61, 63)


@pytest.mark.parametrize(
    "other",
    [
        {"window": Period(date(2021, 8, 1), date(2021, 8, 21))},
        {"window": Period(date(2021, 7, 1), date(2021, 7, 31))},
        {"window": Period(date(2021, 8, 3), date(2021, 8, 20))},
        {"as_of": date(2021, 8, 21)},
    ],
    ids=["future day", "other month", "starts late", "stated of the future"],
)
def test_a_wrong_period_is_refused(other):
    with pytest.raises(WrongWindow):
        entries.submit(given("F031", "2", **other), by=HA)


def test_a_month_that_has_not_begun_takes_no_value():
    september = Period.month("2021-09")
    with pytest.raises(MonthNotBegun):
        entries.submit(given("F036", "1", month=september), by=HA)


def test_a_value_rests_on_a_letter_or_a_file():
    with pytest.raises(SourceMissing):
        entries.submit(given(letter=" "), by=HA)
    with pytest.raises(BadSymbol):
        entries.submit(given(letter="bảy mươi sáu"), by=HA)
    file = evidence.keep_file("so.pdf", b"%PDF-1.7 1", by=HA)
    made = entries.submit(given(letter="", evidence=file), by=HA)
    assert made.evidence.digest == file.digest
    with pytest.raises(FileRefused):
        evidence.keep_file("to.pdf", b"%PDF-" + b"0" * evidence.LARGEST, by=HA)
    with pytest.raises(FileRefused):
        evidence.keep_file("so.exe", b"MZ...", by=HA)


def test_a_bound_is_kept_as_its_source_says():
    made = entries.submit(given("F030", "6300000", exactness=Exactness.MORE_THAN), by=HA)
    assert made.exactness == "more"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steering_figureentry SET value = value + 1",
        "UPDATE steering_figureentry SET state = 'waiting'",
        "DELETE FROM steering_figureentry",
    ],
)
def test_the_database_itself_keeps_what_was_decided(statement):
    accepted()
    with (
        pytest.raises(DatabaseError, match="revised, not changed|withdrawn, not deleted"),
        transaction.atomic(),
    ):
        connection.cursor().execute(statement)


def test_the_database_takes_no_decision_of_the_author():
    made = entries.submit(given(), by=HA)
    with pytest.raises(DatabaseError), transaction.atomic():
        FigureEntry.objects.filter(pk=made.pk).update(state="accepted", decided_by=made.author)


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_enter_the_same_figure_at_once():
    barrier, outcomes = threading.Barrier(2), []

    def go(by):
        try:
            barrier.wait(timeout=10)
            entries.submit(given(), by=by)
            outcomes.append("kept")
        except FigureTwice:
            outcomes.append("twice")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(by,)) for by in (HA, DIEM)]
    with clock.stopped(legal_day=HA.legal_day):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert sorted(outcomes) == ["kept", "twice"]
    assert FigureEntry.objects.filter(period_start=AUGUST.start).count() == 1
