"""Signed days at the directory: whose are believed, that they stay, and where two sides differ."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import DatabaseError, transaction

from lienthong.cli import registration
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import Counts, Split
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.kernel.periods import Period
from lienthong.protocol.day_totals import CLOCKS, Verdict, bounds
from lienthong.protocol.housekeeping import CODES
from lienthong.protocol.joining import SignedAsk
from lienthong.protocol.pki import SigningKey
from lienthong.systems.directory.domain import Difference, explain
from lienthong.systems.directory.errors import BadJoinRequest
from lienthong.systems.directory.figures import FIGURES
from lienthong.systems.directory.models import AccessGrant, Contradiction, DayReport, Gateway
from lienthong.systems.directory.queries import agreements, totals
from lienthong.systems.directory.services import housekeeping
from lienthong.systems.directory.services.totals import check_again
from systems.directory.days_cast import LGSP, STATUS, STEERING, VERIFY, row, signed, told
from systems.directory.installed_country import install
from systems.directory.joining_cast import Newcomer, approved

pytestmark = pytest.mark.django_db
PROVINCE, NATIONAL = "VN/GOV/TINH-91/kien-giang", "VN/GOV/G14/national"


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


@pytest.fixture
def province(directory: Node, tmp_path: Path) -> Newcomer:
    newcomer = Newcomer.fresh(directory, tmp_path / "kien-giang")
    newcomer.join(approved(directory)[1])
    held = Membership.of(newcomer.node)
    assert held is not None
    registration.write_gateway_files(newcomer.node, held, [])
    return newcomer


@pytest.fixture
def day() -> date:
    """Tomorrow: every certificate of the tests is good when it is closed."""
    return clock.local(clock.instant()).date() + timedelta(days=1)


def later(day: date) -> datetime:
    """When this day is due."""
    return bounds(day)[1] + totals.DUE_AFTER


# -- the right to report ----------------------------------------------------------------------


def test_a_gateway_asks_with_its_own_signature_for_the_right_to_report(
    province: Newcomer, directory: Node
) -> None:
    said = registration.registration(province.node, [], "10.0.0.9")
    assert {ask.terms.code for ask in said.asks} == CODES
    gateway = Gateway.objects.get(code="kien-giang")
    offered = set(housekeeping.offers())
    housekeeping.let_in(
        gateway, [ask for ask in said.asks if ask.terms.code in offered], node=directory
    )
    given = AccessGrant.objects.filter(client__member__code="TINH-91", offer__code__in=CODES)
    assert {grant.offer.code for grant in given} == offered
    for grant in given:
        assert [one.valid for one in agreements.signatures_of(grant)] == [True, True]
    # Asked once: the next start says the same, and nothing is given twice.
    assert registration.registration(province.node, [], "10.0.0.9") == said
    housekeeping.let_in(gateway, said.asks[:0], node=directory)
    assert AccessGrant.objects.filter(client__member__code="TINH-91").count() == len(offered)


@pytest.mark.parametrize(
    "change",
    [
        {"client": "GOV/G01/population"},
        {"code": "figures.v1"},
        {"provider": "GOV/G01/population"},
        {"purpose": "changed after it was signed"},
    ],
)
def test_nothing_else_can_be_asked_for_so(
    province: Newcomer, directory: Node, change: dict[str, str]
) -> None:
    ask = next(
        ask
        for ask in registration.registration(province.node, [], "").asks
        if ask.terms.code in housekeeping.offers()
    )
    forged = SignedAsk(terms=msgspec.structs.replace(ask.terms, **change), mark=ask.mark)
    with pytest.raises(BadJoinRequest):
        housekeeping.let_in(Gateway.objects.get(code="kien-giang"), [forged], node=directory)
    assert not AccessGrant.objects.filter(client__member__code="TINH-91").exists()


# -- taking -----------------------------------------------------------------------------------


def test_a_day_is_taken_once_and_a_repetition_is_one(province: Newcomer, day: date) -> None:
    one = signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 7))
    assert [answer.verdict for answer in told(one, one)] == [Verdict.TAKEN, Verdict.REPEATED]
    kept = DayReport.objects.get()
    assert (kept.gateway.code, kept.day, kept.answered, kept.tree_size) == (
        "kien-giang", day, 7, 12,
    )  # fmt: skip
    assert kept.counts.get().count == 7
    assert check_again(kept)


def test_another_day_than_the_kept_one_is_shown_and_changes_nothing(
    province: Newcomer, day: date
) -> None:
    told(signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 7)))
    other = signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 700))
    assert [answer.verdict for answer in told(other, other)] == [Verdict.CONTRADICTION] * 2
    assert DayReport.objects.get().answered == 7
    assert Contradiction.objects.get().answered == 700
    owed = {row.gateway.code: row for row in totals.reporting(later(day))}
    assert owed["kien-giang"].contradictions == 1


def test_a_day_signed_by_anyone_else_is_refused(
    province: Newcomer, directory: Node, day: date
) -> None:
    rows = [row(STEERING, STATUS, "provider", 7)]
    stranger = signed(province.node, PROVINCE, day, *rows, key=SigningKey.generate())
    directorys = SigningKey.load(
        directory.keys / "members" / "G14" / "sign.key", directory.secret("passphrase").encode()
    )
    another = signed(province.node, PROVINCE, day, *rows, key=directorys)
    nobody = signed(province.node, "VN/GOV/TINH-91/unheard-of", day, *rows)
    good = signed(province.node, PROVINCE, day, *rows)
    answers = told(stranger, another, nobody, good)
    assert [answer.verdict for answer in answers] == [
        Verdict.REFUSED, Verdict.REFUSED, Verdict.REFUSED, Verdict.TAKEN,
    ]  # fmt: skip
    assert [answer.why for answer in answers] == [
        "exchange.unknown_key", "exchange.bad_signature", "exchange.unknown_key", "",
    ]  # fmt: skip


def test_a_day_that_is_not_over_by_the_directorys_clock_is_refused_until_it_is(
    province: Newcomer, day: date
) -> None:
    """A gateway ahead by more than clocks may differ closes its day before others have lived it."""
    rows = [row(STEERING, STATUS, "provider", 7)]
    closed = bounds(day)[1] + timedelta(minutes=21)
    ahead = signed(province.node, PROVINCE, day, *rows)
    imported = signed(province.node, PROVINCE, day, *rows, source="s-1")
    early = told(ahead, imported, at=bounds(day)[1] - CLOCKS - timedelta(seconds=1))
    assert [(answer.verdict, answer.why) for answer in early] == [
        (Verdict.REFUSED, "exchange.day_not_over")
    ] * 2
    assert not DayReport.objects.exists()
    (still,) = told(ahead, at=closed - CLOCKS - timedelta(seconds=1))
    assert still.why == "exchange.day_not_over"
    (fair,) = told(ahead, at=closed - CLOCKS)
    assert fair.verdict is Verdict.TAKEN


def test_a_kept_day_can_neither_be_changed_nor_removed(province: Newcomer, day: date) -> None:
    told(signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 7)))
    told(signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 8)))
    kept = DayReport.objects.get()
    for rows in (DayReport.objects.all(), kept.counts.all(), Contradiction.objects.all()):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            rows.update(id=rows.get().pk + 1)
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            rows._raw_delete(rows.db)


# -- both sides -------------------------------------------------------------------------------


def test_both_sides_of_a_pair_are_compared_and_a_difference_is_explained(
    province: Newcomer, directory: Node, day: date
) -> None:
    after, third = day + timedelta(days=1), day + timedelta(days=2)
    calls = {  # day: what the directory's gateway saw of its consumer, and the province answered
        day: (10, 11),  # one answer crossed midnight
        after: (6, 5),
        third: (9, 12),  # three answers the consumer never had
    }
    for at, (consumer, provider) in calls.items():
        told(
            signed(
                directory, NATIONAL, at,
                row(STEERING, STATUS, "consumer", consumer),
                row(STEERING, STATUS, "consumer", 3, "failed"),
            ),
            signed(province.node, PROVINCE, at, row(STEERING, STATUS, "provider", provider)),
        )  # fmt: skip
    rows = totals.reconciled(Period(day, third))
    assert [(r.day, r.consumer, r.provider, r.difference, r.kind) for r in rows] == [
        (third, 9, 12, 3, Difference.UNEQUAL),
        (after, 6, 5, -1, Difference.LATE),
        (day, 10, 11, 1, Difference.LATE),
    ]
    assert rows[0].failed == 3
    assert totals.reconciled(Period(day, third), client="no such") == []


def test_refusals_of_parties_nobody_knows_have_no_names(directory: Node, day: date) -> None:
    told(signed(directory, NATIONAL, day, row("", "", "provider", 3, "refused")))
    (found,) = totals.reconciled(Period(day, day))
    assert (found.client, found.kind, found.provider) == ("", Difference.NONE, 0)


def test_a_side_whose_gateway_did_not_report_is_named(
    province: Newcomer, directory: Node, day: date
) -> None:
    told(signed(province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 4)))
    (found,) = totals.reconciled(Period(day, day))
    assert (found.kind, found.missing) == (Difference.MISSING, ("national",))
    told(signed(directory, NATIONAL, day, row(STEERING, STATUS, "consumer", 4)))
    (found,) = totals.reconciled(Period(day, day))
    assert (found.kind, found.difference) == (Difference.NONE, 0)
    (summed,) = totals.summed(Period(day, day), [found], later(day))
    assert (summed.told, summed.expected, summed.is_whole, summed.kinds) == (2, 2, True, {})


@pytest.mark.parametrize(
    ("difference", "neighbours", "missing", "kind"),
    [
        (0, (0, 0), True, Difference.NONE),
        (2, (0, -2), False, Difference.LATE),
        (-2, (2, 0), False, Difference.LATE),
        (2, (0, -1), False, Difference.UNEQUAL),
        (2, (0, -2), True, Difference.MISSING),
    ],
)
def test_a_difference_has_one_kind(difference, neighbours, missing, kind) -> None:
    assert explain(difference, neighbours=neighbours, missing=missing) is kind


# -- figures ----------------------------------------------------------------------------------


@pytest.fixture
def own_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory's own gateway answered a hundred, forty of them imported."""
    monkeypatch.setattr(
        gateway_admin,
        "counts",
        lambda start, end, group="total": Counts(answered=Split(live=60, imported=40)),
    )


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """It is the night after ``day``, and every gateway should have reported it."""
    monkeypatch.setattr(totals, "last_due", lambda now: day)


def f009(period: Period):
    return FIGURES.definition("F009").value(period)


def test_one_gateway_alone_counts_as_before_and_needs_no_note(
    directory: Node, own_counts: None, day: date, due: None
) -> None:
    # Its signed days are kept like everybody's, and count nothing twice.
    told(signed(directory, NATIONAL, day, row(LGSP, VERIFY, "provider", 60)))
    stated = f009(Period(day, day))
    assert (stated.value, stated.imported, stated.note) == (100, 40, "")


def test_the_country_is_the_own_gateway_and_the_signed_days_of_the_others(
    province: Newcomer, directory: Node, own_counts: None, day: date, due: None
) -> None:
    told(
        signed(
            province.node, PROVINCE, day,
            row(STEERING, STATUS, "provider", 7),
            row(STEERING, STATUS, "provider", 5, "failed"),
            row(LGSP, VERIFY, "consumer", 9),
        ),
        signed(
            province.node, PROVINCE, day, row(STEERING, STATUS, "provider", 1000), source="s-1"
        ),
    )  # fmt: skip
    stated = f009(Period(day, day))
    assert (stated.value, stated.imported) == (1107, 1040)
    assert f"đủ đến hết ngày {day:%d/%m/%Y}" in stated.note
    assert "chưa báo cáo" not in stated.note
    typical = FIGURES.definition("F011").value(Period(day, day))
    assert typical.note == FIGURES.definition("F010").value(Period(day, day)).note


def test_a_figure_says_who_has_not_reported_and_since_when(
    province: Newcomer, own_counts: None, day: date, due: None
) -> None:
    told(signed(province.node, PROVINCE, day - timedelta(days=1)))
    stated = f009(Period(day - timedelta(days=1), day))
    assert stated.value == 100
    assert f"chưa báo cáo 1 ngày, từ ngày {day:%d/%m/%Y}" in stated.note
    assert "kien-giang (UBND tỉnh Kiên Giang)" in stated.note
