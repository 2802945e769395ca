"""Rules of the directory: what a snapshot says, a typical day, the exchange drawn as a drum."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low

from lienthong.kernel.periods import Period


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
TOOTH = 36.0


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


def drum_face(rings: Mapping[str, list[tuple[str, int]]]) -> Drum:
    """
    Place names with their traffic on rings; ``rings`` maps a ring of `RINGS` to its points.

    A square root keeps a quiet province visible beside the busiest.
    """
    points: list[Point] = []
    teeth: list[Tooth] = []
    threads: list[str] = []
    busiest = max((n for _, n in rings.get("province", [])), default=0) or 1
    for ring, distance in RINGS.items():
        here = rings.get(ring, [])
        size = {"database": 17.0, "national": 10.5, "ministry": 7.0, "province": 4.6}[ring]
        placed: list[tuple[float, float]] = []
        for n, (label, traffic) in enumerate(here):
            angle = 2 * math.pi * n / len(here) - math.pi / 2
            x, y = distance * math.cos(angle), distance * math.sin(angle)
            placed.append((x, y))
            points.append(
                Point(
                    ring, label, round(x, 2), round(y, 2), size, round(size * 0.34, 2), traffic > 0
                )
            )
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
    return Drum(tuple(points), tuple(teeth), tuple(threads))


def _running_line(placed: list[tuple[float, float]], size: float) -> str:
    """From over one point to under the next, as the thread between the circles of a drum runs."""
    pieces = []
    for n, (x, y) in enumerate(placed):
        to_x, to_y = placed[(n + 1) % len(placed)]
        away = math.hypot(x, y) or 1.0
        away_to = math.hypot(to_x, to_y) or 1.0
        pieces.append(
            f"M{x * (1 + size / away):.1f} {y * (1 + size / away):.1f}"
            f"L{to_x * (1 - size / away_to):.1f} {to_y * (1 - size / away_to):.1f}"
        )
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


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of an inclusion proof, from the leaf upwards."""

    level: int
    sibling: str
    """Short form of the sibling's hash."""
    sibling_is_left: bool


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
