"""Announcing that a gateway is in maintenance."""

from __future__ import annotations

from django.db import transaction

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node

from ..errors import NoSuchGateway
from ..models import Gateway
from .gateway_files import write_gateway_files
from .publishing import publish


def set_maintenance(code: str, in_maintenance: bool, *, by: Actor, node: Node) -> Gateway:
    """
    Announce that a gateway is in maintenance, or back, and publish it.

    Who has not read the new snapshot yet still sends to it for a moment.
    Raises NoSuchGateway.
    """
    with transaction.atomic():
        gateway = Gateway.objects.select_for_update().filter(code=code).first()
        if gateway is None:
            raise NoSuchGateway
        gateway.in_maintenance = in_maintenance
        gateway.save(update_fields=["in_maintenance"])
        what = "directory.maintenance_began" if in_maintenance else "directory.maintenance_ended"
        record.done(what, gateway.code, by=by)
        publish(node)
    write_gateway_files(node)
    return gateway
