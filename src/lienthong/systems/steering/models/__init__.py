"""
Tables of the steering secretariat; Django looks for them here.

`editions` holds the monthly report, `directives` the documents that assign tasks
and what became of the tasks, `letters` how a body passes a document on.
"""

from __future__ import annotations

from .directives import (
    AddedBody,
    CoLead,
    DirectiveDocument,
    DocumentLink,
    Evidence,
    Extension,
    PassedOn,
    Progress,
    Reminder,
    Task,
)
from .dues import EarlierDue
from .editions import (
    CollectedFigure,
    DocumentRegister,
    RelationCheck,
    ReportEdition,
    SourceAnswer,
)
from .letters import ItemTask, Letter, LetterItem, Opinion, QuoteReason, Reception

__all__ = [
    "AddedBody",
    "CoLead",
    "CollectedFigure",
    "DirectiveDocument",
    "DocumentLink",
    "DocumentRegister",
    "EarlierDue",
    "Evidence",
    "Extension",
    "ItemTask",
    "Letter",
    "LetterItem",
    "Opinion",
    "PassedOn",
    "Progress",
    "QuoteReason",
    "Reception",
    "RelationCheck",
    "Reminder",
    "ReportEdition",
    "SourceAnswer",
    "Task",
]
