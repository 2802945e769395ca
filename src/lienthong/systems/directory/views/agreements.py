"""Pages on which bodies ask each other for access, decide, and see what stands."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.exchange import gateway_admin
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError, Unavailable
from lienthong.kernel.node import Node
from lienthong.protocol.grants import Quota
from lienthong.protocol.tokens import TokenUnavailable
from lienthong.web.roles import RoleMissing, requires

from .. import services
from ..domain import holds
from ..errors import AlreadyAsked, AlreadyDecided, BadTerms, GrantEnded, KeyElsewhere, SameHand
from ..forms import AskForm, DecideForm, RefuseForm, RevokeForm
from ..models import AccessGrant, GrantRequest, Offer
from ..queries import agreements, refused
from ..services import granting
from .frame import OPERATOR, acting, places

ASKER = "directory.asker"
GRANTER = "directory.granter"
SHOWN_DAYS = 7
View = Callable[..., HttpResponse]


def for_bodies(*roles: str) -> Callable[[View], View]:
    """Let through officers who hold one of these roles."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = acting(request)
            if not any(actor.has(role) for role in roles):
                raise RoleMissing(role=roles[0], office=actor.office)
            return view(request, *args, **kwargs)

        return requires()(guarded)  # type: ignore[return-value]

    return decorate


def _scope(actor: Actor) -> str | None:
    """The body whose rows an officer sees; every body's for the operator."""
    return None if actor.has(OPERATOR) else agreements.body_of(actor)


@require_GET
@for_bodies(ASKER, GRANTER, OPERATOR)
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """What waits for this body, what it asked for, and what was decided."""
    actor = acting(request)
    body = agreements.body_of(actor)
    rows = list(agreements.requests_for(_scope(actor))[:200])
    waiting = [row for row in rows if row.state == GrantRequest.State.WAITING]
    context = {
        "places": places(request, "access_requests"),
        "to_decide": [row for row in waiting if row.offer.subsystem.member.code == body],
        "own": [row for row in waiting if row.client.member.code == body],
        "others": [
            row
            for row in waiting
            if body not in (row.offer.subsystem.member.code, row.client.member.code)
        ],
        "decided": [row for row in rows if row.state != GrantRequest.State.WAITING],
        "may_ask": actor.has(ASKER),
    }
    return render(request, "directory/access_requests.html", context)


@require_GET
@for_bodies(ASKER)
def choose(request: HttpRequest) -> HttpResponse:
    """Which service is wanted; the search folds Vietnamese marks."""
    wanted = request.GET.get("q", "").strip()
    rows = list(agreements.offers_to_ask())
    if wanted:
        rows = [
            row
            for row in rows
            if holds(wanted, row.title, row.code, row.subsystem.name, row.subsystem.member.name)
        ]
    return render(
        request,
        "directory/choose.html",
        {"places": places(request, "access_requests"), "offers": rows[:100], "q": wanted},
    )


@require_http_methods(["GET", "POST"])
@for_bodies(ASKER)
def ask(request: HttpRequest, offer_id: int) -> HttpResponse:
    offer = get_object_or_404(
        Offer.objects.select_related("subsystem__member"), pk=offer_id, withdrawn_at=None
    )
    actor = acting(request)
    body = agreements.body_of(actor)
    form = AskForm(
        request.POST or None,
        clients=agreements.own_subsystems(body),
        fields=agreements.fields_of(offer),
        methods=agreements.METHODS,
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wish = granting.Wish(
            purpose=said["purpose"],
            legal_basis=said["legal_basis"],
            fields=said["visible"],
            methods=said["methods"],
            paths=said["paths"],
            valid_to=_end_of(said["valid_to"]),
            quota=Quota(per_minute=said["per_minute"], per_day=said["per_day"]),
        )
        try:
            row = granting.ask(
                client=said["client"], offer=offer, wish=wish, by=actor, body=body,
                node=Node.from_environment(),
            )  # fmt: skip
        except (AlreadyAsked, BadTerms, KeyElsewhere, TokenUnavailable) as error:
            form.add_error(_place(error), _said(error))
        else:
            messages.success(request, _("The request is signed and waits for the other body."))
            return redirect("directory:access_request", request_id=row.pk)
    context = {"places": places(request, "access_requests"), "offer": offer, "form": form}
    return render(
        request, "directory/ask_access.html", context, status=422 if form.is_bound else 200
    )


@require_GET
@for_bodies(ASKER, GRANTER, OPERATOR)
@never_cache
def one_request(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    return _shown(request, _visible(request, request_id))


@require_POST
@for_bodies(GRANTER)
def grant(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Give what was asked, or less of it."""
    row = _visible(request, request_id)
    form = _decide_form(row, request.POST)
    if not form.is_valid():
        return _shown(request, row, decide=form)
    said = form.cleaned_data
    narrowed = granting.Narrowed(
        fields=said["visible"],
        valid_to=_end_of(said["valid_to"]),
        quota=Quota(per_minute=said["per_minute"], per_day=said["per_day"]),
    )
    actor = acting(request)
    try:
        granting.grant(
            row.pk, narrowed=narrowed, by=actor, body=agreements.body_of(actor),
            node=Node.from_environment(),
        )  # fmt: skip
    except AlreadyDecided as error:
        messages.info(request, _said(error))
        return redirect("directory:access_request", request_id=row.pk)
    except (BadTerms, SameHand, KeyElsewhere, TokenUnavailable) as error:
        form.add_error(_place(error), _said(error))
        return _shown(request, row, decide=form)
    messages.success(request, _("Access is granted and signed; gateways know it in seconds."))
    return redirect("directory:grant", grant_id=row.pk)


@require_POST
@for_bodies(GRANTER)
def refuse(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    row = _visible(request, request_id)
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return _shown(request, row, refuse=form)
    actor = acting(request)
    try:
        granting.refuse(
            row.pk, reason=form.cleaned_data["reason"], by=actor,
            body=agreements.body_of(actor), node=Node.from_environment(),
        )  # fmt: skip
    except AlreadyDecided as error:
        messages.info(request, _said(error))
    except (SameHand, KeyElsewhere, TokenUnavailable) as error:
        form.add_error(None, _said(error))
        return _shown(request, row, refuse=form)
    else:
        messages.success(request, _("The request is refused; its body reads your reason."))
    return redirect("directory:access_request", request_id=row.pk)


@require_POST
@for_bodies(ASKER)
def withdraw(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    row = _visible(request, request_id)
    actor = acting(request)
    try:
        granting.withdraw(row.pk, by=actor, body=agreements.body_of(actor))
    except AlreadyDecided as error:
        messages.info(request, _said(error))
    else:
        messages.success(request, _("The request is withdrawn."))
    return redirect("directory:access_requests")


@require_GET
@for_bodies(ASKER, GRANTER, OPERATOR)
@never_cache
def grants(request: HttpRequest) -> HttpResponse:
    actor, now = acting(request), clock.instant()
    rows = [
        {"grant": row, "standing": _standing(row, now), "may_revoke": _may_revoke(actor, row)}
        for row in agreements.grants_for(_scope(actor))
    ]
    context = {"places": places(request, "grants"), "rows": rows, "may_ask": actor.has(ASKER)}
    return render(request, "directory/grants.html", context)


@require_GET
@for_bodies(ASKER, GRANTER, OPERATOR)
@never_cache
def one_grant(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """The terms, both signatures checked just now, use of the quota, and what happened."""
    row, actor = _visible_grant(request, grant_id), acting(request)
    context: dict[str, object] = {
        "places": places(request, "grants"),
        "grant": row,
        "standing": _standing(row, clock.instant()),
        "signatures": agreements.signatures_of(row),
        "history": agreements.history_of(row),
        "may_revoke": _may_revoke(actor, row),
    }
    if row.per_minute or row.per_day:
        try:
            empty = gateway_admin.QuotaLine(grant=str(row.pk))
            context["use"] = gateway_admin.quota_use().get(str(row.pk), empty)
        except Unavailable:
            context["use_unknown"] = True
    return render(request, "directory/grant.html", context)


@require_http_methods(["GET", "POST"])
@for_bodies(GRANTER, OPERATOR)
def revoke(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """Ask once, then revoke: the gateway first, the directory after it."""
    row, actor = _visible_grant(request, grant_id), acting(request)
    if not _may_revoke(actor, row, ended_too=True):
        raise RoleMissing(role=OPERATOR, office=actor.office)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.revoke_grant(
                grant_id, by=actor, node=Node.from_environment(),
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except GrantEnded:
            messages.info(request, _("This grant had already ended."))
        else:
            messages.success(request, _("The grant is revoked; the gateway refuses these calls."))
        return redirect("directory:grants")
    context = {"places": places(request, "grants"), "grant": row, "form": form}
    return render(request, "directory/revoke.html", context, status=422 if form.is_bound else 200)


@require_GET
@requires(OPERATOR)
@never_cache
def refusals(request: HttpRequest) -> HttpResponse:
    """Who was refused what, why, since when, and what helps."""
    now = clock.instant()
    context: dict[str, object] = {"places": places(request, "refusals"), "days": SHOWN_DAYS}
    try:
        context["rows"] = refused.explained(now - timedelta(days=SHOWN_DAYS), now)
    except Unavailable:
        context["log_down"] = True
    return render(request, "directory/refusals.html", context)


# -- what they share -----------------------------------------------------------------------


def _visible(request: HttpRequest, request_id: uuid.UUID) -> GrantRequest:
    """A request this officer may know of; that of other bodies is not there."""
    row = agreements.requests_for(_scope(acting(request))).filter(pk=request_id).first()
    if row is None:
        raise Http404
    return row


def _visible_grant(request: HttpRequest, grant_id: uuid.UUID) -> AccessGrant:
    row = agreements.grants_for(_scope(acting(request))).filter(pk=grant_id).first()
    if row is None:
        raise Http404
    return row


def _shown(
    request: HttpRequest,
    row: GrantRequest,
    *,
    decide: DecideForm | None = None,
    refuse: RefuseForm | None = None,
) -> HttpResponse:
    actor = acting(request)
    body = agreements.body_of(actor)
    waits = row.state == GrantRequest.State.WAITING
    context = {
        "places": places(request, "access_requests"),
        "row": row,
        "asked": row.asked,
        "last_day": _last_day(row.asked.get("valid_to")),
        "signatures": agreements.signatures_under(row),
        "may_decide": waits and actor.has(GRANTER) and row.offer.subsystem.member.code == body,
        "may_withdraw": waits and actor.has(ASKER) and row.client.member.code == body,
        "decide": decide or _decide_form(row, None),
        "refuse": refuse or RefuseForm(),
    }
    wrong = decide is not None or refuse is not None
    return render(request, "directory/access_request.html", context, status=422 if wrong else 200)


def _decide_form(row: GrantRequest, said: Any) -> DecideForm:
    asked = row.asked
    every = agreements.fields_of(row.offer) if asked["fields"] == ["*"] else asked["fields"]
    return DecideForm(
        said,
        fields=every,
        whole=asked["fields"] == ["*"],
        initial={
            "visible": every,
            "valid_to": _last_day(asked.get("valid_to")),
            "per_minute": asked["quota"]["per_minute"],
            "per_day": asked["quota"]["per_day"],
        },
    )


def _last_day(text: str | None) -> date | None:
    """The last day of a time whose end is the first instant that does not belong to it."""
    if not text:
        return None
    return clock.local(datetime.fromisoformat(text) - timedelta(seconds=1)).date()


def _end_of(day: Any) -> datetime | None:
    """The first instant after a day in Viet Nam."""
    if day is None:
        return None
    start = datetime.combine(day + timedelta(days=1), time(), clock.local(clock.instant()).tzinfo)
    return start


def _standing(grant: AccessGrant, now: datetime) -> str:
    if grant.revoked:
        return "revoked"
    if grant.valid_to is not None and grant.valid_to <= now:
        return "ended"
    return "in_force"


def _may_revoke(actor: Actor, grant: AccessGrant, *, ended_too: bool = False) -> bool:
    """The operator, and the body that gave it."""
    if not ended_too and _standing(grant, clock.instant()) != "in_force":
        return False
    own = grant.offer.subsystem.member.code == agreements.body_of(actor)
    return actor.has(OPERATOR) or (actor.has(GRANTER) and own)


def _place(error: LienThongError) -> str | None:
    """The field of the form an error belongs to."""
    part = str(error.detail.get("part", ""))
    part = {"quota": "per_day", "fields": "visible"}.get(part, part)
    return part if part in ("visible", "methods", "paths", "valid_to", "per_day") else None


def _said(error: LienThongError) -> str:
    """What to tell the officer; sentences of this page, so that they can be translated."""
    told = {
        AlreadyAsked: _("The same access was asked for and still waits for a decision."),
        AlreadyDecided: _("This request has been decided meanwhile."),
        SameHand: _("Whoever asked for access does not decide on it; another officer has to."),
        KeyElsewhere: _("The signing key of this body is not on this node; sign where it is."),
        TokenUnavailable: _("The token that holds the signing key does not answer. Try again."),
    }
    if isinstance(error, BadTerms):
        if error.detail.get("part") in ("fields", "valid_to", "quota", "methods", "paths"):
            return _("Not more can be granted than was asked, and something has to be.")
        return _("These terms cannot be asked for: check paths, methods and dates.")
    return told.get(type(error), str(error))
