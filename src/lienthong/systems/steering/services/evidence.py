"""
Keeping files that show something: once each, known by their digest.

Kept in the database, so that a backup holds the proof with what it proves.
"""

from __future__ import annotations

import hashlib
import re

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor

from ..errors import FileRefused
from ..models import Evidence

LARGEST = 10 * 1024 * 1024
# By what the bytes say they are, not by the name: signature, media type.
KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
PLAIN = re.compile(r"[^\w.() -]+")


def keep_file(name: str, content: bytes, *, by: Actor) -> Evidence:
    """Keep a file; the same bytes again give the one kept before. Raises `FileRefused`."""
    if not content or len(content) > LARGEST:
        raise FileRefused(size=len(content), most=LARGEST)
    digest = hashlib.sha256(content).hexdigest()
    found, _made = Evidence.objects.get_or_create(
        digest=digest,
        defaults={
            "name": plain_name(name),
            "media_type": media_type(name, content),
            "size": len(content),
            "content": content,
            "kept_at": clock.instant(),
            "kept_by": str(by),
        },
    )
    return found


def media_type(name: str, content: bytes) -> str:
    for signature, kind in KINDS:
        if content.startswith(signature):
            if kind != "application/zip":
                return kind
            suffix = f".{name.rpartition('.')[2].lower()}"
            if suffix in OFFICE:
                return OFFICE[suffix]
            break
    raise FileRefused(reason="kind")


def plain_name(name: str) -> str:
    """A name without folders and signs that mean something to a shell or a header."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return PLAIN.sub("_", last).strip(" .")[-200:] or "tep"
