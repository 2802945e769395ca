"""The audit: what was done, by whom, in the same transaction as the deed itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from django.db.models import Model, QuerySet

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import LienThongError
from lienthong.record import fields, trace
from lienthong.record.models import Entry

WHAT = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
PERSONAL_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])")
# The last group of a UUID may by chance be twelve digits.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class NotOpenData(LienThongError):
    """The audit was given something that looks like personal data."""

    code = "record.not_open_data"


def enter(
    what: str, subject: Model | str, *, by: Actor, detail: Mapping[str, object] | None = None
) -> Entry:
    """See `lienthong.record.done`."""
    if not WHAT.fullmatch(what):
        raise ValueError(f"not a dotted code of a deed: {what!r}")
    name = subject_name(subject)
    held = msgspec.to_builtins(dict(detail or {}), str_keys=True)
    text = UUID.sub("", name + " " + msgspec.json.encode(held).decode())
    if PERSONAL_NUMBER.search(text):
        raise NotOpenData(what=what)
    return Entry.objects.create(
        at=clock.instant(),
        legal_day=by.legal_day,
        actor=str(by),
        what=what,
        subject=name,
        detail=held,
        trace=trace.current(),
    )


def subject_name(subject: Model | str) -> str:
    """
    How the audit names a thing: ``civil_status.BirthRegistration:41``.

    A row whose key is itself personal (a number table) is named by its model only.
    """
    if isinstance(subject, str):
        return subject
    meta = subject._meta
    assert meta.pk is not None
    if fields.tag_of(meta.pk) in fields.CLOSED:
        return meta.label
    return f"{meta.label}:{subject.pk}"


def entries_about(subject: Model | str) -> QuerySet[Entry]:
    """What was done to a thing, newest first."""
    return Entry.objects.filter(subject=subject_name(subject)).order_by("-at", "-id")


def entries_of(trace_id: str) -> QuerySet[Entry]:
    """What was done under one trace, in order."""
    return Entry.objects.filter(trace=trace_id).order_by("id")
