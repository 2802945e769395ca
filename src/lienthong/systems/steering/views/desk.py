"""The secretary's desk: editions, collecting, notes, issuing."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lienthong.kernel.errors import LienThongError
from lienthong.web.roles import requires

from .. import services
from ..domain.catalogue import Way
from ..domain.editions import window
from ..domain.relations import relation
from ..domain.titles import TITLES
from ..forms.months import MonthForm, NoteForm
from ..manifest import SOURCES
from ..models import ReportEdition
from ..queries import editions as editions_read
from ..queries import ways
from ..queries.document import AUTHORITY, OPEN_ANNEX, OPEN_TITLE, Report
from ..queries.editions import latest_edition, month_of
from ..services import signing
from . import shown
from .acting import told
from .figures import way_words

ROLE = "steering.secretary"
DEFAULT_FIGURE = "F009"


@requires(ROLE)
@require_GET
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition, newest month first, and the way to a new one."""
    form = MonthForm(
        request.GET if "month" in request.GET else None, today=actor(request).legal_day
    )
    if form.is_bound and form.is_valid():
        return redirect("steering:edition", month=form.cleaned_data["month"])
    rows = [
        {"edition": edition, "counts": shown.counts(Report.of(edition))}
        for edition in editions_read.editions()[:60]
    ]
    return render(request, "steering/editions.html", {"rows": rows, "form": form})


@requires(ROLE)
@require_GET
def edition(request: HttpRequest, month: str) -> HttpResponse:
    """One edition: the paper, its outline, and where the chosen figure comes from."""
    period = month_of(month)
    found = editions_read.editions_of(period).first()
    if found is None:
        window(period, actor(request).legal_day)
        return render(request, "steering/unopened.html", {"month": period})
    report = Report.of(found)
    selected = chosen_figure(request, report)
    context = page_context(request, report, selected)
    if request.htmx and request.htmx.target == "nguon":  # type: ignore[attr-defined]
        return render(request, "steering/_provenance.html", context)
    return render(request, "steering/edition.html", context)


@requires(ROLE)
@require_POST
def collect(request: HttpRequest, month: str) -> HttpResponse:
    """Ask every system at once; the way without scripts."""
    found = services.collect(month_of(month), by=actor(request), wait_for_receipts=1.5)
    tell_outcome(request, Report.of(found))
    return redirect("steering:edition", month=month)


@requires(ROLE)
@require_POST
def collecting(request: HttpRequest, month: str) -> HttpResponse:
    """The list of systems, each of which then asks for itself, so that progress shows."""
    services.open_edition(month_of(month), by=actor(request))
    context = {
        "month": month,
        "run": uuid.uuid4(),
        "sources": [{"system": system, "title": TITLES[system]} for system in SOURCES],
    }
    return render(request, "steering/_collecting.html", context)


@requires(ROLE)
@require_POST
def collect_one(request: HttpRequest, month: str, source: str) -> HttpResponse:
    """Ask one system; the last of a run lets the page show the new paper."""
    system = source.replace("-", "_")
    if system not in SOURCES:
        raise Http404
    run = run_of(request)
    draft = latest_edition(month_of(month))
    answer = services.collect_from(draft, system, by=actor(request), run=run)
    response = render(
        request, "steering/_collected.html", {"answer": answer, "title": TITLES[system]}
    )
    if draft.answers.filter(run=run).count() >= len(SOURCES):
        report = Report.of(draft)
        services.settle_receipts(draft, within=1.5)
        tell_outcome(request, report)
        response["HX-Redirect"] = reverse("steering:edition", kwargs={"month": month})
    return response


@requires(ROLE)
@require_POST
def receipts(request: HttpRequest, month: str) -> HttpResponse:
    """Fetch receipts that were still being sealed."""
    found = latest_edition(month_of(month))
    waiting = services.settle_receipts(found, within=2.0)
    if waiting:
        messages.warning(request, _("The gateway has not sealed every answer yet."))
    return redirect(back(request, month))


@requires(ROLE)
@require_POST
def note(request: HttpRequest, month: str) -> HttpResponse:
    """Write why a relation does not hold."""
    found = latest_edition(month_of(month))
    form = NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write why the figures stand as they are."))
        return redirect(back(request, month))
    services.note_relation(
        found, form.cleaned_data["key"], form.cleaned_data["note"], by=actor(request)
    )
    messages.success(request, _("Your note is kept and will be printed with the relation."))
    return redirect(back(request, month))


@requires(ROLE)
@require_POST
def choose(request: HttpRequest, month: str) -> HttpResponse:
    """Print a figure that came in two ways as it came in this one."""
    found = latest_edition(month_of(month))
    way = request.POST.get("way", "")
    if way not in set(Way):
        raise Http404
    with told(request):
        services.choose(found, request.POST.get("figure", ""), Way(way), by=actor(request))
        messages.success(request, _("The report prints this one; the other stays beside it."))
    return redirect(back(request, month))


@requires(ROLE)
@require_POST
def explain(request: HttpRequest, month: str) -> HttpResponse:
    """Write why figures differ from the issued report; for those ticked."""
    found = latest_edition(month_of(month))
    with told(request):
        services.explain_revisions(
            found, request.POST.getlist("code"), request.POST.get("reason", ""), by=actor(request)
        )
        messages.success(request, _("Your reason is kept and will be printed."))
    return redirect(f"{reverse('steering:edition', kwargs={'month': month})}#dinh-chinh")


@requires(ROLE)
@require_GET
def confirm(request: HttpRequest, month: str) -> HttpResponse:
    """What issuing would do, asked once more: it cannot be taken back."""
    draft = latest_edition(month_of(month))
    if not draft.is_draft:
        return redirect("steering:edition", month=month)
    report, day = Report.of(draft), actor(request).legal_day
    context = {
        "edition": draft,
        "month": month,
        "day": day,
        "number": editions_read.number_to_come(draft, day.year),
        "counts": shown.counts(report),
        "failing": [shown.relation_shown(check, report) for check in report.failing()],
        "hindrances": shown.hindrances(report),
        "authority": AUTHORITY,
        "signers": [one.holder for one in signing.signers()],
        "seen": seen(report),
    }
    return render(request, "steering/confirm.html", context)


@requires(ROLE)
@require_POST
def issue(request: HttpRequest, month: str) -> HttpResponse:
    """
    Give the edition its number and publish it, as it was seen on the page that asks.

    What was collected or noted since then is shown first.
    """
    draft = latest_edition(month_of(month))
    if draft.is_draft and request.POST.get("seen") != seen(Report.of(draft)):
        if "seen" in request.POST:
            messages.warning(request, _("The report has changed since you saw it. Look again."))
        return redirect("steering:confirm", month=month)
    if draft.is_draft and (signers := signing.signers()):
        return number(request, draft, month, [one.holder.account for one in signers])
    try:
        issued = services.issue(draft, by=actor(request))
    except LienThongError as problem:
        if problem.status >= 500:
            raise
        messages.error(request, _(str(problem)))
        return redirect("steering:confirm" if draft.is_draft else "steering:edition", month=month)
    messages.success(
        request,
        _("Issued as %(number)s/%(symbol)s.")
        % {"number": f"{issued.number:02d}", "symbol": issued.symbol},
    )
    return redirect("steering:edition", month=month)


def number(
    request: HttpRequest, draft: ReportEdition, month: str, accounts: list[str]
) -> HttpResponse:
    """Give the number, print the files and hand them to whoever signs."""
    chosen = request.POST.get("signer", accounts[0])
    try:
        given = signing.number(draft, chosen, by=actor(request))
    except LienThongError as problem:
        if problem.status >= 500:
            raise
        messages.error(request, _(str(problem)))
        return redirect("steering:confirm", month=month)
    try:
        signing.print_files(given, by=actor(request))
    except LienThongError as problem:
        # The number stands; printing is taken up again by whoever opens the page.
        messages.error(request, _(str(problem)))
    messages.success(
        request,
        _("Numbered %(number)s/%(symbol)s; it waits for the signature of %(name)s.")
        % {
            "number": f"{given.number:02d}",
            "symbol": given.symbol,
            "name": given.signer_name,
        },
    )
    return redirect("steering:signing", month=month)


@requires(ROLE)
@require_GET
def download(request: HttpRequest, month: str, kind: str) -> HttpResponse:
    """The draft, or the issued edition, as a file."""
    return file_response(latest_edition(month_of(month)), kind)


def seen(report: Report) -> str:
    """Names what a page shows of a draft: when it was collected, and the notes on it."""
    notes = "".join(f"{check.key}\0{check.note}\0" for check in report.failing())
    shown_of = f"{report.edition.pk}\0{report.at.isoformat()}\0{notes}"
    return hashlib.sha256(shown_of.encode()).hexdigest()[:32]


def file_response(edition: ReportEdition, kind: str) -> HttpResponse:
    content_type = services.TYPES.get(kind)
    if content_type is None:
        raise Http404
    response = HttpResponse(services.file_of(edition, kind), content_type=content_type)
    name = services.file_name(edition, kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def actor(request: HttpRequest) -> Any:
    """The officer; `requires` has let nobody else through."""
    return request.actor  # type: ignore[attr-defined]


def chosen_figure(request: HttpRequest, report: Report) -> str:
    """The figure asked for, else the first contradiction, else the month's traffic."""
    if code := request.GET.get("figure", ""):
        return code
    if failing := report.failing():
        return relation(failing[0].key).codes[0]
    if DEFAULT_FIGURE in report.figures:
        return DEFAULT_FIGURE
    return next(iter(report.figures), "")


def page_context(
    request: HttpRequest, report: Report, selected: str, *, public: bool = False
) -> dict[str, Any]:
    around = {
        "edition": report.edition,
        "month": str(report.edition.month),
        "public": public,
    }
    return around | {
        "report": report,
        "outline": shown.outline(report),
        "paper": shown.paper(report, selected, request=request, context=around),
        "selected": selected,
        "provenance": shown.provenance(report, selected),
        "open_points": shown.open_points(report),
        "open_annex": OPEN_ANNEX,
        "open_title": OPEN_TITLE,
        "counts": shown.counts(report),
        "shares": [(one, way_words(one.way)) for one in ways.shares(report.figures)],
        "revisions": list(report.edition.revisions.all()),
        "remarks": [
            (row, [code for code in row.figures.split(",") if code])
            for row in report.edition.remark_rows.all()
        ],
        "undecided": editions_read.undecided(report.every_figure),
        "in_force": ways.superseded_by(report.edition),
        "earlier": ways.before(report.edition),
        "sources": [(source, TITLES[source.system]) for source in report.sources],
    }


def tell_outcome(request: HttpRequest, report: Report) -> None:
    silent = [TITLES[source.system] for source in report.sources if source.state != "live"]
    if silent:
        messages.warning(
            request,
            _("No answer from: %(systems)s. Their figures are old or missing; ask again later.")
            % {"systems": ", ".join(silent)},
        )
    else:
        messages.success(request, _("Every system has answered."))


def run_of(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("run", ""))
    except ValueError:
        raise Http404 from None


def back(request: HttpRequest, month: str) -> str:
    """The edition with the figure that was open."""
    address = reverse("steering:edition", kwargs={"month": month})
    code = request.POST.get("figure", "")
    return f"{address}?figure={code}#nguon" if code.isalnum() else address
