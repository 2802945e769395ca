"""
Bodies that issue documents and answer for tasks.

Ministries, agencies and provinces come from the catalogues (Decision
20/2020/QĐ-TTg). The Government and the Prime Minister have no code there, and
departments of a province are added by their province; both stand beside them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from lienthong.kernel import names

from ..errors import NoSuchBodyKnown


class Level(StrEnum):
    GOVERNMENT = "government"
    MINISTRY = "ministry"
    PROVINCE = "province"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Known:
    """A body on one day. ``served_by`` is the office whose officers work for it."""

    code: str
    name: str
    level: Level
    parent: str = ""
    served_by: str = ""
    abbreviations: tuple[str, ...] = ()
    unit: str = ""
    """Code of the administrative unit it governs."""


GOVERNMENT, PRIME_MINISTER, OFFICE = "CP", "TTg", "G22"
CENTRE = (
    Known(GOVERNMENT, "Chính phủ", Level.GOVERNMENT, served_by=OFFICE, abbreviations=("CP",)),
    Known(
        PRIME_MINISTER,
        "Thủ tướng Chính phủ",
        Level.GOVERNMENT,
        served_by=OFFICE,
        abbreviations=("TTg", "TTCP", "LĐCP"),
    ),
)

# As they stand in symbols of documents and in running text. A body of the catalogues that is
# not listed here is found by its whole name only.
ABBREVIATIONS = {
    "G01": ("BCA",),
    "G02": ("BCT",),
    "G03": ("BGDĐT", "Bộ GDĐT", "Bộ GD&ĐT"),
    "G04": ("BGTVT", "Bộ GTVT"),
    "G05": ("BKHĐT", "Bộ KHĐT", "Bộ KH&ĐT"),
    "G06": ("BKHCN", "Bộ KHCN", "Bộ KH&CN"),
    "G07": ("BLĐTBXH", "LĐTBXH", "Bộ LĐTBXH", "Bộ Lao động, Thương binh và Xã hội"),
    "G08": ("BNG",),
    "G09": ("BNV",),
    "G10": ("BNN", "BNNPTNT", "Bộ NNPTNT", "Bộ NN&PTNT"),
    "G11": ("BQP",),
    "G12": ("BTC",),
    "G13": ("BTNMT", "Bộ TNMT", "Bộ TN&MT"),
    "G14": ("BTTTT", "Bộ TTTT", "Bộ TT&TT"),
    "G15": ("BTP",),
    "G16": ("BVHTTDL", "Bộ VHTTDL", "Bộ VHTT&DL"),
    "G17": ("BXD",),
    "G18": ("BYT",),
    "G19": ("NHNN", "Ngân hàng Nhà nước"),
    "G20": ("TTCP",),
    "G21": ("UBDT",),
    "G22": ("VPCP",),
    "G24": ("BHXH", "BHXH Việt Nam"),
}


@dataclass(frozen=True)
class Bodies:
    """Every body known on a day, with look-ups by code, name and abbreviation."""

    known: tuple[Known, ...]
    _by_code: dict[str, Known] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, Known] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {body.code: body for body in self.known})
        by_name = {key(body.name): body for body in reversed(self.known)}
        object.__setattr__(self, "_by_name", by_name)

    def __iter__(self) -> Iterator[Known]:
        return iter(self.known)

    def find(self, code: str) -> Known | None:
        return self._by_code.get(code)

    def name(self, code: str) -> str:
        """The name of a body, or its code where it is not known any more."""
        found = self.find(code)
        return found.name if found else code

    def get(self, text: str) -> Known:
        """The body of a code or a whole name, tone marks set either way; raises NoSuchBodyKnown."""
        plain = text.strip()
        # A list of suggestions writes the code behind the name: "Bộ Y tế (G18)".
        if plain.endswith(")") and (code := plain.rpartition("(")[2][:-1]) in self._by_code:
            return self._by_code[code]
        found = self._by_code.get(plain) or self._by_name.get(key(plain))
        if found is None:
            raise NoSuchBodyKnown(body=plain[:120])
        return found

    def of_abbreviation(self, text: str, near: str = "") -> Known | None:
        """The body a symbol names; departments of ``near`` (a parent) before others."""
        found = [body for body in self.known if text in body.abbreviations]
        mine = [body for body in found if near and body.parent == near]
        return next(iter(mine or found), None)

    def of_level(self, *levels: Level) -> tuple[Known, ...]:
        return tuple(body for body in self.known if body.level in levels)

    def children(self, parent: str) -> tuple[Known, ...]:
        return tuple(body for body in self.known if body.parent == parent)


def key(name: str) -> str:
    """Names compare without case, spacing and the older or newer place of a tone mark."""
    return names.tone_key(" ".join(name.replace("–", "-").split()))


def acting_for(own: Iterable[str], bodies: Bodies) -> frozenset[str]:
    """The bodies an office may act for: itself, and those it works for."""
    mine = {code for code in own if code}
    return frozenset(mine | {body.code for body in bodies if body.served_by in mine})
