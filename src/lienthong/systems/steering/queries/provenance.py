"""Where each number comes from, as tables at the end of the printed report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from lienthong.kernel.numbers import vn_number
from lienthong.web.papers.blocks import Block, Column, Paragraph, Table, Text

from ..domain.catalogue import Way
from ..domain.editions import short_day
from ..domain.relations import Verdict, relation
from ..domain.rounding import Exactness
from ..domain.stated import Figures
from ..domain.titles import TITLES
from ..domain.wording import exact, percent_of
from ..manifest import SOURCES
from ..models import CollectedFigure, FigureEntry, RelationCheck, SourceAnswer
from .ways import WORDS, entry_text

PROOFS = {
    SourceAnswer.Proof.NONE: "không có biên nhận",
    SourceAnswer.Proof.PROMISED: "đã có lời hứa ký số, biên nhận chưa niêm phong",
    SourceAnswer.Proof.VERIFIED: "biên nhận đã kiểm tra, chữ ký và niêm phong đúng",
    SourceAnswer.Proof.BROKEN: "biên nhận KHÔNG đúng",
}
VERDICTS = {
    Verdict.HOLDS: "Khớp",
    Verdict.FAILS: "Không khớp",
    Verdict.REMARK: "Cần lưu ý",
    Verdict.OPEN: "Chưa đủ số liệu",
}
BOUNDS = {Exactness.EXACT: "", Exactness.MORE_THAN: "hơn ", Exactness.ROUNDED: "khoảng "}
REASONS = {
    "absent": "Hệ thống chưa kết nối",
    "unstated": "Hệ thống chưa nêu số liệu này",
}


def value_text(figure: CollectedFigure) -> str:
    """Every digit, with both terms of a ratio."""
    return written_value(figure, figure.unit)


def written_value(figure: CollectedFigure | FigureEntry, unit: str) -> str:
    """The same of a figure or of an entry, with what its source says of its exactness."""
    if figure.whole is not None and unit != "%":
        return f"{vn_number(figure.part or 0)}/{vn_number(figure.whole)}"
    if unit == "%":
        return percent_of(figure.value)
    return f"{BOUNDS[Exactness(figure.exactness)]}{exact(figure.value)}"


def window_text(figure: CollectedFigure) -> str:
    """A stock is counted on its last day, a flow over its days; some sources state no day."""
    if figure.way != Way.LIVE and figure.as_of is None and figure.kind != "flow":
        return "không ghi ngày"
    if figure.kind == "stock":
        return f"đến hết {short_day(figure.window_end)}"
    return f"{short_day(figure.window_start)} - {short_day(figure.window_end)}"


def rows_text(figure: CollectedFigure) -> str:
    """How many rows lie behind it, and how many of them were imported (decision 2)."""
    if figure.way != Way.LIVE:
        return WORDS[Way(figure.way)]
    text = vn_number(figure.rows)
    if figure.imported:
        text += f", trong đó {vn_number(figure.imported)} nhập từ trước"
    return text


def way_text(answer: SourceAnswer) -> str:
    """The message the figures came in, and what its receipt is worth."""
    where = f" từ {answer.provider}" if answer.provider else ""
    proof = PROOFS[SourceAnswer.Proof(answer.proof)]
    return f"Thông điệp {answer.message_id}{where}; {proof}."


def figures_tables(
    figures: Iterable[CollectedFigure], *, printed: Mapping[str, CollectedFigure]
) -> Iterator[Block]:
    """
    One table for each system: its figures, and below them their message and receipt.

    ``printed`` are the figures of the text by their codes: a page leads from each to
    its row, and not to what another system states under the same code.
    """
    groups: dict[tuple[str, str], list[CollectedFigure]] = {}
    for figure in figures:
        groups.setdefault((figure.system, figure.way), []).append(figure)
    if not groups:
        yield Paragraph((Text("Chưa có số liệu nào được lấy."),))
    for system, way in sorted(groups, key=lambda key: (order_of(key[0]), key[1] != Way.LIVE)):
        group = groups[system, way]
        title = TITLES.get(system, system)
        yield Table(
            f"Số liệu của {title}" if way == Way.LIVE else f"{WORDS[Way(way)]}, của {title}",
            (
                Column("Mã", 10),
                Column("Số liệu và định nghĩa", 58),
                Column("Giá trị", 18, end=True),
                Column("Kỳ tính", 26),
                Column("Bản ghi", 28),
            ),
            tuple(figure_row(figure) for figure in group),
            about=tuple(figure.code if is_printed(figure, printed) else "" for figure in group),
        )
        for words in dict.fromkeys(source_text(figure) for figure in group):
            yield Paragraph((Text(words),))


def source_text(figure: CollectedFigure) -> str:
    """The message of a live figure, the document of another."""
    if figure.answer is not None:
        return way_text(figure.answer)
    assert figure.entry is not None
    return entry_text(figure.entry)


def is_printed(figure: CollectedFigure, printed: Mapping[str, CollectedFigure]) -> bool:
    return figure.code in printed and printed[figure.code].pk == figure.pk


def order_of(system: str) -> int:
    """Systems in the order of the report."""
    return SOURCES.index(system) if system in SOURCES else len(SOURCES)


def figure_row(figure: CollectedFigure) -> tuple[str, ...]:
    return (
        figure.code,
        f"{figure.title}. {figure.definition} {figure.note}".rstrip(),
        value_text(figure),
        window_text(figure),
        rows_text(figure),
    )


def side_text(side: Decimal | None) -> str:
    """One side of a relation; a share is cut to four decimals, counts stay whole."""
    return "" if side is None else exact(side.quantize(Decimal("0.0001")))


def verdict_text(check: RelationCheck, figures: Figures) -> str:
    """What came of it, what to ask, and what an officer wrote."""
    rule = relation(check.key)
    parts = (VERDICTS[Verdict(check.verdict)], rule.advice(figures).rstrip("."), check.note)
    return ". ".join(part for part in parts if part)


def relations_table(
    checks: Iterable[RelationCheck], figures: Figures | None = None
) -> tuple[Block, ...]:
    rows = tuple(
        (
            relation(check.key).words,
            side_text(check.left),
            side_text(check.right),
            verdict_text(check, figures or {}),
        )
        for check in checks
    )
    if not rows:
        return ()
    return (
        Table(
            "Quan hệ giữa các số liệu",
            (
                Column("Quan hệ", 50),
                Column("Vế trái", 22, end=True),
                Column("Vế phải", 22, end=True),
                Column("Kết quả", 41),
            ),
            rows,
        ),
    )


def who_text(system: str, reason: str) -> str:
    """Which system will answer and why it does not yet; a person is a person."""
    return system if reason == "person" else f"{system}. {REASONS[reason]}"


def open_points_table(
    points: Iterable[tuple[str, str, tuple[str, ...], str, str]],
) -> tuple[Block, ...]:
    rows = tuple(
        (place, gist, ", ".join(codes), who_text(system, reason))
        for place, gist, codes, system, reason in points
    )
    if not rows:
        return (Paragraph((Text("Mọi nội dung của báo cáo đã có hệ thống trả lời."),)),)
    return (
        Table(
            "Từng nội dung và hệ thống sẽ trả lời",
            (
                Column("Mục", 12),
                Column("Nội dung", 50),
                Column("Số liệu", 33),
                Column("Hệ thống sẽ trả lời", 40),
            ),
            rows,
        ),
    )
