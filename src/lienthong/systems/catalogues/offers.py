"""What the catalogues offer to the exchange: the newest snapshot, for anyone with a grant."""

from __future__ import annotations

from lienthong.exchange import edge
from lienthong.systems.catalogues import queries
from lienthong.systems.catalogues.errors import NoSnapshot
from lienthong.systems.catalogues.shapes import SnapshotAnswer, SnapshotRequest


@edge.offer("units.snapshot.v1")
def newest_snapshot(request: SnapshotRequest, caller: edge.Caller) -> SnapshotAnswer:
    """The newest snapshot; raises `NoSnapshot` before the first publication."""
    snapshot = queries.newest_snapshot()
    if snapshot is None:
        raise NoSnapshot
    known = request.after >= snapshot.number
    return SnapshotAnswer(
        number=snapshot.number,
        made_at=snapshot.made_at,
        digest=snapshot.digest,
        content=b"" if known else bytes(snapshot.content),
    )
