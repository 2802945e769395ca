"""
How signatures look: the person's in blue, the seal in red, both without a background.

On a demonstration they are drawn here and say so. A real node puts its own
pictures beside its keys (``picture.png``, or ``<account>.png``, transparent);
without one a signature shows who signed in words, and no picture is made up.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from lienthong.kernel import clock
from lienthong.protocol.document_keys import DocumentHolder, DocumentKey
from lienthong.web.papers.press import typeset
from lienthong.web.papers.signatures.boxes import Box
from lienthong.web.papers.signatures.layout import MM

TEMPLATE = "web/papers/signature.typ"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_PICTURE = 2 * 1024 * 1024


def look_of(key: DocumentKey, box: Box, *, demo: bool, at: datetime) -> bytes:
    """A page of the size of the box, as PDF; raises what `typeset` raises."""
    name = f"{key.holder.account or 'picture'}.png"
    file = key.file.with_name(name)
    picture = file.read_bytes()[:LARGEST_PICTURE] if file.exists() else b""
    # Only words carry the moment; a drawn picture is the same each time.
    moment = "" if demo or picture else f"{clock.local(at):%d/%m/%Y %H:%M:%S %z}"
    return drawn(
        key.holder, round(box.width / MM, 2), round(box.height / MM, 2), demo, picture, moment
    )


@lru_cache(maxsize=64)
def drawn(
    holder: DocumentHolder, width: float, height: float, demo: bool, picture: bytes, moment: str
) -> bytes:
    data = {
        "kind": "person" if holder.is_person else "body",
        "body": holder.body_name,
        "name": holder.name,
        "width": width,
        "height": height,
        "demo": demo,
        "picture": "picture.png" if picture else "",
        "moment": moment,
    }
    files = {"picture.png": picture} if picture else {}
    return typeset(TEMPLATE, data, files=files, at=EPOCH)


def words(holder: DocumentHolder) -> str:
    """Who signed, in one line: ``Trần Sơn, Thứ trưởng, Bộ Thông tin và Truyền thông``."""
    parts = (holder.name, holder.title, holder.body_name)
    return ", ".join(part for part in parts if part)
