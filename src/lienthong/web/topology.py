"""
The systems around the exchange, drawn as the face of a drum.

Whoever knows the members (the directory) hands a `Topology` over by naming a
function on its AppConfig (``topology = "dotted.path"``); without one the cards of
the systems on this node are drawn. Only places and words are computed here; the
look stands in the style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from textwrap import wrap

from django.apps import apps
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.web import catalogues

SIZE = 720
CENTRE = SIZE / 2
CORE = 58.0
INNER = 172.0
RIM = 344.0
LABEL_WIDTH = 20
LINE = 26.0
OVERLAP = 48.0
"""How far a name reaches over its point towards the middle."""


@dataclass(frozen=True, slots=True)
class Point:
    """A system or a member on one ring of the face."""

    key: str
    label: str
    owner: str = ""
    traffic: float = 0.0
    """Share of the busiest point, between 0 and 1; the length of its tooth."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A grant: the consumer may call an offer of the provider."""

    consumer: str
    provider: str
    service: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One system in words; ``asks`` and ``answers`` are labels of the systems at the other end."""

    point: Point
    asks: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    systems: tuple[Point, ...]
    threads: tuple[Thread, ...]
    members: tuple[Point, ...] = ()

    def rows(self) -> list[Row]:
        """The same in words: each system, what it asks of whom, what it answers to whom."""
        labels = {point.key: point.label for point in self.systems}
        return [
            Row(
                point=point,
                asks=_labels(labels, (t.provider for t in self.threads if t.consumer == point.key)),
                answers=_labels(
                    labels, (t.consumer for t in self.threads if t.provider == point.key)
                ),
            )
            for point in self.systems
        ]


def _labels(labels: dict[str, str], keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels[key] for key in keys if key in labels))


def of_this_node() -> Topology:
    """What the directory knows, else what the cards of this node say."""
    for config in apps.get_app_configs():
        if source := getattr(config, "topology", ""):
            found: Topology = import_string(source)()
            return found
    return from_cards()


def from_cards() -> Topology:
    cards = list(_cards())
    known = {card.code for card in cards}
    return Topology(
        systems=tuple(Point(card.code, _title(card), owner_name(card.owner)) for card in cards),
        threads=tuple(
            Thread(card.code, need.system, need.code)
            for card in cards
            for need in card.needs
            if need.system in known
        ),
    )


def owner_name(code: str) -> str:
    """The body's name on this legal day, out of the catalogues; its code when they lack it."""
    body = catalogues.bodies().find(code, clock.today())
    return body.name if body else code


def _title(card: System) -> str:
    return short(card.title) if get_language() == "vi" else card.title_en


def _cards() -> Iterator[System]:
    for system in settings.SYSTEMS:
        name = f"lienthong.systems.{system}.manifest"
        if find_spec(name):
            yield import_string(f"{name}.SYSTEM")


def draw(topology: Topology) -> SafeString:
    """The picture as SVG; beside it the page tells the same as a list."""
    places = _around(len(topology.systems), INNER)
    where = {point.key: place for point, place in zip(topology.systems, places, strict=True)}
    return format_html(
        '<svg class="tp" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">{2}{3}{4}{5}{6}</svg>',
        SIZE,
        _("%(count)d systems around the exchange") % {"count": len(topology.systems)},
        _bands(),
        _threads(topology.threads, where),
        _members(topology.members),
        _systems(topology.systems, places),
        _core(),
    )


def _bands() -> SafeString:
    """Rings of circles joined by tangents, and the saw-tooth band between them."""
    rings = format_html_join(
        "",
        '<circle class="ln" cx="{0}" cy="{0}" r="{1}"/>',
        (
            (f"{CENTRE:g}", f"{radius:g}")
            for radius in (CORE + 22, 112, 118, 232, 238, RIM, RIM + 5)
        ),
    )
    teeth = _teeth(119, 131, 72) + _teeth(219, 231, 120)
    return format_html(
        '<g class="bands">{}<path class="ln" d="{}"/><path class="run" d="{}"/>{}</g>',
        rings,
        teeth,
        _tangents(36, 262, 12),
        format_html_join(
            "",
            '<g class="eye"><circle cx="{0}" cy="{1}" r="12"/>'
            '<circle class="dt" cx="{0}" cy="{1}" r="2.2"/></g>',
            ((f"{x:.1f}", f"{y:.1f}") for x, y in _around(36, 262)),
        ),
    )


def _teeth(inner: float, outer: float, count: int) -> str:
    parts = []
    for index in range(count):
        tip = 2 * math.pi * (index + 0.5) / count
        left = 2 * math.pi * index / count
        parts.append(
            f"M{_xy(left, inner)}L{_xy(tip, outer)}L{_xy(left + 2 * math.pi / count, inner)}"
        )
    return "".join(parts)


def _tangents(count: int, radius: float, size: float) -> str:
    """The inner tangent of each circle and the next: the running line of the drum."""
    places = _around(count, radius)
    apart = 2 * radius * math.sin(math.pi / count)
    lean = math.acos(2 * size / apart)
    parts = []
    for index, (x, y) in enumerate(places):
        over_x, over_y = places[(index + 1) % count]
        towards = math.atan2(over_y - y, over_x - x)
        away_x, away_y = size * math.cos(towards - lean), size * math.sin(towards - lean)
        parts.append(
            f"M{x + away_x:.1f} {y + away_y:.1f}L{over_x - away_x:.1f} {over_y - away_y:.1f}"
        )
    return "".join(parts)


def _threads(threads: tuple[Thread, ...], where: dict[str, tuple[float, float]]) -> SafeString:
    """Every call passes the centre, so every thread is drawn through it."""
    joined = {thread.consumer for thread in threads} | {thread.provider for thread in threads}
    return format_html(
        '<g class="hot">{}</g>',
        format_html_join(
            "",
            '<path d="M{} {}L{} {}"/>',
            ((f"{CENTRE:g}", f"{CENTRE:g}", f"{x:.1f}", f"{y:.1f}")
             for x, y in (where[key] for key in sorted(joined) if key in where)),
        ),
    )  # fmt: skip


def _members(members: tuple[Point, ...]) -> SafeString:
    """Members stand on the rim; the tooth beyond it is as long as their traffic."""
    marks = []
    for (x, y), angle, member in zip(
        _around(len(members), RIM - 22), _angles(len(members)), members, strict=True
    ):
        tooth = f"M{_xy(angle, RIM)}L{_xy(angle, RIM + 4 + 12 * member.traffic)}"
        marks.append((f"{x:.1f}", f"{y:.1f}", member.label, tooth))
    return format_html_join(
        "",
        '<g class="mb"><title>{2}</title><circle cx="{0}" cy="{1}" r="6"/><path d="{3}"/></g>',
        marks,
    )


def _systems(systems: tuple[Point, ...], places: list[tuple[float, float]]) -> SafeString:
    return format_html_join(
        "",
        '<g class="sy"><circle cx="{0}" cy="{1}" r="20"/>'
        '<circle class="in" cx="{0}" cy="{1}" r="14"/>'
        '<circle class="dt" cx="{0}" cy="{1}" r="5"/>{2}</g>',
        (
            (f"{x:.1f}", f"{y:.1f}", _label(x, y, point.label))
            for (x, y), point in zip(places, systems, strict=True)
        ),
    )


def _label(x: float, y: float, text: str) -> SafeString:
    """
    Above a point of the upper half, below one of the lower; long names take two lines.

    Left and right of the middle a name runs outwards, so that two at one height never meet.
    """
    lines = wrap(text, LABEL_WIDTH)
    first = y + 44 if y >= CENTRE - 1 else y - 34 - LINE * (len(lines) - 1)
    side, at = "", x
    if abs(x - CENTRE) > 1:
        side, at = (' class="l"', x + OVERLAP) if x < CENTRE else (' class="r"', x - OVERLAP)
    return format_html_join(
        "",
        '<text{} x="{}" y="{}">{}</text>',
        (
            (SafeString(side), f"{at:.1f}", f"{first + LINE * row:.1f}", line)
            for row, line in enumerate(lines)
        ),
    )


def _core() -> SafeString:
    lines = wrap(_("The exchange"), 10)
    first = CENTRE + 6 - LINE * (len(lines) - 1) / 2
    return format_html(
        '<g class="co"><circle cx="{0}" cy="{0}" r="{1}"/>'
        '<circle class="in" cx="{0}" cy="{0}" r="{2}"/>{3}</g>',
        f"{CENTRE:g}",
        f"{CORE:g}",
        f"{CORE - 8:g}",
        format_html_join(
            "",
            '<text x="{}" y="{}">{}</text>',
            ((f"{CENTRE:g}", f"{first + LINE * row:g}", line) for row, line in enumerate(lines)),
        ),
    )


def short(title: str) -> str:
    """A title as it fits the picture: the words that set this system apart."""
    for start in ("Cơ sở dữ liệu quốc gia về ", "Cơ sở dữ liệu ", "Hệ thống "):
        if title.startswith(start):
            title = title.removeprefix(start)
            break
    title = title.split(" Nền tảng ")[0].split(", ")[0]
    return title[:1].upper() + title[1:]


def _around(count: int, radius: float) -> list[tuple[float, float]]:
    return [
        (CENTRE + radius * math.sin(angle), CENTRE - radius * math.cos(angle))
        for angle in _angles(count)
    ]


def _angles(count: int) -> list[float]:
    return [2 * math.pi * index / count for index in range(count)]


def _xy(angle: float, radius: float) -> str:
    return f"{CENTRE + radius * math.sin(angle):.1f} {CENTRE - radius * math.cos(angle):.1f}"
