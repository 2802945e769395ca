"""
Government bodies and their codes by Decision 20/2020/QĐ-TTg (level 1).

G.. codes and six H.. codes were read in sources of 2020 and later. The other
H.. codes follow from the alphabetical order that all six of those fit; they
carry a doubt until the annex itself has been read. Decision 20/2020 writes
level 1 first; the older QCVN 102:2016 form is stored beside it where it was
seen, because the one cannot be computed from the other in general.
"""

from __future__ import annotations

COLUMNS = (
    "code",
    "scheme",
    "name",
    "kind",
    "unit",
    "valid_from",
    "valid_to",
    "successor",
    "legal_basis",
    "doubt",
)
BASIS = "Quyết định 20/2020/QĐ-TTg"
IN_FORCE = "2020-09-07"
NOT_READ = (
    "Mã suy từ thứ tự chữ cái mà các mã đã kiểm chứng đều theo;"
    " chưa đọc được phụ lục của Quyết định"
)
SEVERAL = "Gói tin mẫu ghi Đà Nẵng ở cả H13 và H17; chưa đọc được phụ lục của Quyết định"
CLOSED = "Ngày đóng mã suy từ ngày sáp nhập tỉnh; chưa đọc văn bản"

CENTRAL = (
    ("G01", "Bộ Công an"),
    ("G02", "Bộ Công Thương"),
    ("G03", "Bộ Giáo dục và Đào tạo"),
    ("G04", "Bộ Giao thông vận tải"),
    ("G05", "Bộ Kế hoạch và Đầu tư"),
    ("G06", "Bộ Khoa học và Công nghệ"),
    ("G07", "Bộ Lao động - Thương binh và Xã hội"),
    ("G08", "Bộ Ngoại giao"),
    ("G09", "Bộ Nội vụ"),
    ("G10", "Bộ Nông nghiệp và Phát triển nông thôn"),
    ("G11", "Bộ Quốc phòng"),
    ("G12", "Bộ Tài chính"),
    ("G13", "Bộ Tài nguyên và Môi trường"),
    ("G14", "Bộ Thông tin và Truyền thông"),
    ("G15", "Bộ Tư pháp"),
    ("G16", "Bộ Văn hóa, Thể thao và Du lịch"),
    ("G17", "Bộ Xây dựng"),
    ("G18", "Bộ Y tế"),
    ("G19", "Ngân hàng Nhà nước Việt Nam"),
    ("G20", "Thanh tra Chính phủ"),
    ("G21", "Ủy ban Dân tộc"),
    ("G22", "Văn phòng Chính phủ"),
)
AGENCIES = (
    ("G24", "Bảo hiểm xã hội Việt Nam"),
    ("G27", "Đài Tiếng nói Việt Nam"),
    ("G28", "Đài Truyền hình Việt Nam"),
    ("G30", "Thông tấn xã Việt Nam"),
)
# Province codes in the order of their H.. codes, H01 first.
# fmt: off
PROVINCES = (
    "89", "24", "06", "95", "27", "77", "83", "52", "74", "70", "60", "96",
    "92", "04", "66", "67", "48", "11", "75", "87", "64", "02", "30", "31",
    "35", "01", "42", "17", "79", "93", "33", "56", "91", "62", "12", "68",
    "20", "10", "80", "36", "40", "37", "58", "25", "54", "44", "49", "51",
    "22", "45", "94", "14", "72", "34", "19", "38", "46", "82", "84", "08",
    "86", "26", "15",
)
# fmt: on
READ = frozenset({"H14", "H37", "H41", "H49", "H56", "H57"})


def rows(units: list[tuple[str, ...]], successions: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows of bodies.tsv; people's committees follow the provinces of the unit rows."""
    out = [_central(code, name, "bộ, cơ quan ngang bộ") for code, name in CENTRAL]
    out += [_central(code, name, "cơ quan thuộc Chính phủ") for code, name in AGENCIES]
    out.append(_old_form("000.00.00.G22", "G22", "Văn phòng Chính phủ", "bộ, cơ quan ngang bộ"))
    for place, unit in enumerate(PROVINCES, start=1):
        out += _committee(f"H{place:02d}", unit, units, successions)
    return out


def _central(code: str, name: str, kind: str) -> tuple[str, ...]:
    return (code, "qd20", name, kind, "", IN_FORCE, "", "", BASIS, "")


def _old_form(code: str, successor: str, name: str, kind: str) -> tuple[str, ...]:
    basis, doubt = "QCVN 102:2016/BTTTT", "Ngày hiệu lực chưa đối chiếu"
    return (code, "qcvn102", name, kind, "", "2016-10-01", "", successor, basis, doubt)


def _committee(
    code: str, unit: str, units: list[tuple[str, ...]], successions: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """
    The people's committee of a province; two rows where the province changed its name.

    After the mergers of 2025 the merged province keeps the code of its namesake
    and the others are closed with a successor.
    """
    doubt = "" if code in READ else SEVERAL if code in ("H13", "H17") else NOT_READ
    old = [u for u in units if u[3] == "province" and u[5] < "2025-07-01"]
    before = sorted((u for u in old if u[0] == unit), key=lambda u: u[5])
    after = {u[0]: u for u in units if u[3] == "province" and not u[6]}
    heir = next((s[1] for s in successions if s[0] == unit and s[2] == "2025-07-01"), unit)
    stays = after[heir][1] == before[-1][1]
    namesake = next(u[0] for u in old if u[1] == after[heir][1])
    out = []
    for row in before:
        start = max(row[5], IN_FORCE)
        last = row is before[-1]
        end = ("" if stays else "2025-06-30") if last else row[6]
        successor = "" if not last or stays else f"H{PROVINCES.index(namesake) + 1:02d}"
        note = "; ".join(filter(None, (doubt, "" if not successor else CLOSED)))
        name = f"Ủy ban nhân dân {row[2]} {row[1]}"
        kind = "ủy ban nhân dân cấp tỉnh"
        out.append((code, "qd20", name, kind, unit, start, end, successor, BASIS, note))
    return out
