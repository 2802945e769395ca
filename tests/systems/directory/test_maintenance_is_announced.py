"""A gateway's operator announces maintenance; the snapshot carries it to everybody."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from lienthong.exchange.registry import cards
from lienthong.protocol import pki
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import NoSuchGateway

pytestmark = pytest.mark.django_db
BY = services.by_the_directory(date(2021, 8, 20))


def published(node) -> Snapshot:
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor)


def test_the_snapshot_says_when_maintenance_begins_and_ends(node):
    services.install_country(node, cards())
    before = published(node)
    assert not before.gateway("national").in_maintenance
    services.set_maintenance("national", True, by=BY, node=node)
    during = published(node)
    assert during.gateway("national").in_maintenance
    assert during.number > before.number
    services.install_country(node, cards())
    assert published(node).gateway("national").in_maintenance, "a restart does not end it"
    services.set_maintenance("national", False, by=BY, node=node)
    assert not published(node).gateway("national").in_maintenance


def test_a_gateway_nobody_knows_is_not_announced(node):
    services.install_country(node, cards())
    with pytest.raises(NoSuchGateway):
        services.set_maintenance("provincial", True, by=BY, node=node)


def test_the_snapshot_names_each_keys_algorithm_and_what_gateways_read(node, monkeypatch):
    from lienthong.cli import renewing

    monkeypatch.setenv("LIENTHONG_SIGN_ALGORITHM", "ed25519")
    renewing.renew(node, cards(), all_of_them=True, now=True)
    services.install_country(node, cards())
    snapshot = published(node)
    named = {key.algorithm for member in snapshot.members for key in member.sign_keys}
    assert named == {pki.ED25519.decode()}
    assert "lt-batch-1" in snapshot.gateway("national").capabilities
    assert msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot) == snapshot
