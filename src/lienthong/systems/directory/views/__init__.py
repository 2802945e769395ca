"""Pages of the directory: the console of the exchange, and the public snapshot."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.exchange import epoch, inbox, outbox, relay
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Unavailable
from lienthong.kernel.periods import Period
from lienthong.web.roles import requires

from ..figures import FIGURES
from ..forms import DiscardForm
from ..models import SubsystemKind
from ..queries import register, traffic, waiting
from ..queries.joining import snapshot_warning

OPERATOR = "directory.operator"
ROWS = 25


def places(request: HttpRequest, here: str) -> list[dict[str, object]]:
    """The areas of the console this officer may open, for its rail."""
    operates = acting(request).has(OPERATOR)
    return [
        {"url": reverse(f"directory:{name}"), "icon": icon, "label": label, "here": name == here}
        for name, icon, label, for_all in (
            ("exchanges", "arrows-exchange", _("Exchanges"), False),
            ("traffic", "chart-bar", _("Traffic"), False),
            ("failures", "alert-triangle", _("Failures"), False),
            ("processes", "activity", _("Processes"), False),
            ("members", "users", _("Bodies"), False),
            ("requests", "link", _("Requests to join"), False),
            ("access_requests", "writing-sign", _("Requests for access"), True),
            ("grants", "key", _("Grants"), True),
            ("refusals", "ban", _("Refusals"), False),
            ("certificates", "certificate", _("Certificates"), False),
            ("outbox", "inbox", _("Requests given up"), False),
        )
        if operates or for_all
    ]


def acting(request: HttpRequest) -> Actor:
    """The officer at the desk; `requires` has let no one else in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_GET
def snapshot(request: HttpRequest) -> HttpResponse:
    """
    The newest signed snapshot, for gateways and for anyone who wants to check.

    ``after`` names the number the asker already has; nothing newer is 304.
    """
    newest = register.latest_snapshot()
    etag = f'"{newest.number}"'
    known = request.GET.get("after", "")
    if request.headers.get("If-None-Match") == etag or (
        known.isdigit() and int(known) >= newest.number
    ):
        return HttpResponse(status=304, headers={"ETag": etag})
    return HttpResponse(
        bytes(newest.sealed),
        content_type="application/json",
        headers={"ETag": etag, "Cache-Control": "no-cache"},
    )


def _kind_of_call(effect: str) -> str:
    """A class of services in words."""
    return {"changing": _("changing"), "sensitive": _("sensitive"), "public": _("public")}.get(
        effect, effect
    )


@require_GET
@requires(OPERATOR)
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    period = Period(today.replace(day=1), today)
    context: dict[str, object] = {
        "places": places(request, "console"),
        "period": period,
        "now": clock.local(clock.instant()),
        "counts": register.counts_by_kind(today),
        "old_snapshot": (old := snapshot_warning()),
        "stopped_kinds": ", ".join(_kind_of_call(name) for name in old.stopped) if old else "",
    }
    try:
        context |= {
            "figures": [
                FIGURES.definition(code).value(period) for code in ("F009", "F010", "F004")
            ],
            "rows": traffic.newest_exchanges(limit=8),
            **traffic.picture(period),
        }
    except Unavailable:
        context |= {
            "log_down": True,
            "figures": [FIGURES.definition("F004").value(period)],
            "rows": [],
            **traffic.picture_without_traffic(period),
        }
    context["unclassified"] = context["counts"]["other"]  # type: ignore[index]
    return render(request, "directory/console.html", context)


@require_GET
@requires(OPERATOR)
@never_cache
def newest(request: HttpRequest) -> HttpResponse:
    """The fragment that the console asks for every ten seconds."""
    try:
        rows = traffic.newest_exchanges(limit=8)
    except Unavailable:
        return HttpResponse(status=204)
    return render(request, "directory/_newest.html", {"rows": rows})


@require_GET
@requires(OPERATOR)
@never_cache
def exchanges(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "service", "outcome")}
    context: dict[str, object] = {
        "places": places(request, "exchanges"),
        "filter": chosen,
        "services": register.service_codes(),
        "outcomes": [
            ("answered", _("Answered")),
            ("refused", _("Refused")),
            ("unreachable", _("Not reached")),
            ("failed", _("Failed")),
            ("unknown", _("Outcome unknown")),
        ],
    }
    if chosen["q"]:
        return redirect("directory:exchange", message_id=chosen["q"])
    try:
        rows = traffic.newest_exchanges(
            limit=ROWS,
            service=chosen["service"],
            outcome=chosen["outcome"],
            before=_moment(request.GET.get("before", "")),
        )
    except Unavailable:
        return render(request, "directory/exchanges.html", context | {"log_down": True})
    if len(rows) == ROWS:
        older = {key: value for key, value in chosen.items() if value}
        context["older"] = "?" + urlencode(older | {"before": rows[-1].at.isoformat()})
    return render(request, "directory/exchanges.html", context | {"rows": rows})


def _moment(text: str) -> datetime | None:
    """A moment with its time zone; anything else in the address is left out."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@require_GET
@requires(OPERATOR)
@never_cache
def exchange(request: HttpRequest, message_id: str) -> HttpResponse:
    view = traffic.one_exchange(message_id)
    return render(
        request, "directory/exchange.html", {"places": places(request, "exchanges"), "view": view}
    )


@require_GET
@requires(OPERATOR)
def receipt(request: HttpRequest, message_id: str) -> HttpResponse:
    """The receipt as a file, to be checked by anyone, anywhere."""
    return HttpResponse(
        traffic.receipt_of(message_id),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{_receipt_name(message_id)}"'},
    )


def _receipt_name(message_id: str) -> str:
    """A file name; the id is the caller's own and may hold any printable letter."""
    return f"receipt-{re.sub(r'[^A-Za-z0-9._-]+', '-', message_id)[:120]}.json"


@require_GET
@requires(OPERATOR)
def members(request: HttpRequest) -> HttpResponse:
    wanted, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    day = clock.today()
    found = register.subsystems_on(day).order_by("member__kind", "member__code", "code")
    if kind:
        found = found.filter(kind=kind)
    rows = list(found)
    if wanted:
        key = names.folding_key(wanted)
        rows = [
            row for row in rows if key in names.folding_key(f"{row.name} {row.member.name} {row}")
        ]
    return render(
        request,
        "directory/members.html",
        {
            "places": places(request, "members"),
            "listing": Paginator(rows, 50).get_page(request.GET.get("page")),
            "systems": len(rows),
            "bodies": len({row.member_id for row in rows}),
            "kinds": SubsystemKind.choices,
            "q": wanted,
            "kind": kind,
        },
    )


@require_GET
@requires(OPERATOR)
def certificates(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "directory/certificates.html",
        {
            "places": places(request, "certificates"),
            "certificates": register.all_certificates(),
            "snapshot": register.latest_snapshot(),
        },
    )


@require_GET
@requires(OPERATOR)
@never_cache
def dead_letters(request: HttpRequest) -> HttpResponse:
    """Requests of this node that were given up, to be sent again or discarded."""
    listing = Paginator(outbox.dead_letters(), ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "directory/outbox.html",
        {
            "places": places(request, "outbox"),
            "listing": listing,
            "rows": [waiting.given_up(row) for row in listing.object_list],
            "counts": relay.counts(),
            "frozen": epoch.outbox_is_frozen(),
            "frozen_rows": outbox.frozen().count(),
            "numbers_blocked": epoch.numbers_are_blocked(),
            "events": waiting.given_up_events(),
        },
    )


@require_POST
@requires(OPERATOR)
def retry(request: HttpRequest, row_id: int) -> HttpResponse:
    """Let the relay send a request again, with the same key."""
    try:
        outbox.retry(row_id, by=acting(request))
    except outbox.NotDead:
        messages.info(request, _("This request is no longer given up."))
    else:
        messages.success(request, _("The request is sent again, with the same key."))
    return redirect("directory:outbox")


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def discard(request: HttpRequest, row_id: int) -> HttpResponse:
    """Ask once and for a reason, then give a request up for ever."""
    row = waiting.one_given_up(row_id)
    form = DiscardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outbox.discard(row_id, reason=form.cleaned_data["reason"], by=acting(request))
        messages.success(request, _("The request is discarded; those behind it go on."))
        return redirect("directory:outbox")
    return render(
        request,
        "directory/discard.html",
        {"places": places(request, "outbox"), "row": row, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
@requires(OPERATOR)
def retry_event(request: HttpRequest, row_id: int) -> HttpResponse:
    """Let the worker try an event again that it had given up."""
    try:
        inbox.retry(row_id, by=acting(request))
    except inbox.NoSuchEvent:
        messages.info(request, _("This event is no longer given up."))
    else:
        messages.success(request, _("The event is worked on again."))
    return redirect("directory:outbox")


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def discard_event(request: HttpRequest, row_id: int) -> HttpResponse:
    """Ask once and for a reason, then give an event up for ever."""
    row = waiting.one_event(row_id)
    form = DiscardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        inbox.discard(row_id, reason=form.cleaned_data["reason"], by=acting(request))
        messages.success(request, _("The event is discarded; those behind it go on."))
        return redirect("directory:outbox")
    return render(
        request,
        "directory/discard_event.html",
        {"places": places(request, "outbox"), "row": row, "form": form},
        status=422 if form.is_bound else 200,
    )
