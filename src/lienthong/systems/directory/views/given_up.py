"""Requests and events of this node that were given up: tried again or discarded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.exchange import epoch, inbox, outbox, relay
from lienthong.web.roles import requires

from ..forms import DiscardForm
from ..queries import waiting
from .frame import OPERATOR, ROWS, acting, places

View = Callable[..., HttpResponseBase]


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


@dataclass(frozen=True, slots=True)
class Box:
    """The outbox or the inbox: how what it gave up is found, and what the officer is told."""

    find: Callable[[int], waiting.GivenUp]
    retry: Callable[..., None]
    discard: Callable[..., None]
    gone: type[Exception]
    told_retried: str
    told_gone: str
    told_discarded: str
    page: str


OUTBOX = Box(
    find=waiting.one_given_up,
    retry=outbox.retry,
    discard=outbox.discard,
    gone=outbox.NotDead,
    told_retried=_("The request is sent again, with the same key."),
    told_gone=_("This request is no longer given up."),
    told_discarded=_("The request is discarded; those behind it go on."),
    page="directory/discard.html",
)
INBOX = Box(
    find=waiting.one_event,
    retry=inbox.retry,
    discard=inbox.discard,
    gone=inbox.NoSuchEvent,
    told_retried=_("The event is worked on again."),
    told_gone=_("This event is no longer given up."),
    told_discarded=_("The event is discarded; those behind it go on."),
    page="directory/discard_event.html",
)


def _retrying(box: Box) -> View:
    @require_POST
    @requires(OPERATOR)
    def view(request: HttpRequest, row_id: int) -> HttpResponse:
        """Let the worker try once more what had been given up."""
        try:
            box.retry(row_id, by=acting(request))
        except box.gone:
            messages.info(request, gettext(box.told_gone))
        else:
            messages.success(request, gettext(box.told_retried))
        return redirect("directory:outbox")

    return view


def _discarding(box: Box) -> View:
    @require_http_methods(["GET", "POST"])
    @requires(OPERATOR)
    def view(request: HttpRequest, row_id: int) -> HttpResponse:
        """Ask once and for a reason, then give it up for ever."""
        row = box.find(row_id)
        form = DiscardForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            box.discard(row_id, reason=form.cleaned_data["reason"], by=acting(request))
            messages.success(request, gettext(box.told_discarded))
            return redirect("directory:outbox")
        context: dict[str, Any] = {"places": places(request, "outbox"), "row": row, "form": form}
        return render(request, box.page, context, status=422 if form.is_bound else 200)

    return view


retry, discard = _retrying(OUTBOX), _discarding(OUTBOX)
retry_event, discard_event = _retrying(INBOX), _discarding(INBOX)
