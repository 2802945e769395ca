"""
Tables of the steering secretariat; Django looks for them here.

`editions` holds the monthly report, `entries` the values that bodies report or officers
enter, `directives` the documents that assign tasks and what became of the tasks,
`letters` how a body passes a document on.
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
    EditionRemark,
    RelationCheck,
    ReportEdition,
    Revision,
    SourceAnswer,
)
from .entries import FigureEntry, TrendLimit
from .issuing import Issuance, IssuedFile
from .letters import ItemTask, Letter, LetterItem, Opinion, QuoteReason, Reception
from .narrative import Passage, PassageComment, PassageRevision, SectionApproval

__all__ = [
    "AddedBody",
    "CoLead",
    "CollectedFigure",
    "DirectiveDocument",
    "DocumentLink",
    "DocumentRegister",
    "EarlierDue",
    "EditionRemark",
    "Evidence",
    "Extension",
    "FigureEntry",
    "ItemTask",
    "Letter",
    "LetterItem",
    "Opinion",
    "Issuance",
    "IssuedFile",
    "Passage",
    "PassageComment",
    "PassageRevision",
    "PassedOn",
    "Progress",
    "QuoteReason",
    "Reception",
    "RelationCheck",
    "Reminder",
    "ReportEdition",
    "Revision",
    "SectionApproval",
    "SourceAnswer",
    "Task",
    "TrendLimit",
]
