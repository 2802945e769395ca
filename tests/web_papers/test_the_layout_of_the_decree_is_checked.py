"""Rules L01 to L18 of Decree 30/2020 on PDF and DOCX: what is kept passes, each fault is named."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from lienthong.cli.main import main
from lienthong.kernel import clock
from lienthong.web.papers import metrics
from lienthong.web.papers.blocks import (
    Addressees,
    Annex,
    Column,
    Document,
    Heading,
    LetterHead,
    Number,
    Paragraph,
    Signing,
    Table,
    Text,
    Title,
)
from lienthong.web.papers.decree30 import pdf as pdf_rules
from lienthong.web.papers.decree30.check import check
from lienthong.web.papers.decree30.faults import Level, errors
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.signatures import layout
from lienthong.web.papers.signatures.errors import NotReadable
from lienthong.web.papers.word import to_docx

HEAD = LetterHead(
    "Bộ Thông tin\nvà Truyền thông", "Số: 76/BC-BTTTT", "Hà Nội, ngày 27 tháng 8 năm 2021"
)
TITLE = Title(
    "Báo cáo",
    "Tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019 của Chính phủ về một số nhiệm vụ,"
    " giải pháp trọng tâm phát triển Chính phủ điện tử",
)
TO = Addressees(("Chính phủ", "Thủ tướng Chính phủ"))
LINES = tuple(
    Paragraph(
        (
            Text("Tính đến ngày 20/8/2021, hệ thống đã có "),
            Number("F019", "19.660.819"),
            Text(" dữ liệu đăng ký khai sinh theo Quyết định số 293/QĐ-TTg năm 2021. "),
            Text("Các bộ, ngành, địa phương tiếp tục triển khai theo nghị quyết. " * 6),
        ),
        mark=mark,
    )
    for mark in ("a)", "b)", "c)", "d)", "đ)", "e)", "g)", "-")
)
END = Paragraph(
    (
        Text(
            "Trên đây là Báo cáo tình hình thực hiện Nghị quyết số 17/NQ-CP, Bộ Thông tin và Truyền"
            " thông kính trình Chính phủ, Thủ tướng Chính phủ./."
        ),
    )
)
SIGNING = Signing(
    ("Như trên;", "Văn phòng Chính phủ;", "Lưu: VT, THH."),
    ("KT. Bộ trưởng", "Thứ trưởng"),
    "Trần Sơn",
)
ANNEX = (
    Annex("Phụ lục I", "Nguồn của từng số liệu", "(Kèm theo Báo cáo 76/BC-BTTTT)"),
    Table("", (Column("Mã", 1), Column("Số", 1)), tuple((f"F{n:03}", str(n)) for n in range(60))),
)


def paper(head=HEAD, to=(TO,), lines=LINES, end=END, signing=SIGNING, demo=False):
    blocks = (
        head,
        TITLE,
        *to,
        Heading(1, "I.", "Tình hình triển khai"),
        *lines,
        end,
        signing,
        *ANNEX,
    )
    return Document("Báo cáo", clock.instant(), blocks, demo=demo)


@pytest.fixture(scope="module")
def pages():
    return layout.read(to_pdf(paper()))


def rules(faults):
    return {fault.rule for fault in faults}


@pytest.mark.parametrize("write", [to_pdf, to_docx], ids=["pdf", "docx"])
@pytest.mark.parametrize("demo", [False, True], ids=["real", "demonstration"])
def test_a_paper_as_it_should_be_has_no_fault(write, demo):
    assert check(write(paper(demo=demo))) == []


@pytest.mark.parametrize("write", [to_pdf, to_docx], ids=["pdf", "docx"])
@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("L07", {"head": replace(HEAD, number="Số: 76 /BC-BTTTT")}),
        ("L07", {"head": replace(HEAD, number="Số: 7/BC-BTTTT")}),
        ("L08", {"head": replace(HEAD, place_date="Hà Nội, ngày 27 tháng 08 năm 2021")}),
        ("L08", {"head": replace(HEAD, place_date="Hà Nội, ngày 5 tháng 8 năm 2021")}),
        ("L08", {"head": replace(HEAD, place_date="Hà Nội, ngày 27 tháng 2 năm 2021")}),
        ("L14", {"signing": replace(SIGNING, recipients=("Như trên;", "Văn phòng."))}),
        ("L15", {"end": Paragraph((Text("Bộ kính trình Chính phủ, Thủ tướng xem xét."),))}),
        ("L16", {"lines": (LINES[0], LINES[1], replace(LINES[2], mark="f)"))}),
    ],
    ids=["blank", "zero", "month-zero", "day-zero", "february", "archive", "end", "letters"],
)
def test_each_fault_of_the_words_is_an_error(write, rule, changed):
    found = errors(check(write(paper(**changed))))
    assert rules(found) == {rule}


def test_the_faults_of_the_seed_are_raised_as_the_sheet_says():
    """X9 and X10: no addressee, a zero before month 8, a blank in the number."""
    head = replace(HEAD, number="Số: 76 /BC-BTTTT", place_date="Hà Nội, ngày 27 tháng 08 năm 2021")
    for write in (to_pdf, to_docx):
        found = check(write(paper(head=head, to=())))
        assert {(one.rule, one.level) for one in found} == {
            ("L07", Level.ERROR),
            ("L08", Level.ERROR),
            ("9a", Level.WARNING),
        }


@pytest.mark.parametrize("write", [to_pdf, to_docx], ids=["pdf", "docx"])
def test_a_number_without_its_code_is_a_warning(write):
    bare = Paragraph((Text("Cả nước có 31.506 hồ sơ đã được xử lý trong kỳ. " * 3),))
    found = check(write(paper(lines=(*LINES, bare))))
    assert {(one.rule, one.level) for one in found} == {("L18", Level.WARNING)}


def test_text_that_is_not_composed_is_an_error():
    apart = Paragraph((Text(unicodedata.normalize("NFD", "Chính phủ điện tử Việt Nam. " * 8)),))
    assert "L17" in rules(check(to_docx(paper(lines=(*LINES, apart)))))


def test_an_official_letter_with_stamps_and_parent_body_passes():
    head = LetterHead(
        "Văn phòng",
        "Số: 6922/VP-KGVX",
        "Kiên Giang, ngày 11 tháng 9 năm 2021",
        parent="UBND tỉnh Kiên Giang",
        about="V/v thực hiện kiến nghị tại Báo cáo 76/BC-BTTTT",
        urgency="KHẨN",
    )
    document = Document(
        "Công văn",
        clock.instant(),
        (head, Addressees(("Sở Thông tin và Truyền thông",)), *LINES[:2], END, SIGNING),
    )
    for write in (to_pdf, to_docx):
        assert check(write(document)) == []


def test_a_draft_leaves_room_for_number_and_day():
    room = "\u00a0" * 6
    head = replace(
        HEAD,
        number=f"Số: {room}/BC-BTTTT",
        place_date=f"Hà Nội, ngày{room}tháng 8 năm 2021",
    )
    for write in (to_pdf, to_docx):
        assert rules(check(write(paper(head=head)))) <= {"L08"}


# --- places on the page, moved by hand -------------------------------------


def found_on(pages, rule):
    return rules(rule(pdf_rules.Sheet(pages)))


def test_another_paper_is_told(pages):
    assert found_on((replace(pages[0], width=612.0), *pages[1:]), pdf_rules.paper) == {"L01"}


def test_a_margin_that_is_too_narrow_is_told(pages):
    moved = tuple(replace(run, x0=run.x0 - 40) for run in pages[0].runs)
    assert found_on((replace(pages[0], runs=moved), *pages[1:]), pdf_rules.margins) == {"L02"}


def test_another_face_is_told(pages):
    other = replace(pages[0].runs[5], faces=("ArialMT",))
    changed = replace(pages[0], runs=(*pages[0].runs, other))
    assert found_on((changed, *pages[1:]), pdf_rules.faces) == {"L03"}


def test_a_page_without_its_number_or_a_first_page_with_one_is_told(pages):
    bare = tuple(run for run in pages[1].runs if not run.words.isdigit())
    gone = (pages[0], replace(pages[1], runs=bare), *pages[2:])
    assert found_on(gone, pdf_rules.page_numbers) == {"L04"}
    one = next(run for run in pages[1].runs if run.words == "2")
    early = (replace(pages[0], runs=(replace(one, text="1"), *pages[0].runs)), *pages[1:])
    assert found_on(early, pdf_rules.page_numbers) == {"L04"}


def test_rules_of_another_length_are_told(pages):
    longer = tuple(replace(rule, x0=rule.x0 - 30, x1=rule.x1 + 30) for rule in pages[0].rules)
    changed = (replace(pages[0], rules=longer), *pages[1:])
    assert found_on(changed, pdf_rules.motto_rule) == {"L05"}
    assert found_on(changed, pdf_rules.other_rules) == {"L06"}
    gone = (replace(pages[0], rules=()), *pages[1:])
    assert found_on(gone, pdf_rules.motto_rule) == {"L05"}


def test_another_size_is_told(pages):
    larger = tuple(replace(run, size=run.size + 2) for run in pages[0].runs)
    assert found_on((replace(pages[0], runs=larger), *pages[1:]), pdf_rules.sizes) == {"L09"}


def test_ragged_text_and_close_paragraphs_are_told(pages):
    sheet = pdf_rules.Sheet(pages)
    ragged = sheet.paragraphs[1][1].runs[0]
    short = tuple(replace(run, x1=run.x1 - 60) if run == ragged else run for run in pages[0].runs)
    assert found_on((replace(pages[0], runs=short), *pages[1:]), pdf_rules.text_block) == {"L10"}


def test_a_lonely_heading_and_lonely_signatures_are_told(pages):
    sheet = pdf_rules.Sheet(pages)
    last = min((run for run in pages[0].runs if run.words), key=lambda run: run.baseline)
    heading = tuple(
        replace(run, text="II. ĐÁNH GIÁ", face="Tinos-Bold") if run == last else run
        for run in pages[0].runs
    )
    changed = (replace(pages[0], runs=heading), *pages[1:])
    assert found_on(changed, pdf_rules.last_headings) == {"L11"}
    number, head = sheet.recipients_head
    alone = replace(
        pages[number], runs=tuple(r for r in pages[number].runs if r.baseline <= head.baseline + 2)
    )
    changed = (*pages[:number], alone, *pages[number + 1 :])
    assert found_on(changed, pdf_rules.signatures) == {"L12"}
    lower = tuple(
        replace(run, baseline=run.baseline - 30) if run == head else run
        for run in pages[number].runs
    )
    changed = (*pages[:number], replace(pages[number], runs=lower), *pages[number + 1 :])
    assert "L13" in found_on(changed, pdf_rules.signatures)


# --- a DOCX set otherwise --------------------------------------------------


def set_otherwise(change):
    word = docx.Document(io.BytesIO(to_docx(paper())))
    change(word)
    out = io.BytesIO()
    word.save(out)
    return rules(check(out.getvalue()))


def body_of(word):
    return next(p for p in word.paragraphs if p.text.startswith("b)"))


def margin(word):
    word.sections[0].left_margin = Mm(20)


def letter_paper(word):
    word.sections[0].page_width = Mm(216)


def face(word):
    body_of(word).runs[-1].font.name = "Arial"


def first_number(word):
    word.sections[0].different_first_page_header_footer = False


def no_underline(word):
    word.tables[0].rows[0].cells[1].paragraphs[1].runs[0].underline = False


def short_rule(word):
    word.tables[0].rows[0].cells[0].paragraphs[1].paragraph_format.left_indent = Mm(30)


def size(word):
    for run in body_of(word).runs:
        run.font.size = Pt(11)


def ragged(word):
    body_of(word).alignment = WD_ALIGN_PARAGRAPH.LEFT


def close(word):
    body_of(word).paragraph_format.space_after = Pt(0)


def lonely_heading(word):
    heading = next(p for p in word.paragraphs if p.style.name.startswith("Heading"))
    heading.paragraph_format.keep_with_next = False


def lonely_signatures(word):
    end = next(p for p in word.paragraphs if p.text.endswith("./."))
    end.paragraph_format.keep_with_next = False


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (letter_paper, "L01"),
        (margin, "L02"),
        (face, "L03"),
        (first_number, "L04"),
        (no_underline, "L05"),
        (short_rule, "L06"),
        (size, "L09"),
        (ragged, "L10"),
        (close, "L10"),
        (lonely_heading, "L11"),
        (lonely_signatures, "L12"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_docx_set_otherwise_is_told(change, rule):
    assert rule in set_otherwise(change)


def test_a_rule_is_as_long_as_the_widths_of_the_face_say():
    """The motto in 13.5 pt is 58.3 mm wide, measured on the printed page as well."""
    pages = layout.read(to_pdf(paper()))
    motto = next(run for run in pages[0].runs if run.words.startswith("Độc lập"))
    assert metrics.width_of(motto.words, 13.5, bold=True) == pytest.approx(
        motto.width / layout.MM, abs=0.2
    )


# --- bad input and the command ---------------------------------------------


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (70 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"%PDF-1.7 nothing", b"hello", bomb()],
    ids=["empty", "zip", "pdf", "text", "bomb"],
)  # fmt: skip
def test_bad_files_are_told_and_nothing_else_happens(content):
    with pytest.raises(NotReadable):
        check(content)


def test_the_command_names_rules_and_fails_on_errors_only(tmp_path, capsys):
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.docx"
    good.write_bytes(to_pdf(paper(to=())))
    bad.write_bytes(to_docx(paper(head=replace(HEAD, number="Số: 76 /BC-BTTTT"))))
    assert main(["papers", "check", str(good)]) == 0
    assert "0 errors, 1 warnings" in capsys.readouterr().out
    assert main(["papers", "check", str(good), str(bad)]) == 1
    said = capsys.readouterr().out
    assert "L07" in said
    assert "76 /BC-BTTTT" in said
