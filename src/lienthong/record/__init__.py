"""
What was done and seen, by whom: audit, looks, row history, trace ids (decision 30).

``record.done(...)`` is called by every service; the rest is imported from
where it lives (`fields`, `personal`, `history`, `trace`, `audit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import Model

    from lienthong.kernel.actor import Actor
    from lienthong.record.models import Entry


def done(
    what: str, subject: Model | str, *, by: Actor, detail: Mapping[str, object] | None = None
) -> Entry:
    """
    Write into the audit, in the caller's transaction, that something was done.

    ``what`` is a code such as ``birth.registered``; ``detail`` holds open data
    only (codes, counts). Raises `audit.NotOpenData` when it looks personal.
    """
    # Imported on use: Django loads this package before its models may be imported.
    from lienthong.record import audit

    return audit.enter(what, subject, by=by, detail=detail)
