"""
Days on which the ordinary working week did not hold, 2020 to 2027.

Taken from the package ``holidays`` (MIT), which computes lunar dates and knows
the yearly decisions on swapped days, and one swap it does not know. What was
not compared with a decision carries a doubt.
"""

from __future__ import annotations

from datetime import date

import holidays

COLUMNS = ("day", "works", "name", "legal_basis", "doubt")
YEARS = range(2020, 2028)
OLD_CODE = "Bộ luật Lao động 10/2012/QH13, Điều 115"
NEW_CODE = "Bộ luật Lao động 45/2019/QH14, Điều 112"
LIBRARY = "Theo thư viện holidays 0.109; chưa đối chiếu quyết định của năm"
FORECAST = "Dự tính; quyết định của năm chưa ban hành khi lập bảng"
PRESS = "Theo báo chí (24h.com.vn, 26/12/2025); chưa đọc văn bản"
CULTURE = "Theo thư viện holidays 0.109; chưa đọc văn bản quy định ngày này"
FIXED = {(1, 1), (4, 30), (5, 1), (9, 2)}
# Compared with a second source: five working days after 2021-02-08 end on 2021-02-22.
TET_2021 = (date(2021, 2, 10), date(2021, 2, 16))
SWAPPED = (
    (date(2026, 1, 2), False, "Nghỉ hoán đổi sang thứ Bảy 10/01/2026", PRESS),
    (date(2026, 1, 10), True, "Làm việc bù cho thứ Sáu 02/01/2026", PRESS),
)


def rows() -> list[tuple[str, ...]]:
    """Rows of calendar.tsv by day."""
    known = holidays.VN(years=YEARS, language="vi")
    out = [
        (day.isoformat(), "no", name, _basis(day), _doubt(day, name))
        for day, name in known.items()
        if day.year in YEARS
    ]
    out += [
        (day.isoformat(), "yes", "Làm việc bù ngày nghỉ hoán đổi", _basis(day), LIBRARY)
        for day in known.weekend_workdays
        if day.year in YEARS
    ]
    out += [
        (day.isoformat(), "yes" if works else "no", name, _basis(day), doubt)
        for day, works, name, doubt in SWAPPED
    ]
    return sorted(out)


def _basis(day: date) -> str:
    return OLD_CODE if day.year < 2021 else NEW_CODE


def _doubt(day: date, name: str) -> str:
    if (day.month, day.day) in FIXED and "thay cho" not in name:
        return ""
    if TET_2021[0] <= day <= TET_2021[1]:
        return ""
    if day.year >= 2027:
        return FORECAST
    return CULTURE if (day.month, day.day) == (11, 24) else LIBRARY
