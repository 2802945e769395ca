"""
How each figure came: live, reported, entered by hand; and what is said beside them.

The shares stand on the screen, in the annex and in the JSON of the report, so that
nobody takes a typed number for a counted one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lienthong.kernel import clock
from lienthong.kernel.numbers import share, vn_number
from lienthong.web.actors import officer_name
from lienthong.web.papers.blocks import Aside, Block, Column, Paragraph, Table, Text

from ..domain.catalogue import Way
from ..domain.editions import document_number, short_day
from ..domain.remarks import shortened
from ..models import CollectedFigure, EditionRemark, FigureEntry, ReportEdition, Revision
from . import editions

WORDS = {
    Way.LIVE: "Lấy trực tiếp từ hệ thống",
    Way.REPORTED: "Cơ quan báo cáo",
    Way.BY_HAND: "Nhập tay từ văn bản",
}


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the printed figures came in one way."""

    way: Way
    count: int
    of: int

    @property
    def percent(self) -> str:
        return share(self.count, self.of, 1)

    @property
    def words(self) -> str:
        return WORDS[self.way]


def shares(printed: Mapping[str, CollectedFigure]) -> tuple[Share, ...]:
    """One for each way, in the order of trust; they add up to all printed figures."""
    counts = dict.fromkeys(Way, 0)
    for figure in printed.values():
        counts[Way(figure.way)] += 1
    return tuple(Share(way, counts[way], len(printed)) for way in Way)


def shares_table(printed: Mapping[str, CollectedFigure]) -> Iterator[Block]:
    """The shares for the annex; nothing while nothing was collected."""
    if not printed:
        return
    yield Table(
        "Cách lấy số liệu",
        (Column("Cách lấy", 60), Column("Số lượng", 20, end=True), Column("Tỷ lệ", 20, end=True)),
        tuple((one.words, vn_number(one.count), one.percent) for one in shares(printed)),
    )


def ways_line(printed: Mapping[str, CollectedFigure], codes: Iterable[str]) -> Iterator[Block]:
    """Below the sentences of a section: which of their figures no system has counted."""
    here = [printed[code] for code in dict.fromkeys(codes) if code in printed]
    parts = []
    if entered := [f for f in here if f.way == Way.BY_HAND]:
        letters = sorted({f.entry.letter for f in entered if f.entry and f.entry.letter})
        source = f" theo {', '.join(letters)}" if letters else ""
        parts.append(f"Số liệu nhập tay{source}: {listed(entered)}.")
    if reported := [f for f in here if f.way == Way.REPORTED]:
        parts.append(f"Số liệu do cơ quan báo cáo: {listed(reported)}.")
    if parts:
        yield Paragraph((Text(" ".join(parts), italic=True),))


def listed(figures: Iterable[CollectedFigure]) -> str:
    return shortened(sorted(figure.code for figure in figures))


def entry_text(entry: FigureEntry) -> str:
    """What an entered value rests on: the document, the file by its digest, the two officers."""
    parts = [WORDS[Way(entry.way)]]
    if entry.letter:
        parts.append(f"văn bản {entry.letter}")
    if entry.evidence is not None:
        parts.append(f"tệp SHA-256 {entry.evidence.digest[:16]}…")
    decided = f" ngày {clock.local(entry.decided_at):%d/%m/%Y}" if entry.decided_at else ""
    parts.append(f"một cán bộ nhập, một cán bộ khác duyệt{decided}")
    return "; ".join(parts) + "."


def remarks_table(rows: Iterable[EditionRemark]) -> Iterator[Block]:
    """What a careful reader would ask, for the annex."""
    found = tuple((row.figures.replace(",", ", "), row.words) for row in rows)
    if found:
        columns = (Column("Số liệu", 35), Column("Lưu ý", 105))
        yield Table("Điều cần lưu ý khi đọc số liệu", columns, found)


def revised(edition: ReportEdition) -> tuple[Revision, ...]:
    """What this edition corrects; figures that are only new correct nothing."""
    return tuple(row for row in edition.revisions.all() if row.old)


def superseded_by(edition: ReportEdition) -> ReportEdition | None:
    """The edition in force, for one that no longer is."""
    newest = editions.numbered_editions(edition.month).first()
    return newest if newest is not None and newest.version > edition.version else None


def before(edition: ReportEdition) -> ReportEdition | None:
    """The edition issued before this one."""
    numbered = editions.numbered_editions(edition.month)
    return numbered.filter(version__lt=edition.version).first()


def named(edition: ReportEdition) -> str:
    """``Báo cáo số 01/BC-BTTTT ngày 20/8/2021``."""
    number = document_number(edition.number, edition.symbol).removeprefix("Số: ")
    assert edition.issued_on is not None
    return f"Báo cáo số {number} ngày {short_day(edition.issued_on)}"


def correction_notice(edition: ReportEdition) -> Iterator[Block]:
    """At the head of a later edition: that it corrects, what, and where the list stands."""
    rows, earlier = revised(edition), before(edition)
    if not rows or earlier is None:
        return
    codes = shortened([row.code for row in rows])
    yield Aside(
        "warning",
        f"Thay thế {named(earlier)}",
        (Text(f"Có {len(rows)} số liệu khác lần phát hành trước: {codes}. Giá trị cũ, mới và lý do"
              " ghi tại Phụ lục I; lần phát hành trước được giữ nguyên."),),
    )  # fmt: skip


def corrections_table(edition: ReportEdition) -> Iterator[Block]:
    """Old, new, why and who, of every figure that differs from the edition before."""
    rows = revised(edition)
    if rows:
        yield Table(
            "Số liệu khác lần phát hành trước",
            (
                Column("Mã", 10),
                Column("Đã phát hành", 25, end=True),
                Column("Nay là", 25, end=True),
                Column("Lý do, người ghi", 80),
            ),
            tuple((r.code, r.old, r.new or "không còn", why(r)) for r in rows),
        )


def why(row: Revision) -> str:
    if not row.reason:
        return "Chưa ghi lý do."
    return f"{row.reason} ({officer_name(row.reason_by) or row.reason_by.partition('@')[2]})"
