"""The key by which the directory signs: announced, overlapped, retired, and missed by somebody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from lienthong.cli import snapshot_key
from lienthong.cli.snapshot_key import NoDirectoryHere, NoSuchDirectoryKey, TooEarly
from lienthong.exchange.registry import cards
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.directory_client import Answer
from lienthong.gateway.snapshots import SnapshotFile
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.errors import UnknownDirectoryKey
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import Anchor, open_snapshot, seal
from lienthong.systems.directory import services
from lienthong.systems.directory.services import joining
from systems.directory.joining_cast import FIRST, Newcomer, approved
from systems.directory.test_certificates_renew_themselves import keys_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory(node: Node) -> Node:
    services.install_country(node, cards())
    return node


@pytest.fixture
def member(directory: Node, tmp_path: Path) -> Newcomer:
    made = Newcomer.fresh(directory, tmp_path / "member")
    made.join(approved(directory)[1])
    # A revoked key, so that there is a deny list to be signed as well.
    joining.revoke_certificate(keys_of(made)[1].kid, reason="lộ khóa", by=FIRST, node=directory)
    return made


def snapshots(member: Newcomer) -> SnapshotFile:
    """As a gateway process of the member holds it, with the anchor it started with."""
    return SnapshotFile(member.node.gateway / "snapshot.json", on_disk(member.node))


def on_disk(node: Node) -> Anchor:
    return Anchor.load((node.gateway / "anchor.json").read_bytes())


def started_again(directory: Node) -> bytes:
    """What the directory publishes once it runs again."""
    services.install_country(directory, cards())
    return (directory.gateway / "snapshot.json").read_bytes()


def kids(node: Node) -> set[str]:
    return set(on_disk(node).keys)


def test_the_next_key_is_learned_from_what_the_old_one_signed(
    member: Newcomer, directory: Node
) -> None:
    (old,) = kids(directory)
    running, sleeping = snapshots(member), snapshots(member)
    denied = DeniedFile(member.node.gateway / "denied.json", running.anchor)
    told = snapshot_key.rotate(directory)
    (new,) = kids(directory) - {old}
    assert new in told
    running.keep(started_again(directory))
    assert (running.refused, set(running.anchor.keys)) == ("", {old, new})
    assert kids(member.node) == {old, new}  # the node's other processes find it there
    with pytest.raises(TooEarly):
        snapshot_key.rotate(directory)
    with clock.stopped(at=clock.instant() + snapshot_key.OVERLAP + timedelta(minutes=1)):
        assert new in snapshot_key.rotate(directory)
        raw = started_again(directory)
    assert kids(directory) == {new}
    running.keep(raw)
    assert set(running.anchor.keys) == kids(member.node) == {new}
    # The deny list goes on being believed: it was signed anew, and by the new key alone.
    denied.anchor = running.anchor
    denied.keep((directory.gateway / "denied.json").read_bytes())
    assert denied.refused == ""
    assert len(denied.current.kids) == 1
    # A process that slept through all of it finds the new anchor on the disk.
    sleeping.look()
    assert (sleeping.refused, sleeping.number) == ("", running.number)


def test_what_the_old_key_signs_after_it_was_retired_is_believed_no_more(
    member: Newcomer, directory: Node
) -> None:
    stolen = (directory.keys / "directory" / "snapshot.key").read_bytes()
    passphrase = directory.secret("passphrase").encode()
    running = snapshots(member)
    snapshot_key.rotate(directory)
    running.keep(started_again(directory))
    snapshot_key.rotate(directory, now=True)
    running.keep(started_again(directory))
    thief = directory.home / "thief.key"
    thief.write_bytes(stolen)
    forged = seal(
        open_snapshot((directory.gateway / "snapshot.json").read_bytes(), running.anchor),
        SigningKey.load(thief, passphrase),
    )
    running.take(forged)
    assert running.refused == UnknownDirectoryKey.code


def test_a_node_that_missed_the_announcement_says_so_and_is_helped_by_its_operator(
    member: Newcomer, directory: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshots(member)
    before.keep((directory.gateway / "snapshot.json").read_bytes())
    (old,) = kids(directory)
    snapshot_key.rotate(directory, now=True)
    raw = started_again(directory)
    before.keep(raw)
    assert before.refused == UnknownDirectoryKey.code  # `lienthong status` tells what helps
    assert kids(member.node) == {old}
    shown = (directory.gateway / "anchor.json").read_bytes()
    monkeypatch.setattr(
        snapshot_key.DirectoryClient, "get", lambda self, path, **_: Answer(200, shown)
    )
    with pytest.raises(NoSuchDirectoryKey):
        snapshot_key.trust(member.node, "another-name")
    (new,) = kids(directory)
    assert new in snapshot_key.trust(member.node, new)
    before.keep(raw)  # without a new start
    assert before.refused == ""
    assert set(before.anchor.keys) == {new}


@pytest.mark.parametrize("cut", ["the private half", "the public half"])
def test_a_retirement_that_was_cut_off_is_finished_by_the_same_command(
    directory: Node, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    snapshot_key.rotate(directory)
    (path := directory.gateway / "anchor.json").read_bytes()
    calls: list[Path] = []
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == (1 if cut == "the private half" else 2):
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            snapshot_key.rotate(directory, now=True)
    snapshot_key.rotate(directory, now=True)
    assert len(Anchor.load(path.read_bytes()).keys) == 1
    open_snapshot(started_again(directory), on_disk(directory))


def test_a_member_rotates_no_key_of_the_directory(member: Newcomer) -> None:
    with pytest.raises(NoDirectoryHere):
        snapshot_key.rotate(member.node)
