"""What the report's page shows, made from a `Report`: outline, provenance, paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lienthong.web.actors import officer_name
from lienthong.web.papers.blocks import Aside, Number
from lienthong.web.papers.page import to_html

from ..domain.catalogue import Way
from ..domain.outline import OUTLINE, Section, place_of
from ..domain.relations import Relation, Verdict, relation
from ..domain.sources import name_of
from ..domain.titles import TITLES
from ..domain.wording import exact
from ..models import CollectedFigure, RelationCheck, SourceAnswer
from ..queries.document import OpenPoint, Report, body
from ..queries.editions import undecided
from ..queries.narrative import unapproved
from ..queries.provenance import side_text, value_text, window_text
from ..queries.tasks import COUNTED, LEVELS

COLOURS = {
    Verdict.HOLDS: "success",
    Verdict.FAILS: "danger",
    Verdict.REMARK: "warning",
    Verdict.OPEN: "neutral",
}
ICONS = {
    Verdict.HOLDS: "check",
    Verdict.FAILS: "x",
    Verdict.REMARK: "alert-triangle",
    Verdict.OPEN: "minus",
}


SHORTEST = 12
"""Of a thousand: at least three pixels where the picture is narrowest, on a phone."""


@dataclass(frozen=True, slots=True)
class OutlineLine:
    """A line of the table of contents with what needs attention under it."""

    section: Section
    failing: int
    remarks: int
    open: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One side of a relation, drawn to the scale of the longer side."""

    label: str
    total: str
    parts: tuple[tuple[str, int, int], ...]
    """Text, start and length, in thousandths of the scale."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an edition cannot be issued yet, and where on its page that is mended."""

    words: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class RelationShown:
    check: RelationCheck
    rule: Relation
    colour: str
    icon: str
    words: str
    bars: tuple[Bar, ...] = ()
    advice: str = ""
    """What to ask about it, in Vietnamese as the report prints it."""

    @property
    def fails(self) -> bool:
        return bool(self.check.verdict == Verdict.FAILS)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one figure comes from."""

    figure: CollectedFigure
    value: str
    window: str
    source_title: str
    book: str
    """The source as a reader calls it; empty for one that has no such name."""
    place: str
    relations: tuple[RelationShown, ...]
    proof: SourceAnswer | None
    """The answer it came in; nothing for one that was reported or entered."""
    rows_at: str = ""
    """Question of the board of tasks that lists the counted rows, for figures of tasks."""
    twins: tuple[CollectedFigure, ...] = field(default=())
    """The same code as another system states it, or as it came in another way."""
    author: str = ""
    decider: str = ""

    @property
    def is_live(self) -> bool:
        return bool(self.figure.way == Way.LIVE)

    @property
    def may_choose(self) -> bool:
        """Whether it came both live and entered, so that an officer chooses."""
        return any((twin.way == Way.LIVE) != self.is_live for twin in self.twins)

    @property
    def colour(self) -> str:
        """Of the panel's upper edge: a contradiction, old data, or all is well."""
        if any(shown.fails for shown in self.relations):
            return "danger"
        if self.figure.state == CollectedFigure.State.STALE or (
            self.proof is not None and self.proof.proof == "broken"
        ):
            return "warning"
        return "accent"


def outline(report: Report) -> list[OutlineLine]:
    points = report.open_points()
    return [
        OutlineLine(
            section=section,
            failing=sum(in_section(check, section) for check in report.failing()),
            remarks=sum(in_section(check, section) for check in report.remarks()),
            open=sum(point.section == section for point in points),
        )
        for section in OUTLINE
    ]


def in_section(check: RelationCheck, section: Section) -> bool:
    """A relation belongs where its first figure stands."""
    place = place_of(relation(check.key).codes[0])
    return place is not None and place[0] == section


def paper(
    report: Report, selected: str, *, request: HttpRequest, context: dict[str, Any]
) -> SafeString:
    """The document as HTML; every figure is a link that opens its provenance."""

    def linked(number: Number) -> SafeString:
        figure = report.figures.get(number.code)
        title = figure.title if figure else _("not stated")
        return format_html(
            '<a class="lt-figure" id="so-{code}" href="?figure={code}#nguon"'
            ' data-figure="{code}" data-state="{state}" aria-label="{text}, {title}"{current}'
            ' hx-get="?figure={code}" hx-target="#nguon" hx-swap="outerHTML"'
            ' hx-push-url="true">{text}</a>',
            code=number.code,
            state=number.state,
            text=number.text,
            title=title,
            current=SafeString(' aria-current="true"') if number.code == selected else "",
        )

    def drawn(block: Aside) -> SafeString | None:
        """Contradictions and remarks in full, with both sides drawn to one scale."""
        if not block.key:
            return None
        item = relation_shown(report.checks[block.key], report)
        template = "steering/_failing.html" if item.fails else "steering/_remark.html"
        return render_to_string(template, {**context, "item": item, "selected": selected}, request)

    return to_html(body(report), linked, drawn)


def provenance(report: Report, code: str) -> Provenance | None:
    """Where the figure with this code comes from, or nothing when nobody stated it."""
    figure = report.figures.get(code)
    if figure is None:
        return None
    place = place_of(code)
    return Provenance(
        figure=figure,
        value=value_text(figure),
        window=window_text(figure),
        source_title=TITLES.get(figure.system, figure.system),
        book=name_of(figure.source),
        place=place[0].label if place else "",
        relations=tuple(
            relation_shown(check, report)
            for check in report.checks.values()
            if code in relation(check.key).codes
        ),
        proof=figure.answer,
        rows_at=rows_at(figure),
        author=who(figure.entry.author) if figure.entry else "",
        decider=who(figure.entry.decided_by) if figure.entry else "",
        twins=tuple(
            other for other in report.every_figure if other.code == code and other.pk != figure.pk
        ),
    )


def rows_at(figure: CollectedFigure) -> str:
    """The board of the very tasks a figure of this system counts, on the day it was counted."""
    if figure.system != "steering" or figure.code not in {*LEVELS, *COUNTED}:
        return ""
    return urlencode({"figure": figure.code, "as_of": f"{figure.window_end:%d/%m/%Y}"})


def who(acted: str) -> str:
    """The officer's name; of a system what it is called."""
    return officer_name(acted) or acted.partition("@")[2]


def relation_shown(check: RelationCheck, report: Report) -> RelationShown:
    verdict = Verdict(check.verdict)
    rule = relation(check.key)
    return RelationShown(
        check=check,
        rule=rule,
        colour=COLOURS[verdict],
        icon=ICONS[verdict],
        words=relation_words(check, rule),
        bars=bars(check, rule, report) if verdict == Verdict.FAILS else (),
        advice=rule.advice(report.stated),
    )


def relation_words(check: RelationCheck, rule: Relation) -> str:
    """Both sides in words, and by how much they differ."""
    if check.left is None or check.right is None:
        return _("a figure of it is missing")
    left, right = side_text(check.left), side_text(check.right)
    gap = side_text(abs(check.left - check.right))
    match Verdict(check.verdict):
        case Verdict.HOLDS:
            return _("%(left)s and %(right)s") % {"left": left, "right": right}
        case Verdict.REMARK if rule.remainder:
            return _("%(left)s against %(right)s, %(gap)s not accounted for") % {
                "left": left,
                "right": right,
                "gap": gap,
            }
        case _:
            return _("%(left)s against %(right)s, differ by %(gap)s") % {
                "left": left,
                "right": right,
                "gap": gap,
            }


def bars(check: RelationCheck, rule: Relation, report: Report) -> tuple[Bar, ...]:
    """Both sides as bars of one scale, split where a side is a sum of figures."""
    if check.left is None or check.right is None:
        return ()
    scale = max(abs(check.left), abs(check.right)) or Decimal(1)

    def bar(label: str, total: Decimal, codes: tuple[str, ...]) -> Bar:
        values = [report.figures[code].value for code in codes if code in report.figures]
        shown = values if len(values) > 1 and sum(values) == total else [total]
        lengths = drawn_lengths([abs(value) / scale for value in shown])
        starts = accumulate(lengths, initial=0)
        return Bar(
            label=label,
            total=exact(total),
            parts=tuple(
                (exact(value), start, length)
                for value, start, length in zip(shown, starts, lengths, strict=False)
            ),
        )

    return (
        bar(" + ".join(rule.left_parts) or rule.codes[0], check.left, rule.left_parts),
        bar(" + ".join(rule.right_parts) or _("expected"), check.right, rule.right_parts),
    )


def drawn_lengths(shares: list[Decimal]) -> list[int]:
    """
    Lengths in thousandths, none too short to be seen; the longest gives way to the others.

    A part of a millionth would vanish, and a side of a sum would seem to have fewer
    parts than it has. Nothing at all is drawn as nothing.
    """
    lengths = [max(SHORTEST, int(share * 1000)) if share else 0 for share in shares]
    if (over := sum(lengths) - 1000) > 0:
        longest = lengths.index(max(lengths))
        lengths[longest] = max(SHORTEST, lengths[longest] - over)
    return lengths


def counts(report: Report) -> dict[str, Any]:
    """The bar's numbers: how many figures, on how many live and imported rows."""
    figures = report.every_figure
    return {
        "figures": len(figures),
        "by_hand": sum(figure.way == Way.BY_HAND for figure in figures),
        "reported": sum(figure.way == Way.REPORTED for figure in figures),
        "resting_on_imports": sum(bool(figure.imported) for figure in figures),
        "stale": sum(figure.state == CollectedFigure.State.STALE for figure in figures),
        "failing": len(report.failing()),
        "remarks": len(report.remarks()),
        "unexplained": sum(not check.note for check in report.failing()),
        "note_at": next((check.pk for check in report.failing() if not check.note), None),
        "promised": sum(
            1
            for source in report.sources
            if source.answer and source.answer.proof == SourceAnswer.Proof.PROMISED
        ),
    }


def hindrances(report: Report) -> list[Hindrance]:
    """What keeps a draft from being issued, in the order in which it is mended."""
    if not report.figures:
        return [Hindrance(_("No system has stated a figure for this report yet."))]
    silent = [TITLES[source.system] for source in report.sources if source.state != "live"]
    found = [
        Hindrance(_("%(system)s has not answered; collect its figures again.") % {"system": title})
        for title in silent
    ]
    if any(f.answer and f.answer.proof == SourceAnswer.Proof.BROKEN for f in report.every_figure):
        found.append(
            Hindrance(_("A receipt does not prove the figures that were read; collect again."))
        )
    found += [
        Hindrance(
            _("Choose how %(figure)s is printed: it came live and was entered too.")
            % {"figure": code},
            f"so-{code}",
        )
        for code in undecided(report.every_figure)
    ]
    if revised := [row.code for row in report.edition.revisions.all() if row.needs_reason]:
        found.append(
            Hindrance(
                _("Write why these figures differ from the issued report: %(figures)s")
                % {"figures": ", ".join(revised)},
                "dinh-chinh",
            )
        )
    found += [
        Hindrance(_("Nobody has approved the text of section %(section)s.") % {"section": anchor})
        for anchor in unapproved(report.edition)
    ]
    return found + [
        Hindrance(
            _("Write why this relation fails: %(relation)s")
            % {"relation": relation(check.key).text},
            f"note-{check.pk}",
        )
        for check in report.failing()
        if not check.note
    ]


def open_points(report: Report) -> list[OpenPoint]:
    return report.open_points()
