"""Writing the paragraphs of the report: words, what was changed in them, comments, approval."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from lienthong.kernel.errors import LienThongError
from lienthong.web.actors import officer_name
from lienthong.web.roles import RoleMissing, requires

from ..domain.outline import OUTLINE
from ..domain.tracked import LONGEST, changes
from ..models import Passage, ReportEdition
from ..queries.document import Report, remarks_on_summary
from ..queries.editions import latest_edition, month_of
from ..queries.narrative import approvals_of, digest_of, history_of, passages_of, remarks_on
from ..services import narrative
from .desk import actor

WRITERS = ("steering.secretary",)
APPROVERS = ("steering.secretary", "steering.signer", "steering.leader")


class WordsForm(forms.Form):
    """The words of one paragraph, with the version they began from."""

    text = forms.CharField(
        label=gettext_lazy("Paragraph"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class CommentForm(forms.Form):
    """A remark on a paragraph."""

    text = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write the comment")},
    )


@requires()
@require_GET
def page(request: HttpRequest, month: str) -> HttpResponse:
    """Every section with its paragraphs."""
    return shown(request, latest_edition(month_of(month)), month)


@requires()
@require_POST
def add(request: HttpRequest, month: str, section: str) -> HttpResponse:
    """A new paragraph at the end of a section."""
    refuse_without(request, WRITERS)
    edition = latest_edition(month_of(month))
    return done(
        request,
        month,
        section,
        _("The paragraph stands at the end of its section."),
        lambda: narrative.add(
            edition,
            section,
            request.POST.get("text", ""),
            mark=request.POST.get("mark", "-"),
            by=actor(request),
            name=name_of(request),
        ),
    )


@requires()
@require_POST
def edit(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    """
    Other words. When somebody else was faster, both wordings are shown and nothing is lost.
    """
    refuse_without(request, WRITERS)
    passage = passage_of(month, pk)
    form = WordsForm(request.POST)
    if not form.is_valid():
        return shown(request, passage.edition, month, typed={pk: form.data.get("text", "")})
    version = form.cleaned_data["version"] or 0
    words = form.cleaned_data["text"]
    try:
        narrative.edit(passage, words, version=version, by=actor(request), name=name_of(request))
    except LienThongError as problem:
        messages.error(request, _(str(problem)))
        return shown(request, passage.edition, month, typed={pk: words}, status=problem.status)
    messages.success(request, _("Kept. What was changed is marked."))
    return back(month, passage.section)


@requires()
@require_POST
def undo(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    """The wording before."""
    refuse_without(request, WRITERS)
    passage = passage_of(month, pk)
    version = int(request.POST.get("version") or 0) if digits(request, "version") else 0
    return done(
        request,
        month,
        passage.section,
        _("The wording before is back."),
        lambda: narrative.undo(passage, version=version, by=actor(request), name=name_of(request)),
    )


@requires()
@require_POST
def comment(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    """A remark beside a paragraph."""
    refuse_without(request, APPROVERS)
    passage = passage_of(month, pk)
    return done(
        request,
        month,
        passage.section,
        _("The comment is kept. It is never printed."),
        lambda: narrative.comment(
            passage, request.POST.get("text", ""), by=actor(request), name=name_of(request)
        ),
    )


@requires()
@require_POST
def approve(request: HttpRequest, month: str, section: str) -> HttpResponse:
    """Stand for the words of a section as they were shown."""
    refuse_without(request, APPROVERS)
    edition = latest_edition(month_of(month))
    return done(
        request,
        month,
        section,
        _("Approved. Other words need another approval."),
        lambda: narrative.approve(
            edition,
            section,
            request.POST.get("seen", ""),
            by=actor(request),
            name=name_of(request),
        ),
    )


def shown(
    request: HttpRequest,
    edition: ReportEdition,
    month: str,
    *,
    typed: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    refuse_without(request, APPROVERS)
    written, approved = passages_of(edition), approvals_of(edition)
    sections = [
        {
            "section": section,
            "passages": [
                passage_shown(one, (typed or {}).get(one.pk))
                for one in written.get(section.anchor, ())
            ],
            "approval": approved.get(section.anchor),
            "digest": digest_of(written.get(section.anchor, ())),
        }
        for section in OUTLINE
        if section.items or written.get(section.anchor)
    ]
    context = {
        "edition": edition,
        "month": month,
        "sections": sections,
        "writes": edition.is_draft and any(actor(request).has(role) for role in WRITERS),
        "open": edition.is_draft,
        "comment": CommentForm(),
        "remarks": (*remarks_on(written), *remarks_on_summary(Report.of(edition))),
    }
    return render(request, "steering/writing.html", context, status=status)


def passage_shown(passage: Passage, typed: str | None) -> dict[str, Any]:
    """A paragraph with its changes; words that were not taken are shown beside the present ones."""
    text = passage.text if typed is None else typed
    return {
        "passage": passage,
        "form": WordsForm(
            initial={"text": text, "version": passage.version}, auto_id=f"d{passage.pk}-%s"
        ),
        "lost": typed is not None and typed != passage.text,
        "changes": changes(passage.carried, passage.text) if passage.carried else (),
        "changed": bool(passage.carried) and passage.carried != passage.text,
        "history": history_of(passage),
        "comments": list(passage.comments.all()),
    }


def done(request: HttpRequest, month: str, section: str, said: str, deed: Any) -> HttpResponse:
    try:
        deed()
    except LienThongError as problem:
        messages.error(request, _(str(problem)))
    else:
        messages.success(request, said)
    return back(month, section)


def back(month: str, section: str) -> HttpResponse:
    return redirect(f"{reverse('steering:writing', kwargs={'month': month})}#{section}")


def digits(request: HttpRequest, name: str) -> bool:
    return request.POST.get(name, "").isdigit()


def passage_of(month: str, pk: int) -> Passage:
    edition = latest_edition(month_of(month))
    return get_object_or_404(Passage.objects.select_related("edition"), pk=pk, edition=edition)


def name_of(request: HttpRequest) -> str:
    """As the officer's seat names them; it stands beside what they wrote."""
    return officer_name(str(actor(request)))


def refuse_without(request: HttpRequest, roles: tuple[str, ...]) -> None:
    if not any(actor(request).has(role) for role in roles):
        raise RoleMissing(role=roles[0])
