"""
A document of `blocks` as a DOCX in the layout of Decree 30/2020.

The heavy import happens on first use: a page that never writes a DOCX does not
pay for it. Times New Roman is named, not carried; every office has it.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from lienthong.web.papers import metrics
from lienthong.web.papers.blocks import (
    DEMO_MARK,
    DEMO_WORDS,
    Addressees,
    Annex,
    Aside,
    Block,
    Chart,
    Column,
    Document,
    Heading,
    Inline,
    LetterHead,
    Number,
    Paragraph,
    Signing,
    Table,
    Title,
)

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph as WordParagraph

FONT = "Times New Roman"
TEXT_WIDTH = 165.0
"""Between the margins, in millimetres, as are the widths below."""
HEAD_WIDTHS = (70, 95)
CELL_PADDING = 1.9
"""Word's own padding at both sides of a cell."""
RULE = 0.42
"""Of the text a rule stands under, where the decree asks for a third to a half."""
STAMP_WIDTHS = {"HỎA TỐC": 30, "THƯỢNG KHẨN": 40, "KHẨN": 20}
# A zip cannot carry a date before 1980; the moment of the document stands in its properties.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def to_docx(document: Document) -> bytes:
    """Write a document; the same document gives the same bytes."""
    import docx

    word = docx.Document()
    properties = word.core_properties
    properties.title, properties.author, properties.language = document.title, "", "vi-VN"
    properties.created = properties.modified = document.at.replace(tzinfo=None)
    properties.last_modified_by = ""
    prepare(word)
    if document.demo:
        mark_demo(word)
    for number, block in enumerate(document.blocks):
        write(word, block)
        after = document.blocks[number + 1 : number + 2]
        if isinstance(block, Paragraph) and after and isinstance(after[0], Signing):
            # Signatures never stand on a page alone.
            word.paragraphs[-1].paragraph_format.keep_with_next = True
    out = io.BytesIO()
    word.save(out)
    return undated(out.getvalue())


def undated(archive: bytes) -> bytes:
    """The same archive without the hour at which it was packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(item))
    return out.getvalue()


def prepare(word: WordDocument) -> None:
    """Page, fonts and the page number in the top margin from page 2 on."""
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin = Mm(20), Mm(15)
    section.bottom_margin, section.left_margin = Mm(20), Mm(30)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    header = section.header.paragraphs[0]
    centred(header)
    add_field(header, "PAGE", 13)
    for name in ("Normal", "Header", *(f"Heading {level}" for level in range(1, 5))):
        style = word.styles[name]
        style.font.name, style.font.size = FONT, Pt(13)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:eastAsia", "w:hAnsi", "w:cs", "w:ascii"):
            fonts.set(qn(kind), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
        if name.startswith("Heading"):
            style.font.bold, style.font.italic = True, name.endswith("4")
            style.paragraph_format.space_before = Pt(8)
            style.paragraph_format.space_after = Pt(6)
            style.paragraph_format.first_line_indent = Mm(12.7)
            style.paragraph_format.keep_with_next = True
    plain = word.styles["Normal"].paragraph_format
    plain.space_before, plain.space_after, plain.line_spacing = Pt(0), Pt(6), 1.1


def mark_demo(word: WordDocument) -> None:
    """Say in the top margin of every page that it is a demonstration; later sections follow."""
    from docx.shared import RGBColor

    section = word.sections[0]
    for header in (section.first_page_header, section.header):
        run = line(header.add_paragraph(), f"{DEMO_MARK}. {DEMO_WORDS}", size=10, bold=True)
        run.font.color.rgb = RGBColor(0xB1, 0x27, 0x25)


def write(word: WordDocument, block: Block) -> None:
    """One block."""
    match block:
        case LetterHead():
            write_letter_head(word, block)
        case Addressees():
            write_addressees(word, block)
        case Title():
            write_title(word, block)
        case Heading():
            label = f"{block.number} {block.text}".strip()
            word.add_heading(label.upper() if block.level == 1 else label, block.level)
        case Paragraph():
            write_paragraph(word, block)
        case Table():
            write_table(word, block)
        case Chart():
            # Word draws charts from a workbook inside the file; the same numbers stand in a table.
            write_table(word, as_table(block))
        case Aside():
            write_aside(word, block)
        case Signing():
            write_signing(word, block)
        case Annex():
            write_annex(word, block)


def write_letter_head(word: WordDocument, block: LetterHead) -> None:
    from docx.shared import Pt

    left, right = two_columns(word, rows=2, widths=HEAD_WIDTHS)
    if block.parent:
        line(left[0].paragraphs[0], block.parent.upper(), size=12.5)
        left[0].add_paragraph()
    body = block.body.upper()
    line(left[0].paragraphs[-1], body, size=12.5, bold=True)
    widest = max(metrics.width_of(part, 12.5, bold=True) for part in body.split("\n"))
    ruled(left[0].add_paragraph(), room=HEAD_WIDTHS[0] - 2 * CELL_PADDING, width=RULE * widest)
    line(right[0].paragraphs[0], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12.5, bold=True)
    # Underlined by the letter, so that the rule is exactly as long as the motto.
    motto = line(right[0].add_paragraph(), "Độc lập - Tự do - Hạnh phúc", size=13.5, bold=True)
    motto.underline = True
    line(left[1].paragraphs[0], block.number)
    if block.about:
        subject = left[1].add_paragraph()
        line(subject, block.about, size=12.5)
        subject.paragraph_format.space_before = Pt(6)
    line(right[1].paragraphs[0], block.place_date, size=13.5, italic=True)
    for words, red in (
        (block.secrecy, True), (block.urgency, True), (block.circulation, False)
    ):  # fmt: skip
        if words:
            write_stamp(word, words, red=red)


def write_stamp(word: WordDocument, words: str, *, red: bool) -> None:
    """Boxes 10 and 11: words in a frame, red for secrecy and urgency."""
    from docx.shared import Mm, RGBColor

    table = word.add_table(rows=1, cols=1, style="Table Grid")
    table.autofit = False
    cell = table.rows[0].cells[0]
    cell.width = Mm(STAMP_WIDTHS.get(words, 55))
    run = line(cell.paragraphs[0], words, size=13.5, bold=True)
    if red:
        run.font.color.rgb = RGBColor(0xD0, 0x21, 0x1C)
    word.add_paragraph()


def write_addressees(word: WordDocument, block: Addressees) -> None:
    """Box 9a."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    first = block.lines[0] if len(block.to) == 1 else ""
    line(word.add_paragraph(), f"Kính gửi: {first}".strip(), size=13.5)
    for words in block.lines if len(block.to) > 1 else ():
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.left_indent = Mm(60)
        line(paragraph, words, size=13.5)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT


def write_title(word: WordDocument, block: Title) -> None:
    from docx.shared import Pt

    kind = word.add_paragraph()
    kind.paragraph_format.space_before = Pt(12)
    line(kind, block.kind.upper(), size=14, bold=True)
    abstract = word.add_paragraph()
    line(abstract, block.abstract, size=14, bold=True)
    widest = min(metrics.width_of(block.abstract, 14, bold=True), TEXT_WIDTH)
    under = ruled(word.add_paragraph(), room=TEXT_WIDTH, width=RULE * widest)
    under.paragraph_format.space_after = Pt(12)


def write_paragraph(word: WordDocument, block: Paragraph) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Mm(12.7)
    if block.mark:
        paragraph.add_run(f"{block.mark} ")
    add_inlines(paragraph, block.inlines)


def write_table(word: WordDocument, block: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    if block.caption:
        word.add_paragraph().add_run(block.caption).bold = True
    table = word.add_table(rows=1, cols=len(block.columns), style="Table Grid")
    table.autofit = False
    whole = sum(column.share for column in block.columns)
    mark_header(table.rows[0])
    titles = tuple(column.title for column in block.columns)
    for number, texts in enumerate((titles, *block.rows)):
        cells = table.rows[0].cells if number == 0 else table.add_row().cells
        for column, cell, text in zip(block.columns, cells, texts, strict=True):
            cell.width = Mm(165 * column.share / whole)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(10), number == 0
            if column.end and number:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def as_table(chart: Chart) -> Table:
    return Table(
        chart.caption,
        (Column("Kỳ", 1), Column("Giá trị", 1, end=True)),
        tuple((bar.label, bar.text) for bar in chart.bars),
    )


def write_aside(word: WordDocument, block: Aside) -> None:
    cell = word.add_table(rows=1, cols=1, style="Table Grid").rows[0].cells[0]
    cell.paragraphs[0].add_run(block.title).bold = True
    add_inlines(cell.add_paragraph(), block.inlines)
    word.add_paragraph()


def write_signing(word: WordDocument, block: Signing) -> None:
    from docx.shared import Pt

    left, right = two_columns(word, rows=1, widths=(85, 80))
    keep_whole(word.tables[-1].rows[0])
    head = left[0].paragraphs[0].add_run("Nơi nhận:")
    head.bold, head.italic, head.font.size = True, True, Pt(12)
    for text in block.recipients:
        paragraph = left[0].add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.add_run(f"- {text}").font.size = Pt(11)
    for number, text in enumerate(block.authority):
        paragraph = right[0].paragraphs[0] if number == 0 else right[0].add_paragraph()
        line(paragraph, text.upper(), size=13.5, bold=True)
    for _ in range(3):
        right[0].add_paragraph()
    line(right[0].add_paragraph(), block.name, size=13.5, bold=True)


def write_annex(word: WordDocument, block: Annex) -> None:
    from docx.enum.section import WD_SECTION
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    section = word.add_section(WD_SECTION.NEW_PAGE)
    section.different_first_page_header_footer = True
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.find(qn("w:cols")).addprevious(start)
    line(word.add_paragraph(), block.number, size=14, bold=True)
    line(word.add_paragraph(), block.title.upper(), size=13, bold=True)
    if block.reference:
        line(word.add_paragraph(), block.reference, italic=True)


def add_inlines(paragraph: WordParagraph, inlines: tuple[Inline, ...]) -> None:
    """Words and figures; a figure's code follows in brackets, in smaller letters."""
    from docx.shared import Pt

    for inline in inlines:
        if isinstance(inline, Number):
            paragraph.add_run(inline.text)
            paragraph.add_run(f"\u00a0[{inline.code}]").font.size = Pt(9)
        else:
            run = paragraph.add_run(inline.text)
            run.bold, run.italic = inline.bold or None, inline.italic or None


def two_columns(word: WordDocument, *, rows: int, widths: tuple[int, int]) -> tuple[Any, Any]:
    """A table without lines; its left and its right cells."""
    from docx.shared import Mm

    table = word.add_table(rows=rows, cols=2)
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    return tuple(row.cells[0] for row in table.rows), tuple(row.cells[1] for row in table.rows)


def line(
    paragraph: WordParagraph,
    text: str,
    *,
    size: float = 13,
    bold: bool = False,
    italic: bool = False,
) -> Any:
    """A centred line in one style; the run."""
    from docx.shared import Pt

    centred(paragraph)
    paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    return run


def centred(paragraph: WordParagraph) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def ruled(paragraph: WordParagraph, *, room: float, width: float) -> WordParagraph:
    """An empty line drawn as a rule of this width in the middle of its room, in millimetres."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    # The schema wants borders before spacing and indents, so they go in first.
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().append(borders)
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(max(0.0, (room - width) / 2))
    form.space_after, form.line_spacing = Pt(0), Pt(4)
    return paragraph


def mark_header(row: Any) -> None:
    """Repeat this row at the head of every page, and tell readers' software it is one."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def keep_whole(row: Any) -> None:
    """Never break this row over two pages."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def add_field(paragraph: WordParagraph, instruction: str, size: float) -> None:
    """A field that Word fills in, such as the page number."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run()
    run.font.size = Pt(size)
    for kind in ("begin", "separate", "end"):
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run._r.append(mark)
        if kind == "begin":
            code = OxmlElement("w:instrText")
            code.text = instruction
            run._r.append(code)
