"""The tables in the wheel; their making and vintage stand in ``data/README.md``."""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib import resources

from lienthong.web.catalogues.tables import COLUMNS, Tables, read

_PACKED = ("units", "successions")


@lru_cache(maxsize=1)
def shipped() -> Tables:
    """Read once; snapshot number 0."""
    return read({table: _text(table) for table in COLUMNS})


def _text(table: str) -> str:
    folder = resources.files(__package__).joinpath("data")
    if table in _PACKED:
        packed = folder.joinpath(f"{table}.tsv.gz").read_bytes()
        return gzip.decompress(packed).decode("utf-8")
    return folder.joinpath(f"{table}.tsv").read_text(encoding="utf-8")
