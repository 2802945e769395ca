"""The month's figures come from their systems, or they are not there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record.models import Entry
from lienthong.systems.steering import services
from lienthong.systems.steering.errors import MonthNotBegun
from lienthong.systems.steering.models import CollectedFigure, ReportEdition, SourceAnswer
from lienthong.systems.steering.queries import editions
from lienthong.systems.steering.queries.document import Report
from systems.steering.stated import MONTH, figure, stated_by

AUGUST = Period.month("2021-08")


def test_every_figure_keeps_what_its_system_said_and_by_which_message(collected):
    found = {f.code: f for f in editions.figures_of(collected)}
    assert set(found) == {code for system in MONTH.values() for code in system}
    traffic = found["F009"]
    assert traffic.value == Decimal(7311)
    assert (traffic.rows, traffic.imported, traffic.live_rows) == (7311, 7300, 11)
    assert traffic.definition == "Định nghĩa của F009."
    assert traffic.function == "directory.figures.f009"
    assert traffic.answer.message_id.startswith("VN-double-")
    assert traffic.answer.request_id
    assert len(traffic.answer.body_digest) == 64
    assert found["F014"].answer.message_id != traffic.answer.message_id
    assert (found["F001"].part, found["F001"].whole) == (21, 22)


def test_systems_are_asked_only_for_the_days_that_have_been(collected, month):
    (asked,) = month.asked("directory", FIGURES_CODE)
    assert (asked.start, asked.end) == (date(2021, 8, 1), date(2021, 8, 20))
    assert asked.codes == ()
    assert collected.counted_to == date(2021, 8, 20)


def test_a_month_that_is_over_is_counted_to_its_end(month, db, secretary):
    services.collect(Period.month("2021-07"), by=secretary)
    (asked,) = month.asked("directory", FIGURES_CODE)
    assert asked.end == date(2021, 7, 31)


def test_a_month_of_the_future_is_refused_and_nobody_is_asked(month, db, secretary):
    with pytest.raises(MonthNotBegun):
        services.collect(Period.month("2021-09"), by=secretary)
    assert month.asked("directory", FIGURES_CODE) == []
    assert not ReportEdition.objects.exists()


def test_a_system_that_is_down_leaves_its_figures_missing_and_the_others_stand(month, db, collect):
    month.is_down("population")
    edition = collect()
    codes = {f.code for f in editions.figures_of(edition)}
    assert "F009" in codes
    assert "F019" in codes
    assert not codes & set(MONTH["population"])
    source = Report.of(edition).source("population")
    assert source.state == "missing"
    assert source.silent_since == clock.instant()
    last = edition.answers.filter(system="population").get()
    assert last.outcome == SourceAnswer.Outcome.UNAVAILABLE
    assert last.error_code == "exchange.unavailable"


def test_figures_of_a_system_that_went_silent_stay_and_say_since_when(month, db, collect):
    first = datetime(2021, 8, 20, 3, 0, tzinfo=UTC)
    collect()
    month.is_down("civil_status")
    with clock.stopped(at=first + timedelta(hours=1)):
        edition = collect()
    with clock.stopped(at=first + timedelta(hours=2)):
        edition = collect()
    births = editions.figure_of(edition, "F019")
    assert births.value == Decimal(17432)
    assert births.state == CollectedFigure.State.STALE
    assert births.collected_at == first
    assert births.stale_since == first + timedelta(hours=1)
    assert Report.of(edition).source("civil_status").silent_since == first + timedelta(hours=1)
    month.is_up("civil_status")
    with clock.stopped(at=first + timedelta(hours=3)):
        edition = collect()
    births = editions.figure_of(edition, "F019")
    assert births.state == CollectedFigure.State.LIVE
    assert births.stale_since is None


def test_collecting_again_takes_the_new_numbers_into_the_same_draft(month, db, collect):
    first = collect()
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F019="17433"))
    second = collect()
    assert second.pk == first.pk
    assert editions.figure_of(second, "F019").value == Decimal(17433)
    assert CollectedFigure.objects.filter(edition=second, code="F019").count() == 1


def test_a_figure_a_system_no_longer_states_leaves_the_draft(month, db, collect):
    collect()
    month.answers("population", FIGURES_CODE, stated_by("population", without=["P004"]))
    assert "P004" not in {f.code for f in editions.figures_of(collect())}


def test_a_refused_question_is_told_apart_from_silence(month, db, collect):
    month.refuses("directory", FIGURES_CODE, problem="server.accessdenied")
    answer = collect().answers.filter(system="directory").get()
    assert answer.outcome == SourceAnswer.Outcome.REFUSED


def test_the_same_code_from_two_systems_prints_the_one_the_sentence_names(month, db, collect):
    def both(request):
        mine = stated_by("population")(request)
        twin = figure("population", "F020", "5170")
        return type(mine)(system="population", figures=(*mine.figures, twin))

    month.answers("population", FIGURES_CODE, both)
    edition = collect()
    assert editions.figure_of(edition, "F020").value == Decimal(5171)
    assert editions.figure_of(edition, "F020", "population").value == Decimal(5170)


def test_a_system_that_states_a_figure_twice_is_not_understood(month, db, collect):
    collect()

    def twice(request):
        told = stated_by("population")(request)
        return type(told)(system="population", figures=(*told.figures, told.figures[0]))

    month.answers("population", FIGURES_CODE, twice)
    edition = collect()
    answer = edition.answers.filter(system="population").first()
    assert (answer.outcome, answer.error_code) == (
        SourceAnswer.Outcome.UNREADABLE,
        "steering.figure_stated_twice",
    )
    assert editions.figure_of(edition, "P001").state == CollectedFigure.State.STALE


def test_each_asking_is_in_the_audit_with_its_message(collected):
    entries = Entry.objects.filter(what="steering.figures.collected")
    assert {e.detail["system"] for e in entries} == set(MONTH)
    assert all(e.detail["message"].startswith("VN-double-") for e in entries)
    assert {e.actor for e in entries} == {"vu.ha@G14.bcd"}


def test_a_very_large_and_a_broken_number_are_kept_exactly(month, db, collect):
    month.answers(
        "directory",
        FIGURES_CODE,
        stated_by("directory", F009="37067063123", F011="362.5"),
    )
    edition = collect()
    assert editions.figure_of(edition, "F009").value == Decimal("37067063123")
    assert editions.figure_of(edition, "F011").value == Decimal("362.5")
