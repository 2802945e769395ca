"""
Three pictures of the country, laid end to end as dated rows and successions.

Only the day of the last change is known (2025-07-01). What changed between the
first two pictures changed on days that neither package states; such rows meet
at 2025-01-01, the day a good part of them (Huế among them) took effect, and
carry a doubt that says so. The first picture is carried back to the day the
codes were introduced, with a doubt too.
"""

from __future__ import annotations

from collections import Counter

from pictures import Link, Picture, Row, folded

UNIT_COLUMNS = ("code", "name", "kind", "level", "parent", "valid_from", "valid_to", "source")
SUCCESSION_COLUMNS = ("old", "new", "happened_on", "confidence", "is_default", "source")

CODES_BEGIN = "2004-07-08"  # Decision 124/2004/QĐ-TTg
BEFORE_MEETING, MEETING = "2024-12-31", "2025-01-01"
BEFORE_REFORM, REFORM = "2025-06-30", "2025-07-01"

# Keys of sources.tsv.
FIRST, BOTH, SECOND, REFORMED, UNCHANGED = "first", "both", "second", "reformed", "unchanged"
LINKED, INFERRED = "link", "inferred"

Lines = list[tuple[str, ...]]


def build(
    first: Picture, second: Picture, third: Picture, links: list[Link], merged: list[Link]
) -> tuple[Lines, Lines]:
    """Rows of units.tsv and successions.tsv, sorted."""
    second = {code: _spelled_alike(first.get(code), row) for code, row in second.items()}
    first = {
        code: second[code] if _is_same(row, second.get(code)) else row
        for code, row in first.items()
    }
    lasting = _unchanged_provinces(second, third, links)
    units: Lines = []
    successions: Lines = []
    for code, row in first.items():
        if second.get(code) == row:
            end, source = ("", UNCHANGED) if code in lasting else (BEFORE_REFORM, BOTH)
            units.append((*row, CODES_BEGIN, end, source))
        else:
            units.append((*row, CODES_BEGIN, BEFORE_MEETING, FIRST))
            if code in second:
                successions.append((code, code, MEETING, "uncertain", "yes", INFERRED))
    for code, row in second.items():
        if first.get(code) != row:
            end = "" if code in lasting else BEFORE_REFORM
            units.append((*row, MEETING, end, SECOND))
    units += [(*row, REFORM, "", REFORMED) for code, row in third.items() if code not in lasting]
    successions += [_line(link, MEETING, INFERRED) for link in merged]
    successions += [_line(link, REFORM, LINKED) for link in links if link.new not in lasting]
    return sorted(units), sorted(successions)


def summary(units: Lines, successions: Lines) -> list[str]:
    """Counts to compare with the page that describes the rebuild."""
    lines = []
    for day in ("2021-08-20", BEFORE_REFORM, REFORM):
        levels = Counter(u[3] for u in units if u[5] <= day and (not u[6] or day <= u[6]))
        lines.append(f"{day}: " + ", ".join(f"{levels[k]} {k}" for k in sorted(levels)))
    split = {s[0] for s in successions if s[3] == "split"}
    kinds = Counter(s[3] for s in successions)
    lines.append(f"{len(units)} unit rows, {dict(kinds)} successions, {len(split)} split units")
    return lines


def _is_same(old: Row, new: Row | None) -> bool:
    """Same unit, perhaps spelled otherwise (Nậm Tỵ, Nậm Ty): then the later spelling stands."""
    return new is not None and (
        (folded(old.name), old.kind, old.parent) == (folded(new.name), new.kind, new.parent)
    )


def _spelled_alike(old: Row | None, new: Row) -> Row:
    """The later spelling, except that lost apostrophes come back (Hneng, H'Neng)."""
    if old is not None and _is_same(old, new) and "'" in old.name and "'" not in new.name:
        return old
    return new


def _unchanged_provinces(second: Picture, third: Picture, links: list[Link]) -> frozenset[str]:
    """Provinces that kept name and territory through the reform."""
    takers = Counter(link.new for link in links if len(link.old) == 2)
    return frozenset(
        code
        for code, row in third.items()
        if row.level == "province" and takers[code] == 1 and second.get(code) == row
    )


def _line(link: Link, happened_on: str, source: str) -> tuple[str, ...]:
    default = "yes" if link.is_default else "no"
    return (link.old, link.new, happened_on, link.confidence, default, source)
