"""A rule of the layout that a document does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


def gettext_noop(text: str) -> str:
    """Marks a text for translation. Django's own wants settings, and `papers check` has none."""
    return text


RULES = {
    "L01": gettext_noop("The paper is A4."),
    "L02": gettext_noop("Margins: top and bottom 20 to 25 mm, left 30 to 35, right 15 to 20."),
    "L03": gettext_noop("One face, Times New Roman or of its metrics, with all of Vietnamese."),
    "L04": gettext_noop("No number on page 1; from page 2 on it stands in the top margin."),
    "L05": gettext_noop("The rule under the motto is as long as the motto."),
    "L06": gettext_noop("Rules under body and abstract are a third to a half of the words."),
    "L07": gettext_noop("The number is written 76/BC-BTTTT: no blanks, below ten with a zero."),
    "L08": gettext_noop(
        "The date has a zero before days below ten and before months 1 and 2 only."
    ),
    "L09": gettext_noop("Each part has the size and the weight that annex I gives it."),
    "L10": gettext_noop("Text is justified, first lines in by 10 or 12.7 mm, 6 pt between."),
    "L11": gettext_noop("A heading is never the last line of a page."),
    "L12": gettext_noop("Signatures never stand on a page with less than two lines of text."),
    "L13": gettext_noop("The recipients stand level with the authority."),
    "L14": gettext_noop("The last recipient is the archive: Lưu: VT."),
    "L15": gettext_noop("The text ends with ./."),
    "L16": gettext_noop("Letters of items follow the Vietnamese alphabet: a, b, c, d, đ, e, g."),
    "L17": gettext_noop("All text is in normal form C."),
    "L18": gettext_noop("Every number of the text is a figure with its code."),
    "9a": gettext_noop("A report to a higher body names it after Kính gửi."),
}


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a rule is not kept."""

    rule: str
    found: str
    """What stands there, with its measure."""
    page: int = 0
    """Counted from 1; 0 where a format has no pages."""
    level: Level = Level.ERROR

    @property
    def words(self) -> str:
        """The rule in a sentence, to be translated."""
        return RULES[self.rule]


def errors(faults: Sequence[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.level is Level.ERROR]
