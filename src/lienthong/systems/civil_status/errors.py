"""What the register refuses, each with a code; no message carries personal data."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound, Refused


class InvalidEntry(Invalid):
    """What was declared cannot be entered as it is; the detail names fields and reasons."""

    code = "civil_status.invalid_entry"


class DuplicateBirth(Conflict):
    """A birth of the same name, day and mother is in the register already."""

    code = "civil_status.duplicate_birth"


class DuplicateDeath(Conflict):
    """The death of this person is in the register already."""

    code = "civil_status.duplicate_death"


class NoDesk(Refused):
    """This office keeps no civil-status books."""

    code = "civil_status.no_desk"


class NotCompetent(Refused):
    """The law gives this matter to another level of desk."""

    code = "civil_status.not_competent"


class BookClosed(Conflict):
    """The book of this year was closed on its last day."""

    code = "civil_status.book_closed"


class NumberAwaited(Conflict):
    """The certificate cannot be printed before the personal ID has arrived."""

    code = "civil_status.number_awaited"


class Withdrawn(Conflict):
    """This entry was withdrawn; nothing is printed from it."""

    code = "civil_status.withdrawn"


class NothingAwaited(Conflict):
    """Population has answered for this entry already."""

    code = "civil_status.nothing_awaited"


class OtherChild(Conflict):
    """Population answered for another entry than the one that was asked about."""

    code = "civil_status.other_child"


class NoSuchEntry(NotFound):
    """There is no such entry in the books of this desk."""

    code = "civil_status.no_such_entry"


class NoRule(Refused):
    """The law in force on that day knows no such kind of event."""

    code = "civil_status.no_rule"


class OwnMatter(Refused):
    """An officer does not register for themselves or their relatives (Luật Hộ tịch art. 12)."""

    code = "civil_status.own_matter"


class NoSuchKind(NotFound):
    """There is no such kind of event at this desk."""

    code = "civil_status.no_such_kind"


class OverlappingRule(Conflict):
    """Another entered rule of this kind covers some of these days."""

    code = "civil_status.overlapping_rule"
