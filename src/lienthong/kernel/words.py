"""Numbers and dates in Vietnamese words, as civil-status papers write them."""

from __future__ import annotations

from datetime import date

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION = 1_000_000_000


def number_in_words(number: int) -> str:
    """``2021`` gives ``hai nghìn không trăm hai mươi mốt``; works for any int."""
    if number < 0:
        return f"âm {number_in_words(-number)}"
    if number == 0:
        return _DIGITS[0]
    return " ".join(_large(number, padded=False))


def date_in_words(day: date) -> str:
    """``Ngày mười hai tháng tám năm hai nghìn không trăm hai mươi mốt``."""
    return (
        f"Ngày {number_in_words(day.day)} {month_in_words(day.month)}"
        f" năm {number_in_words(day.year)}"
    )


def month_in_words(month: int) -> str:
    """``tháng tám``; the fourth month is ``tháng tư``, never ``tháng bốn``."""
    if not 1 <= month <= 12:
        raise ValueError("months go from 1 to 12")
    return "tháng tư" if month == 4 else f"tháng {number_in_words(month)}"


def long_date(day: date) -> str:
    """``ngày 20 tháng 8 năm 2021``, with the zero before days below 10 and months 1 and 2."""
    # Decree 30/2020 on clerical work, annex I: a zero goes before days under 10 and months 1, 2.
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def _large(number: int, *, padded: bool) -> list[str]:
    words: list[str] = []
    billions, rest = divmod(number, _BILLION)
    if billions:
        words += [*_large(billions, padded=padded), "tỷ"]
    for size, name in ((1_000_000, "triệu"), (1_000, "nghìn"), (1, "")):
        group, rest = divmod(rest, size)
        if group:
            words += _below_thousand(group, padded=padded or bool(words))
            words += [name] if name else []
    return words


def _below_thousand(number: int, *, padded: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [_DIGITS[hundreds], "trăm"] if hundreds or padded else []
    if tens == 0:
        if ones and words:
            words.append("linh")
        return words + ([_DIGITS[ones]] if ones else [])
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 4 and tens > 1:
        words.append("tư")
    elif ones == 5:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return words
