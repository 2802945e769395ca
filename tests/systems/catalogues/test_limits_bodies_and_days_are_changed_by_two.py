"""A change of a limit, a body or the calendar: proposed, decided by another, published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.bodies import BodyTable
from lienthong.kernel.limits import LimitTable
from lienthong.systems.catalogues import queries, services
from lienthong.systems.catalogues.domain.amendments import (
    BodyEnd,
    BodyRow,
    CalendarRows,
    DayRow,
    LimitRow,
    packed,
    unpacked,
)
from lienthong.systems.catalogues.errors import (
    AmendmentSettled,
    AmendmentWaits,
    NothingChanges,
    NothingToEnd,
    RowsChanged,
    SameOfficer,
    UnknownSuccessor,
)
from lienthong.systems.catalogues.forms import amendments as forms
from lienthong.systems.catalogues.models import Amendment, TimeLimit
from lienthong.systems.catalogues.services import amendments
from lienthong.web import catalogues
from systems.catalogues.test_the_desk_of_reforms import steward

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

ROLES = frozenset({"catalogues.steward"})
GIANG = Actor("giang", "G09.CQDP", "", cast.LEGAL_DAY, ROLES)
OANH = Actor("oanh", "G09.CQDP", "", cast.LEGAL_DAY, ROLES)
BASIS = "Nghị định thử, Điều 1"
DEATH = LimitRow("death.declare", "Thời hạn khai tử", 10, "working_days", date(2022, 1, 1), BASIS)
TET = CalendarRows(
    2030,
    (DayRow(date(2030, 2, 1), False, "29 Tết"), DayRow(date(2030, 2, 9), True, "Làm bù")),
    BASIS,
)


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    services.load_shipped()


def decided(content: LimitRow | BodyRow | BodyEnd | CalendarRows) -> Amendment:
    made = amendments.propose(content, by=GIANG)
    return amendments.decide(made, by=OANH)


def limits() -> LimitTable:
    return queries.tables().limit_table


def bodies() -> BodyTable:
    return queries.tables().body_table


@pytest.mark.parametrize(
    "content",
    [DEATH, TET, BodyEnd("G14", "qd20", date(2025, 2, 28), "G06", BASIS)],
)
def test_a_change_is_kept_as_it_was_meant(
    content: LimitRow | CalendarRows | BodyEnd,
) -> None:
    assert unpacked(packed(content)) == content


def test_a_new_rule_holds_from_its_day_and_the_past_keeps_the_old() -> None:
    done = decided(DEATH)
    before, after = (
        limits().get("death.declare", day) for day in (date(2021, 12, 31), date(2022, 1, 1))
    )
    assert (before.amount, before.unit, before.valid_to) == (
        15,
        "calendar_days",
        date(2021, 12, 31),
    )
    assert (after.amount, after.unit, after.valid_to) == (10, "working_days", None)
    assert done.snapshot == queries.newest_snapshot().number  # type: ignore[union-attr]


def test_a_rule_put_between_two_ends_where_the_later_begins() -> None:
    decided(
        LimitRow("marriage.settle_foreign", "Kết hôn", 12, "working_days", date(2020, 1, 1), BASIS)
    )
    spans = [
        (row.valid_from, row.valid_to) for row in limits() if row.code == "marriage.settle_foreign"
    ]
    assert spans == [
        (date(2016, 1, 1), date(2019, 12, 31)),
        (date(2020, 1, 1), date(2025, 6, 30)),
        (date(2025, 7, 1), None),
    ]


def test_a_row_of_the_same_day_is_corrected_in_place() -> None:
    """As when a doubt is settled: the number was read in the law itself."""
    decided(
        LimitRow(
            "birth.declare", "Thời hạn khai sinh", 60, "calendar_days", date(2016, 1, 1), BASIS
        )
    )
    rows = [row for row in limits() if row.code == "birth.declare"]
    assert [(row.doubt, row.legal_basis) for row in rows] == [("", BASIS)]


def test_who_proposed_settles_nothing_and_nothing_is_settled_twice() -> None:
    made = amendments.propose(DEATH, by=GIANG)
    with pytest.raises(SameOfficer):
        amendments.decide(made, by=GIANG)
    with pytest.raises(SameOfficer):
        amendments.refuse(made, "Không", by=Actor("giang", "G09.VP", "", cast.LEGAL_DAY, ROLES))
    amendments.decide(made, by=OANH)
    with pytest.raises(AmendmentSettled):
        amendments.decide(made, by=OANH)
    with pytest.raises(AmendmentSettled):
        amendments.withdraw(made, "Muộn", by=GIANG)
    assert TimeLimit.objects.filter(code="death.declare").count() == 2


def test_one_thing_has_one_change_waiting() -> None:
    made = amendments.propose(DEATH, by=GIANG)
    with pytest.raises(AmendmentWaits):
        amendments.propose(DEATH, by=OANH)
    amendments.withdraw(made, "Chưa ban hành", by=GIANG)
    amendments.propose(DEATH, by=OANH)


def test_what_stands_already_is_not_proposed() -> None:
    decided(DEATH)
    with pytest.raises(NothingChanges):
        amendments.propose(DEATH, by=GIANG)
    decided(TET)
    with pytest.raises(NothingChanges):
        amendments.propose(TET, by=GIANG)


def test_rows_that_changed_since_stop_the_decision() -> None:
    made = amendments.propose(DEATH, by=GIANG)
    TimeLimit.objects.filter(code="death.declare").update(amount=20)
    with pytest.raises(RowsChanged):
        amendments.decide(made, by=OANH)
    assert limits().get("death.declare", date(2022, 1, 1)).amount == 20
    assert queries.newest_snapshot() is None


def test_a_body_ends_and_names_who_takes_over() -> None:
    """Information and Communications went into Science and Technology on 1 March 2025."""
    decided(BodyEnd("G14", "qd20", date(2025, 2, 28), "G06", BASIS))
    assert bodies().find("G14", date(2025, 3, 1)) is None
    assert bodies().get("G14", date(2025, 2, 28)).successor == "G06"
    with pytest.raises(NothingToEnd):
        amendments.propose(BodyEnd("G14", "qd20", date(2026, 1, 1), "G06", BASIS), by=GIANG)
    with pytest.raises(UnknownSuccessor):
        amendments.propose(BodyEnd("G13", "qd20", date(2026, 1, 1), "G14", BASIS), by=GIANG)


def test_a_body_is_renamed_from_a_day() -> None:
    old = bodies().get("G09", date(2021, 8, 20))
    decided(BodyRow("G09", "qd20", "Bộ Nội vụ và Lao động", old.kind, "", date(2025, 3, 1), BASIS))
    assert bodies().get("G09", date(2025, 2, 28)).name == old.name
    assert bodies().get("G09", date(2025, 3, 1)).name == "Bộ Nội vụ và Lao động"


def test_the_calendar_of_a_year_counts_at_once(
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        decided(TET)
    calendar = catalogues.calendar()
    assert not calendar.is_working_day(date(2030, 2, 1))
    assert calendar.is_working_day(date(2030, 2, 9))  # a Saturday worked in exchange
    with django_capture_on_commit_callbacks(execute=True):
        decided(CalendarRows(2030, (DayRow(date(2030, 2, 9), None),), BASIS))
    assert not catalogues.calendar().is_working_day(date(2030, 2, 9))


def test_lines_of_days_are_read_as_people_write_them() -> None:
    typed = "1/2/2030 nghỉ 29 Tết\n\n 09/02/2030  LÀM  Làm bù\n10/02/2030 thường"
    form = forms.CalendarForm({"days": typed, "legal_basis": BASIS}, year=2030)
    assert form.is_valid(), form.errors
    assert form.content.days == (*TET.days, DayRow(date(2030, 2, 10), None))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("31/02/2030 nghỉ Tết", "Dòng 1 không đọc được"),
        ("1/2/2030 off Tết", "Dòng 1 không đọc được"),
        ("1/2/2031 nghỉ Tết", "Dòng 1 không thuộc năm 2030"),
        ("1/2/2030 nghỉ", "Dòng 1 thiếu tên"),
        ("1/2/2030 nghỉ A\n01/02/2030 làm B", "Dòng 2 không đọc được hoặc lặp lại ngày"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, words: str) -> None:
    form = forms.CalendarForm({"days": line, "legal_basis": BASIS}, year=2030)
    assert not form.is_valid()
    assert words in form.errors["days"][0]


def test_a_change_goes_through_the_desk() -> None:
    giang, oanh = (steward(name, "catalogues.steward") for name in ("trinh.giang", "phan.oanh"))
    typed = {
        "code": "death.declare",
        "title": "Thời hạn khai tử",
        "amount": "10",
        "unit": "working_days",
        "valid_from": "01/01/2022",
        "legal_basis": BASIS,
    }
    page = giang.post(reverse("catalogues:limit_propose"), typed | {"amount": "0"})
    assert "chỉ cho trường hợp đó" in page.content.decode()
    answer = giang.post(reverse("catalogues:limit_propose"), typed)
    made = Amendment.objects.get()
    assert answer.headers["Location"] == reverse("catalogues:amendment", args=[made.pk])
    own = giang.get(answer.headers["Location"]).content.decode()
    assert "người khác sẽ quyết định" in own
    assert "10 ngày làm việc" in own
    assert "có đề nghị đang chờ" in oanh.get(reverse("catalogues:limits")).content.decode()
    oanh.post(reverse("catalogues:amendment_decide", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "decided"
    done = oanh.get(answer.headers["Location"]).content.decode()
    assert "Quyết định và công bố" in done  # in its history; the button has gone
    assert "<button" not in done.partition('class="dk-act"')[2].partition("</div>")[0]


def test_only_a_steward_sees_the_tables() -> None:
    client = steward("do.la")
    for name in ("limits", "bodies", "calendar", "amendments", "limit_propose"):
        assert client.get(reverse(f"catalogues:{name}")).status_code == 403
