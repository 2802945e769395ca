"""The report as JSON: the same figures, for programs. Open data only."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from lienthong.web.papers.blocks import Number, inlines_of

from ..domain.editions import BODY
from ..domain.relations import relation
from ..domain.wording import exact
from ..models import CollectedFigure, FigureEntry, RelationCheck, SourceAnswer
from . import ways
from .document import Report, body

FORMAT = "lienthong-steering-report-1"


def to_json(report: Report) -> bytes:
    """UTF-8 JSON; decimals are strings, so that nothing is rounded on the way."""
    return json.dumps(
        described(report), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2
    ).encode()


def described(report: Report) -> dict[str, Any]:
    edition = report.edition
    return {
        "format": FORMAT,
        "demonstration": bool(settings.DEMO),
        "month": str(edition.month),
        "version": edition.version,
        "state": edition.state,
        "body": BODY,
        "number": edition.number,
        "symbol": edition.symbol,
        "issued_on": edition.issued_on,
        "counted_to": edition.counted_to,
        "ways": {one.way.value: one.count for one in ways.shares(report.figures)},
        "revisions": [
            {"figure": row.code, "old": row.old, "new": row.new, "reason": row.reason}
            for row in report.edition.revisions.all()
        ],
        "remarks": [
            {"remark": row.code, "words": row.words, "figures": row.figures.split(",")}
            for row in report.edition.remark_rows.all()
        ],
        "figures": [figure_described(figure) for figure in report.every_figure],
        "sources": [
            {
                "system": source.system,
                "state": source.state,
                "silent_since": source.silent_since,
                "answer": answer_described(source.answer) if source.answer else None,
            }
            for source in report.sources
        ],
        "relations": [check_described(check) for check in report.checks.values()],
        "not_answered": [
            {
                "place": point.section.label,
                "sentence": point.sentence.key,
                "about": point.sentence.gist,
                "figures": list(point.sentence.codes),
                "system": point.sentence.system,
                "reason": point.reason,
            }
            for point in report.open_points()
        ],
    }


def printed_numbers(report: Report) -> list[dict[str, str]]:
    """The words that stand for each figure in the text, by code, once each."""
    found: dict[str, str] = {}
    for inline in inlines_of(body(report)):
        if isinstance(inline, Number):
            found.setdefault(inline.code, inline.text)
    return [{"code": code, "text": text} for code, text in sorted(found.items())]


def figure_described(figure: CollectedFigure) -> dict[str, Any]:
    return {
        "code": figure.code,
        "system": figure.system,
        "title": figure.title,
        "value": plain_number(figure),
        "parts": None if figure.whole is None else [figure.part, figure.whole],
        "unit": figure.unit,
        "kind": figure.kind,
        "definition": figure.definition,
        "note": figure.note,
        "window": [figure.window_start, figure.window_end],
        "source": figure.source,
        "function": figure.function,
        "rows": figure.rows,
        "imported": figure.imported,
        "state": figure.state,
        "stale_since": figure.stale_since,
        "collected_at": figure.collected_at,
        "way": figure.way,
        "as_of": figure.window_end if figure.way == "live" else figure.as_of,
        "exactness": figure.exactness,
        "message_id": figure.answer.message_id if figure.answer else None,
        "proof": figure.answer.proof if figure.answer else None,
        "entry": entry_described(figure.entry) if figure.entry else None,
    }


def entry_described(entry: FigureEntry) -> dict[str, Any]:
    """What an entered value rests on; officers are named at the desk only."""
    return {
        "id": entry.pk,
        "body": entry.body,
        "letter": entry.letter,
        "evidence_sha256": entry.evidence.digest if entry.evidence else None,
        "entered_at": entry.entered_at,
        "decided_at": entry.decided_at,
        "origin": entry.origin,
        "reason": entry.reason,
    }


def plain_number(figure: CollectedFigure) -> str:
    """``8110.5`` with a point, as programs read it."""
    return exact(figure.value).replace(".", "").replace(",", ".")


def answer_described(answer: SourceAnswer) -> dict[str, Any]:
    return {
        "asked_at": answer.asked_at,
        "message_id": answer.message_id,
        "request_id": answer.request_id,
        "provider": answer.provider,
        "body_sha256": answer.body_digest,
        "promise": answer.promise,
        "proof": answer.proof,
        "proof_detail": answer.proof_detail,
        "receipt": answer.receipt,
    }


def check_described(check: RelationCheck) -> dict[str, Any]:
    return {
        "relation": check.key,
        "text": relation(check.key).text,
        "verdict": check.verdict,
        "left": check.left,
        "right": check.right,
        "note": check.note,
    }
