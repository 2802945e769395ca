"""Bodies and groups of bodies named in a sentence: who leads, and with whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..bodies import Bodies, Known, Level
from .verbs import VERBS

GROUP_ALL, GROUP_MINISTRIES, GROUP_PROVINCES = "all", "ministries", "provinces"
PROVINCES = (
    r"(?:Ủy ban nhân dân|Uỷ ban nhân dân|UBND)\s+(?:[Cc]ác\s+)?(?:cấp\s+)?tỉnh(?:,\s*thành phố)?"
    r"(?:\s+trực thuộc\s+(?:[Tt]rung ương|TW))?(?!\s+[A-ZĐ])"
)
ALL_PROVINCES = (
    r"[Cc]ác\s+tỉnh,\s*thành phố(?:\s+trực thuộc\s+(?:[Tt]rung ương|TW))?|[Cc]ác\s+địa\s+phương"
)
MINISTRIES = (
    r"[Cc]ác\s+[Bb]ộ,\s*cơ\s+quan\s+ngang\s+[Bb]ộ(?:,\s*cơ\s+quan\s+thuộc\s+(?:Chính phủ|CP))?"
    r"|[Cc]ác\s+[Bb]ộ,\s*(?:cơ\s+quan|ngành)(?:\s+Trung ương)?"
)
EVERYBODY = (
    r"[Cc]ác\s+[Bb]ộ,\s*(?:cơ\s+quan,\s*)?(?:ngành(?:\s+và|,)\s*)?địa\s+phương"
    r"|[Cc]ác\s+cấp,\s*các\s+ngành"
)
# ``UBND tỉnh`` alone is the committee that writes; only in the plural is it a group.
GROUPS = (
    (re.compile(EVERYBODY), GROUP_ALL),
    (re.compile(MINISTRIES), GROUP_MINISTRIES),
    (re.compile(PROVINCES), GROUP_PROVINCES),
    (re.compile(ALL_PROVINCES), GROUP_PROVINCES),
)
WITH = re.compile(
    r"(?:chủ trì\s*,\s*)?phối\s+hợp\s+(?:chặt\s+chẽ\s+)?(?:với|cùng)\s+", re.IGNORECASE
)
# Partners no list knows, up to the verb that begins the work.
UNKNOWN = re.compile(
    rf"\s*(?:,|và)?\s*((?:Sở|Cục|Vụ|Ban|Phòng|Tổng cục|Công an|Trung tâm|UBND|Hội|Liên)"
    rf"\s[^;:.]{{2,200}}?)\s+(?=(?:{VERBS})\b)"
)
SHORT = {
    "Bộ Giáo dục và Đào tạo": ("Bộ Giáo dục",),
    "Bộ Tài nguyên và Môi trường": ("Bộ Tài nguyên - Môi trường",),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A body or group found in a text, from ``start`` to ``end``."""

    start: int
    end: int
    code: str = ""
    group: str = ""
    words: str = ""


@dataclass(frozen=True)
class Finder:
    """Finds the bodies known on a day, the longest name first; ``near`` is the issuer."""

    bodies: Bodies
    near: str = ""
    _pattern: re.Pattern[str] = field(init=False, repr=False)
    _codes: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        codes: dict[str, str] = {}
        for body in self.bodies:
            for name in self._names(body):
                codes.setdefault(name.casefold(), body.code)
        names = sorted(codes, key=len, reverse=True)
        pattern = r"(?<![\w])(?:" + "|".join(re.escape(name) for name in names) + r")(?![\w])"
        object.__setattr__(self, "_codes", codes)
        object.__setattr__(self, "_pattern", re.compile(pattern, re.IGNORECASE))

    def _names(self, body: Known) -> Iterator[str]:
        yield body.name
        yield from SHORT.get(body.name, ())
        if body.level is Level.PROVINCE:
            yield body.name.replace("Ủy ban nhân dân", "UBND")
        if body.level is Level.MINISTRY:
            yield from (short for short in body.abbreviations if " " in short)
        if body.level is Level.DEPARTMENT and self._is_near(body):
            yield from self._local_names(body)

    def _local_names(self, body: Known) -> Iterator[str]:
        """``Sở Y tế`` in a letter of that province is its own department."""
        parent = self.bodies.name(body.parent)
        place = re.sub(r"^Ủy ban nhân dân ", "", parent)
        for tail in (f" {place}", f" {parent}"):
            if body.name.endswith(tail) and len(body.name) > len(tail):
                yield body.name.removesuffix(tail)
        if body.name.endswith(parent):
            yield body.name.replace("Ủy ban nhân dân", "UBND")
            yield body.name.removesuffix(parent) + "UBND tỉnh"
            yield body.name.removesuffix(parent) + "Ủy ban nhân dân tỉnh"
        if body.abbreviations and body.name.startswith("Sở "):
            yield f"Sở {body.abbreviations[0].removeprefix('S')}"

    def _is_near(self, body: Known) -> bool:
        above = {self.near, self.near.rpartition(".")[0]} - {""}
        return body.parent in above or body.code in above

    def _is_group(self, words: str) -> bool:
        """In a letter of a province ``UBND tỉnh`` is its own committee, not all of them."""
        return not (self.near.startswith("H") and "các" not in words.casefold())

    def mentions(self, text: str) -> list[Mention]:
        """Every body and group named, in the order of the text, without overlaps."""
        # A group first: ``cơ quan thuộc Chính phủ`` does not name the Government.
        found: list[Mention] = []
        for pattern, group in GROUPS:
            found += [
                Mention(m.start(), m.end(), group=group, words=m[0])
                for m in pattern.finditer(text)
                if self._is_group(m[0]) and not overlaps(m, found)
            ]
        found += [
            Mention(m.start(), m.end(), code=self._codes[m[0].casefold()], words=m[0])
            for m in self._pattern.finditer(text)
            if not overlaps(m, found)
        ]
        return sorted(found, key=lambda one: one.start)


def overlaps(match: re.Match[str], found: list[Mention]) -> bool:
    return any(one.start < match.end() and match.start() < one.end for one in found)


@dataclass(frozen=True, slots=True)
class Named:
    """The lead of a task and those it works with."""

    lead: str = ""
    group: str = ""
    co_leads: tuple[str, ...] = ()
    after: int = 0
    """Where the task itself begins in the sentence."""

    @property
    def is_known(self) -> bool:
        return bool(self.lead or self.group)


def named_in(text: str, finder: Finder, *, opening: int = 90) -> Named:
    """
    Who leads by the opening of a sentence, and with whom.

    Only a body named in the first words leads; one named later is spoken about.
    """
    mentions = finder.mentions(text)
    first = next((one for one in mentions if one.start <= opening), None)
    if first is None:
        return Named()
    joined = [first]
    for one in mentions[1:]:
        between = text[joined[-1].end : one.start].strip(" ,")
        if between in ("", "và") and one.start - joined[-1].end < 8:
            joined.append(one)
        else:
            break
    groups = {one.group for one in joined if one.group}
    group = GROUP_ALL if len(groups) > 1 else next(iter(groups), "")
    after = joined[-1].end
    co_leads: tuple[str, ...] = tuple(one.words for one in joined[1:] if one.code)
    with_match = WITH.search(text, after)
    if with_match is not None and with_match.start() - after < 30:
        co_leads, after = partners(text, with_match.end(), mentions)
    return Named(first.code, group if not first.code else "", co_leads, after)


def partners(text: str, start: int, mentions: list[Mention]) -> tuple[tuple[str, ...], int]:
    """Bodies and described groups after ``phối hợp với``, and where the work begins."""
    found: list[str] = []
    at = start
    for one in mentions:
        if one.start < start:
            continue
        between = text[at : one.start].strip(" ,")
        if between not in ("", "và", "với", "cùng"):
            break
        found.append(one.words)
        at = one.end
    rest = re.match(
        r"\s*(?:,|và)?\s*((?:các|và các)\s+(?:sở|ban|ngành|bộ|cơ quan|đơn vị|địa phương)"
        r"[^;:.]{0,60}?liên\s+quan)",
        text[at:],
    )
    if rest is None:
        rest = UNKNOWN.match(text[at:])
    if rest is not None:
        found.append(" ".join(rest[1].split()))
        at += rest.end()
    return tuple(found), at
