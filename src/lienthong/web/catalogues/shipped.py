"""The tables in the wheel; their making and vintage stand in ``data/README.md``."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from importlib import resources

from lienthong.web.catalogues.tables import COLUMNS, Tables, read

_PACKED = ("units", "successions")


@lru_cache(maxsize=1)
def shipped() -> Tables:
    """Read once; snapshot number 0."""
    return read({table: _text(table) for table in COLUMNS})


def digest() -> str:
    """SHA-256 over the tables in the wheel, to know whether this release's are loaded."""
    whole = hashlib.sha256()
    for table in COLUMNS:
        whole.update(_text(table).encode())
    return whole.hexdigest()


def _text(table: str) -> str:
    folder = resources.files(__package__).joinpath("data")
    if table in _PACKED:
        packed = folder.joinpath(f"{table}.tsv.gz").read_bytes()
        return gzip.decompress(packed).decode("utf-8")
    return folder.joinpath(f"{table}.tsv").read_text(encoding="utf-8")
