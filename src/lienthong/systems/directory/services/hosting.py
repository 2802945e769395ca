"""Which subsystem stands behind which gateways: put there, and taken away by an operator."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node

from ..errors import LastGateway, NotHosted
from ..models import Gateway, Hosting, Offer, Subsystem
from .gateway_files import write_gateway_files
from .publishing import one_at_a_time, publish


def stand_behind(subsystem: Subsystem, gateway: Gateway) -> Hosting:
    """Put a subsystem behind a gateway, beside those it stands behind already."""
    hosting, _ = Hosting.objects.get_or_create(
        subsystem=subsystem, gateway=gateway, ended_at=None, defaults={"since": clock.instant()}
    )
    return hosting


def state_offers(hosting: Hosting, codes: Collection[str]) -> None:
    """
    Keep which offers a gateway states for a subsystem.

    What it stated before and no gateway states any more is withdrawn. Two gateways
    of different releases may state different offers for a while.
    """
    gone = set(hosting.offers) - set(codes)
    hosting.offers = sorted(codes)
    hosting.save(update_fields=["offers"])
    _withdraw(hosting.subsystem, gone)


def _withdraw(subsystem: Subsystem, codes: Collection[str]) -> None:
    stated: set[str] = set()
    for other in Hosting.objects.filter(subsystem=subsystem, ended_at=None):
        stated |= set(other.offers)
    Offer.objects.filter(
        subsystem=subsystem, code__in=set(codes) - stated, withdrawn_at=None
    ).update(withdrawn_at=clock.instant())


def end_hosting(
    subsystem: Subsystem, gateway: Gateway, *, reason: str, by: Actor, node: Node
) -> Hosting:
    """
    Take a subsystem away from one of its gateways, and publish it.

    The gateway's own registrations do not bring it back; a new approval does.
    Raises NotHosted, or LastGateway for the only one: a system nobody can reach is
    disconnected, not moved.
    """
    with transaction.atomic():
        one_at_a_time()
        standing = Hosting.objects.select_for_update().filter(subsystem=subsystem, ended_at=None)
        hosting = next((row for row in standing if row.gateway_id == gateway.pk), None)
        if hosting is None:
            raise NotHosted
        if len(standing) == 1:
            raise LastGateway
        hosting.ended_at, hosting.ended_by = clock.instant(), str(by)
        hosting.end_reason = reason[:300]
        hosting.save(update_fields=["ended_at", "ended_by", "end_reason"])
        _withdraw(subsystem, hosting.offers)
        record.done(
            "directory.hosting_ended",
            str(subsystem),
            by=by,
            detail={"gateway": gateway.code, "reason": reason},
        )
        publish(node)
    write_gateway_files(node)
    return hosting
