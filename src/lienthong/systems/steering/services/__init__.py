"""What a steering secretary, a timer or the command line can cause."""

from __future__ import annotations

from .collecting import collect, collect_from, open_edition, settle_receipts
from .files import TYPES, file_name, report_files, write
from .issuing import issue, note_relation

__all__ = [
    "TYPES",
    "collect",
    "collect_from",
    "file_name",
    "issue",
    "note_relation",
    "open_edition",
    "report_files",
    "settle_receipts",
    "write",
]
