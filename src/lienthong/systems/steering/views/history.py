"""What was done to a task or document, in words: who, when, and what it said before."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lienthong.record import audit
from lienthong.web.actors import officer_name

from ..domain.deadlines import Cadence, DueKind
from ..forms.documents import URGENCIES
from ..forms.tasks import CADENCES, DUE_KINDS
from ..models import DirectiveDocument, Letter, Task
from .words import kind_words

MOST = 100


def deed_words(what: str) -> str:
    words = {
        "steering.document.entered": _("The document was entered"),
        "steering.document.changed": _("The document was changed"),
        "steering.document.handed_over": _("The document was handed over"),
        "steering.task.assigned": _("The task was given"),
        "steering.task.changed": _("The task was changed"),
        "steering.task.withdrawn": _("The task was withdrawn"),
        "steering.task.restored": _("The withdrawal was undone"),
        "steering.task.reported": _("Progress was reported"),
        "steering.task.finished": _("It was reported as finished"),
        "steering.task.report_taken_back": _("A report was taken back"),
        "steering.day.confirmed": _("An earlier day of finishing was confirmed"),
        "steering.day.refused": _("An earlier day of finishing was not confirmed"),
        "steering.evidence.withdrawn": _("A file of evidence was withdrawn"),
        "steering.document.received": _("A desk received it"),
        "steering.letter.drafted": _("The draft was opened"),
        "steering.letter.changed": _("The draft was changed"),
        "steering.letter.quote_explained": _("A quotation was explained"),
        "steering.letter.dropped": _("The draft was given up"),
        "steering.letter.issued": _("The letter was issued"),
        "steering.number.borne": _("Its number was met in the outgoing register"),
        "steering.extension.asked": _("More time was asked"),
        "steering.extension.granted": _("More time was granted"),
        "steering.extension.refused": _("More time was refused"),
    }
    return words.get(what) or _("Another change")


def column_words(name: str) -> str:
    words = {
        "text": _("Task"),
        "lead": _("Lead body"),
        "co_leads": _("With"),
        "parents": _("Carries on these tasks"),
        "general": _("Hands on the whole earlier document, singles nothing out"),
        "code": _("Code"),
        "due_on": _("Deadline"),
        "due_day": _("Date, or first date"),
        "due_days": _("Working days"),
        "due_kind": _("Time limit"),
        "due_note": _("Why no date"),
        "cadence": _("Comes again"),
        "product": _("Product"),
        "field": _("Field of work"),
        "basis": _("Basis"),
        "source_ref": _("Place in the document"),
        "subject": _("Subject line"),
        "issued_on": _("Date"),
        "issue_year": _("Year of issue"),
        "act_year": _("Year in the number"),
        "kind": _("Kind of document"),
        "signer": _("Signed by"),
        "issuer": _("Issuing body"),
        "followed_by": _("Followed by"),
        "number": _("Number"),
        "symbol": _("Symbol"),
        "urgency": _("Urgency"),
        "file": _("File of the document"),
        "task": _("What the lead does with the whole document"),
        "recipients": _("Recipients"),
        "authority": _("Authority and position of the signer"),
        "place": _("Place"),
        "link_carries_out": _("Carries out"),
        "link_reports_on": _("Reports on"),
        "link_passes_on": _("Passes on"),
        "link_cites": _("Cites"),
    }
    return words.get(name) or _("Another particular")


def said(name: str, value: str, context: dict[str, Any]) -> str:
    """An old value as people read it: a body by its name, a day as written, nothing as a dash."""
    if not value:
        return "–"
    match name:
        case "lead" | "issuer" | "followed_by":
            return str(context["bodies"].name(value))
        case "due_on" | "due_day" | "issued_on":
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        case "due_kind":
            return chosen(DUE_KINDS, DueKind(value).value)
        case "cadence":
            return chosen(CADENCES, Cadence(value).value)
        case "urgency":
            return chosen(URGENCIES, value)
        case "kind":
            return kind_words(value)
        case "general":
            return _("yes") if value == "True" else _("no")
        case "file":
            return f"{value[:16]}…"
        case _:
            return value


def chosen(choices: Any, value: str) -> str:
    return next((str(label) for key, label in choices if str(key) == value), value)


def history_shown(
    row: Task | DirectiveDocument | Letter, context: dict[str, Any]
) -> list[dict[str, Any]]:
    """Everything that was done to it, newest first, with what it said before."""
    return [
        {
            "at": entry.at,
            "words": deed_words(entry.what),
            "who": officer_name(entry.actor) or _("loaded"),
            "was": [
                (column_words(name), said(name, value, context))
                for name, value in (entry.detail or {}).get("was", {}).items()
            ],
            "reason": (entry.detail or {}).get("reason", ""),
        }
        for entry in audit.entries_about(row)[:MOST]
    ]
