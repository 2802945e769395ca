"""
Word lists the made-up people of the demonstration country are named from.

Shares of Kinh family names are per thousand and rounded. Peoples are listed only
where they are many, with their share of the province in a hundred after the census
of 2019 and the code of the list of 2008; anything finer would pretend to know.
"""

from __future__ import annotations

ETHNICITY_LIST = "1019/QĐ-TCTK 2008"

_FAMILY_SHARES = """
Nguyễn 330  Trần 110  Lê 95  Phạm 70  Huỳnh 45  Phan 45  Vũ 38  Võ 38  Đặng 32  Bùi 31
Đỗ 25  Hồ 22  Ngô 21  Dương 18  Trương 16  Lý 10  Đinh 9  Lâm 9  Mai 8  Đoàn 8  Hà 7
Lương 6  Cao 6  Trịnh 5  Tạ 4  Châu 4  Tô 3  Quách 2
"""

# province | people | code | share | family names
_PEOPLES = """
02|Mông|08|34|Giàng Vàng Sùng Thào
02|Tày|02|23|Nông Hoàng
02|Dao|09|15|Bàn Triệu Đặng
04|Tày|02|41|Nông Hoàng Bế
04|Nùng|07|30|Nông Hoàng Lục
06|Tày|02|52|Hoàng Nông Ma
06|Dao|09|17|Bàn Triệu
08|Tày|02|26|Ma Hoàng Nông
08|Dao|09|13|Bàn Triệu
10|Mông|08|25|Giàng Vàng Thào
10|Tày|02|15|Hoàng Nông
10|Dao|09|14|Chảo Tẩn
11|Mông|08|38|Giàng Vàng Sùng
11|Thái|03|36|Lò Quàng Lường
12|Thái|03|31|Lò Vàng Lường
12|Mông|08|23|Giàng Sùng
14|Thái|03|53|Lò Quàng Cà Lường
14|Mông|08|16|Giàng Vàng
15|Tày|02|18|Hoàng Nông
15|Dao|09|12|Bàn Triệu
17|Mường|04|63|Bùi Quách Đinh Hà
20|Nùng|07|43|Nông Hoàng Lương
20|Tày|02|36|Hoàng Nông
38|Mường|04|10|Bùi Phạm Trương
38|Thái|03|6|Lò Hà Vi
40|Thái|03|10|Vi Lô Lương
62|Xơ Đăng|16|25|A
62|Ba Na|12|12|A
64|Gia Rai|10|30|Ksor Siu Kpă
64|Ba Na|12|12|Đinh
66|Ê Đê|11|19|Niê Mlô Êban
66|Nùng|07|4|Nông Hoàng
79|Hoa|06|5|Lý Lâm Trương Quách Châu
84|Khmer|05|31|Thạch Sơn Kim Kiên Lâm
91|Khmer|05|12|Danh Thạch
91|Hoa|06|2|Lý Lâm Trần
94|Khmer|05|30|Thạch Sơn Lý Danh
94|Hoa|06|5|Lý Quách
"""

# sex | born before or since 2005 | middle names
_MIDDLE = """
female|old|Thị Thị Thị Thị Thị Ngọc Kim Mỹ Thúy Thanh
male|old|Văn Văn Văn Văn Hữu Đức Quốc Công Minh Xuân
female|new|Ngọc Bảo Minh Thị Thanh Khánh Gia Hoàng Phương Thùy
male|new|Gia Minh Hoàng Đức Quốc Bảo Anh Tuấn Văn Thiên
"""

_GIVEN = """
female|old|Lan Hoa Hương Hồng Hạnh Thủy Nga Mai Bích Loan Phượng Thu Cúc Đào Liên Xuân
female|old|Yến Tuyết Nhung Oanh Hiền Lệ Sương Thanh Hà Dung Hằng Ngọc Vân Phương
male|old|Hùng Dũng Tuấn Minh Cường Sơn Hải Long Nam Thắng Bình Quang Trung Đức Thành
male|old|Phúc Tài Lợi Hòa Tâm Phong Vinh Khánh Toàn Hưng Kiên Quân Việt Tùng Lâm
female|new|Anh Chi Linh Ngân My Vy Nhi Hân Trâm Thư Quỳnh Trang Diễm Khuê Ngọc Châu
female|new|An Mai Thảo Uyên Nhiên Tiên Hà Phương Yến Trà Như Đan Bảo Khanh
male|new|Minh Khang Bảo Huy Khoa Phát Đạt Phong Nam Quân Khôi Nguyên Long Kiệt Thiên
male|new|Phúc Duy Đăng Hưng Thịnh An Bách Tuấn Việt Nhân Trí Lộc Hiếu Sơn Vinh
"""


def family_shares() -> dict[str, int]:
    """Kinh family names with their shares per thousand."""
    words = _FAMILY_SHARES.split()
    return {name: int(share) for name, share in zip(words[::2], words[1::2], strict=True)}


def peoples() -> dict[str, list[tuple[str, str, int, tuple[str, ...]]]]:
    """Per province: name of the people, code, share in a hundred, family names."""
    found: dict[str, list[tuple[str, str, int, tuple[str, ...]]]] = {}
    for line in _PEOPLES.strip().splitlines():
        province, name, code, share, families = line.split("|")
        found.setdefault(province, []).append((name, code, int(share), tuple(families.split())))
    return found


def middle_names() -> dict[tuple[str, str], tuple[str, ...]]:
    """By sex and era (``old``, ``new``); repeated ones are more frequent."""
    return _by_sex_and_era(_MIDDLE)


def given_names() -> dict[tuple[str, str], tuple[str, ...]]:
    """By sex and era."""
    return _by_sex_and_era(_GIVEN)


def _by_sex_and_era(table: str) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in table.strip().splitlines():
        sex, era, words = line.split("|")
        found[sex, era] = found.get((sex, era), ()) + tuple(words.split())
    return found
