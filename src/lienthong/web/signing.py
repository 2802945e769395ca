"""
The desk at which a body's officer signs its grants with the key on this node, or refuses.

What waits is fetched from the directory each time: nothing of it is kept here.
Only an officer of the body that owns this node's gateway may sign for it.
"""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong import record
from lienthong.exchange import housekeeping, scope, signing_desk
from lienthong.exchange.errors import UnknownOutcome
from lienthong.exchange.signing_desk import NothingWaits, NotTaken
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError, Refused
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.signing_desk import Deed, Returned, Waiting
from lienthong.web.offices import Office
from lienthong.web.roles import requires

SIGNER = "web.signer"


class AnothersKey(Refused):
    """The key on this node is another body's; its own officers sign with it."""

    code = "web.anothers_key"


class RefusalForm(forms.Form):
    """Why a body does not sign."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("The other body reads it. Name no person."),
        error_messages={"required": gettext_lazy("Say why")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        return names.clean(self.cleaned_data["reason"])


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _node_of(actor: Actor) -> Node:
    """This node, once the officer is one of the body whose key lies here; raises AnothersKey."""
    node = Node.from_environment()
    found = Office.objects.filter(code=actor.office).values_list("body", flat=True).first()
    body = found or actor.office
    if housekeeping.owner_of(node).rpartition("/")[2] != body:
        raise AnothersKey
    return node


def _shown(document: Waiting) -> dict[str, object]:
    terms = document.terms
    return {
        "document": document,
        "terms": terms,
        "asks": document.deed is Deed.ASK,
        "since": clock.local(document.since),
        "until": clock.local(terms.valid_to) if terms.valid_to else None,
        "digest": grants.digest_of(terms),
    }


@require_GET
@requires(SIGNER)
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for this body's signature."""
    context: dict[str, object] = {}
    try:
        node = _node_of(_actor(request))
        with scope.within(scope.PAGE_SECONDS):
            found = signing_desk.waiting(node)
        context["documents"] = [_shown(document) for document in found]
    except AnothersKey:
        context["anothers"] = True
    except LienThongError as problem:
        context["problem"] = problem
    return render(request, "web/signing.html", context)


@require_http_methods(["GET", "POST"])
@requires(SIGNER)
@never_cache
def one(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """One document with its terms; refusing it asks for the reason on the same page."""
    node = _node_of(_actor(request))
    form = RefusalForm(request.POST or None)
    with scope.within(scope.PAGE_SECONDS):
        try:
            document = signing_desk.one_waiting(node, str(document_id))
        except NothingWaits:
            messages.info(request, _("This document does not wait any more."))
            return redirect("web:signing")
        if request.method == "POST" and form.is_valid():
            if not _is_as_shown(request, document):
                return redirect("web:signing_one", document_id=document_id)
            return _refuse(request, node, document, form.cleaned_data["reason"])
    return render(
        request,
        "web/signing_one.html",
        {**_shown(document), "form": form},
        status=422 if form.is_bound else 200,
    )


def _refuse(request: HttpRequest, node: Node, document: Waiting, reason: str) -> HttpResponse:
    refusal = signing_desk.refused(
        document, signing_desk.key_here(node), reason=reason, officer=_named(request)
    )
    if _settle(request, node, refusal, "web.grant_refused", {"reason": reason}):
        messages.success(request, _("Refused. The other body reads the reason."))
    return redirect("web:signing")


def _is_as_shown(request: HttpRequest, document: Waiting) -> bool:
    """Whether the terms are those on the page the officer read; else it is said."""
    same = grants.digest_of(document.terms) == request.POST.get("shown")
    if not same:
        messages.error(request, _("The document changed meanwhile. Read it again."))
    return same


def _settle(
    request: HttpRequest, node: Node, document: Returned, what: str, detail: dict[str, object]
) -> bool:
    """
    Return a decision to the directory; whether it was taken, which is said otherwise.

    The audit's row is written first and stays exactly when the decision was taken or may
    have been: no decision leaves this node without one.
    """
    by = _actor(request)
    try:
        with transaction.atomic():
            record.done(what, document.id, by=by, detail=detail)
            signing_desk.settle(node, document)
    except NotTaken as problem:
        messages.error(request, _not_taken(problem))
        return False
    except UnknownOutcome:
        record.done(what, document.id, by=by, detail={**detail, "outcome": "unknown"})
        messages.error(
            request, _("The directory did not answer. If the document still waits, decide again.")
        )
        return False
    return True


@require_POST
@requires(SIGNER)
def sign(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """
    Sign what was shown, and return it.

    ``shown`` is the digest of the terms on the page: what changed since is shown anew;
    the refusal compares it too.
    """
    node = _node_of(_actor(request))
    with scope.within(scope.PAGE_SECONDS):
        try:
            document = signing_desk.one_waiting(node, str(document_id))
        except NothingWaits:
            messages.info(request, _("This document does not wait any more."))
            return redirect("web:signing")
        if not _is_as_shown(request, document):
            return redirect("web:signing_one", document_id=document_id)
        key = signing_desk.key_here(node)
        signed = signing_desk.signed(document, key, officer=_named(request))
        if _settle(request, node, signed, "web.grant_signed", {}):
            messages.success(request, _("Signed and returned to the directory."))
    return redirect("web:signing")


def _named(request: HttpRequest) -> str:
    """The account's sign-in name: an account holds no other."""
    return str(request.user.get_username())


def _not_taken(problem: NotTaken) -> str:
    return _("The directory did not take it (%(why)s). Nothing has changed.") % {
        "why": problem.detail.get("why", "")
    }
