"""
The people everyone knows.

Names carry the letters and tones that break careless programs; the numbers
are made up and belong to nobody. Days are legal days of the demo country.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CastPerson:
    """A person of the stories: what a form would ask."""

    name: str
    sex: str
    born_on: date
    personal_id: str
    unit: str


@dataclass(frozen=True, slots=True)
class CastOfficer:
    """An officer of the stories: who signs in where and may do what."""

    name: str
    login: str
    office: str
    unit: str
    roles: frozenset[str]


LEGAL_DAY = date(2021, 8, 20)

# Commune Dương Tơ, Phú Quốc, Kiên Giang, as coded in August 2021.
DUONG_TO = "31096"

AN = CastPerson("Nguyễn Thị An", "female", date(1995, 3, 2), "091195000017", DUONG_TO)
"""The mother."""

BINH = CastPerson("Trần Văn Bình", "male", date(1993, 11, 30), "091093000025", DUONG_TO)
"""The father."""

NEWBORN = CastPerson("Trần Nguyễn Gia Đức", "male", date(2021, 8, 17), "", DUONG_TO)
"""Their child, who has no number yet: that is what the story is about."""

LE_CUONG = CastOfficer(
    "Lê Cường", "le.cuong", "kien-giang.duong-to", DUONG_TO, frozenset({"civil_status.registrar"})
)
"""The justice and civil status officer of the commune."""

PHAM_DUNG = CastOfficer("Phạm Dung", "pham.dung", "VSS", "", frozenset({"insurance.reconciler"}))
"""An officer of Vietnam Social Security."""

DO_LA = CastOfficer("Đỗ Lạ", "do.la", "", "", frozenset())
"""Who has access to nothing."""
