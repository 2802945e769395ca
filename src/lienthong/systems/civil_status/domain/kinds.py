"""
What the law says of each kind of event, as dated rows: who may register it, and how.

The rows shipped here are read from the law on civil status; a row an administrator
enters for a kind and a day comes before them. What is known from secondary texts only
carries its doubt. Time limits themselves are rows of the catalogues; a rule names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lienthong.kernel.identifiers import Sex
from lienthong.systems.civil_status.domain.entries import DeskLevel, EventKind, Kind
from lienthong.systems.civil_status.errors import NoRule, NotCompetent

LAW = "Luật Hộ tịch 60/2014/QH13"
DECREE = "Nghị định 123/2015/NĐ-CP"
DISTRICTS_END = "Nghị định 120/2025/NĐ-CP Điều 4"
LAW_SINCE = date(2016, 1, 1)
# Decree 120/2025/NĐ-CP art. 4 hands what districts did to communes, until 1 March 2027.
DISTRICTS_UNTIL = date(2025, 6, 30)
COMMUNES_SINCE = date(2025, 7, 1)
GROWN_AT = 14
"""From this age a change or correction was the district's (Luật Hộ tịch art. 7, 46)."""

COMMUNE = (DeskLevel.COMMUNE.value,)
DISTRICT = (DeskLevel.DISTRICT.value,)


@dataclass(frozen=True, slots=True)
class KindRule:
    """How one kind of event is registered while this row stood."""

    kind: str
    valid_from: date
    valid_to: date | None
    domestic: tuple[str, ...]
    """Levels of desk that register it."""
    foreign: tuple[str, ...]
    """Levels of desk that register it when it has a foreign element."""
    grown: tuple[str, ...]
    """Levels of desk when it concerns a person of fourteen or older; empty: no difference."""
    limit: str
    """Code of the time limit; a foreign element may have one of its own."""
    limit_foreign: str
    legal_basis: str
    series: str = ""
    """What stands after the number on an extract, such as ``TLGH``."""
    declarant: str = ""
    """Who declares, in Vietnamese, as the officer is told."""
    youngest_woman: int | None = None
    youngest_man: int | None = None
    doubt: str = ""

    def was_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def youngest(self, sex: Sex) -> int | None:
        return self.youngest_woman if sex is Sex.FEMALE else self.youngest_man

    def limit_of(self, *, foreign: bool) -> str:
        return self.limit_foreign if foreign and self.limit_foreign else self.limit

    def check_competence(self, level: str, *, foreign: bool, age: int | None = None) -> None:
        """
        Raises NotCompetent unless a desk of this level may register the event.

        Missions register everything for citizens resident abroad (Luật art. 7.3);
        provincial departments keep no books.
        """
        competent = self.domestic
        if foreign:
            competent = self.foreign
        elif self.grown and age is not None and age >= GROWN_AT:
            competent = self.grown
        if level == DeskLevel.MISSION or level in competent:
            return
        raise NotCompetent(level=level, foreign=foreign)


class RuleBook:
    """All rows; what an administrator entered is asked first."""

    def __init__(self, entered: Iterable[KindRule] = ()) -> None:
        self._rules = (*entered, *SHIPPED)

    def get(self, kind: str, on: date) -> KindRule:
        """The rule of a kind in force on a day; raises NoRule."""
        for rule in self._rules:
            if rule.kind == kind and rule.was_valid_on(on):
                return rule
        raise NoRule(kind=kind)

    def on(self, day: date) -> tuple[KindRule, ...]:
        """Every kind that can be registered on a day, in the order of the law."""
        return tuple(self.get(kind, day) for kind in dict.fromkeys(r.kind for r in SHIPPED))

    def of(self, kind: str) -> tuple[KindRule, ...]:
        """Every row of a kind, entered ones first."""
        return tuple(rule for rule in self._rules if rule.kind == kind)


def _rules(
    kind: str,
    *,
    limit: str,
    basis: str,
    foreign: tuple[str, ...] = DISTRICT,
    grown: tuple[str, ...] = (),
    domestic: tuple[str, ...] = COMMUNE,
    limit_foreign: str = "",
    series: str = "",
    declarant: str = "",
    ages: tuple[int | None, int | None] = (None, None),
    doubt: str = "",
) -> tuple[KindRule, KindRule]:
    """The row until districts ended, and the row since, when communes do everything."""
    before = KindRule(
        kind=kind,
        valid_from=LAW_SINCE,
        valid_to=DISTRICTS_UNTIL,
        domestic=domestic,
        foreign=foreign,
        grown=grown,
        limit=limit,
        limit_foreign=limit_foreign,
        legal_basis=f"{LAW} {basis}",
        series=series,
        declarant=declarant,
        youngest_woman=ages[0],
        youngest_man=ages[1],
        doubt=doubt,
    )
    since = KindRule(
        kind=kind,
        valid_from=COMMUNES_SINCE,
        valid_to=None,
        domestic=COMMUNE,
        foreign=COMMUNE,
        grown=(),
        limit=limit,
        limit_foreign=limit_foreign,
        legal_basis=f"{LAW} {basis}; {DISTRICTS_END}",
        series=series,
        declarant=declarant,
        youngest_woman=ages[0],
        youngest_man=ages[1],
        doubt=doubt,
    )
    return before, since


SERIES_DOUBT = "Ký hiệu số trích lục theo nguồn thứ cấp; chưa thấy văn bản gốc"
NO_SERIES = "Ký hiệu số trích lục của loại việc này chưa tìm được nguồn"
PARTIES = "Hai bên có mặt"
COURT = "Tòa án hoặc cơ quan ra quyết định gửi; đương sự yêu cầu"
SHIPPED: tuple[KindRule, ...] = (
    *_rules(
        Kind.BIRTH, limit="birth.settle", basis="Điều 13, 15, 16, 35, 36",
        declarant="Cha, mẹ; ông, bà, người thân thích khác; người đang nuôi dưỡng",
    ),
    *_rules(
        Kind.MARRIAGE, limit="marriage.settle", limit_foreign="marriage.settle_foreign",
        # Law on Marriage and Family 52/2014/QH13 art. 8.1a: full years of age.
        basis="Điều 17, 18, 37, 38; Luật Hôn nhân và gia đình 52/2014/QH13 Điều 8",
        declarant=PARTIES, ages=(18, 20),
    ),
    *_rules(
        Kind.DEATH, limit="death.settle", basis="Điều 32, 33, 34, 51, 52",
        declarant="Vợ, chồng, con, cha, mẹ, người thân thích khác",
    ),
    *_rules(
        EventKind.RECOGNITION, limit="recognition.settle",
        limit_foreign="recognition.settle_foreign", basis="Điều 24, 25, 43, 44",
        series="TLCMC", declarant="Người yêu cầu nhận cha, mẹ, con; các bên có mặt",
        doubt=SERIES_DOUBT,
    ),
    *_rules(
        EventKind.GUARDIANSHIP, limit="guardianship.settle",
        limit_foreign="guardianship.settle_foreign", basis="Điều 19, 20, 21, 39, 40",
        series="TLGH", declarant="Người giám hộ", doubt=SERIES_DOUBT,
    ),
    *_rules(
        EventKind.GUARDIANSHIP_END, limit="guardianship_end.settle",
        basis="Điều 22, 41, 42", series="TLCDGH", declarant="Người yêu cầu chấm dứt giám hộ",
        doubt=SERIES_DOUBT,
    ),
    *_rules(
        EventKind.CHANGE, limit="correction.settle", basis="Điều 26, 27, 28, 46, 47",
        grown=DISTRICT, declarant="Người yêu cầu; cha, mẹ nếu chưa thành niên", doubt=NO_SERIES,
    ),
    *_rules(
        EventKind.CORRECTION, limit="correction.settle", basis="Điều 26, 27, 28, 46, 47",
        grown=DISTRICT, declarant="Người yêu cầu; cha, mẹ nếu chưa thành niên", doubt=NO_SERIES,
    ),
    *_rules(
        EventKind.SUPPLEMENT, limit="supplement.settle", basis="Điều 26, 27, 29",
        declarant="Người yêu cầu", doubt=NO_SERIES,
    ),
    *_rules(
        EventKind.ETHNICITY, limit="ethnicity.settle", basis="Điều 46, 47",
        domestic=DISTRICT, declarant="Người yêu cầu", doubt=NO_SERIES,
    ),
    *_rules(
        EventKind.MARITAL_STATUS, limit="marital_status.settle", foreign=COMMUNE,
        basis=f"Điều 3; {DECREE} Điều 21, 22, 23", declarant="Người yêu cầu", doubt=NO_SERIES,
    ),
    *_rules(
        EventKind.ADOPTION, limit="decision.note", foreign=COMMUNE, basis="Điều 3, 30, 31",
        series="TLGCHT", declarant=COURT, doubt=SERIES_DOUBT,
    ),
    *_rules(
        EventKind.DIVORCE, limit="decision.note", foreign=COMMUNE, basis="Điều 3, 30, 31",
        series="TLGCHT", declarant=COURT, doubt=SERIES_DOUBT,
    ),
    *_rules(
        EventKind.ANNULMENT, limit="decision.note", foreign=COMMUNE, basis="Điều 3, 30, 31",
        series="TLGCHT", declarant=COURT, doubt=SERIES_DOUBT,
    ),
    *(
        rule
        for kind in (
            EventKind.PARENTAGE_DECIDED,
            EventKind.CITIZENSHIP,
            EventKind.SEX,
            EventKind.CAPACITY,
            EventKind.DECLARED_MISSING,
            EventKind.DECLARED_DEAD,
            EventKind.DECLARATION_CANCELLED,
        )
        for rule in _rules(
            kind, limit="decision.note", foreign=COMMUNE, basis="Điều 3, 30, 31",
            series="TLGCHT", declarant=COURT, doubt=SERIES_DOUBT,
        )
    ),
)  # fmt: skip
