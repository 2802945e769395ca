"""The paper: its sentences, its silences, its annexes."""

from __future__ import annotations

import io
import json

import pytest
from docx import Document as open_docx
from pypdf import PdfReader

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel.demo import shipped_figures
from lienthong.kernel.periods import BadPeriod, Period
from lienthong.systems.steering import services
from lienthong.systems.steering.domain.relations import Verdict
from lienthong.systems.steering.errors import NotAMonth
from lienthong.systems.steering.queries.document import Report, body, document
from lienthong.web.papers.blocks import Aside, Number, Paragraph, inlines_of, plain
from systems.steering.stated import MONTH, figure, stated_by

HOSTILE = '<script>alert(1)</script> #read("/etc/passwd") *đậm* @x'


def sentences(report):
    return " ".join(plain(b.inlines) for b in body(report) if isinstance(b, Paragraph))


def printed(edition, kind):
    return services.write(Report.of(edition), kind)


def pdf_text(pdf):
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).replace("\u00a0", " ").split())


def test_sentences_carry_the_stated_figures_in_their_forms(collected):
    text = sentences(Report.of(collected))
    for words in (
        "21/22 bộ, cơ quan ngang bộ; 60/63 tỉnh",
        "đạt tỷ lệ 95,29%",
        "217 hệ thống thông tin của 88 cơ quan, đơn vị; trong đó có 81 LGSP",
        "05 cơ sở dữ liệu và 09 hệ thống",
        "Tính đến ngày 20/8/2021, tổng số giao dịch thực hiện thông qua NDXP trong tháng 8 năm"
        " 2021 là 7.311; tổng số giao dịch thực hiện thông qua NDXP trong năm 2021 là 41.123",
        "khoảng 360 giao dịch",
        "đã cấp 5.171 số định danh cá nhân",
        "97 số cấp trong tháng 8 năm 2021; đã hủy 3 số",
        "61/63 tỉnh, thành phố trực thuộc Trung ương với hơn 11.000 người dùng tại 10.842 UBND",
        "17.432 dữ liệu đăng ký khai sinh, trong đó có 5.171 trẻ em",
        "3.777 dữ liệu đăng ký kết hôn; 2.599 dữ liệu đăng ký khai tử và 5.001 dữ liệu khác",
    ):
        assert words in text


def test_every_number_of_a_sentence_is_a_figure_that_was_stated(collected):
    report = Report.of(collected)
    stated = {code for system in MONTH.values() for code in system}
    used = {i.code for i in inlines_of(body(report)) if isinstance(i, Number)}
    assert used == stated
    assert not {row.code for row in shipped_figures()} & used - stated


def test_what_no_system_answers_is_listed_and_not_written(collected):
    report = Report.of(collected)
    points = {p.sentence.key: p for p in report.open_points()}
    listed = {code for p in points.values() for code in p.sentence.codes}
    stated = {code for system in MONTH.values() for code in system}
    register = {row.code for row in shipped_figures()}
    assert listed == register - stated
    assert points["I.3.tested"].reason == "unstated"
    assert points["I.4.b.portal"].reason == "absent"
    assert points["III"].reason == "person"
    assert "phiếu lấy ý kiến" not in sentences(report)


def test_a_silent_system_leaves_a_gap_that_says_so(month, db, collect):
    month.is_down("civil_status")
    report = Report.of(collect())
    assert "dữ liệu đăng ký khai sinh" not in sentences(report)
    (gap,) = (b for b in body(report) if isinstance(b, Aside) and "hộ tịch" in b.title)
    assert "không trả lời từ 10:00 ngày 20/08/2021" in plain(gap.inlines)
    assert "F019" in plain(gap.inlines)
    assert "F019" not in {c for p in report.open_points() for c in p.sentence.codes}


def test_old_figures_are_printed_with_their_hour(month, db, collect):
    collect()
    month.is_down("civil_status")
    report = Report.of(collect())
    assert "17.432 dữ liệu đăng ký khai sinh" in sentences(report)
    old = [b for b in body(report) if isinstance(b, Aside) and b.title.startswith("Số liệu cũ")]
    assert len(old) == 1
    assert "không trả lời từ" in plain(old[0].inlines)


def test_one_missing_figure_leaves_its_place_empty(month, db, collect):
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", without=["F022"]))
    report = Report.of(collect())
    assert "chưa có số liệu dữ liệu đăng ký khai tử" in sentences(report)
    missing = [i for i in inlines_of(body(report)) if isinstance(i, Number) and i.state]
    assert [i.code for i in missing] == ["F022"]


def test_a_failing_relation_is_printed_and_no_figure_is_changed(month, db, collect):
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17433"))
    report = Report.of(collect())
    failing = {check.key for check in report.failing()}
    assert failing == {"F020<=F019", "P001>=F020"}
    text = sentences(report)
    assert "17.432 dữ liệu đăng ký khai sinh, trong đó có 17.433 trẻ em" in text
    (aside,) = (
        b for b in body(report) if isinstance(b, Aside) and "F020 không quá F019" in b.title
    )
    assert "17.433 và 17.432, lệch 1" in plain(aside.inlines)
    states = {i.code: i.state for i in inlines_of(body(report)) if isinstance(i, Number)}
    assert states["F020"] == "fails"
    assert states["F021"] == ""


def test_systems_without_a_kind_are_a_remark(collected):
    remarks = {c.key: c for c in Report.of(collected).remarks()}
    found = remarks["F004>=F006+F007+F008"]
    assert found.left - found.right == 122
    assert found.verdict == Verdict.REMARK


def test_the_pdf_carries_every_figure_with_its_code_and_its_provenance(collected):
    text = pdf_text(printed(collected, "pdf"))
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "7.311 [F009]",
        "21/22 [F001]",
        "hơn 11.000 [F015]",
        "Phụ lục I",
        "Phụ lục II",
        "Định nghĩa của F009.",
        "trong đó 7.300 nhập từ trước",
        "F024, F025",
    ):
        assert words in text
    (message,) = {a.message_id for a in collected.answers.filter(system="directory")}
    assert message in text.replace(" ", "") or message in text


def test_the_docx_says_the_same_as_the_page(collected):
    word = open_docx(io.BytesIO(printed(collected, "docx")))
    text = "\n".join(p.text for p in word.paragraphs).replace("\u00a0", " ")
    assert "là 7.311 [F009]; tổng số" in text
    cells = "\n".join(c.text for t in word.tables for r in t.rows for c in r.cells)
    assert "Định nghĩa của F019." in cells
    assert "Nơi nhận:" in cells


def test_the_json_carries_digits_and_no_names_of_officers(collected):
    told = json.loads(printed(collected, "json"))
    found = {f["code"]: f for f in told["figures"]}
    assert found["F009"]["value"] == "7311"
    assert found["F003"]["value"] == "95.29"
    assert found["F001"]["parts"] == [21, 22]
    assert found["F009"]["imported"] == 7300
    assert told["counted_to"] == "2021-08-20"
    assert "vu.ha" not in printed(collected, "json").decode()
    assert {p["sentence"] for p in told["not_answered"]} >= {"I.4.a.documents", "III"}


@pytest.mark.parametrize("kind", ["pdf", "docx", "html", "json"])
def test_the_same_edition_gives_the_same_file(collected, kind):
    assert printed(collected, kind) == printed(collected, kind)


def test_hostile_words_of_another_system_are_only_words(month, db, collect):
    month.answers(
        "directory",
        FIGURES_CODE,
        stated_by(
            "directory",
            F009=figure("directory", "F009", "7311", title=HOSTILE, definition=HOSTILE),
        ),
    )
    edition = collect()
    # A narrow column breaks the words; what counts is that every sign is printed.
    assert "".join(HOSTILE.split()) in "".join(pdf_text(printed(edition, "pdf")).split())
    html = printed(edition, "html").decode()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_command_writes_every_file_from_live_figures(month, db, tmp_path):
    paths = services.report_files("2021-08", tmp_path / "out")
    assert [p.name for p in paths] == [
        "bao-cao-2021-08.pdf",
        "bao-cao-2021-08.docx",
        "bao-cao-2021-08.html",
        "bao-cao-2021-08.json",
        "bao-cao-2021-08.tom-tat.pdf",
        "bao-cao-2021-08.tom-tat.docx",
    ]
    assert paths[0].read_bytes().startswith(b"%PDF-")
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F019="17433"))
    services.report_files("2021-08", tmp_path / "out")
    assert "17.433" in paths[2].read_text()


def test_the_command_refuses_what_is_not_a_month(db, tmp_path):
    with pytest.raises(NotAMonth):
        services.report_files(Period.parse("2021-08-01..2021-08-05"), tmp_path)
    with pytest.raises(BadPeriod):
        services.report_files("august", tmp_path)


def test_a_report_before_any_collection_lists_everything_as_not_collected(month, db, secretary):
    edition = services.open_edition(Period.month("2021-08"), by=secretary)
    paper = document(Report.of(edition))
    assert not [i for i in inlines_of(paper.blocks) if isinstance(i, Number)]
    assert any(isinstance(b, Aside) and "chưa được hỏi" in plain(b.inlines) for b in paper.blocks)
