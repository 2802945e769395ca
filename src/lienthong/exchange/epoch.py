"""
What a node may not do after a restore until somebody has looked (decision 12).

A restore raises an epoch in the restored tables themselves, before they are put in use.
From then on the outbox sends nothing, and `require_numbering` refuses to give numbers;
the command ``lienthong epoch`` releases the one after a review and the other after
reconciling with the gateway's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Count, Sum

from lienthong.exchange.models import BackupTaken, Epoch
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Conflict, Unavailable
from lienthong.record import audit

PUBLICATIONS = 10**9
"""More than any register publishes between two restores."""


class NumberingBlocked(Unavailable):
    """This node was restored from a backup; no number is given until it has been reconciled."""

    code = "exchange.numbering_blocked"


class NothingToRelease(Conflict):
    """This node was not restored, or this was released already."""

    code = "exchange.nothing_to_release"


def current() -> Epoch | None:
    """The newest epoch; nothing for a node that was never restored."""
    return Epoch.objects.order_by("-number").first()


def publication_floor() -> int:
    """
    Numbered publications of this node go on above this.

    What was published after the backup is unknown here, and nobody takes a lower number.
    """
    newest = current()
    return newest.number * PUBLICATIONS if newest is not None else 0


def events() -> int:
    """Backups and restores these tables know of, each restore weighing what it jumped."""
    jumped = Epoch.objects.aggregate(missed=Sum("events_missed"), raised=Count("pk"))
    return int(BackupTaken.objects.count() + jumped["raised"] + 2 * (jumped["missed"] or 0))


def outbox_is_frozen() -> bool:
    """Whether requests of before the restore wait to be reviewed."""
    return Epoch.objects.filter(outbox_released_at=None).exists()


def numbers_are_blocked() -> bool:
    """Whether numbers may have been given that this node does not know of."""
    return Epoch.objects.filter(numbers_released_at=None).exists()


def require_numbering() -> None:
    """Raise NumberingBlocked while numbers given after the backup may be unknown here."""
    if numbers_are_blocked():
        raise NumberingBlocked


def release(what: Literal["outbox", "numbers"], *, by: Actor, detail: Mapping[str, object]) -> None:
    """
    Let one of the two go on, in the caller's transaction; raises NothingToRelease.

    ``detail`` says on which counts, and never holds a number itself.
    """
    with transaction.atomic():
        held = Epoch.objects.filter(**{f"{what}_released_at": None})
        changes: dict[str, object] = {
            f"{what}_released_at": clock.instant(),
            f"{what}_released_by": by.account,
        }
        if what == "numbers":
            changes["grounds"] = dict(detail)
        if not held.update(**changes):
            raise NothingToRelease
        audit.enter(f"epoch.{what}_released", "epoch", by=by, detail=detail)


def note_backup(backup: str, taken_at: datetime) -> None:
    """Write down that a backup is whole; called when its files are on disk."""
    BackupTaken.objects.create(backup=backup, taken_at=taken_at, finished_at=clock.instant())


def last_backup() -> BackupTaken | None:
    return BackupTaken.objects.order_by("-id").first()
