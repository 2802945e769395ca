"""
The words of printed papers, in Vietnamese as the forms have them.

Papers are Vietnamese whatever language a page is shown in, so these are not translated.
Circular 04/2020/TT-BTP; titles of extracts by Luật Hộ tịch art. 4.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lienthong.systems.civil_status.domain.entries import EventKind, Kind

TITLES: dict[str, str] = {
    Kind.BIRTH: "Khai sinh",
    Kind.MARRIAGE: "Kết hôn",
    Kind.DEATH: "Khai tử",
    EventKind.RECOGNITION: "Nhận cha, mẹ, con",
    EventKind.GUARDIANSHIP: "Giám hộ",
    EventKind.GUARDIANSHIP_END: "Chấm dứt giám hộ",
    EventKind.CHANGE: "Thay đổi hộ tịch",
    EventKind.CORRECTION: "Cải chính hộ tịch",
    EventKind.SUPPLEMENT: "Bổ sung hộ tịch",
    EventKind.ETHNICITY: "Xác định lại dân tộc",
    EventKind.MARITAL_STATUS: "Xác nhận tình trạng hôn nhân",
    EventKind.ADOPTION: "Ghi chú nuôi con nuôi",
    EventKind.DIVORCE: "Ghi chú ly hôn",
    EventKind.ANNULMENT: "Ghi chú hủy việc kết hôn",
    EventKind.PARENTAGE_DECIDED: "Ghi chú xác định cha, mẹ, con",
    EventKind.CITIZENSHIP: "Ghi chú thay đổi quốc tịch",
    EventKind.SEX: "Ghi chú xác định lại giới tính",
    EventKind.CAPACITY: "Ghi chú năng lực hành vi dân sự",
    EventKind.DECLARATION_CANCELLED: "Ghi chú hủy tuyên bố mất tích, đã chết",
    EventKind.DECLARED_MISSING: "Ghi chú tuyên bố mất tích",
    EventKind.DECLARED_DEAD: "Ghi chú tuyên bố đã chết",
    EventKind.NOTE: "Ghi chú hộ tịch",
}
PAPERS: dict[str, str] = {
    Kind.BIRTH: "Giấy khai sinh",
    Kind.MARRIAGE: "Giấy chứng nhận kết hôn",
    Kind.DEATH: "Trích lục khai tử",
    EventKind.RECOGNITION: "Trích lục đăng ký nhận cha, mẹ, con",
    EventKind.GUARDIANSHIP: "Trích lục đăng ký giám hộ",
    EventKind.GUARDIANSHIP_END: "Trích lục đăng ký chấm dứt giám hộ",
    EventKind.CHANGE: "Trích lục thay đổi hộ tịch",
    EventKind.CORRECTION: "Trích lục cải chính hộ tịch",
    EventKind.SUPPLEMENT: "Trích lục bổ sung hộ tịch",
    EventKind.ETHNICITY: "Trích lục xác định lại dân tộc",
    EventKind.MARITAL_STATUS: "Giấy xác nhận tình trạng hôn nhân",
    EventKind.ADOPTION: "Trích lục ghi chú nuôi con nuôi",
    EventKind.DIVORCE: "Trích lục ghi chú ly hôn",
    EventKind.ANNULMENT: "Trích lục ghi chú hủy việc kết hôn",
    EventKind.PARENTAGE_DECIDED: "Trích lục ghi chú xác định cha, mẹ, con",
    EventKind.CITIZENSHIP: "Trích lục ghi chú thay đổi quốc tịch",
    EventKind.SEX: "Trích lục ghi chú xác định lại giới tính",
    EventKind.CAPACITY: "Trích lục ghi chú năng lực hành vi dân sự",
    EventKind.DECLARATION_CANCELLED: "Trích lục ghi chú hủy tuyên bố mất tích, đã chết",
    EventKind.DECLARED_MISSING: "Trích lục ghi chú tuyên bố mất tích",
    EventKind.DECLARED_DEAD: "Trích lục ghi chú tuyên bố đã chết",
    EventKind.NOTE: "Trích lục ghi chú hộ tịch",
}
ROLES: dict[str, str] = {
    "wife": "vợ",
    "husband": "chồng",
    "parent": "cha hoặc mẹ",
    "father": "cha",
    "mother": "mẹ",
    "child": "con",
    "guardian": "người giám hộ",
    "ward": "người được giám hộ",
    "person": "",
    "adoptive_mother": "mẹ nuôi",
    "adoptive_father": "cha nuôi",
}
PARTS: dict[str, str] = {
    "relation": "Quan hệ",
    "evidence": "Chứng cứ chứng minh quan hệ",
    "grounds": "Lý do",
    "decision": "Bản án, quyết định số",
    "decided_on": "Ngày ra bản án, quyết định",
    "issuer": "Cơ quan ra bản án, quyết định",
    "died_on": "Ngày chết theo bản án, quyết định",
    "capacity": "Năng lực hành vi dân sự",
    "status": "Tình trạng hôn nhân",
    "spouse": "Với ông, bà",
    "purpose": "Giấy này được sử dụng để",
    "papers": "Giấy tờ kèm theo",
}
VALUES: dict[str, str] = {
    "father": "cha nhận con hoặc con nhận cha",
    "mother": "mẹ nhận con hoặc con nhận mẹ",
    "never_married": "chưa đăng ký kết hôn với ai",
    "married": "hiện tại đang có vợ hoặc chồng",
    "divorced": "đã ly hôn, hiện tại chưa đăng ký kết hôn với ai",
    "widowed": "có vợ hoặc chồng đã chết, hiện tại chưa đăng ký kết hôn với ai",
    "lost": "mất năng lực hành vi dân sự",
    "limited": "hạn chế năng lực hành vi dân sự",
    "restored": "hủy tuyên bố mất hoặc hạn chế năng lực hành vi dân sự",
    "male": "Nam",
    "female": "Nữ",
}
FIELDS: dict[str, str] = {
    "child_name": "họ, chữ đệm, tên",
    "born_on": "ngày, tháng, năm sinh",
    "sex": "giới tính",
    "birth_place": "nơi sinh",
    "home_place": "quê quán",
    "ethnicity": "dân tộc",
    "nationality": "quốc tịch",
    "mother_name": "họ, chữ đệm, tên mẹ",
    "mother_birth_year": "năm sinh của mẹ",
    "mother_ethnicity": "dân tộc của mẹ",
    "mother_nationality": "quốc tịch của mẹ",
    "mother_residence": "nơi cư trú của mẹ",
    "father_name": "họ, chữ đệm, tên cha",
    "father_birth_year": "năm sinh của cha",
    "father_ethnicity": "dân tộc của cha",
    "father_nationality": "quốc tịch của cha",
    "father_residence": "nơi cư trú của cha",
}


def changed(changes: Iterable[Mapping[str, str]]) -> str:
    """``họ, chữ đệm, tên: từ A thành B; …`` as the back of a paper has it."""
    told = [
        f"{FIELDS[one['field']]}: "
        + (f"từ {_value(one['was'])} thành {_value(one['becomes'])}" if one["was"]
           else _value(one["becomes"]))
        for one in changes
        if one["becomes"]
    ]  # fmt: skip
    return "; ".join(told) + "." if told else ""


def _value(text: str) -> str:
    return VALUES[text] if text in ("male", "female") else text
