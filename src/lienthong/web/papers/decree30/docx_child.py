"""
The child process that reads how a DOCX is set. Run by `bounded.converse`, never imported.

It imports python-docx and nothing of the project. Lengths are millimetres, sizes
points; what a paragraph does not say itself is taken from its style.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any

OUT = os.fdopen(os.dup(1), "wb")


def limit(limits: dict[str, Any]) -> None:
    cpu = max(1, int(limits["seconds"]) + 1)
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def read(content: bytes) -> dict[str, Any]:
    import docx

    word = docx.Document(io.BytesIO(content))
    return {
        "sections": [section(one) for one in word.sections],
        "paragraphs": list(paragraphs(word)),
    }


def section(one: Any) -> dict[str, Any]:
    def fields(part: Any) -> bool:
        return any("PAGE" in (code.text or "") for code in part._element.iter(w("instrText")))

    start = one._sectPr.find(w("pgNumType"))
    return {
        "width": mm(one.page_width),
        "height": mm(one.page_height),
        "top": mm(one.top_margin),
        "bottom": mm(one.bottom_margin),
        "left": mm(one.left_margin),
        "right": mm(one.right_margin),
        "first_differs": bool(one.different_first_page_header_footer),
        "number_in_header": fields(one.header),
        "number_on_first": fields(one.first_page_header),
        "starts_at": start.get(w("start")) if start is not None else None,
    }


def w(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"


def mm(length: Any) -> float | None:
    return None if length is None else length / 36000


def paragraphs(word: Any) -> Iterator[dict[str, Any]]:
    """All paragraphs in reading order; those of a cell say which row, column and table."""
    from docx.table import Table

    tables = 0
    for block in word.iter_inner_content():
        if isinstance(block, Table):
            tables += 1
            bordered = "Grid" in (block.style.name if block.style is not None else "")
            for row, cells in enumerate(block.rows):
                seen: list[Any] = []
                for column, cell in enumerate(cells.cells):
                    if cell._tc in seen:
                        continue
                    seen.append(cell._tc)
                    place = {"table": tables, "row": row, "column": column, "bordered": bordered}
                    for one in cell.paragraphs:
                        yield paragraph(one) | place | {"room": mm(cell.width)}
        else:
            yield paragraph(block) | {"table": 0, "row": 0, "column": 0, "bordered": False,
                                      "room": None}  # fmt: skip


def paragraph(one: Any) -> dict[str, Any]:
    form, style = one.paragraph_format, one.style.paragraph_format

    def said(name: str) -> Any:
        own = getattr(form, name)
        return own if own is not None else getattr(style, name)

    borders = one._p.find(f".//{w('pBdr')}")
    alignment = said("alignment")
    spacing = said("line_spacing")
    break_after = one._p.find(f".//{w('sectPr')}") is not None
    return {
        "text": one.text,
        "alignment": alignment.name if alignment is not None else "LEFT",
        "indent": mm(said("first_line_indent")) or 0.0,
        "left": mm(said("left_indent")) or 0.0,
        "right": mm(said("right_indent")) or 0.0,
        "before": pt(said("space_before")),
        "after": pt(said("space_after")),
        "spacing": spacing if isinstance(spacing, float) else pt(spacing) or 1.0,
        "style": one.style.name,
        "keeps_next": bool(said("keep_with_next")),
        "keeps_row": one._p.getparent().tag == w("tc")
        and one._p.getparent().getparent().find(f".//{w('cantSplit')}") is not None,
        "ruled": borders is not None and len(borders) > 0,
        "ends_section": break_after,
        "runs": [run(part, one) for part in one.runs if part.text],
    }


def pt(length: Any) -> float:
    return 0.0 if length is None else float(getattr(length, "pt", 0.0))


def run(part: Any, of: Any) -> dict[str, Any]:
    style = of.style.font

    def said(name: str) -> Any:
        own = getattr(part.font, name)
        return own if own is not None else getattr(style, name)

    size = said("size")
    return {
        "text": part.text,
        "size": size.pt if size is not None else 11.0,
        "bold": bool(said("bold")),
        "italic": bool(said("italic")),
        "underline": bool(part.underline),
        "font": said("name") or "",
    }


def main() -> int:
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    limit(job["limits"])
    try:
        told = {"outcome": "read", **read(base64.b64decode(job["docx"]))}
    except Exception as wrong:  # what a parser raises on a hostile file is not to be foreseen
        told = {"outcome": "failed", "kind": type(wrong).__name__}
    OUT.write(json.dumps(told).encode() + b"\n")
    OUT.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
