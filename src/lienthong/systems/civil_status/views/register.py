"""The queue, and the books: search, export, print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lienthong import record
from lienthong.kernel import names
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.apps import REGISTRAR
from lienthong.systems.civil_status.domain.entries import Kind
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.entries import RegisterSearch
from lienthong.systems.civil_status.models import BirthRegistration, Desk, Entry
from lienthong.systems.civil_status.views import shown
from lienthong.web import looks
from lienthong.web.csv_answer import csv_answer
from lienthong.web.roles import requires

ROWS_A_PAGE = 25
MOST_EXPORTED = 5_000
LOOK_FIELDS = ("name", "born_on", "number", "parents")
BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 58, 63"


@requires(REGISTRAR)
def queue(request: HttpRequest) -> HttpResponse:
    """What the desk has in hand, by the legal clock."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    desk = queries.desk_of(actor)
    today = {
        kind: queries.search(book, desk=desk, start=actor.legal_day, end=actor.legal_day).count()
        for kind, book in queries.BOOKS.items()
    }
    context = {
        "desk": desk,
        "queue": shown.queue(desk, actor),
        "births_today": today[Kind.BIRTH],
        "deaths_today": today[Kind.DEATH],
        "others_today": today[Kind.MARRIAGE] + today[Kind.OTHER],
        "notices": queries.unseen_notices(desk=desk).count(),
        "awaiting": queries.births_awaiting_id(desk=desk).count(),
        "due": shown.due(actor),
    }
    return render(request, "civil_status/queue.html", context)


@require_http_methods(["GET", "POST"])
@requires(REGISTRAR)
def register(request: HttpRequest) -> HttpResponse:
    """
    Search the books of this desk; without a question, what was entered today.

    A page holds few enough rows for a look of its own at each person on it: whoever
    asks the ledger who looked at them finds the searches too.

    A question is posted: names and numbers of persons stand in no address, no
    history of a browser and no access log.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    desk = queries.desk_of(actor)
    form, rows, asked = _search(request, desk, actor)
    with looks.open(
        subject=None,
        purpose=_("Searching the books of civil status"),
        fields=LOOK_FIELDS,
        actor=actor,
        legal_basis=BASIS,
    ) as opening:
        listing = Paginator(rows, ROWS_A_PAGE).get_page(_question(request).get("trang"))
        results = [_shown(row, form.data.get("q", "")) for row in listing.object_list]
        opening.at(*(subject for row in listing.object_list for subject in _subjects(row)))
    context = {
        "form": form,
        "desk": desk,
        "listing": listing,
        "results": results,
        "asked": asked,
        "day": actor.legal_day,
    }
    return render(request, "civil_status/register.html", context)


@require_http_methods(["GET", "POST"])
@requires(REGISTRAR)
def export(request: HttpRequest) -> HttpResponse:
    """The same rows as a CSV file, at most a few thousand; one aggregate look is written."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    desk = queries.desk_of(actor)
    _form, rows, _asked = _search(request, desk, actor)
    response, writer = csv_answer(f"so-ho-tich-{actor.legal_day}.csv")
    writer.writerow(
        [
            _("Entry number"),
            _("Day of registration"),
            _("Full name"),
            _("Birth date"),
            _("Book"),
            _("Registering office"),
        ]
    )
    with personal.bulk(
        "export of the books", actor=actor, fields=("name", "born_on"), legal_basis=BASIS
    ) as look:
        for row in rows[:MOST_EXPORTED]:
            one = _shown(row, "")
            cells = (
                one["number"],
                row.registered_on,
                one["name"],
                one["born"],
                one["kind"],
                desk.name,
            )
            writer.writerow([_cell(cell) for cell in cells])
            look.count += 1
        record.done("civil_status.books_exported", desk, by=actor, detail={"rows": look.count})
    return response


def _question(request: HttpRequest) -> QueryDict:
    """What was asked; only the page of today's entries may stand in an address."""
    return request.POST if request.method == "POST" else request.GET


def _search(request: HttpRequest, desk: Desk, actor: Actor) -> tuple[RegisterSearch, Any, bool]:
    form = RegisterSearch(request.POST if request.method == "POST" else None)
    asked = form.is_bound and form.is_valid()
    data = form.cleaned_data if asked else {}
    kind = Kind(data.get("book") or Kind.BIRTH)
    today = None if asked else actor.legal_day
    rows = queries.search(
        queries.BOOKS[kind],
        desk=desk,
        text=data.get("q", ""),
        start=data.get("start") or today,
        end=data.get("end") or today,
    )
    return form, rows, asked


def _shown(row: Entry, text: str) -> dict[str, Any]:
    """A row of results: name, birth, parents, and why it matched when that is not plain."""
    name, born = _who(row)
    wanted = names.clean(text)
    plain = not wanted or names.tone_key(wanted) in names.tone_key(name)
    folded = names.folding_key(wanted) in names.folding_key(name) if wanted else False
    parents = ""
    if isinstance(row, BirthRegistration):
        parents = ", ".join(filter(None, (row.mother_name, row.father_name)))
    return {
        "row": row,
        "kind": row.kind.value,
        "died_on": getattr(row, "died_on", None),
        "number": row.number,
        "event": row.kind.value if row.kind is Kind.MARRIAGE else getattr(row, "event", ""),
        "event_title": event_words.KINDS.get(getattr(row, "event", ""), ""),
        "name": name,
        "born": born,
        "parents": parents,
        "without_marks": folded and not plain,
    }


def _subjects(row: Entry) -> Iterator[personal.Subject]:
    """Whose data a row of results shows: of the entry, and of those it names by number."""
    yield row.key
    for column in ("personal_id", "mother_id", "father_id", "wife_id", "husband_id"):
        if number := getattr(row, column, ""):
            yield number


def _who(row: Any) -> tuple[str, str]:
    if row.kind is Kind.MARRIAGE:
        return f"{row.wife_name} – {row.husband_name}", ""
    name = row.child_name if row.kind is Kind.BIRTH else row.full_name
    born: date | None = row.born_on
    return name, f"{born:%d/%m/%Y}" if born else str(getattr(row, "birth_year", "") or "")


def _cell(value: object) -> str:
    """Text no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@" else text
