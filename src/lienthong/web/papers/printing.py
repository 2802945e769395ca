"""A document of `blocks` as a PDF in the layout of Decree 30/2020."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lienthong.web.papers.blocks import DEMO_MARK, Addressees, Block, Document
from lienthong.web.papers.press import typeset

TEMPLATE = "web/papers/document.typ"


def to_pdf(document: Document) -> bytes:
    """Print a document; raises what `press.typeset` raises."""
    data = {
        "title": document.title,
        "demo": DEMO_MARK if document.demo else "",
        "blocks": [described(block) for block in document.blocks],
    }
    return typeset(TEMPLATE, data, at=document.at)


def described(block: Block) -> dict[str, Any]:
    """A block as plain data with the name of its kind."""
    lines = {"lines": block.lines} if isinstance(block, Addressees) else {}
    return {"is": type(block).__name__, **asdict(block), **lines}
