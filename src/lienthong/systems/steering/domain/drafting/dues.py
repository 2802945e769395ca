"""Time limits in a sentence: a date, working days, a cadence, or words that name no day."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ..deadlines import Cadence, DueKind, DueRule

SHORT_DATE = r"(?P<d>\d{1,2})\s*/\s*(?P<m>\d{1,2})\s*/\s*(?P<y>\d{4})"
LONG_DATE = r"(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2})\s+năm\s+(?P<y>\d{4})"
BEFORE = (
    r"(?:trước|chậm nhất(?:\s+(?:là|vào|đến))?|xong\s+trước|đến\s+hết|hết"
    r"|muộn nhất(?:\s+(?:là|vào))?)"
    r"\s+(?:\d{1,2}\s*(?:giờ|h)\s*\d{0,2}\s*,?\s*)?ngày\s+"
)
ON = r"(?:hoàn thành|báo cáo|trình|gửi|xong)[^.;]{0,80}?\s+(?:vào|trong)\s+ngày\s+"
DATES = [
    re.compile(lead + day, re.IGNORECASE)
    for lead in (BEFORE, ON)
    for day in (SHORT_DATE, LONG_DATE)
]
WORKING_DAYS = re.compile(
    r"(?:trong(?:\s+(?:thời hạn|thời gian|vòng))?|sau|chậm nhất(?:\s+là)?)\s+(?P<n>\d{1,3})"
    r"(?:\s*\([^)]{1,30}\))?\s+ngày\s+làm\s+việc",
    re.IGNORECASE,
)
MONTH = re.compile(
    r"(?:trong|trước|hết|đến hết|hoàn thành)\s+tháng\s+(?P<m>\d{1,2})"
    r"\s*(?:/|năm\s+)\s*(?P<y>\d{4})",
    re.IGNORECASE,
)
QUARTER = re.compile(
    r"(?:trong|trước|hết|đến hết|hoàn thành)\s+[Qq]uý\s+(?P<q>IV|I{1,3}|[1-4])"
    r"\s*(?:/|năm\s+)\s*(?P<y>\d{4})"
)
YEAR = re.compile(r"(?:trong|đến hết|hết)\s+năm\s+(?P<y>\d{4})", re.IGNORECASE)
DAY_OF_MONTH = re.compile(
    r"(?:trước\s+)?ngày\s+(?P<d>\d{1,2})\s+(?:hằng|hàng)\s+tháng", re.IGNORECASE
)
DAY_OF_QUARTER = re.compile(
    r"(?:trước\s+)?ngày\s+(?P<d>\d{1,2})\s+(?:của\s+)?tháng\s+cuối\s+(?:mỗi\s+)?quý", re.IGNORECASE
)
WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5}
WEEKLY = re.compile(
    r"thứ\s+(?P<w>hai|ba|tư|năm|sáu|bảy)\s+(?:hằng|hàng)\s+tuần|(?:hằng|hàng)\s+tuần", re.IGNORECASE
)
EVERY = (
    (re.compile(r"(?:hằng|hàng)\s+tháng|định\s+kỳ\s+tháng", re.IGNORECASE), Cadence.MONTH),
    (re.compile(r"(?:hằng|hàng)\s+quý|định\s+kỳ\s+quý", re.IGNORECASE), Cadence.QUARTER),
    (
        re.compile(r"0?6\s+tháng\s+một\s+lần|sáu\s+tháng\s+một\s+lần", re.IGNORECASE),
        Cadence.HALF_YEAR,
    ),
    (
        re.compile(r"(?:hằng|hàng)\s+năm|mỗi\s+năm\s+(?:ít\s+nhất\s+)?một\s+lần", re.IGNORECASE),
        Cadence.YEAR,
    ),
)
WORDS = (
    (
        re.compile(
            r"\b(?:triển khai|thực hiện|tổ chức)[^.;]{0,40}\bngay\b|\bngay lập tức\b", re.IGNORECASE
        ),
        "Triển khai ngay",
    ),
    (re.compile(r"\bkhẩn trương\b", re.IGNORECASE), "Khẩn trương, không ghi ngày"),
    (
        re.compile(r"\bthường xuyên\b|\btiếp tục\b|\bhằng ngày\b|\bhàng ngày\b", re.IGNORECASE),
        "Thường xuyên",
    ),
    (re.compile(r"\bkịp thời\b", re.IGNORECASE), "Kịp thời, không ghi ngày"),
    (
        re.compile(r"\btheo (?:hướng dẫn và )?thời hạn[^.;]{0,60}\bCông văn\b", re.IGNORECASE),
        "Theo thời hạn tại văn bản dẫn chiếu",
    ),
)
NOT_SAID = "Văn bản không ghi thời hạn"
QUARTERS = {"I": 1, "II": 2, "III": 3, "IV": 4}


def due_in(sentence: str, issued_on: date | None) -> tuple[DueRule, bool]:
    """
    The time limit a sentence states, and whether it states one at all.

    A cadence begins with its first day after the document. Without a date of the
    document nothing can be counted from it, and a cadence stays without a first day.
    """
    start = issued_on or date(1, 1, 1)
    if (rule := cadence_in(sentence, issued_on)) is not None:
        return rule, True
    for pattern in DATES:
        if (match := pattern.search(sentence)) is not None:
            day = day_of(match["y"], match["m"], match["d"])
            if day is not None and day >= start:
                return DueRule(DueKind.DATE, day=day), True
    if (match := WORKING_DAYS.search(sentence)) is not None and int(match["n"]):
        return DueRule(DueKind.WORKING_DAYS, days=int(match["n"])), True
    if (day := end_of_period(sentence)) is not None and day >= start:
        return DueRule(DueKind.DATE, day=day), True
    for pattern, words in WORDS:
        if pattern.search(sentence):
            return DueRule(DueKind.NONE, note=words), True
    return DueRule(DueKind.NONE, note=NOT_SAID), False


def cadence_in(sentence: str, issued_on: date | None) -> DueRule | None:
    if (match := DAY_OF_QUARTER.search(sentence)) is not None:
        return every(Cadence.QUARTER, quarter_day(issued_on, int(match["d"])))
    if (match := DAY_OF_MONTH.search(sentence)) is not None:
        return every(Cadence.MONTH, month_day(issued_on, int(match["d"])))
    if (match := WEEKLY.search(sentence)) is not None:
        weekday = WEEKDAYS.get((match["w"] or "sáu").lower(), 4)
        return every(Cadence.WEEK, weekday_after(issued_on, weekday))
    for pattern, often in EVERY:
        if pattern.search(sentence):
            return every(often, period_end(issued_on, often))
    return None


def every(cadence: Cadence, first: date | None) -> DueRule:
    return DueRule(DueKind.CADENCE, day=first, cadence=cadence)


def day_of(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def end_of_period(sentence: str) -> date | None:
    """The last day of a month, quarter or year that is named as the limit."""
    try:
        return _end_of_period(sentence)
    except ValueError:
        return None  # a year that no calendar has


def _end_of_period(sentence: str) -> date | None:
    if (match := MONTH.search(sentence)) is not None and 1 <= int(match["m"]) <= 12:
        before = match[0].lower().startswith("trước")
        return first_of(int(match["y"]), int(match["m"]) + (0 if before else 1)) - timedelta(1)
    if (match := QUARTER.search(sentence)) is not None:
        number = QUARTERS.get(match["q"]) or int(match["q"])
        return first_of(int(match["y"]), 3 * number + 1) - timedelta(1)
    if (match := YEAR.search(sentence)) is not None:
        return date(int(match["y"]), 12, 31)
    return None


def first_of(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def month_day(issued_on: date | None, day: int) -> date | None:
    """The first such day of a month after the document; a day no month has is none."""
    if issued_on is None or not 1 <= day <= 28:
        return None
    this = issued_on.replace(day=day)
    return this if this > issued_on else first_of(this.year, this.month + 1).replace(day=day)


def quarter_day(issued_on: date | None, day: int) -> date | None:
    if issued_on is None or not 1 <= day <= 28:
        return None
    last_month = 3 * ((issued_on.month - 1) // 3) + 3
    this = date(issued_on.year, last_month, day)
    return this if this > issued_on else first_of(this.year, this.month + 3).replace(day=day)


def weekday_after(issued_on: date | None, weekday: int) -> date | None:
    if issued_on is None:
        return None
    return issued_on + timedelta(days=(weekday - issued_on.weekday() - 1) % 7 + 1)


def period_end(issued_on: date | None, often: Cadence) -> date | None:
    """The end of the present period, where the text names no day."""
    if issued_on is None:
        return None
    length = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.HALF_YEAR: 6, Cadence.YEAR: 12}[often]
    number = (issued_on.month - 1) // length + 1
    return first_of(issued_on.year, number * length + 1) - timedelta(1)
