"""The report as files: PDF, DOCX, a page that stands alone, and JSON."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.periods import Period
from lienthong.web.papers.blocks import DEMO_MARK, DEMO_WORDS
from lienthong.web.papers.page import standing_alone
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx

from ..domain.editions import month_words
from ..models import ReportEdition
from ..queries.document import Report, document
from ..queries.editions import latest_edition, month_of
from ..queries.export import to_json
from .collecting import JOB_SECONDS, collect

RECEIPTS_SECONDS = 1.5
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}


def report_files(
    period: str | Period,
    out_dir: str | Path,
    *,
    by: Actor | None = None,
    deadline: float = JOB_SECONDS,
) -> list[Path]:
    """
    Collect the figures of a month and write its report into a directory.

    Answers the paths of ``bao-cao-2021-08.pdf``, ``.docx``, ``.html`` and ``.json``.
    A system that is down leaves its figures old or missing, and the files say so.
    """
    month = month_of(period)
    edition = collect(
        month,
        by=by or system_actor("steering", clock.today()),
        deadline=deadline,
        wait_for_receipts=RECEIPTS_SECONDS,
    )
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    report = Report.of(edition)
    paths = []
    for kind in TYPES:
        path = out / file_name(edition, kind)
        path.write_bytes(write(report, kind))
        paths.append(path)
    return paths


def is_without_records(period: str | Period) -> bool:
    """Whether the last collection of a month found nothing that happened in it."""
    return Report.of(latest_edition(month_of(period))).is_without_records


def write(report: Report, kind: str) -> bytes:
    """The report as one kind of file; KeyError for a kind it does not come in."""
    if kind == "pdf":
        return to_pdf(document(report))
    if kind == "docx":
        return to_docx(document(report))
    if kind == "json":
        return to_json(report)
    if kind == "html":
        return standalone(report)
    raise KeyError(kind)


def standalone(report: Report) -> bytes:
    """A page in one file: no scripts, no other files; each figure opens to its source and back."""
    paper = document(report)
    return render_to_string(
        "steering/file.html",
        {
            "title": paper.title,
            "month": month_words(report.edition.month),
            "paper": standing_alone(paper.blocks),
            "demo": paper.demo,
            "demo_mark": DEMO_MARK,
            "demo_words": DEMO_WORDS,
        },
    ).encode()


def file_name(edition: ReportEdition, kind: str) -> str:
    return f"bao-cao-{edition.month}.{kind}"
