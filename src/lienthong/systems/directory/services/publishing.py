"""Publishing the directory: the signed, numbered snapshot (decision 19)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from django.db import connection, transaction

from lienthong.exchange import epoch
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import directory_keys
from lienthong.protocol import snapshot as wire

from ..domain import content_digest
from ..models import Snapshot
from ..queries import register
from .gateway_files import write_gateway_files

REFRESH_AFTER = timedelta(hours=1)
"""Made anew this often even when nothing changed, well inside the 24 h of decision 19."""


def one_at_a_time() -> None:
    """
    Hold every other writer of the directory back until this transaction ends.

    Two gateways that join at once must see each other, or neither gives the
    other the grants it states; and no number is used by two snapshots. The lock
    comes before the reading, since a row lock would wait and then show the old.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lienthong.directory'))")


@transaction.atomic
def publish(node: Node) -> Snapshot:
    """
    Make and sign a snapshot when it says something new or the last one is an hour old.

    Returns the newest. The number comes from the table under a lock, so two
    publishers never sign two contents under one number.
    """
    one_at_a_time()
    now = clock.instant()
    newest = Snapshot.objects.order_by("-number").first()
    announced = msgspec.to_builtins(directory_keys.published(node))
    content = register.snapshot_content(now) | {"directory_keys": announced}
    digest = content_digest(content)
    # A restored directory goes on above every number it may have published before.
    last = max(newest.number if newest else 0, epoch.publication_floor())
    unchanged = newest is not None and newest.number == last and newest.content_sha256 == digest
    if newest and unchanged and now - newest.made_at < REFRESH_AFTER:
        return newest
    number = last + 1
    said = msgspec.convert({**content, "number": number, "made_at": now}, wire.Snapshot)
    return Snapshot.objects.create(
        number=number,
        made_at=now,
        sealed=wire.seal(said, *directory_keys.signing(node)),
        content_sha256=digest,
    )


def refresh_snapshot(node: Node) -> Snapshot:
    """What the timer calls: publish if due, and let the gateways find it on disk too."""
    published = publish(node)
    write_gateway_files(node)
    return published
