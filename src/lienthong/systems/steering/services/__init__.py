"""What a steering secretary, a timer or the command line can cause."""

from __future__ import annotations

from .choosing import choose, explain_revisions
from .collecting import collect, collect_from, open_edition, settle_receipts
from .entries import EntryInput, accept, edit, give_back, submit, withdraw
from .files import TYPES, file_name, file_of, report_files, write
from .issuing import issue, note_relation

__all__ = [
    "TYPES",
    "EntryInput",
    "accept",
    "choose",
    "collect",
    "collect_from",
    "edit",
    "explain_revisions",
    "file_name",
    "file_of",
    "give_back",
    "issue",
    "note_relation",
    "open_edition",
    "report_files",
    "settle_receipts",
    "submit",
    "withdraw",
    "write",
]
