"""
The public check of a paper: anyone who holds it may see that it is genuine.

Shows what stands on the paper's head and initials only. The code is random; asking
with a wrong one says so and nothing else.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lienthong.systems.civil_status.domain import wording
from lienthong.systems.civil_status.forms.entries import CheckForm
from lienthong.systems.civil_status.models import Paper
from lienthong.systems.civil_status.services import papers
from lienthong.web.roles import public


@public
def check(request: HttpRequest) -> HttpResponse:
    """Type the code that stands under the QR picture."""
    form = CheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect("civil_status:checked", code=form.cleaned_data["code"] or "-")
    return render(request, "civil_status/check.html", {"form": form})


@public
def checked(request: HttpRequest, code: str) -> HttpResponse:
    """What the register knows of a paper with this code."""
    code = "".join(c for c in code.upper() if c.isalnum())
    paper = Paper.objects.filter(code=code).first()
    context = {
        "paper": paper,
        "title": wording.PAPERS[paper.event or paper.kind] if paper else "",
        "code": papers.grouped(code[:16]),
        "form": CheckForm(initial={"code": papers.grouped(code[:16])}),
    }
    response = render(request, "civil_status/checked.html", context, status=200 if paper else 404)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
