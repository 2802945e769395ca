"""
What this node's gateways read beside the snapshot: addresses of providers, and credentials.

Written from the same rows as the snapshot, so that the two never differ.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lienthong.exchange import client_file
from lienthong.kernel.node import Node

from ..domain import GATEWAY_CODE
from ..queries import agreements, register


def write_gateway_files(node: Node) -> None:
    """
    Write what this node's gateways read: snapshot, provider addresses, credentials.

    The trust anchor is not among them: it is written once, by who makes the keys.
    What an operator set in ``gateway.json`` or by `lienthong keys client` stays.
    """
    # Who writes reads inside the lock: an older snapshot never comes last.
    with client_file.writing(node.gateway):
        _write_gateway_files(node)


def _write_gateway_files(node: Node) -> None:
    _write_json(
        node.gateway / "gateway.json",
        _own_settings(node)
        | {
            "code": GATEWAY_CODE,
            "owner": "GOV/G14",
            "processes": os.cpu_count() or 1,
            "signed_grants": _insists(node),
            "snapshot_url": f"http://127.0.0.1:{node.ports.pages}/exchange/snapshot",
            "peer_host": os.environ.get("LIENTHONG_LISTEN") or "127.0.0.1",
            "door_host": os.environ.get("LIENTHONG_LISTEN") or "127.0.0.1",
        },
    )
    local = list(register.behind(GATEWAY_CODE))
    base = f"http://127.0.0.1:{node.ports.offers}/offers"
    client_file.replace(node.gateway / "snapshot.json", bytes(register.latest_snapshot().sealed))
    _write_json(
        node.gateway / "providers.json",
        {str(row): f"{base}/{row.code.replace('-', '_')}" for row in local} | _outside_addresses(),
    )
    clients = client_file.settled(
        client_file.read(node.gateway),
        [str(row) for row in local],
        client_file.secrets_of(node),
        unchecked={str(row) for row in local if row.made_up},
    )
    client_file.write(node.gateway, clients)


def _insists(node: Node) -> bool:
    """
    Whether this gateway asks for both signatures under every grant.

    Once it can it does so for ever: a later grant waits for its signatures.
    """
    return bool(_own_settings(node).get("signed_grants")) or agreements.all_signed(GATEWAY_CODE)


def _outside_addresses() -> dict[str, Any]:
    """Each outside service by its code, or by code and version, with where it answers."""
    addresses = {}
    for outside in register.outside_services():
        said = {"url": outside.url, "description": outside.description_url}
        for version in outside.versions or [""]:
            name = f"{outside.offer.subsystem}/{outside.offer.code}"
            addresses[f"{name}/{version}" if version else name] = said
    return addresses


def _own_settings(node: Node) -> dict[str, Any]:
    """Settings of the gateway that are the operator's own."""
    try:
        said: dict[str, Any] = msgspec.json.decode((node.gateway / "gateway.json").read_bytes())
    except FileNotFoundError:
        return {}
    return said


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    client_file.replace(path, msgspec.json.format(msgspec.json.encode(content), indent=1))
