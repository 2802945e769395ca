"""Who speaks DCI with this register, and the base URLs such a client is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Invalid
from lienthong.record import personal
from lienthong.systems.population.manifest import SYSTEM
from lienthong.systems.population.models import DciPartner

PATHS = {
    "registry/search": "dci.search.v1",
    "registry/sync/search": "dci.sync-search.v1",
    "registry/subscribe": "dci.subscribe.v1",
    "registry/unsubscribe": "dci.unsubscribe.v1",
    "registry/txn/status": "dci.txn-status.v1",
    "registry/sync/txn/status": "dci.sync-txn-status.v1",
    "registry/on-search": "dci.on-search.v1",
    "registry/on-subscribe": "dci.on-subscribe.v1",
    "registry/on-unsubscribe": "dci.on-unsubscribe.v1",
    "registry/txn/on-status": "dci.on-txn-status.v1",
    "registry/notify": "dci.notify.v1",
}
"""Each path of the specification and the offer behind it."""
SHOWN = frozenset(
    {
        "name",
        "sex",
        "birth_date",
        "birth_place",
        "death_date",
        "address",
        "nationality",
        "marital_status",
        "parent1_identifier",
        "parent2_identifier",
    }
)


class NotAnAttribute(Invalid):
    """A partner is shown attributes of the DCI person, or ``*`` for all of them."""

    code = "population.not_a_dci_attribute"


def keep_partner(
    *,
    subsystem: str,
    sender_id: str,
    keys: Mapping[str, Any],
    shown: Sequence[str],
    unsigned: bool,
    by: Actor,
) -> DciPartner:
    """Add a partner or change one: its sender id, its public keys, what it may see."""
    if set(shown) - SHOWN - {"*"}:
        raise NotAnAttribute
    with personal.writing("population.keep_dci_partner", by=by):
        row, _made = DciPartner.objects.update_or_create(
            subsystem=subsystem,
            defaults={
                "sender_id": sender_id,
                "keys": dict(keys),
                "shown": sorted(set(shown)),
                "unsigned": unsigned,
            },
        )
        record.done(
            "population.dci_partner_kept", f"partner:{subsystem}", by=by,
            detail={"unsigned": unsigned, "shown": sorted(set(shown))},
        )  # fmt: skip
        return row


def facades(base: str, client: str) -> list[dict[str, str]]:
    """
    Rows of ``gateway/facades.json`` that put the API under a base such as ``/dci/social``.

    A sender repeats no key, so the bytes of a request are its key: sent twice it is done once.
    """
    service = f"GOV/{SYSTEM.owner}/{SYSTEM.subsystem}"
    return [
        {
            "base": f"{base.rstrip('/')}/{path}",
            "service": f"{service}/{code}",
            "client": client,
            "key": "body",
        }
        for path, code in PATHS.items()
    ]
