"""The file of a report needs nothing but itself: figures lead to their sources and back."""

from __future__ import annotations

import io
import json
import re
from collections import Counter

import pytest
from docx import Document as open_docx
from pypdf import PdfReader

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.systems.steering import services
from lienthong.systems.steering.queries.document import Report
from lienthong.web.papers.blocks import DEMO_MARK, DEMO_WORDS
from systems.steering.stated import stated_by


def file_of(edition, kind="html"):
    return services.write(Report.of(edition), kind)


@pytest.fixture
def page(collected):
    return file_of(collected).decode()


def test_each_figure_leads_to_the_row_that_is_its_source(page):
    links = set(re.findall(r'class="figure"[^>]* href="#(nguon-\w+)"', page))
    rows = re.findall(r'<tr id="(nguon-\w+)"', page)
    assert len(links) > 15
    assert links <= set(rows)
    assert Counter(rows).most_common(1)[0][1] == 1


def test_each_row_leads_back_to_where_the_figure_stands(page):
    back = set(re.findall(r'<td><a href="#(so-\w+)"', page))
    places = re.findall(r'id="(so-\w+)"', page)
    assert back == set(places)
    assert len(places) == len(set(places)), "an address stands once"


def test_every_link_of_the_file_leads_somewhere_in_it(page):
    wanted = re.findall(r'href="([^"]*)"', page)
    assert wanted
    assert all(address.startswith("#") for address in wanted)
    assert {address[1:] for address in wanted} <= set(re.findall(r'id="([^"]+)"', page))
    assert "<script" not in page


def test_what_is_not_answered_leads_to_the_annex_of_that_name(page):
    assert '<a href="#chua-tra-loi">Phụ lục II</a>' in page
    assert '<h2 id="chua-tra-loi"><span>Phụ lục II</span>' in page


def test_the_page_of_the_report_leads_to_the_same_annex(signed_in, collected):
    page = signed_in.get("/canbo/steering/2021-08/").content.decode()
    assert '<a href="#chua-tra-loi">Phụ lục II</a>' in page
    assert re.search(r'<h2 id="chua-tra-loi">\s*<span>Phụ lục II</span>', page)


def test_no_table_is_without_a_name(page):
    assert "<caption></caption>" not in page
    assert 'aria-label=""' not in page


def test_a_figure_two_systems_state_leads_to_the_one_that_is_printed(collected, month, collect):
    month.answers("population", FIGURES_CODE, stated_by("population", P001="5171"))
    page = file_of(collect()).decode()
    rows = re.findall(r'<tr id="nguon-(\w+)"', page)
    assert len(rows) == len(set(rows))


def test_the_number_of_a_resolution_does_not_break_the_title(page):
    title = re.search(r"<h1.*?</h1>", page, re.S)[0]
    assert '<span class="lt-unbroken">17/NQ-CP</span>' in title
    sheet = page[: page.index("</style>")]
    assert ".lt-unbroken { white-space: nowrap; }" in sheet
    assert "h1 span {" not in sheet, "it would break the title at every number"


def words_of_pdf(content):
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return [" ".join(text.split()) for text in pages]


def headers_of(content):
    word = open_docx(io.BytesIO(content))
    return [
        " ".join(paragraph.text for paragraph in header.paragraphs)
        for section in word.sections
        for header in (section.first_page_header, section.header)
    ]


def test_every_page_of_a_demonstration_says_so(collected, settings):
    settings.DEMO = True
    page = file_of(collected).decode()
    assert f"<strong>{DEMO_MARK}.</strong> {DEMO_WORDS}" in page
    pages = words_of_pdf(file_of(collected, "pdf"))
    assert len(pages) > 2
    assert all(DEMO_MARK in text for text in pages)
    headers = headers_of(file_of(collected, "docx"))
    assert len(headers) == 10, "text and four annexes, first page and the others"
    assert all(DEMO_MARK in text for text in headers)
    assert json.loads(file_of(collected, "json"))["demonstration"] is True


def test_the_report_of_a_real_node_carries_no_such_mark(collected, settings):
    settings.DEMO = False
    assert DEMO_MARK not in file_of(collected).decode()
    assert not any(DEMO_MARK in text for text in words_of_pdf(file_of(collected, "pdf")))
    assert not any(DEMO_MARK in text for text in headers_of(file_of(collected, "docx")))
    assert json.loads(file_of(collected, "json"))["demonstration"] is False
