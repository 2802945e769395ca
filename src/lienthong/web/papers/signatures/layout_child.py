"""
The child process that reads where everything stands in a PDF. Run by `bounded.converse`.

It imports pdfminer and nothing of the project. Of each page it tells the runs of
text with place, size and face, and the rules drawn on it; lengths are points from
the lower left corner.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

OUT = os.fdopen(os.dup(1), "wb")
THIN = 2.5
"""Points: what is thinner is a rule."""


def limit(limits: dict[str, Any]) -> None:
    cpu = max(1, int(limits["seconds"]) + 1)
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).upper().split())


def pages(content: bytes, most: int, until: list[str]) -> Iterator[dict[str, Any]]:
    """All pages, or those up to the first where each of these stands as words of its own."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser

    document = PDFDocument(PDFParser(io.BytesIO(content)))
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=None)
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(document)):
        if number >= most:
            raise ValueError("more pages than a document has")
        interpreter.process_page(page)
        told = described(device.get_result())
        yield told
        if until and set(until) <= {plain(run["text"]) for run in told["runs"]}:
            return


def described(page: Any) -> dict[str, Any]:
    from pdfminer.layout import LTChar, LTCurve, LTFigure

    # What lies in a form (a signature's picture) is no text of the document.
    # A mark across the page is turned, and no text either.
    letters = [item for item in page if isinstance(item, LTChar) and abs(item.matrix[1]) < 1e-3]
    shapes = [item for item in page if isinstance(item, LTCurve) and not isinstance(item, LTFigure)]
    return {
        "width": page.width,
        "height": page.height,
        "runs": [run for run in runs(letters)],
        "rules": [
            [shape.x0, shape.y0, shape.x1, shape.y1]
            for shape in shapes
            if shape.height < THIN < shape.width
        ],
    }


def runs(letters: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Letters of one line that stand together, from the top of the page, left to right."""
    lines: dict[int, list[Any]] = {}
    for letter in letters:
        # A half point joins what was set on one baseline by several commands.
        lines.setdefault(round(letter.matrix[5] * 2), []).append(letter)
    for _at, line in sorted(lines.items(), reverse=True):
        line.sort(key=lambda letter: letter.x0)
        together: list[Any] = []
        for letter in line:
            # A tab or a column apart is another run; a stretched space is not.
            if together and letter.x0 - together[-1].x1 > 2.2 * size_of(letter):
                yield run_of(together)
                together = []
            together.append(letter)
        yield run_of(together)


def size_of(letter: Any) -> float:
    """The size of the face in points, as it is set."""
    return float(letter.size)


def run_of(letters: list[Any]) -> dict[str, Any]:
    text: list[str] = []
    for number, letter in enumerate(letters):
        # A gap without a space sign is a space all the same.
        gap = letter.x0 - letters[number - 1].x1 if number else 0.0
        blank = letter.get_text() == " " or (text and text[-1].endswith(" "))
        if gap > 0.18 * size_of(letter) and not blank:
            text.append(" ")
        text.append(letter.get_text())
    weight: dict[tuple[str, float], int] = {}
    for letter in letters:
        kind = (letter.fontname.rpartition("+")[2], round(size_of(letter), 1))
        weight[kind] = weight.get(kind, 0) + (letter.get_text() != " ")
    face, size = max(weight, key=lambda one: weight[one])
    seen = [letter for letter in letters if letter.get_text().strip()] or letters
    return {
        "text": "".join(text),
        "x0": seen[0].x0,
        "x1": seen[-1].x1,
        "baseline": letters[0].matrix[5],
        "size": size,
        "face": face,
        "faces": sorted({one for one, _size in weight}),
    }


def main() -> int:
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    limit(job["limits"])
    try:
        found = list(pages(base64.b64decode(job["pdf"]), job["pages"], job["until"]))
        told = {"outcome": "read", "pages": found}
    except Exception as wrong:  # what a parser raises on a hostile file is not to be foreseen
        told = {"outcome": "failed", "kind": type(wrong).__name__}
    OUT.write(json.dumps(told).encode() + b"\n")
    OUT.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
