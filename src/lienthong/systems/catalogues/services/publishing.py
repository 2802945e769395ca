"""Writes: load what is shipped, replace units by a reform, publish a snapshot."""

from __future__ import annotations

import hashlib
import json

from django.db import connection, transaction

from lienthong import record
from lienthong.exchange import epoch
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor, system_actor
from lienthong.systems.catalogues import bulk, queries
from lienthong.systems.catalogues.domain.reforms import Replacement, checked
from lienthong.systems.catalogues.errors import BadMerger, CodeInUse
from lienthong.systems.catalogues.models import Shipment, Snapshot, Succession, Unit
from lienthong.web.catalogues import published, shipped
from lienthong.web.catalogues.tables import write

SYSTEM = "catalogues"


@transaction.atomic
def load_shipped(*, by: Actor | None = None) -> dict[str, int]:
    """
    Add the rows shipped with this release that are missing; rows added by table.

    Loading again adds nothing. Rows entered or changed here are left as they are.
    """
    digest = shipped.digest()
    if Shipment.objects.filter(digest=digest).exists():
        return {}
    by = by or system_actor(SYSTEM, clock.today())
    hold_catalogues()
    added = bulk.load(shipped.shipped())
    Shipment.objects.get_or_create(digest=digest, defaults={"loaded_at": clock.instant()})
    if any(added.values()):
        record.done("catalogues.loaded", SYSTEM, by=by, detail=added)
    return added


def settle() -> Snapshot:
    """
    Make this node's catalogues those of its database; quick when they are already.

    For the start of a node: loads what this release ships, publishes when
    anything was added, and puts the newest snapshot in use.
    """
    added = load_shipped()
    newest = queries.newest_snapshot()
    if newest is None or any(added.values()) or newest.number <= epoch.publication_floor():
        return publish()
    if published.current().number != newest.number:
        _put_in_use(newest)
    return newest


@transaction.atomic
def replace_units(replacement: Replacement, *, by: Actor) -> None:
    """
    Let a reform take effect: close the old rows, open the new ones, link them.

    Raises `BadMerger` for an inconsistent reform and `CodeInUse` when a new
    code names another unit from that day on.
    """
    hold_catalogues()
    checked(replacement)
    closed = Unit.objects.filter(
        code__in=replacement.old_codes,
        valid_from__lte=replacement.last_day,
        valid_to__isnull=True,
    ).update(valid_to=replacement.last_day)
    if closed != len(replacement.parts):
        raise BadMerger(reason="an old unit is not standing")
    taken = Unit.objects.filter(
        code__in=[unit.code for unit in replacement.new], valid_to__isnull=True
    )
    if taken.exists():
        raise CodeInUse(codes=sorted(taken.values_list("code", flat=True)))
    Unit.objects.bulk_create(
        Unit(
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            level=unit.level,
            parent=unit.parent,
            valid_from=unit.valid_from,
            legal_basis=replacement.legal_basis,
            source=unit.source,
        )
        for unit in replacement.new
    )
    Succession.objects.bulk_create(
        Succession(
            old=link.old,
            new=link.new,
            happened_on=link.happened_on,
            confidence=link.confidence,
            is_default=link.is_default,
            share=link.share,
            legal_basis=link.legal_basis,
            source=link.source,
        )
        for link in replacement.successions(source=replacement.source or str(by))
    )
    record.done(
        "catalogues.units_replaced",
        SYSTEM,
        by=by,
        detail={
            "old": list(replacement.old_codes),
            "new": [unit.code for unit in replacement.new],
            "on": replacement.happened_on.isoformat(),
        },
    )


@transaction.atomic
def publish(*, by: Actor | None = None) -> Snapshot:
    """
    Publish all tables under the next number, and put them in use on this node.

    When nothing changed since the last snapshot, that one is returned and put
    in use again. The node's copy changes after the commit.
    """
    by = by or system_actor(SYSTEM, clock.today())
    hold_catalogues()
    tables = queries.tables()
    tables_digest = hashlib.sha256(json.dumps(write(tables)).encode()).hexdigest()
    last = queries.newest_snapshot()
    # A restored register goes on above every number it may have published before.
    highest = max(last.number if last is not None else 0, epoch.publication_floor())
    if last is not None and last.number == highest and last.tables_digest == tables_digest:
        transaction.on_commit(lambda: _put_in_use(last))
        return last
    made_at = clock.instant()
    sealed = published.seal(tables, number=highest + 1, made_at=made_at)
    snapshot = Snapshot.objects.create(
        number=sealed.number,
        made_at=made_at,
        legal_day=by.legal_day,
        digest=sealed.digest,
        tables_digest=tables_digest,
        content=sealed.content,
    )
    record.done(
        "catalogues.published",
        SYSTEM,
        by=by,
        detail={"number": sealed.number, "digest": sealed.digest},
    )
    transaction.on_commit(lambda: _put_in_use(snapshot))
    return snapshot


def _put_in_use(snapshot: Snapshot) -> None:
    published.keep(bytes(snapshot.content))


def hold_catalogues() -> None:
    """One writer of catalogues at a time, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lienthong.catalogues'))")
