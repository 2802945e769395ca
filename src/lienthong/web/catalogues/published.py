"""
The last published snapshot, kept as a file of the node.

A snapshot is numbered and never rolled back: a lower number than the one kept
is refused. Its identity is the SHA-256 of its bytes; when it comes over the
exchange, the exchange's signature and receipt say who published it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lienthong.kernel.errors import Conflict
from lienthong.kernel.node import Node
from lienthong.web.catalogues.shipped import shipped
from lienthong.web.catalogues.tables import BadTable, Tables, read, write

FORMAT = "lienthong-catalogues-1"
# Well above the few hundred kB of the whole country; stops a decompression bomb.
MOST_BYTES = 64 * 1024 * 1024


class OlderSnapshot(Conflict):
    """A snapshot of the catalogues with a higher number is already in use."""

    code = "web.older_catalogue_snapshot"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes of a snapshot with what identifies them."""

    number: int
    digest: str
    """SHA-256 of ``content``, hexadecimal."""
    content: bytes


def seal(tables: Tables, *, number: int, made_at: datetime) -> Sealed:
    """One numbered snapshot of all tables; the same input gives the same bytes."""
    document = {
        "format": FORMAT,
        "number": number,
        "made_at": made_at.isoformat(),
        "tables": write(tables),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    content = gzip.compress(text.encode(), 6, mtime=0)
    return Sealed(number, hashlib.sha256(content).hexdigest(), content)


def unseal(content: bytes) -> Tables:
    """The tables of a snapshot; raises `BadTable` for anything else."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            text = packed.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("the snapshot is too large")
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise ValueError("another format")
        return read(document["tables"], int(document["number"]))
    except (ValueError, KeyError, TypeError, OSError, EOFError) as wrong:
        raise BadTable(reason=str(wrong)) from wrong


def keep(content: bytes) -> Tables:
    """
    Put a snapshot in use on this node.

    Written beside and moved into place, so that a reader sees the old or the
    new one and never a part. Raises `OlderSnapshot` and `BadTable`.
    """
    tables = unseal(content)
    kept = current()
    if tables.number < kept.number:
        raise OlderSnapshot(offered=tables.number, kept=kept.number)
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".snapshot")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return current()


def current() -> Tables:
    """The snapshot in use, read again when the file has changed; else the shipped tables."""
    global _cache
    path = _path()
    try:
        status = path.stat()
    except FileNotFoundError:
        return shipped()
    stamp = (str(path), status.st_mtime_ns, status.st_size, status.st_ino)
    if _cache is None or _cache[0] != stamp:
        _cache = (stamp, unseal(path.read_bytes()))
    return _cache[1]


_cache: tuple[tuple[str, int, int, int], Tables] | None = None


def _path() -> Path:
    return Node.from_environment().home / "catalogues" / "snapshot.json.gz"
