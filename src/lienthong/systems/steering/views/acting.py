"""What the pages about tasks share: who acts, what may be done, and how an error is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.web.roles import RoleMissing

from ..models import Evidence
from ..queries.bodies import bodies_of, bodies_on
from ..queries.tasks import reminders_of
from ..services.evidence import LARGEST, keep_file
from ..services.guards import LEADER, SECRETARY

READER = "steering.tasks"


def actor(request: HttpRequest) -> Actor:
    """The officer; `requires` has let nobody else through."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def needs_secretary(request: HttpRequest) -> Actor:
    """Entering documents and tasks is the secretary's; raises `RoleMissing`."""
    by = actor(request)
    if not by.has(SECRETARY):
        raise RoleMissing(role=SECRETARY, office=by.office)
    return by


def around(request: HttpRequest, tab: str) -> dict[str, Any]:
    """Bodies, rights and the count of unread reminders, for the frame of every page."""
    by = actor(request)
    bodies = bodies_on(by.legal_day)
    mine = bodies_of(by, bodies)
    return {
        "tab": tab,
        "bodies": bodies,
        "mine": mine,
        "is_secretary": by.has(SECRETARY),
        "is_leader": by.has(LEADER),
        "unread": reminders_of(mine, unread=True).count(),
        "today": by.legal_day,
        "day": by.legal_day,
    }


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """An error that the officer can mend becomes a message; the page is shown again."""
    try:
        yield
    except LienThongError as problem:
        if problem.status >= 500 and problem.status != 503:
            raise
        messages.error(request, _(str(problem)))


@contextmanager
def told_in(form: forms.Form) -> Iterator[None]:
    """The same at the head of a form, with what was typed kept."""
    try:
        yield
    except LienThongError as problem:
        if problem.status >= 500 and problem.status != 503:
            raise
        form.add_error(None, _(str(problem)))


def uploaded(request: HttpRequest, by: Actor, name: str = "file") -> Evidence | None:
    """The file of a form, kept; raises `FileRefused`. Never read past the limit."""
    given = request.FILES.get(name)
    if given is None:
        return None
    return keep_file(given.name or "", given.read(LARGEST + 1), by=by)
