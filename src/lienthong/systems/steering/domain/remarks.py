"""
What a careful reader would ask about the figures and words of a report. Nothing here stops it.

A `Remark` has a stable code, words for the report and the place it is about; the
checks of other parts (a passing-on letter, the layout) use the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from lienthong.kernel.periods import Period

from .catalogue import Definition, in_force
from .editions import short_day
from .stated import Figures

UNDATED = "không ghi ngày"
COMPARED_WITH_BEFORE = {"F068": "F067"}
"""A change against the month before, and the figure whose change it is."""


@dataclass(frozen=True, slots=True)
class Remark:
    """``where`` is a section, a file or a relation; ``codes`` are the figures concerned."""

    code: str
    words: str
    where: str = ""
    codes: tuple[str, ...] = ()


def of_figures(figures: Figures, month: Period) -> tuple[Remark, ...]:
    """Every remark on the windows and days of the figures of one report."""
    known = in_force(month.end)
    rules = (overlapping_windows, unfinished_month, mixed_days, days_after_the_count)
    return tuple(one for rule in rules for one in rule(figures, known, month))


def overlapping_windows(
    figures: Figures, known: Mapping[str, Definition], month: Period
) -> Iterable[Remark]:
    """A window whose first day is the last day of the one before counts that day twice."""
    found: dict[tuple[date, date], list[str]] = {}
    for code, figure in figures.items():
        if code not in known or known[code].window.name != "19-19":
            continue
        if figure.start and figure.end and figure.start.day == figure.end.day:
            found.setdefault((figure.start, figure.end), []).append(code)
    for (start, end), codes in found.items():
        days = (end - start).days + 1
        yield Remark(
            "windows-overlap",
            f"Kỳ tính từ {short_day(start)} đến {short_day(end)} có {days} ngày; kỳ trước cũng tính"
            f" ngày {short_day(start)}, nên ngày này bị tính hai lần. Nên bắt đầu kỳ từ ngày"
            " kế tiếp.",
            codes=tuple(sorted(codes)),
        )


def unfinished_month(
    figures: Figures, known: Mapping[str, Definition], month: Period
) -> Iterable[Remark]:
    """
    A count of part of a month, where the reader takes it for the whole one.

    So where its source gives no day, and where it is compared with the month before.
    """
    bases = {base for code, base in COMPARED_WITH_BEFORE.items() if code in figures}
    codes = sorted(
        code
        for code, figure in figures.items()
        if code in known
        and known[code].window.name == "month"
        and figure.end is not None
        and figure.end < month.end
        and (figure.as_of is None or code in bases)
    )
    if codes:
        yield Remark(
            "unfinished-month",
            "Số liệu của tháng chưa trọn; không nên so với trọn tháng trước nếu chưa quy về cùng"
            " số ngày.",
            codes=tuple(codes),
        )


def mixed_days(
    figures: Figures, known: Mapping[str, Definition], month: Period
) -> Iterable[Remark]:
    """Figures of different days in one report; each must carry its own."""
    days: dict[str, list[str]] = {}
    for code, figure in sorted(figures.items()):
        days.setdefault(short_day(figure.as_of) if figure.as_of else UNDATED, []).append(code)
    if len(days) > 1:
        listed = "; ".join(f"{day}: {shortened(codes)}" for day, codes in days.items())
        yield Remark(
            "mixed-days",
            f"Số liệu tính đến nhiều ngày khác nhau ({listed}). Cần ghi ngày cạnh từng số liệu.",
            codes=tuple(sorted(figures)),
        )


def days_after_the_count(
    figures: Figures, known: Mapping[str, Definition], month: Period
) -> Iterable[Remark]:
    """A value of a day on which the systems had not been counted yet."""
    counted = [f.end for f in figures.values() if f.counted and f.end]
    if not counted:
        return
    last = max(counted)
    later = sorted(c for c, f in figures.items() if not f.counted and f.as_of and f.as_of > last)
    if later:
        yield Remark(
            "later-than-counted",
            f"Số liệu của ngày sau {short_day(last)}, là ngày cuối mà các hệ thống được đếm.",
            codes=tuple(later),
        )


def shortened(codes: list[str]) -> str:
    """``F001-F003, F012``: runs of codes in one piece."""
    runs: list[list[str]] = []
    for code in codes:
        if runs and runs[-1][-1][0] == code[0] and int(runs[-1][-1][1:]) + 1 == int(code[1:]):
            runs[-1].append(code)
        else:
            runs.append([code])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


# -- words --------------------------------------------------------------------------------

DATE = re.compile(r"\b([0-9]{1,2})/([0-9]{1,2})/((?:19|20)[0-9]{2})\b")
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "COVID-19": ("Covid-19", "Covid 19", "covid-19"),
    "Lao động - Thương binh và Xã hội": ("Lao động, Thương binh và Xã hội",),
    "Hệ thống thông tin báo cáo quốc gia": (
        "Hệ thống thông tin báo cáo Quốc gia",
        "Hệ thống thông tin báo cáo Chính phủ",
    ),
    "sổ sức khỏe": ("số sức khỏe",),
}
"""The name to use, and the ways of writing it that are met beside it."""


def of_words(text: str, where: str = "") -> tuple[Remark, ...]:
    """Mixed styles of dates and several ways of writing one name."""
    return (*mixed_dates(text, where), *mixed_names(text, where))


def mixed_dates(text: str, where: str = "") -> Iterable[Remark]:
    """Months from 3 on take no zero (Decree 30/2020, annex I); a text keeps to one style."""
    padded = {m[0] for m in DATE.finditer(text) if len(m[2]) == 2 and m[2] in LATE_PADDED}
    bare = {m[0] for m in DATE.finditer(text) if len(m[2]) == 1 and int(m[2]) > 2}
    if padded and bare:
        yield Remark(
            "mixed-dates",
            f"Ngày tháng viết theo hai kiểu: {', '.join(sorted(padded))} bên cạnh"
            f" {', '.join(sorted(bare)[:3])}.",
            where,
        )


LATE_PADDED = frozenset(f"{month:02d}" for month in range(3, 10))


def mixed_names(text: str, where: str = "") -> Iterable[Remark]:
    for name, others in VOCABULARY.items():
        met = [other for other in others if other in text]
        if met:
            yield Remark(
                "mixed-names", f"Nên viết “{name}”, không viết “{'”, “'.join(met)}”.", where
            )


# -- the summary --------------------------------------------------------------------------


def of_summary(full: Iterable[str], summary: Iterable[str]) -> tuple[Remark, ...]:
    """What the summary leaves out, which is allowed, and what only it has, which is not."""
    whole, short = set(full), set(summary)
    found = []
    if left_out := sorted(whole - short):
        words = f"Báo cáo tóm tắt không có: {shortened(left_out)}."
        found.append(Remark("not-in-summary", words, codes=tuple(left_out)))
    if only := sorted(short - whole):
        words = f"Chỉ có trong báo cáo tóm tắt: {shortened(only)}."
        found.append(Remark("only-in-summary", words, codes=tuple(only)))
    return tuple(found)
