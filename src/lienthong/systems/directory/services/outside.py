"""Services of outside systems: registered with where they answer, and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from lienthong import record
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node

from ..domain import content_digest, why_no_service
from ..errors import NotAService
from ..models import Offer, OutsideService, Subsystem
from .gateway_files import write_gateway_files
from .publishing import publish


def register_service(
    *,
    subsystem: Subsystem,
    code: str,
    title: str,
    kind: str,
    url: str,
    description_url: str = "",
    versions: Iterable[str] = (),
    methods: Iterable[str] = ("POST",),
    effect: str = "changing",
    by: Actor,
    node: Node,
) -> Offer:
    """
    Offer a service of an outside system: of SOAP, or of REST with or without a description.

    Registering it again amends it. Raises NotAService for a code, version or
    address that cannot be one.
    """
    versions = sorted(set(versions))
    urls = [url, description_url] if description_url else [url]
    if reason := why_no_service(code, kind, versions, urls):
        raise NotAService(reason=reason)
    with transaction.atomic():
        offer, made = Offer.objects.update_or_create(
            subsystem=subsystem,
            code=code,
            defaults={"title": title, "effect": effect, "withdrawn_at": None},
            create_defaults={
                "title": title,
                "effect": effect,
                "max_body": 10 * 1024 * 1024,
                "timeout": 60,
                "request_schema": {},
                "answer_schema": {},
                "schema_sha256": content_digest({}),
            },
        )
        if not made and not OutsideService.objects.filter(offer=offer).exists():
            raise NotAService(reason="card")  # it is one of our own systems' offers
        OutsideService.objects.update_or_create(
            offer=offer,
            defaults={
                "kind": kind,
                "versions": versions,
                "methods": sorted({method.upper() for method in methods}),
                "url": url,
                "description_url": description_url,
            },
        )
        record.done("directory.service_registered", f"{subsystem}/{code}", by=by)
        publish(node)
    write_gateway_files(node)
    return offer


def withdraw_service(offer: Offer, *, by: Actor, node: Node) -> None:
    """Offer a service no longer; who held a grant for it is told it is unknown."""
    with transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(withdrawn_at=clock.instant())
        record.done("directory.service_withdrawn", f"{offer.subsystem}/{offer.code}", by=by)
        publish(node)
    write_gateway_files(node)
