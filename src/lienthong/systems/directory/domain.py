"""Rules of the directory: what a snapshot says, a typical day, the exchange drawn as a drum."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median_low
from urllib.parse import urlsplit

from lienthong.kernel import names
from lienthong.kernel.periods import Period
from lienthong.protocol.housekeeping import UNCOUNTED

GATEWAY_CODE = "national"
"""The directory's own gateway."""


class Difference(StrEnum):
    """What stands behind a difference between the two sides of a pair on one day."""

    NONE = "none"
    MISSING = "missing"
    """A gateway of the side that counted less has not reported the day."""
    LATE = "late"
    """The day before or after makes it up: answers crossed midnight."""
    UNEQUAL = "unequal"
    """Both sides reported, and they counted differently."""


def explain(difference: int, *, neighbours: tuple[int, int], missing: bool) -> Difference:
    """
    The kind of a difference between provider's and consumer's side.

    An answer given at the last moment of a day is counted there by the provider's
    gateway and on the next by the consumer's, so the next day differs by the same
    number the other way round.
    """
    if difference == 0:
        return Difference.NONE
    if missing:
        return Difference.MISSING
    if -difference in neighbours:
        return Difference.LATE
    return Difference.UNEQUAL


def content_digest(content: object) -> str:
    """Hex SHA-256 of the canonical JSON, to see whether a snapshot would say anything new."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def typical_day(totals: Mapping[date, int], period: Period) -> int:
    """
    The median of the daily totals, a day without traffic counting as zero.

    A mean would let one busy month speak for the year: in the seed, August
    brings 405,501 a day against 136,590 before, and the report says 150,000.
    """
    days = [totals.get(period.start + timedelta(n), 0) for n in range(period.days)]
    return median_low(days) if days else 0


def year_to_date(period: Period) -> Period:
    """From 1 January of the year in which the window ends, to that end."""
    return Period(period.end.replace(month=1, day=1), period.end)


def is_in_force(valid_from: datetime, valid_to: datetime | None, at: datetime) -> bool:
    """Whether a grant holds at this instant; the end is not part of it."""
    return valid_from <= at and (valid_to is None or at < valid_to)


SERVICE_CODE = re.compile(r"[A-Za-z0-9'()+,\-.=?]{1,128}")
"""Letters the message protocol allows in an identifier (PR-REST 4.8, PR-MESS 2.7)."""


def why_no_service(code: str, kind: str, versions: Iterable[str], urls: Iterable[str]) -> str:
    """What stands against registering an outside service, in a word; empty when nothing does."""
    if SERVICE_CODE.fullmatch(code) is None:
        return "code"
    if code in UNCOUNTED:
        return "reserved"
    versions = list(versions)
    if (versions and kind != "soap") or any(SERVICE_CODE.fullmatch(v) is None for v in versions):
        return "version"
    if any(urlsplit(url).scheme != "http" or not urlsplit(url).hostname for url in urls):
        return "url"
    return ""


def share_of(linked: int, all_bodies: int) -> int:
    """Whole percent, rounded half up; no bodies is no percent."""
    return (200 * linked + all_bodies) // (2 * all_bodies) if all_bodies else 0


def busiest_hour(hours: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """The hour of day (0 to 23) with most exchanges and their number, or None without traffic."""
    best = max(hours, key=lambda row: row[1], default=None)
    return best if best and best[1] else None


# --- the drum face: the exchange drawn as rings of points joined by tangents (look.md, part 1) ---

RINGS = {"database": 99.0, "national": 159.0, "ministry": 218.0, "province": 282.0}
TEETH = 320.0
HUB = 44.0
TOOTH = 36.0
LABEL = 104.0


@dataclass(frozen=True, slots=True)
class Point:
    """One body or system on the drum face."""

    ring: str
    label: str
    x: float
    y: float
    radius: float
    dot: float
    lit: bool
    """Whether it took part in traffic in the window shown."""
    caption: str = ""
    """What is written beside it; only the databases have room for a name."""


@dataclass(frozen=True, slots=True)
class Tooth:
    """Traffic of one province, a line outwards from its point; longer is more."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Drum:
    points: tuple[Point, ...]
    teeth: tuple[Tooth, ...]
    threads: tuple[str, ...]
    """SVG paths that join each ring's points by tangents into one running line."""
    spokes: tuple[str, ...]
    """SVG paths from the exchange to each database that took part in traffic."""


def drum_face(rings: Mapping[str, list[tuple[str, int]]]) -> Drum:
    """
    Place names with their traffic on rings; ``rings`` maps a ring of `RINGS` to its points.

    A square root keeps a quiet province visible beside the busiest.
    """
    points: list[Point] = []
    teeth: list[Tooth] = []
    threads: list[str] = []
    spokes: list[str] = []
    busiest = max((n for _, n in rings.get("province", [])), default=0) or 1
    for ring, distance in RINGS.items():
        here = rings.get(ring, [])
        size = {"database": 17.0, "national": 10.5, "ministry": 7.0, "province": 4.6}[ring]
        placed: list[tuple[float, float]] = []
        for n, (label, traffic) in enumerate(here):
            angle = 2 * math.pi * n / len(here) - math.pi / 2
            x, y = distance * math.cos(angle), distance * math.sin(angle)
            placed.append((x, y))
            named = ring == "database"
            points.append(
                Point(
                    ring=ring,
                    label=label,
                    x=round(x, 2),
                    y=round(y, 2),
                    radius=size,
                    dot=round(size * 0.34, 2),
                    lit=traffic > 0,
                    caption=in_few_words(label) if named else "",
                )
            )
            if named and traffic:
                spokes.append(_spoke(angle, HUB, distance - size))
            if ring == "province" and traffic:
                long = 6 + TOOTH * math.sqrt(traffic / busiest)
                ends = (
                    TEETH * math.cos(angle),
                    TEETH * math.sin(angle),
                    (TEETH + long) * math.cos(angle),
                    (TEETH + long) * math.sin(angle),
                )
                teeth.append(Tooth(*(round(value, 2) for value in ends)))
        if len(placed) > 2:
            threads.append(_running_line(placed, size))
    return Drum(tuple(points), tuple(teeth), tuple(threads), tuple(spokes))


def in_few_words(name: str) -> str:
    """The words that set a database apart: "CSDL quốc gia về Bảo hiểm" is "Bảo hiểm"."""
    for start in ("Cơ sở dữ liệu", "CSDL", "quốc gia về"):
        name = name.removeprefix(start).strip()
    name = name.removesuffix("quốc gia").removesuffix("điện tử").strip()
    return name[:1].upper() + name[1:]


def _spoke(angle: float, start: float, end: float) -> str:
    x, y = math.cos(angle), math.sin(angle)
    return f"M{start * x:.1f} {start * y:.1f}L{end * x:.1f} {end * y:.1f}"


def _running_line(placed: list[tuple[float, float]], size: float) -> str:
    """
    The thread of a drum: from the outer side of one circle to the inner side of the next.

    Each piece is the crossing tangent of two equal circles, so it touches both.
    """
    pieces = []
    for n, (x, y) in enumerate(placed):
        to_x, to_y = placed[(n + 1) % len(placed)]
        apart = math.hypot(to_x - x, to_y - y)
        if apart <= 2 * size:
            continue
        turn = math.atan2(to_y - y, to_x - x) - math.acos(2 * size / apart)
        dx, dy = size * math.cos(turn), size * math.sin(turn)
        pieces.append(f"M{x + dx:.1f} {y + dy:.1f}L{to_x - dx:.1f} {to_y - dy:.1f}")
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Bar:
    hour: int
    count: int
    x: float
    y: float
    height: float
    is_peak: bool


@dataclass(frozen=True, slots=True)
class HourChart:
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, int], ...]
    """Height and value of each grid line."""
    peak: tuple[int, int] | None


def hour_chart(
    by_hour: Mapping[int, int], height: float = 190.0, width: float = 520.0
) -> HourChart:
    """Bars of 24 hours on an axis from zero to a round number above the largest."""
    peak = busiest_hour(by_hour.items())
    top = round_up(peak[1]) if peak else 4
    step = width / 24
    bars = tuple(
        Bar(
            hour,
            count := by_hour.get(hour, 0),
            round(hour * step + 2.5, 2),
            round(height - height * count / top, 2),
            round(height * count / top, 2),
            bool(peak and hour == peak[0]),
        )
        for hour in range(24)
    )
    marks = tuple((round(height - height * n / 4, 2), top * n // 4) for n in range(5))
    return HourChart(bars, marks, peak)


def round_up(value: int) -> int:
    """The next of 4, 8, 12, 20, 40, 80, 120, 200… at or above, so that quarters are whole."""
    base = 4
    while True:
        for factor in (1, 2, 3, 5):
            if base * factor >= value:
                return base * factor
        base *= 10


HEAT_STEPS = 5
MOST_HEAT_DAYS = 31


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour; ``step`` is its shade, 0 for nothing."""

    hour: int
    count: int
    step: int

    @property
    def text(self) -> str:
        """The count in at most five signs; empty for none."""
        return short_number(self.count) if self.count else ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A day, or for a long period a day of the week (``weekday``, Monday is 0)."""

    day: date | None
    weekday: int
    cells: tuple[HeatCell, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Counts by day and hour, shaded against the largest of them."""

    rows: tuple[HeatRow, ...]
    largest: int
    by_weekday: bool


def heat(by_hour: Mapping[tuple[date, int], int], period: Period) -> Heat:
    """
    A table of the period's days, newest first, by 24 hours.

    What is longer than a month is folded to seven days of the week.
    """
    folded = period.days > MOST_HEAT_DAYS
    found: dict[tuple[date | int, int], int] = {}
    for (day, hour), count in by_hour.items():
        key: date | int = day.weekday() if folded else day
        found[key, hour] = found.get((key, hour), 0) + count
    largest = max(found.values(), default=0)
    keys: list[date | int] = (
        list(range(7))
        if folded
        else [period.end - timedelta(days=back) for back in range(period.days)]
    )
    rows = tuple(_heat_row(key, found, largest) for key in keys)
    return Heat(rows, largest, folded)


def _heat_row(
    key: date | int, found: Mapping[tuple[date | int, int], int], largest: int
) -> HeatRow:
    counts = [found.get((key, hour), 0) for hour in range(24)]
    cells = tuple(HeatCell(hour, count, shade(count, largest)) for hour, count in enumerate(counts))
    day = None if isinstance(key, int) else key
    return HeatRow(day, key if isinstance(key, int) else key.weekday(), cells, sum(counts))


def shade(count: int, largest: int) -> int:
    """0 for nothing, else 1 to `HEAT_STEPS` in even parts of the largest."""
    if count <= 0 or largest <= 0:
        return 0
    return min(HEAT_STEPS, 1 + (count * HEAT_STEPS - 1) // largest)


def short_number(count: int) -> str:
    """A count in few signs: ``950``, ``1,2k`` (thousand), ``31k``, ``2M`` (million)."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        # What would round up to the next unit is written in it.
        if count >= size * 0.9995:
            value = count / size
            text = f"{value:.1f}".removesuffix(".0") if value < 9.95 else str(round(value))
            return text.replace(".", ",") + unit
    return str(count)


def holds(wanted: str, *texts: str) -> bool:
    """Whether what was typed stands in one of these texts, with or without Vietnamese marks."""
    return names.folding_key(wanted) in names.folding_key(" ".join(texts))


def plain_cell(text: str) -> str:
    """A value of a CSV file that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of an inclusion proof, from the leaf upwards."""

    level: int
    sibling: str
    """Short form of the sibling's hash."""
    sibling_is_left: bool


@dataclass(frozen=True, slots=True)
class Sibling:
    """A hash that is joined on the way up, beside the node it is joined with."""

    x: float
    y: float
    hash: str
    is_left: bool


@dataclass(frozen=True, slots=True)
class PathPicture:
    """The way of one leaf up to the signed head, as far as its proof shows the tree."""

    nodes: tuple[tuple[float, float], ...]
    """From the root down to the leaf."""
    siblings: tuple[Sibling, ...]
    way: str
    joins: tuple[str, ...]
    box: tuple[float, float, float, float]


def path_picture(steps: tuple[PathStep, ...]) -> PathPicture:
    """One level a row; a sibling on the left bends the way to the right, as in the tree."""
    x, spread, row = 0.0, 92.0, min(64.0, 400.0 / max(1, len(steps)))
    nodes: list[tuple[float, float]] = [(0.0, 0.0)]
    siblings: list[Sibling] = []
    for depth, step in enumerate(reversed(steps), 1):
        side, y = (1 if step.sibling_is_left else -1), round(depth * row, 1)
        siblings.append(Sibling(round(x - side * spread, 1), y, step.sibling, step.sibling_is_left))
        x = round(x + side * spread, 1)
        nodes.append((x, y))
        spread = max(30.0, spread * 0.7)
    joins = tuple(_bend(upper, (one.x, one.y)) for upper, one in zip(nodes, siblings, strict=False))
    across = [x for x, _ in nodes] + [one.x for one in siblings]
    left, right = min(across) - LABEL, max(across) + LABEL
    return PathPicture(
        nodes=tuple(nodes),
        siblings=tuple(siblings),
        way="".join(_bend(upper, lower) for upper, lower in pairwise(nodes)),
        joins=joins,
        box=(left, -24.0, round(right - left, 1), round(nodes[-1][1] + 64.0, 1)),
    )


def _bend(upper: tuple[float, float], lower: tuple[float, float]) -> str:
    middle = (upper[1] + lower[1]) / 2
    return (
        f"M{upper[0]:.1f} {upper[1]:.1f}"
        f"C{upper[0]:.1f} {middle:.1f} {lower[0]:.1f} {middle:.1f} {lower[0]:.1f} {lower[1]:.1f}"
    )


def path_steps(index: int, size: int, proof: list[str]) -> tuple[PathStep, ...]:
    """Which side each hash of an RFC 9162 inclusion proof stands on (section 2.1.3.2)."""
    steps: list[PathStep] = []
    node, last = index, size - 1
    for level, sibling in enumerate(proof):
        left = bool(node % 2) or node == last
        steps.append(PathStep(level, sibling[:10], left))
        if left:
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
    return tuple(steps)
