"""Pages about joining: requests, their history, approving, refusing, inviting, revoking."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.web.roles import requires

from ..errors import (
    BadJoinRequest,
    CertificateRevoked,
    DecidedAlready,
    GatewayOfAnother,
    OwnRequest,
    RequestDecided,
    RequestOpen,
)
from ..forms import JoinForm, ReasonForm
from ..models import Certificate, JoinRequest
from ..queries import joining as asked
from ..services import door_url, joining
from .frame import OPERATOR, ROWS, acting, places


def in_words(problem: LienThongError) -> str:
    """What the officer is told when a request cannot be entered or decided."""
    return {
        OwnRequest: _("You made this request, so other officers decide on it."),
        DecidedAlready: _("You have approved it already; it takes another officer now."),
        RequestDecided: _("This request has been decided meanwhile."),
        RequestOpen: _("A request for this gateway is open already."),
        GatewayOfAnother: _("This gateway code belongs to another body. Choose another code."),
    }.get(type(problem), str(problem))


@require_GET
@requires(OPERATOR)
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    if state not in JoinRequest.State.values:
        state = ""
    listing = Paginator(asked.requests(state), ROWS).get_page(request.GET.get("page"))
    names = asked.officers(row.asked_by for row in listing.object_list)
    return render(
        request,
        "directory/requests.html",
        {
            "places": places(request, "requests"),
            "listing": listing,
            "rows": [(row, names.get(row.asked_by, row.asked_by)) for row in listing.object_list],
            "states": JoinRequest.State.choices,
            "state": state,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def ask(request: HttpRequest) -> HttpResponse:
    """Enter a body's request; two other officers decide."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wanted = joining.Wanted(
            member_code=said["member_code"],
            member_name=said["member_name"],
            member_kind=said["member_kind"],
            gateway_code=said["gateway_code"],
            subsystems=[(code, name, said["subsystem_kind"]) for code, name in said["subsystems"]],
            legal_basis=said["legal_basis"],
        )
        try:
            made = joining.ask_to_join(wanted, by=acting(request))
        except (RequestOpen, GatewayOfAnother) as problem:
            form.add_error("gateway_code", in_words(problem))
        except BadJoinRequest as problem:
            form.add_error(None, in_words(problem))
        else:
            messages.success(request, _("The request is entered; other officers decide on it."))
            return redirect("directory:request", request_id=made.pk)
    return render(
        request,
        "directory/join.html",
        {"places": places(request, "requests"), "form": form},
        status=422 if form.is_bound else 200,
    )


@require_GET
@requires(OPERATOR)
@never_cache
def request(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    return page_of(request, request_id)


def page_of(
    request: HttpRequest, request_id: uuid.UUID, *, token: str = "", status: int = 200
) -> HttpResponse:
    """One request with its history; the token of an invitation is shown this once."""
    row = asked.one_request(request_id)
    account = acting(request).account
    decided = {decision.officer for decision in row.decisions.all()}
    return render(
        request,
        "directory/request.html",
        {
            "places": places(request, "requests"),
            "row": row,
            "events": asked.history(row),
            "also_behind": [
                {"code": code, "gateways": ", ".join(gateways)}
                for code, gateways in asked.already_behind(row).items()
            ],
            "missing": max(0, row.needed - sum(d.approves for d in row.decisions.all())),
            "own": row.asked_by == account,
            "spoken": account in decided,
            "may_decide": row.state == JoinRequest.State.WAITING
            and row.asked_by != account
            and account not in decided,
            "token": token,
        },
        status=status,
    )


@require_POST
@requires(OPERATOR)
@never_cache
def approve(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Say yes; the last approval it took brings the invitation."""
    node = Node.from_environment()
    try:
        token = joining.approve(request_id, by=acting(request), url=door_url(node), node=node)
    except (OwnRequest, DecidedAlready, RequestDecided) as problem:
        messages.error(request, in_words(problem))
        return redirect("directory:request", request_id=request_id)
    if token:
        return page_of(request, request_id, token=token)
    messages.success(request, _("Approved. It takes one more officer."))
    return redirect("directory:request", request_id=request_id)


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def refuse(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason, then say no."""
    row = asked.one_request(request_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            joining.refuse(request_id, reason=form.cleaned_data["reason"], by=acting(request))
        except (OwnRequest, DecidedAlready, RequestDecided) as problem:
            messages.error(request, in_words(problem))
        else:
            messages.success(request, _("The request is refused."))
        return redirect("directory:request", request_id=request_id)
    return render(
        request,
        "directory/refuse.html",
        {"places": places(request, "requests"), "row": row, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
@requires(OPERATOR)
@never_cache
def invite(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """A new token for a gateway that has not come yet; the one before ends."""
    node = Node.from_environment()
    try:
        token = joining.invite_again(request_id, by=acting(request), url=door_url(node), node=node)
    except RequestDecided as problem:
        messages.error(request, in_words(problem))
        return redirect("directory:request", request_id=request_id)
    return page_of(request, request_id, token=token)


@require_http_methods(["GET", "POST"])
@requires(OPERATOR)
def revoke_certificate(request: HttpRequest, kid: str) -> HttpResponse:
    """Ask once and for the reason, then believe the key no more."""
    row = get_object_or_404(Certificate.objects.select_related("member", "gateway"), kid=kid)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            joining.revoke_certificate(
                kid,
                reason=form.cleaned_data["reason"],
                by=acting(request),
                node=Node.from_environment(),
            )
        except CertificateRevoked:
            messages.info(request, _("This certificate was revoked already."))
        else:
            messages.success(request, _("The certificate is revoked and on the deny list."))
        return redirect("directory:certificates")
    return render(
        request,
        "directory/revoke_certificate.html",
        {"places": places(request, "certificates"), "row": row, "form": form},
        status=422 if form.is_bound else 200,
    )
