"""
What the summary report keeps of the full one (Report 76/BC-BTTTT, second part).

The summary has no words of its own for a figure: it takes the sentences of the full
report whose figures it keeps, and where a sentence holds others too, a shorter one
with the same figures in the same form. So the two can never state different numbers.
"""

from __future__ import annotations

from .outline import AS_OF, MONTHS, OUTLINE, Fig, Item, Part, Section, Sentence

KEPT = frozenset(
    f"F{number:03d}"
    for first, last in (
        (4, 11), (13, 13), (19, 20), (24, 41), (43, 44), (48, 50), (54, 63), (67, 68), (70, 70),
    )
    for number in range(first, last + 1)
    if number != 33
)  # fmt: skip
"""Codes marked (S) in the register of figures; the others stand in the full report only."""

SHORTER: dict[str, tuple[Part, ...]] = {
    "I.1.b": (
        Fig("F070"),
        " bộ, cơ quan Trung ương đã kiện toàn Ban Chỉ đạo xây dựng Chính phủ điện tử.",
    ),
    "I.3.births": (
        "Tính đến ngày ",
        AS_OF,
        ", Hệ thống đã có ",
        Fig("F019"),
        " dữ liệu đăng ký khai sinh, trong đó có ",
        Fig("F020"),
        " trẻ em được cấp Số định danh cá nhân theo quy định.",
    ),
    "I.4.a.reporting": (
        "Trong ",
        MONTHS,
        ", Hệ thống đã kết nối được với ",
        Fig("F039"),
        " hệ thống báo cáo của bộ, cơ quan và ",
        Fig("F038"),
        " hệ thống báo cáo cấp tỉnh, nâng tổng số kết nối lên ",
        Fig("F040"),
        " bộ, cơ quan và ",
        Fig("F041"),
        " tỉnh, thành phố.",
    ),
    "I.4.a.command": (
        "Đã kết nối tương tác trực tuyến với ",
        Fig("F043"),
        " điểm, nâng tổng số điểm cầu kết nối lên ",
        Fig("F044"),
        " điểm kể từ lúc khai trương.",
    ),
    "I.4.a.indicators": (
        "Các bộ, cơ quan đã cung cấp dữ liệu của ",
        Fig("F048"),
        " chỉ tiêu kinh tế - xã hội phục vụ chỉ đạo, điều hành, nâng tổng số chỉ tiêu được cung cấp"
        " dữ liệu lên ",
        Fig("F049"),
        "/",
        Fig("F050"),
        " chỉ tiêu.",
    ),
}
"""Sentences of the full report that hold figures the summary leaves out, by key; how a figure
is written is taken from there."""


def summary_outline() -> tuple[Section, ...]:
    """The full outline with the sentences that stay; the assessment (II) is left out whole."""
    return tuple(
        Section(section.number, section.level, section.title, section.anchor, items_of(section))
        for section in OUTLINE
        if section.anchor != "II"
    )


def items_of(section: Section) -> tuple[Item, ...]:
    kept = []
    for item in section.items:
        sentences = tuple(
            shorter(sentence) for sentence in item.sentences if KEPT & set(sentence.codes)
        )
        if sentences:
            kept.append(Item(item.mark, item.lead, sentences))
    return tuple(kept)


def shorter(sentence: Sentence) -> Sentence:
    """The sentence as the summary says it; its figures keep their form."""
    parts = SHORTER.get(sentence.key)
    if parts is None or not sentence.parts:
        return sentence
    forms = {part.code: part for part in sentence.parts if isinstance(part, Fig)}
    same = tuple(forms.get(part.code, part) if isinstance(part, Fig) else part for part in parts)
    return Sentence(sentence.key, sentence.system, sentence.gist, same)
