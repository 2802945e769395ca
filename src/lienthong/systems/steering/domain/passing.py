"""
The words of a letter that passes a document on, in the pattern of 6922/VP-KGVX.

One sentence says what was received, one who decided; the lead gets the whole
document with those it works with, then the items singled out; the office closes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from .symbols import DocumentNumber, Kind

KIND_WORDS = {
    Kind.RESOLUTION: "Nghị quyết",
    Kind.DECREE: "Nghị định",
    Kind.DECISION: "Quyết định",
    Kind.DIRECTIVE: "Chỉ thị",
    Kind.TELEGRAM: "Công điện",
    Kind.NOTICE: "Thông báo",
    Kind.PROGRAMME: "Chương trình",
    Kind.PLAN: "Kế hoạch",
    Kind.REPORT: "Báo cáo",
    Kind.GUIDANCE: "Hướng dẫn",
    Kind.SUBMISSION: "Tờ trình",
    Kind.LETTER: "Công văn",
    Kind.OTHER: "Văn bản",
}
ABOUT = re.compile(r"^(?:V/v|Về việc|Về)\s+", re.IGNORECASE)
PLACE = re.compile(r"^Ủy ban nhân dân (?:tỉnh|thành phố) (.+)$")
COMMITTEE = "Ủy ban nhân dân"


def short_day(day: date) -> str:
    """``06/7/2021``: a zero before days below ten and months 1 and 2."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{day.day:02d}/{month}/{day.year}"


def short_name(name: str) -> str:
    """``UBND tỉnh Kiên Giang``."""
    return name.replace(COMMITTEE, "UBND")


def place_of(name: str) -> str:
    """Where a committee sits, for the date line; a ministry sits in Hà Nội."""
    found = PLACE.match(name)
    return found[1] if found else "Hà Nội"


def here(office: str, body: str) -> str:
    """An office's name among its own: ``Văn phòng Ủy ban nhân dân tỉnh``."""
    found = PLACE.match(body)
    return office.removesuffix(f" {found[1]}") if found else office


def within(office: str, body: str) -> str:
    """An office's name under the letterhead of its body: ``Văn phòng``."""
    return office.removesuffix(body).strip() or office


def named(kind: str, number: DocumentNumber) -> str:
    """``Báo cáo số 76/BC-BTTTT``."""
    return f"{KIND_WORDS[Kind(kind)]} số {number}"


def about(subject: str) -> str:
    """A subject inside a sentence: without ``Về`` in front, its first letter small."""
    plain = ABOUT.sub("", subject).strip().rstrip(".")
    # An abbreviation in front (COVID-19) keeps its capitals.
    return plain if plain[1:2].isupper() else plain[:1].lower() + plain[1:]


def subject_line(kind: str, number: DocumentNumber, issuer: str) -> str:
    """What box 5b proposes for the letter."""
    return f"tham mưu, thực hiện các đề xuất, kiến nghị của {issuer} tại {named(kind, number)}"


def general_task(kind: str, issuer: str, body: str) -> str:
    """What the lead is asked to do with the whole document."""
    return (
        f"tham mưu {short_name(body)} thực hiện các đề xuất, kiến nghị của {issuer}"
        f" tại {KIND_WORDS[Kind(kind)].lower()} nêu trên"
    )


def opening(
    body: str, kind: str, number: DocumentNumber, on: date, issuer: str, subject: str
) -> str:
    return (
        f"{body} nhận được {named(kind, number)} ngày {short_day(on)} của {issuer} về"
        f" {about(subject)} (đính kèm văn bản)."
    )


def decided(title: str, leader: str) -> str:
    return f"{title} {leader} có ý kiến chỉ đạo:"


def given(lead: str, co_leads: Sequence[str], task: str, *, items: bool) -> str:
    """The sentence that gives the whole document to its lead."""
    with_whom = f", phối hợp với {listed(co_leads)}" if co_leads else ""
    more = " Tập trung một số công việc:" if items else ""
    return f"Giao {lead} chủ trì{with_whom} {task.rstrip('. ')}.{more}"


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} và {names[-1]}"


def closing(office: str, title: str) -> str:
    return (
        f"{office} thông báo ý kiến chỉ đạo của {title} đến cơ quan, đơn vị biết, tổ chức"
        " thực hiện./."
    )


def default_recipients(office: str, body: str) -> tuple[str, ...]:
    """Box 9b: who gets it; the last line says where it is kept."""
    if office == body:
        return ("Như trên", "Lãnh đạo cơ quan", "Lưu: VT")
    return (
        "Như trên",
        "CT và các PCT.UBND tỉnh",
        "Các sở, ban, ngành tỉnh",
        "UBND các huyện, thành phố",
        "LĐVP",
        "Lưu: VT",
    )
