"""
Papers: PDF, DOCX and pages from one source, in the layout of Decree 30/2020.

`typeset` turns a typst template and plain data into a PDF; `blocks` is the
tree a long document is made of, which `printing`, `word` and `page` turn into
a PDF, a DOCX and HTML with the same words.
"""

from __future__ import annotations

from lienthong.web.papers.press import (
    FontsMissing,
    PapersError,
    PaperTooHeavy,
    SignMissing,
    TemplateBroken,
    typeset,
)

__all__ = [
    "FontsMissing",
    "PaperTooHeavy",
    "PapersError",
    "SignMissing",
    "TemplateBroken",
    "typeset",
]
