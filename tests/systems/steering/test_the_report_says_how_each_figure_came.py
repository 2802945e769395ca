"""Live, reported or by hand: each figure says it, and a live answer replaces none in silence."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.demo import entries as demo
from lienthong.systems.steering.domain.catalogue import Way
from lienthong.systems.steering.domain.editions import State
from lienthong.systems.steering.errors import (
    ChoiceMissing,
    NothingRevised,
    NothingToChoose,
    RevisionUnexplained,
)
from lienthong.systems.steering.models import FigureEntry, TrendLimit
from lienthong.systems.steering.queries import editions, trends, ways
from lienthong.systems.steering.queries.document import Report, body, document
from lienthong.systems.steering.services import entries
from lienthong.web.papers.blocks import Aside, Number, Paragraph, Table, inlines_of, plain
from systems.steering.figures_cast import AUGUST, DIEM, HA, NGA, accepted, given
from systems.steering.stated import figure, stated_by

pytestmark = pytest.mark.usefixtures("offices")


def sentences(report):
    return " ".join(plain(b.inlines) for b in body(report) if isinstance(b, Paragraph))


def table(report, caption):
    return next(b for b in document(report).blocks if isinstance(b, Table) and b.caption == caption)


def states_f012(request):
    told = stated_by("population")(request)
    mine = figure("population", "F012", "58", start=request.start, end=request.end)
    return type(told)(system="population", figures=(*told.figures, mine))


def test_an_accepted_value_enters_the_draft_at_once(collected):
    accepted()
    found = editions.figure_of(collected, "F036")
    assert (found.value, found.way, found.entry.letter) == (797, "by_hand", "76/BC-BTTTT")
    assert found.answer is None
    assert "xử lý 797 phiếu lấy ý kiến" in sentences(Report.of(collected))


def test_a_waiting_or_returned_value_does_not(collected):
    made = entries.submit(given(), by=DIEM)
    services.collect(AUGUST, by=HA)
    assert "F036" not in Report.of(collected).figures
    entries.give_back(made, "Sai", version=1, by=HA)
    assert "F036" not in Report.of(collected).figures


def test_a_collection_keeps_what_was_entered_and_takes_what_was_revised(collected, collect):
    first = accepted()
    revised = entries.submit(given(value="798"), by=HA, replaces=first, reason="Đếm thiếu")
    entries.accept(revised, version=1, by=NGA)
    assert editions.figure_of(collect(), "F036").value == 798
    assert collected.figures.filter(code="F036").count() == 1


def test_the_share_of_each_way_stands_in_report_annex_and_json(collected):
    accepted()
    reported = entries.submit(given("F035", "38"), by=DIEM)
    entries.accept(reported, version=1, by=HA)
    report = Report.of(collected)
    counts = {one.way: one.count for one in ways.shares(report.figures)}
    assert (counts[Way.REPORTED], counts[Way.BY_HAND]) == (1, 1)
    assert sum(counts.values()) == len(report.figures)
    rows = table(report, "Cách lấy số liệu").rows
    assert rows[2][:2] == ("Nhập tay từ văn bản", "1")
    assert rows[2][2].endswith("%")
    assert "Số liệu nhập tay theo 76/BC-BTTTT: F036. Số liệu do cơ quan báo cáo: F035." in (
        sentences(report)
    )
    told = json.loads(services.write(report, "json"))
    assert told["ways"] == {way.value: count for way, count in counts.items()}
    one = next(f for f in told["figures"] if f["code"] == "F036")
    assert one["message_id"] is None
    assert one["entry"]["letter"] == "76/BC-BTTTT"
    assert "vu.ha" not in json.dumps(told)
    states = {i.code: i.state for i in inlines_of(body(report)) if isinstance(i, Number)}
    assert (states["F036"], states["F035"], states["F009"]) == ("by_hand", "reported", "")


def test_a_live_answer_replaces_a_manual_one_only_knowingly(month, collect):
    accepted("F012", "57")
    month.answers("population", FIGURES_CODE, states_f012)
    draft = collect()
    assert editions.undecided(editions.figures_of(draft)) == ("F012",)
    assert editions.figure_of(draft, "F012").value == 57, "the entered one stays printed"
    assert {f.value for f in draft.figures.filter(code="F012")} == {Decimal(57), Decimal(58)}
    with pytest.raises(ChoiceMissing):
        services.issue(draft, by=HA)
    services.choose(draft, "F012", Way.LIVE, by=HA)
    assert editions.figure_of(draft, "F012").value == 58
    assert draft.figures.filter(code="F012").count() == 2, "both are shown"
    assert editions.figure_of(collect(), "F012").value == 58
    services.choose(draft, "F012", Way.BY_HAND, by=HA)
    assert editions.figure_of(draft, "F012").value == 57
    assert services.issue(draft, by=HA).number == 1


def test_there_is_a_choice_only_between_two(collected):
    accepted()
    for code in ("F036", "F009"):
        with pytest.raises(NothingToChoose):
            services.choose(collected, code, Way.LIVE, by=HA)


def test_a_revised_figure_goes_out_as_a_correction_with_old_new_and_why(collected, collect):
    first = accepted()
    issued = services.issue(collected, by=HA)
    printed = services.write(Report.of(issued), "json")
    revised = entries.submit(
        given(value="798"), by=HA, replaces=first, reason="Đếm thiếu một phiếu"
    )
    entries.accept(revised, version=1, by=NGA)
    assert services.write(Report.of(issued), "json") == printed, "the issued edition stays"
    draft = collect()
    (row,) = draft.revisions.all()
    assert (row.code, row.old, row.new) == ("F036", "797", "798")
    with pytest.raises(RevisionUnexplained):
        services.issue(draft, by=HA)
    services.explain_revisions(draft, ["F036"], "Bản giấy đếm thiếu", by=HA)
    assert [r.reason for r in collect().revisions.all()] == ["Bản giấy đếm thiếu"]
    second = services.issue(draft, by=HA)
    report = Report.of(second)
    notice = next(
        b for b in body(report) if isinstance(b, Aside) and b.title.startswith("Thay thế")
    )
    assert "01/BC-BTTTT" in notice.title
    assert "F036" in plain(notice.inlines)
    (told,) = table(report, "Số liệu khác lần phát hành trước").rows
    assert told[:3] == ("F036", "797", "798")
    assert "Bản giấy đếm thiếu" in told[3]
    issued.refresh_from_db()
    assert issued.state == State.SUPERSEDED
    assert ways.superseded_by(issued) == second
    assert ways.before(second) == issued
    assert editions.edition_numbered(AUGUST, 1) == issued


def test_a_reason_for_nothing_is_refused_and_a_new_value_asks_for_a_new_one(
    collected, month, collect
):
    services.issue(collected, by=HA)
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F022="2600"))
    draft = collect()
    with pytest.raises(NothingRevised):
        services.explain_revisions(draft, ["F019"], "Vì sao", by=HA)
    services.explain_revisions(draft, ["F022"], "Ghi thêm một việc", by=HA)
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F022="2601"))
    assert [(r.new, r.reason) for r in collect().revisions.all()] == [("2.601", "")]


def test_a_figure_that_is_only_new_revises_nothing(collected, collect):
    services.issue(collected, by=HA)
    accepted()
    draft = collect()
    assert [(r.old, r.new) for r in draft.revisions.all()] == [("", "797")]
    assert services.issue(draft, by=HA).version == 2


def test_the_whole_paper_is_entered_and_only_its_own_contradiction_fails(collected, collect):
    demo.load(lambda *_: None)
    demo.load(lambda *_: None)
    assert FigureEntry.objects.count() == len(demo.values()) == 46
    report = Report.of(collect())
    assert [check.key for check in report.failing()] == ["F054=F055+F056"]
    assert not [p for p in report.open_points() if p.reason != "person"]
    text = sentences(report)
    for words in (
        "rà soát, đối chiếu 8,1 triệu thông tin cá nhân",
        "(từ ngày 19/7/2021 đến ngày 19/8/2021) là 486.881 văn bản (gửi 91.389 văn bản, nhận"
        " 395.492 văn bản)",
        "trong 8 tháng đầu năm 2021 là 2,5 triệu văn bản (gửi 490 nghìn văn bản, nhận 2 triệu",
        "Từ khi khai trương (12/3/2019) đến nay có tổng số hơn 6,3 triệu văn bản",
        "phục vụ 02 phiên họp của Chính phủ và thực hiện xử lý 17 phiếu",
        "(thay thế hơn 6,1 nghìn hồ sơ, tài liệu giấy)",
        "thay thế việc phát hành hơn 300 nghìn hồ sơ",
        "01 hệ thống báo cáo của bộ, cơ quan và 24 hệ thống báo cáo cấp tỉnh, nâng tổng số kết nối"
        " lên 15/22 bộ, cơ quan và 61/63 tỉnh, thành phố",
        "(còn 02 tỉnh chưa hoàn thành",
        "kết nối 07 thông tin, dữ liệu trực tuyến",
        "152/200 chỉ tiêu; 63/63 tỉnh",
        "mức độ 3, 4 cả nước đạt 65,11%; trong đó tỷ lệ dịch vụ công trực tuyến mức độ 3 là 27,71%",
        "Tính từ ngày 09/12/2019 đến ngày 23/8/2021 đã cung cấp 3.026 dịch vụ",
        "hơn 242 triệu lượt truy cập",
        "với tổng số tiền trên 232 tỷ đồng",
        "05 dịch vụ công trên Cổng",
        "1.148 cuộc tấn công mạng gây ra sự cố vào các hệ thống thông tin tại Việt Nam; tăng 12,66%"
        " so với tháng 7 năm 2021",
    ):
        assert words in text, words
    (aside,) = (b for b in body(report) if isinstance(b, Aside) and b.tone == "danger")
    assert "F055 là 21,71 thì khớp" in plain(aside.inlines)
    lines = [row[1] for row in table(report, "Điều cần lưu ý khi đọc số liệu").rows]
    assert any("32 ngày" in line for line in lines)
    assert any("nhiều ngày khác nhau" in line for line in lines)
    assert any("chưa trọn" in line for line in lines)


def test_a_month_is_read_against_the_one_before_and_the_issued_remarks_stay(
    month, db, secretary, collect
):
    july = services.collect(Period.month("2021-07"), by=secretary)
    services.issue(july, by=secretary)
    month.answers(
        "civil_status", FIGURES_CODE, stated_by("civil_status", F019="17431", F022="9000")
    )
    draft = collect()
    told = {(row.code, row.figures) for row in draft.remark_rows.all()}
    assert ("stock-falls", "F019") in told
    assert ("unusual-growth", "F022") in told
    by_code = {one.definition.code: one for one in trends.trends(draft)}
    assert by_code["F019"].month.before.value == 17432
    assert by_code["F019"].year is None
    TrendLimit.objects.create(
        of="F022", since="2021-08-01", up=400, down=5, set_by="x", set_at=draft.opened_at
    )
    assert ("unusual-growth", "F022") not in {
        (row.code, row.figures) for row in collect().remark_rows.all()
    }
    points = trends.history_of("F019")
    assert [(str(p.month), p.figure.value) for p in points] == [("2021-07", 17432)]
