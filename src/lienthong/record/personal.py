"""
The one door to personal data (decision 28).

``opened`` is a look at a person and writes it; ``bulk`` is one aggregate look
at many; ``writing`` lets a service read the rows it is about to change, which
its audit entry and the row history then show. A look is written in the
transaction that reads: where it cannot be written, nothing is read.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.identifiers import PersonalId
from lienthong.kernel.node import Node
from lienthong.record import history, trace
from lienthong.record.closed import (
    PersonalDataClosed,
    PersonalManager,
    PersonalQuerySet,
    unlocked,
)
from lienthong.record.models import Look

__all__ = (
    "Bulk",
    "Opening",
    "PersonalDataClosed",
    "PersonalManager",
    "PersonalQuerySet",
    "SubjectNotNamed",
    "bulk",
    "looks_at",
    "opened",
    "subject_of",
    "writing",
)

Subject = PersonalId | uuid.UUID | str
"""A personal ID, a ``person_key``, or a pseudonym that `subject_of` made before."""


class SubjectNotNamed(LienThongError):
    """Personal data was opened and nobody was named as its subject."""

    code = "record.subject_not_named"


def subject_of(subject: Subject) -> str:
    """
    The pseudonym under which looks at a person are kept.

    A ``person_key`` means nothing outside population and stands as it is
    (``k:``); a personal ID is replaced by its HMAC (``h:``), so that the
    ledger can be searched by someone who has the number and read by no one.
    """
    if isinstance(subject, uuid.UUID):
        return f"k:{subject}"
    text = str(subject)
    if text.startswith(("k:", "h:")):
        return text
    number = PersonalId.parse(text).value
    return "h:" + hmac.new(_key(), number.encode(), hashlib.sha256).hexdigest()


class Opening:
    """An open look; `at` names further people found while looking."""

    def __init__(self, who: str, office: str, day: date, purpose: str, basis: str) -> None:
        self._look = functools.partial(
            Look, who=who, office=office, legal_day=day, purpose=purpose, legal_basis=basis
        )
        self._seen: tuple[str, ...] = ()
        self.subjects: set[str] = set()

    def at(self, *subjects: Subject, fields: Iterable[str] = ()) -> None:
        """Write a look at each of these people; naming one twice writes one look."""
        if isinstance(fields, str):
            raise TypeError("fields is a collection of names")
        seen = tuple(fields) or self._seen
        new = {subject_of(subject) for subject in subjects} - self.subjects
        Look.objects.bulk_create(
            self._look(at=clock.instant(), subject=subject, seen=list(seen), trace=trace.current())
            for subject in sorted(new)
        )
        self.subjects |= new


@contextmanager
def opened(
    subject: Subject | None,
    *,
    purpose: str,
    fields: Iterable[str],
    actor: Actor | str,
    legal_basis: str = "",
) -> Iterator[Opening]:
    """
    Read the named fields of a person, and write down that it was done.

    With ``subject=None`` (a search whose result is not known yet) the caller
    names the people found with ``opening.at(...)`` before leaving; a search
    that found nobody says ``opening.at()``. Leaving without a word raises
    `SubjectNotNamed` and rolls back. ``actor`` may be the text of a calling
    subsystem when another body looks through the exchange.
    """
    names = tuple(fields)
    opening = _Spoken(*_who(actor), purpose, legal_basis)
    opening._seen = names
    with transaction.atomic():
        if subject is not None:
            opening.at(subject)
        with unlocked(purpose):
            yield opening
        if not opening.spoken:
            raise SubjectNotNamed(purpose=purpose)


class _Spoken(Opening):
    spoken = False

    def at(self, *subjects: Subject, fields: Iterable[str] = ()) -> None:
        self.spoken = True
        super().at(*subjects, fields=fields)


class Bulk:
    """An open aggregate look; ``count`` may be set once it is known."""

    def __init__(self, count: int) -> None:
        self.count = count


@contextmanager
def bulk(
    purpose: str,
    *,
    actor: Actor | str,
    count: int = 0,
    fields: Iterable[str] = (),
    legal_basis: str = "",
) -> Iterator[Bulk]:
    """Read personal rows of many people for a stated purpose; writes one look with their number."""
    who, office, day = _who(actor)
    held = Bulk(count)
    with transaction.atomic():
        with unlocked(purpose):
            yield held
        Look.objects.create(
            at=clock.instant(),
            legal_day=day,
            who=who,
            office=office,
            subject="",
            seen=list(fields),
            purpose=purpose,
            legal_basis=legal_basis,
            count=held.count,
            trace=trace.current(),
        )


@contextmanager
def writing(what: str, *, by: Actor) -> Iterator[None]:
    """
    Read and change personal rows within a service called ``what``.

    One transaction; the row history written in it names the actor. For reading
    only, use `opened`: the rows read here must not reach a screen.
    """
    with transaction.atomic(), history.acting(by), unlocked(f"writing:{what}"):
        yield


def looks_at(*subjects: Subject) -> QuerySet[Look]:
    """Who looked at a person, newest first; pass the key and the number to find both."""
    names = [subject_of(subject) for subject in subjects]
    return Look.objects.filter(subject__in=names).order_by("-at", "-id")


def _who(actor: Actor | str) -> tuple[str, str, date]:
    if isinstance(actor, str):
        return actor, "", clock.today()
    return actor.account, actor.office, actor.legal_day


def _key() -> bytes:
    # Tests have no secret files; anywhere else a missing one stops the look.
    return b"only-for-tests" if settings.TESTING else _secret()


@functools.cache
def _secret() -> bytes:
    return Node.from_environment().secret("subject_index_key").encode()
