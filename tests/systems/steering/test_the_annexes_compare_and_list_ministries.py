"""Annexes: this month beside earlier ones, and the tasks and figures of each ministry."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.queries import compared, ministries
from lienthong.systems.steering.queries.document import Report, annexes, document
from lienthong.web.papers.blocks import Chart, Heading, Table
from lienthong.web.papers.page import to_html
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx
from systems.steering.stated import stated_by

AUGUST, JULY = Period.month("2021-08"), Period.month("2021-07")


def test_months_before_cross_the_year():
    assert compared.month_before(Period.month("2021-01"), 1) == Period.month("2020-12")
    assert compared.month_before(AUGUST, 12) == Period.month("2020-08")


def test_a_first_report_says_that_there_is_nothing_to_compare_with(collected):
    assert not any(isinstance(b, Chart) for b in annexes(Report.of(collected)))


def test_the_month_before_stands_beside_with_its_change_and_bars(month, db, secretary):
    services.issue(services.collect(JULY, by=secretary), by=secretary)
    month.answers("directory", FIGURES_CODE, stated_by("directory", F009="12165"))
    with clock.stopped(at=datetime(2021, 8, 21, tzinfo=UTC), legal_day=date(2021, 8, 21)):
        draft = services.collect(AUGUST, by=secretary)
        report = Report.of(draft)
        rows = {one.figure.code: one for one in compared.compared(draft, report.figures)}
        traffic = rows["F009"]
        assert traffic.before is not None
        assert traffic.year_ago is None
        expected = (traffic.figure.value / traffic.before.value - 1) * 100
        assert traffic.change.startswith("+" if expected > 0 else "-")
        charts = [b for b in annexes(report) if isinstance(b, Chart)]
        chart = next(c for c in charts if c.caption.startswith("F009"))
        assert [bar.label for bar in chart.bars] == ["Tháng 7 năm 2021", "Tháng 8 năm 2021"]
        assert max(bar.share for bar in chart.bars) == 1000
        page = to_html([chart])
        for bar in chart.bars:
            assert bar.text in page, "what is drawn is said in words"
        paper = document(report)
        assert to_pdf(paper).startswith(b"%PDF-")
        from docx import Document as Word

        cells = {c.text for t in Word(BytesIO(to_docx(paper))).tables for r in t.rows
                 for c in r.cells}  # fmt: skip
        assert {bar.text for bar in chart.bars} <= cells


def test_each_ministry_has_its_figures(collected):
    figures = Report.of(collected).figures.values()
    found = {m.name: m for m in ministries.ministries(collected, figures)}
    codes = {figure.code for figure in found["Bộ Tư pháp"].figures}
    assert {"F019", "F020"} <= codes
    blocks = list(ministries.annex(collected, figures))
    headings = [b.text for b in blocks if isinstance(b, Heading)]
    assert "Bộ Tư pháp" in headings
    assert any(isinstance(b, Table) and b.caption.startswith("Số liệu") for b in blocks)
