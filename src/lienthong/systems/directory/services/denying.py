"""The deny list: made, signed by the directory's keys, and laid where the own gateway finds it."""

from __future__ import annotations

from django.db import transaction

from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import directory_keys, pki
from lienthong.protocol import joining as wire

from ..domain import content_digest
from ..models import DenyList
from ..queries import joining, register
from .publishing import one_at_a_time


@transaction.atomic
def publish_denied(node: Node) -> DenyList:
    """Make and sign a deny list when it says something new, or under other keys; the newest."""
    one_at_a_time()
    now = clock.instant()
    newest = DenyList.objects.order_by("-number").first()
    content = joining.denied_content(now)
    keys = [key.kid for key in directory_keys.published(node)]
    digest = content_digest(content | {"keys": keys})
    if newest is not None and newest.content_sha256 == digest:
        return newest
    number = newest.number + 1 if newest is not None else 1
    said = wire.Denied(
        instance=register.INSTANCE,
        number=number,
        made_at=now,
        kids=content["kids"],
        auth_sha256=content["auth_sha256"],
    )
    sealed = wire.seal_denied(said, *directory_keys.signing(node))
    return DenyList.objects.create(number=number, made_at=now, sealed=sealed, content_sha256=digest)


def keep_denied_signed(node: Node) -> None:
    """Sign the deny list anew where the directory's keys have changed since it was made."""
    if DenyList.objects.exists():
        publish_denied(node)
        write_denied(node)


def write_denied(node: Node) -> None:
    """Let this node's gateways find the newest deny list on disk."""
    newest = DenyList.objects.order_by("-number").first()
    path = node.gateway / "denied.json"
    if newest is not None and (not path.exists() or path.read_bytes() != bytes(newest.sealed)):
        pki.write_private(path, bytes(newest.sealed))
