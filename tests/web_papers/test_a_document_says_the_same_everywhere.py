"""One tree of blocks gives a PDF, a DOCX and a page with the same words."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from docx import Document as open_docx
from docx.shared import Mm
from pypdf import PdfReader

from lienthong.web.papers.blocks import (
    Annex,
    Aside,
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
    numbers_of,
)
from lienthong.web.papers.page import to_html
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx

HOSTILE = '<script>alert(1)</script> #read("/etc/passwd") *sao*'
DOCUMENT = Document(
    title="Báo cáo tháng 8 năm 2021",
    at=datetime(2021, 8, 27, tzinfo=UTC),
    blocks=(
        LetterHead(
            "Bộ Thông tin và Truyền thông", "Số: 76/BC-BTTTT", "Hà Nội, ngày 27 tháng 8 năm 2021"
        ),
        Title("Báo cáo", "Tình hình thực hiện"),
        Heading(1, "I.", "Kết quả", anchor="I"),
        Heading(2, "3.", "Nền tảng"),
        Paragraph(
            (Text("Tổng số giao dịch là "), Number("F009", "1.234"), Text(" giao dịch.")), mark="-"
        ),
        Aside("danger", "Quan hệ không khớp", (Text("Lệch "), Number("F010", "5.678"))),
        *(Paragraph((Text("Một câu dài để sang trang sau. " * 12),)) for _ in range(14)),
        Paragraph((Text(HOSTILE),)),
        Signing(
            ("Thủ tướng Chính phủ (để b/c);", "Lưu: VT, THH."), ("KT. Bộ trưởng", "Thứ trưởng")
        ),
        Annex("Phụ lục", "Nguồn của số liệu", "(Kèm theo Báo cáo)"),
        Table("", (Column("Mã", 1), Column("Giá trị", 2, end=True)), (("F009", "1.234"),)),
    ),
)


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    return PdfReader(io.BytesIO(to_pdf(DOCUMENT)))


def text_of(pdf: PdfReader, page: int) -> str:
    return " ".join(pdf.pages[page].extract_text().replace("\u00a0", " ").split())


def test_figures_of_a_document_are_listed_once_in_order():
    assert numbers_of(DOCUMENT.blocks) == ("F009", "F010")


def test_the_pdf_is_a4_and_prints_each_figure_with_its_code(pdf):
    box = pdf.pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (210, 297)
    first = text_of(pdf, 0)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in first
    assert "Độc lập - Tự do - Hạnh phúc" in first
    assert "Số: 76/BC-BTTTT" in first
    assert "1.234 [F009]" in first
    assert "5.678 [F010]" in first


def test_the_first_page_and_the_annex_carry_no_page_number(pdf):
    assert len(pdf.pages) == 4
    assert text_of(pdf, 1).startswith("2 ")
    assert text_of(pdf, 2).startswith("3 ")
    assert text_of(pdf, 3).startswith("Phụ lục")
    assert not text_of(pdf, 0).startswith("1 ")


def test_the_block_of_signatures_is_not_torn_apart(pdf):
    (page,) = (n for n in range(len(pdf.pages)) if "Nơi nhận:" in text_of(pdf, n))
    assert "KT. BỘ TRƯỞNG" in text_of(pdf, page)
    assert "Lưu: VT, THH." in text_of(pdf, page)


def test_hostile_words_are_only_words(pdf):
    assert HOSTILE in " ".join(text_of(pdf, n) for n in range(len(pdf.pages)))
    assert "<script>" not in to_html(DOCUMENT.blocks)
    assert "&lt;script&gt;" in to_html(DOCUMENT.blocks)


def test_the_docx_has_the_margins_of_the_decree_and_the_same_words():
    word = open_docx(io.BytesIO(to_docx(DOCUMENT)))
    section = word.sections[0]
    margins = (
        section.top_margin,
        section.right_margin,
        section.bottom_margin,
        section.left_margin,
    )
    assert [round(m.mm) for m in margins] == [20, 15, 20, 30]
    assert abs(section.page_height - Mm(297)) < Mm(1)
    assert section.different_first_page_header_footer
    assert word.styles["Normal"].font.name == "Times New Roman"
    said = "\n".join(p.text for p in word.paragraphs)
    assert "- Tổng số giao dịch là 1.234\u00a0[F009] giao dịch." in said
    assert HOSTILE in said
    cells = "\n".join(c.text for t in word.tables for r in t.rows for c in r.cells)
    for words in ("Độc lập - Tự do - Hạnh phúc", "5.678\u00a0[F010]", "THỨ TRƯỞNG", "F009"):
        assert words in cells


def test_the_docx_of_one_document_is_always_the_same_file():
    assert to_docx(DOCUMENT) == to_docx(DOCUMENT)


def test_the_page_shows_figures_the_way_its_caller_wants():
    from django.utils.html import format_html

    html = to_html(
        DOCUMENT.blocks, lambda n: format_html('<a href="?figure={}">{}</a>', n.code, n.text)
    )
    assert '<a href="?figure=F009">1.234</a>' in html
    assert '<h2 id="I"><span>I.</span>Kết quả</h2>' in html
    assert '<table class="ds-table">' in html
