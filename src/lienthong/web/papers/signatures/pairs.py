"""
Whether a twin and the PDF it travels with say the same.

A twin names the digest of its PDF (``pdf_sha256``), that of a summary where there is
one, and what is printed for each figure (``printed``: code and text). The PDF prints a
figure with its code in brackets, so the two are compared word for word, whoever signed
them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from lienthong.web.papers.signatures import layout

CODE = re.compile(r"\[([A-Z]\d{3})\]")


def differences(content: Mapping[str, Any], pdf: bytes) -> list[str]:
    """
    Where the two differ: ``pdf_sha256``, or codes of figures; empty when they agree.

    Raises `NotReadable` for a PDF that cannot be read.
    """
    found = []
    digest = hashlib.sha256(pdf).hexdigest()
    is_summary = content.get("summary_pdf_sha256") == digest
    if not is_summary and content.get("pdf_sha256") != digest:
        found.append("pdf_sha256")
    text = layout.text_of(layout.read(pdf))
    printed = content.get("printed")
    pairs = printed if isinstance(printed, list) else []
    wanted = {
        str(one["code"]): words(one["text"])
        for one in pairs
        if isinstance(one, dict) and "code" in one and "text" in one
    }
    in_print = {match.group(1) for match in CODE.finditer(text)}
    # A summary prints fewer figures, and those as the full report does.
    for code in sorted(in_print if is_summary else {*wanted, *in_print}):
        said = wanted.get(code, "")
        if not said or not stands(text, said, code):
            found.append(code)
    return found


def stands(text: str, said: str, code: str) -> bool:
    """
    Whether every place of the code has these words before it, and none is longer to the left.

    ``19.660.819`` must not pass for ``660.819``.
    """
    places = [match.start() for match in re.finditer(re.escape(f"[{code}]"), text)]
    ends = [text[:place].rstrip() for place in places]
    return bool(places) and all(
        end.endswith(said) and not re.search(r"[\d.,]$", end[: len(end) - len(said)])
        for end in ends
    )


def words(text: object) -> str:
    return " ".join(unicodedata.normalize("NFC", str(text)).split())
