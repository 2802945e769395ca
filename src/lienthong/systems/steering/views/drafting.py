"""
Reading a document: what the rules propose, confirmed by a person one by one.

Nothing is stored between the two steps: the text travels with the form and is
read again, so that what a proposal came from is never taken from the browser.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from lienthong.kernel.actor import Actor
from lienthong.web.roles import requires

from ..domain.drafting.confidence import Confidence
from ..domain.drafting.propose import Draft, draft
from ..forms.documents import DocumentForm
from ..forms.drafting import ProposalForm, TextForm, head_initial
from ..services import drafting, reading
from .acting import READER, around, needs_secretary, told_in

LOOKS = {
    Confidence.HIGH: ("success", "circle-check"),
    Confidence.MEDIUM: ("info", "info-circle"),
    Confidence.LOW: ("warning", "alert-triangle"),
}


def sure_words(confidence: Confidence) -> str:
    words = {
        Confidence.HIGH: _("The text says so"),
        Confidence.MEDIUM: _("It follows from the heading or the symbol"),
        Confidence.LOW: _("Unsure: look closely"),
    }
    return words[confidence]


@requires(READER)
@require_http_methods(["GET", "POST"])
def read(request: HttpRequest) -> HttpResponse:
    """Take a text, show what the rules propose, keep what was confirmed."""
    by = needs_secretary(request)
    context = around(request, "drafting")
    if request.method == "GET":
        return render(request, "steering/tasks/draft_text.html", context | {"form": TextForm()})
    if "confirm" in request.POST:
        return confirm(request, by, context)
    form = TextForm(request.POST, request.FILES)
    if form.is_valid():
        with told_in(form):
            given = request.FILES.get("file")
            limit = reading.LARGEST + 1
            text = reading.text_of(given.read(limit)) if given else form.cleaned_data["text"]
            return review(request, context, text)
    return render(request, "steering/tasks/draft_text.html", context | {"form": form}, status=400)


def review(request: HttpRequest, context: dict[str, Any], text: str) -> HttpResponse:
    """The proposals, none of them decided."""
    bodies = context["bodies"]
    found = draft(text, bodies)
    head = DocumentForm(initial=head_initial(found.head, bodies), bodies=bodies)
    forms = [
        ProposalForm(
            prefix=f"p{number}",
            initial=ProposalForm.initial_of_proposal(one, number, bodies),
            bodies=bodies,
        )
        for number, one in enumerate(found.tasks, start=1)
    ]
    return shown(request, context, text, found, head, forms)


def confirm(request: HttpRequest, by: Actor, context: dict[str, Any]) -> HttpResponse:
    """Keep the document and the proposals confirmed; an undecided one is asked about."""
    text, bodies = request.POST.get("text", ""), context["bodies"]
    found = draft(text, bodies)
    head = DocumentForm(request.POST, bodies=bodies)
    forms = [
        ProposalForm(request.POST, prefix=f"p{number}", bodies=bodies)
        for number in range(1, len(found.tasks) + 1)
    ]
    # Every form is looked at, so that all that is wrong is told at once.
    right = [form.is_valid() for form in (head, *forms)]
    if all(right):
        kept = [form.entry for form in forms if form.is_kept]
        with told_in(head):
            made = drafting.keep_draft(head.entry, kept, by=by)
            messages.success(
                request,
                ngettext(
                    "The document is entered with %(n)s task.",
                    "The document is entered with %(n)s tasks.",
                    len(kept),
                )
                % {"n": len(kept)},
            )
            return redirect("steering:document", pk=made.pk)
    return shown(request, context, text, found, head, forms, status=400)


def shown(
    request: HttpRequest,
    context: dict[str, Any],
    text: str,
    found: Draft,
    head: DocumentForm,
    forms: list[ProposalForm],
    status: int = 200,
) -> HttpResponse:
    labels = (
        (_("Number and symbol"), found.head.number),
        (_("Date"), found.head.issued_on),
        (_("Issuing body"), found.head.issuer),
        (_("Subject line"), found.head.subject),
    )
    context |= {
        "text": text,
        "more": found.more,
        "form": head,
        "forms": [head, *forms],
        "sources": [
            (label, one, sure_words(one.confidence), LOOKS[one.confidence])
            for label, one in labels
            if one is not None
        ],
        "not_found": [label for label, one in labels if one is None],
        "proposals": [
            (one, form, sure_words(one.confidence), LOOKS[one.confidence])
            for one, form in zip(found.tasks, forms, strict=True)
        ],
    }
    return render(request, "steering/tasks/draft_review.html", context, status=status)
