"""
The child process that reads one file. Run by `reading.read_aside`, never imported.

Bytes come on standard input, text goes to standard output. It limits itself
first and imports a parser afterwards, and nothing of the project at all.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any


def limit(limits: dict[str, Any]) -> None:
    """Memory, CPU seconds, no files written, no core dumps."""
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def docx_lines(content: bytes) -> Iterator[str]:
    """Paragraphs and cells in the order of the document, with the marks of typed lists."""
    import docx
    from docx.table import Table

    for block in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                seen: list[Any] = []
                for cell in row.cells:
                    # A merged cell is listed once for each column it spans.
                    if cell._tc not in seen:
                        seen.append(cell._tc)
                        yield from cell.text.split("\n")
        else:
            yield from block.text.split("\n")


def pdf_lines(content: bytes, pages: int) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted or len(reader.pages) > pages:
        raise ValueError("closed, or longer than a document")
    for page in reader.pages:
        yield page.extract_text()


def main() -> int:
    kind, limits = sys.argv[1], json.loads(sys.argv[2])
    content = sys.stdin.buffer.read()
    limit(limits)
    lines = docx_lines(content) if kind == "docx" else pdf_lines(content, limits["pages"])
    left = limits["longest"]
    for line in lines:
        text = line[:left]
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace") + b"\n")
        left -= len(text)
        if left <= 0:
            break
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except Exception:  # what a parser raises on a hostile file is not to be foreseen
        code = 1
    sys.exit(code)
