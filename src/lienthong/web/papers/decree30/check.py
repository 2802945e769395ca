"""The layout of a file, by what its bytes are."""

from __future__ import annotations

from lienthong.web.papers.decree30.faults import Fault
from lienthong.web.papers.decree30.pdf import check_pdf
from lienthong.web.papers.decree30.word import check_docx
from lienthong.web.papers.signatures.errors import NotReadable


def check(content: bytes) -> list[Fault]:
    """Every rule of the layout that a PDF or DOCX does not keep; raises `NotReadable`."""
    if content.startswith(b"%PDF-"):
        return check_pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return check_docx(content)
    raise NotReadable(size=len(content))
