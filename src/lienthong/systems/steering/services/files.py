"""The report as files: PDF, DOCX, a page that stands alone, and JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.template.loader import render_to_string

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.kernel.periods import Period
from lienthong.web.papers.blocks import DEMO_MARK, DEMO_WORDS
from lienthong.web.papers.page import standing_alone
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.word import to_docx

from ..domain.editions import State, month_words
from ..models import IssuedFile, ReportEdition
from ..queries.document import Report, document, summary
from ..queries.editions import latest_edition, month_of
from ..queries.export import to_json
from .collecting import JOB_SECONDS, collect

SIGNED = ("pdf", "tom-tat.pdf")
"""What person and body sign: the full report and the summary."""
FILES = (*SIGNED, "docx", "html", "tom-tat.docx")
"""What is printed before it is signed; the twin is made with the seal."""
RECEIPTS_SECONDS = 1.5
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
TYPES |= {f"tom-tat.{kind}": TYPES[kind] for kind in ("pdf", "docx")}


def report_files(
    period: str | Period,
    out_dir: str | Path,
    *,
    by: Actor | None = None,
    deadline: float = JOB_SECONDS,
) -> list[Path]:
    """
    Collect the figures of a month and write its report into a directory.

    Answers the paths of ``bao-cao-2021-08.pdf``, ``.docx``, ``.html``, ``.json`` and of the
    summary, ``bao-cao-2021-08.tom-tat.pdf`` and ``.docx``.
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
    if kind == "tom-tat.pdf":
        return to_pdf(summary(report))
    if kind == "tom-tat.docx":
        return to_docx(summary(report))
    if kind == "json":
        return to_json(report)
    if kind == "html":
        return standalone(report)
    raise KeyError(kind)


def kept(edition: ReportEdition, kind: str) -> bytes | None:
    """The file of an edition that left the desk, as it was kept; nothing for a draft."""
    if edition.is_draft:
        return None
    given = edition.issuances.filter(refused_at=None).first()
    found = edition.files.filter(issuance=given, kind=kind).order_by("-made_at", "-pk").first()
    return bytes(found.content) if found is not None else None


def file_of(edition: ReportEdition, kind: str) -> bytes:
    """
    A file of an edition: of a draft as it stands, of an issued one always the same bytes.

    KeyError for a kind it does not come in.
    """
    if (found := kept(edition, kind)) is not None:
        return found
    content = write(Report.of(edition), kind)
    if edition.state in (State.ISSUED, State.SUPERSEDED):
        # Signed on paper: what is shown first is what stays.
        row, _made = IssuedFile.objects.get_or_create(
            edition=edition,
            issuance=None,
            kind=kind,
            step=IssuedFile.Step.ISSUED,
            defaults={
                "digest": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "content": content,
                "made_at": clock.instant(),
            },
        )
        return bytes(row.content)
    return content


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
