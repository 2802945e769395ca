"""Kinds of documents and of links in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..domain.symbols import Kind
from ..forms.documents import LINKS


def kind_words(kind: str) -> str:
    words = {
        Kind.RESOLUTION: _("Resolution"),
        Kind.DECREE: _("Decree"),
        Kind.DECISION: _("Decision"),
        Kind.DIRECTIVE: _("Directive"),
        Kind.TELEGRAM: _("Telegram"),
        Kind.NOTICE: _("Notice"),
        Kind.PROGRAMME: _("Programme"),
        Kind.PLAN: _("Plan"),
        Kind.REPORT: _("Report"),
        Kind.GUIDANCE: _("Guidance"),
        Kind.SUBMISSION: _("Submission"),
        Kind.LETTER: _("Official letter"),
        Kind.OTHER: _("Document"),
    }
    return words[Kind(kind)]


def how_words(how: str) -> str:
    return next((str(label) for _name, key, label in LINKS if key.value == how), "")
