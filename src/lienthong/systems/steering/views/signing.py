"""Signing a numbered report: the officer with a one-time code, then the seal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lienthong.kernel.errors import LienThongError
from lienthong.web.accounts.forms import CodeAgainForm
from lienthong.web.roles import RoleMissing, requires

from ..domain.editions import State
from ..errors import NotSigning
from ..models import Issuance, IssuedFile, ReportEdition
from ..queries.editions import latest_edition, month_of
from ..services import signing
from ..services.files import TYPES, file_name, kept
from .desk import actor

SECRETARY, SIGNER = "steering.secretary", "steering.signer"


class ReasonForm(forms.Form):
    """Why a report is not signed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        error_messages={"required": gettext_lazy("Say why")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@requires(SIGNER)
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Reports that wait for this officer's signature, or for the seal after it."""
    mine = Issuance.objects.filter(
        signer=request.user.get_username(), sealed_at=None, refused_at=None
    )
    return render(request, "steering/signing_list.html", {"rows": mine.select_related("edition")})


@requires()
@require_GET
@never_cache
def page(request: HttpRequest, month: str) -> HttpResponse:
    """What is to be signed and how far it is."""
    return shown(request, month)


@requires()
@require_POST
@never_cache
def sign(request: HttpRequest, month: str) -> HttpResponse:
    """Sign as the person, with a fresh code of one's own second factor."""
    refuse_without(request, SIGNER)
    form = CodeAgainForm(user=request.user, data=request.POST)
    if not form.is_valid():
        return shown(request, month, code=form, status=422)
    given = given_of(month)
    try:
        signing.sign(given, request.user.get_username(), by=actor(request))
    except LienThongError as problem:
        return told(request, month, problem)
    messages.success(request, _("Signed. The seal of the body follows."))
    return redirect("steering:signing", month=month)


@requires()
@require_GET
def file(request: HttpRequest, month: str, kind: str) -> HttpResponse:
    """A file of what is to be signed, in the window of the browser."""
    refuse_without(request, SIGNER, SECRETARY)
    edition = latest_edition(month_of(month))
    content = kept(edition, kind)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f'inline; filename="{file_name(edition, kind)}"'
    return response


@requires(SECRETARY)
@require_POST
def seal(request: HttpRequest, month: str) -> HttpResponse:
    """Seal as the body and publish."""
    try:
        signing.seal(given_of(month), by=actor(request))
    except LienThongError as problem:
        return told(request, month, problem)
    messages.success(request, _("Sealed and published."))
    return redirect("steering:edition", month=month)


@requires()
@require_POST
def refuse(request: HttpRequest, month: str) -> HttpResponse:
    """Give it back to the desk with the reason; the signer or the secretary may."""
    refuse_without(request, SIGNER, SECRETARY)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return shown(request, month, reason=form, status=422)
    ended = signing.refuse(given_of(month), form.cleaned_data["reason"], by=actor(request))
    if ended.number_returned:
        messages.success(request, _("Taken back. Its number is free again."))
    else:
        messages.success(request, _("Taken back. Its number stays in the register as cancelled."))
    if actor(request).has(SECRETARY):
        return redirect("steering:edition", month=month)
    return redirect("steering:signing_list")


def shown(
    request: HttpRequest,
    month: str,
    *,
    code: Any = None,
    reason: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    refuse_without(request, SIGNER, SECRETARY)
    edition = latest_edition(month_of(month))
    given = edition.issuances.filter(refused_at=None).first()
    if given is None:
        return redirect("steering:editions" if actor(request).has(SECRETARY) else "web:desks")
    context = {
        "edition": edition,
        "month": month,
        "given": given,
        "files": given.files.filter(step=IssuedFile.Step.PRINTED).order_by("kind"),
        "is_mine": actor(request).has(SIGNER) and given.signer == request.user.get_username(),
        "is_secretary": actor(request).has(SECRETARY),
        "code": code or CodeAgainForm(user=request.user),
        "reason": reason or ReasonForm(),
    }
    return render(request, "steering/signing.html", context, status=status)


def told(request: HttpRequest, month: str, problem: LienThongError) -> HttpResponse:
    """A refusal in words on the same page; nothing has moved."""
    messages.error(request, _(str(problem)))
    return redirect("steering:signing", month=month)


def given_of(month: str) -> Issuance:
    """The number that waits of a month's newest edition; raises `NotSigning`."""
    edition: ReportEdition = latest_edition(month_of(month))
    given = edition.issuances.filter(refused_at=None).first()
    if given is None or edition.state != State.SIGNING:
        raise NotSigning(edition=str(edition))
    return given


def refuse_without(request: HttpRequest, *roles: str) -> None:
    if not any(actor(request).has(role) for role in roles):
        raise RoleMissing(role=roles[0])
