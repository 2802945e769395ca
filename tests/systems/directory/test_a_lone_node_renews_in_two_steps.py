"""A node that is its own directory announces new keys before it uses them, as others do."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lienthong.cli import renewing
from lienthong.exchange.registry import cards
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.errors import Expired, UnknownKey
from lienthong.protocol.snapshot import Anchor, Snapshot, open_snapshot
from lienthong.systems.directory import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def began(node: Node) -> datetime:
    services.install_country(node, cards())
    return clock.instant()


def renew_at(node: Node, began: datetime, days: float, **how: bool) -> list[str]:
    """What the worker does: publish hourly, renew, and install what was renewed."""
    with clock.stopped(at=began + timedelta(days=days)):
        services.refresh_snapshot(node)
        done = renewing.renew(node, cards(), **how)
        if done:
            services.install_country(node, cards())
        return done


def anchor(node: Node) -> Anchor:
    return Anchor.load((node.gateway / "anchor.json").read_bytes())


def snapshot(node: Node) -> Snapshot:
    return open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor(node))


def kid_in_use(node: Node) -> str:
    path = node.keys / "members" / "G15" / "sign.key"
    return pki.SigningKey.load(path, node.secret("passphrase").encode()).kid


def test_a_new_key_is_announced_a_day_before_it_is_used_and_the_old_one_outlives_that(
    node: Node, began: datetime
) -> None:
    old = kid_in_use(node)
    assert renew_at(node, began, 19.9) == []
    announced = renew_at(node, began, 20.01)
    assert {"sign G15 (announced)", "auth national (announced)"} <= set(announced)
    assert kid_in_use(node) == old
    assert len(snapshot(node).gateway("national").auth_cert_sha256) == 2
    assert renew_at(node, began, 20.5) == []
    assert "sign G15 (in use)" in renew_at(node, began, 21.1)
    fresh = kid_in_use(node)
    assert fresh != old
    assert not list(node.keys.rglob("*.next.*"))
    said = snapshot(node)
    with clock.stopped(at=began + timedelta(days=21.1)):
        for kid in (old, fresh):  # what the old key signed a moment ago is still on its way
            said.sign_key(kid, anchor(node), clock.instant())
    with clock.stopped(at=began + timedelta(days=30.1)), pytest.raises(Expired):
        said.sign_key(old, anchor(node), clock.instant())
    assert len(list(node.keys.rglob("sign.*.old"))) == len(list(node.keys.rglob("sign.crt")))


def test_a_key_that_was_seen_is_replaced_at_once_and_believed_no_more(
    node: Node, began: datetime
) -> None:
    old = kid_in_use(node)
    done = renew_at(node, began, 1, all_of_them=True, now=True)
    assert "sign G15 (in use)" in done
    assert kid_in_use(node) != old
    with clock.stopped(at=began + timedelta(days=1)):
        snapshot(node).sign_key(kid_in_use(node), anchor(node), clock.instant())
        with pytest.raises(UnknownKey):
            snapshot(node).sign_key(old, anchor(node), clock.instant())


@pytest.mark.parametrize("step", [1, 2])
def test_a_change_that_was_cut_off_is_finished_at_the_next_start(
    node: Node, began: datetime, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    renew_at(node, began, 20.01)
    real, calls = Path.replace, []

    def cut(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == step:
            raise KeyboardInterrupt
        return real(self, target)

    with clock.stopped(at=began + timedelta(days=21.1)):
        services.refresh_snapshot(node)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", cut)
            with pytest.raises(KeyboardInterrupt):
                renewing.renew(node, cards())
        renewing.finish(node, cards())
        renewing.renew(node, cards())
    for path in node.keys.rglob("sign.crt"):
        leaf = pki.load_chain(path.read_bytes())[0]
        key = pki.SigningKey.load(path.with_suffix(".key"), node.secret("passphrase").encode())
        assert pki.kid_of(pki.require_known(leaf.public_key())) == key.kid
    assert not list(node.keys.rglob("*.next.*"))
