"""Reads of reforms: as they are written, and what they would do to the units that stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from lienthong.kernel.units import Level, Unit, UnitTable
from lienthong.systems.catalogues.domain.reforms import (
    Complaint,
    Fault,
    Part,
    Replacement,
    complaints,
)
from lienthong.systems.catalogues.errors import NoSuchReform
from lienthong.systems.catalogues.models import Reform, ReformPart, ReformUnit


@dataclass(frozen=True, slots=True)
class Written:
    """A reform read once, with everything in its way."""

    replacement: Replacement
    missing: tuple[str, ...]
    """Codes of old units that did not stand on the day before."""
    complaints: tuple[Complaint, ...]
    carried: int
    """Units below that only get another unit above them."""

    @property
    def is_ready(self) -> bool:
        return not self.complaints and not self.missing


@dataclass(frozen=True, slots=True)
class Count:
    """How many units of a level stand before and after."""

    level: Level
    before: int
    after: int


def reforms() -> QuerySet[Reform]:
    """All reforms, the latest day first."""
    return Reform.objects.all()


def reform(pk: int) -> Reform:
    """Raises `NoSuchReform`."""
    try:
        return Reform.objects.get(pk=pk)
    except Reform.DoesNotExist:
        raise NoSuchReform(reform=pk) from None


def source_of(reform: Reform) -> str:
    """What the rows of a reform name as their source."""
    return f"Danh mục dùng chung, sắp xếp số {reform.pk}"


def written(reform: Reform, table: UnitTable) -> Written:
    """The reform as a replacement of the units of a table, and what is wrong with it."""
    day = reform.happened_on
    source = source_of(reform)
    new = tuple(
        Unit(
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            level=Level(unit.level),
            parent=unit.parent,
            valid_from=day,
            valid_to=None,
            legal_basis=reform.legal_basis,
            source=source,
        )
        for unit in reform.new_units.all()
    )
    goes: defaultdict[str, list[ReformPart]] = defaultdict(list)
    for part in reform.parts.all():
        goes[part.old].append(part)
    parts, missing, undecided = [], [], []
    for code, links in sorted(goes.items()):
        old = table.find(code, day - timedelta(days=1))
        if old is None:
            missing.append(code)
            continue
        if not any(link.is_default for link in links):
            undecided.append(code)
        ordered = sorted(links, key=lambda link: not link.is_default)
        parts.append(
            Part(
                old,
                tuple(link.new for link in ordered),
                tuple(link.share for link in ordered),
            )
        )
    bare = Replacement(day, reform.legal_basis, tuple(parts), new, source)
    whole = bare.with_those_below(table)
    found = complaints(whole, table)
    found += tuple(Complaint(Fault.NO_DEFAULT, code) for code in undecided)
    return Written(whole, tuple(missing), found, len(whole.parts) - len(bare.parts))


def counts(found: Written, table: UnitTable) -> tuple[Count, ...]:
    """Units of each level before and after, in the whole country."""
    day = found.replacement.happened_on
    result = []
    for level in Level:
        before = table.count(level, day - timedelta(days=1))
        ended = sum(part.old.level is level for part in found.replacement.parts)
        begun = sum(unit.level is level for unit in found.replacement.new)
        result.append(Count(level, before, before - ended + begun))
    return tuple(result)


def line_of(reform: Reform, unit: ReformUnit, table: UnitTable) -> str:
    """Where a new unit lies: ``thành phố Phú Quốc, tỉnh Kiên Giang``; empty when not known."""
    begun = {one.code: one for one in reform.new_units.all()}
    names, code = [], unit.parent
    while code:
        own = begun.get(code)
        if own is not None:
            names.append(str(own))
            code = own.parent
            continue
        found = table.find(code, reform.happened_on) or table.find(
            code, reform.happened_on - timedelta(days=1)
        )
        if found is None or len(names) > len(Level):
            break
        names.append(found.full_name)
        code = found.parent
    return ", ".join(names)
