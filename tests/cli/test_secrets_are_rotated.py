"""Each kind of secret changes by a command; what was closed under the old one opens after."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from lienthong.cli import (
    cards,
    databases,
    keyring,
    keys,
    postgres,
    probes,
    rotating,
    service_user,
    up,
    vault,
)  # fmt: skip
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from port_lanes import free_base


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node(home=tmp_path / "home", ports=Ports(8000))
    monkeypatch.setenv("LIENTHONG_HOME", str(node.home))
    monkeypatch.delenv("LIENTHONG_DATABASE_URL", raising=False)
    vault.make_home(node)
    vault.make_secrets(node, cards.cards({}))
    return node


def rotate(node: Node, kind: str) -> None:
    rotating.run(node, argparse.Namespace(kind=kind))


def private_keys(node: Node) -> dict[str, str]:
    """The name of each key, opened under the passphrase of now."""
    word = node.secret("passphrase").encode()
    files = [path for path in node.keys.rglob("*.key") if path.name != "root.key"]
    return {str(path): pki.SigningKey.load(path, word).kid for path in files}


def test_every_private_key_opens_under_the_new_passphrase_and_is_the_same_key(node: Node) -> None:
    keyring.make(node, cards.cards({}))
    before, old, root = private_keys(node), node.secret("passphrase"), root_of(node)
    rotate(node, "passphrase")
    assert node.secret("passphrase") != old
    assert private_keys(node) == before
    for path in before:
        with pytest.raises(ValueError, match="password"):
            pki.SigningKey.load(Path(path), old.encode())
    # The root lies under a passphrase of its own.
    assert root_of(node) == root
    assert vault.too_open(node) == []


def root_of(node: Node) -> str:
    place = node.keys / "authority" / "root.key"
    return pki.SigningKey.load(place, keyring.root_passphrase(node)).kid


def test_a_rotation_that_was_cut_off_stops_the_start_and_goes_on(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.make(node, cards.cards({}))
    before = private_keys(node)
    sealed: list[Path] = []

    def until_the_third(path: Path, old: bytes, new: bytes) -> None:
        if len(sealed) == 2:
            raise KeyboardInterrupt
        sealed.append(path)
        real(path, old, new)

    real: Callable[[Path, bytes, bytes], None] = rotating.reseal
    monkeypatch.setattr(rotating, "reseal", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        rotate(node, "passphrase")
    with pytest.raises(vault.RotationCut, match="passphrase"):
        vault.make_secrets(node, cards.cards({}))
    monkeypatch.setattr(rotating, "reseal", real)
    rotate(node, "passphrase")
    assert private_keys(node) == before
    assert vault.make_secrets(node, cards.cards({})) == []


def test_a_key_that_opens_under_neither_passphrase_stops_before_the_old_one_is_gone(
    node: Node,
) -> None:
    keyring.make(node, cards.cards({}))
    old = node.secret("passphrase")
    strange = node.keys / "gateway" / "auth.key"
    pki.SigningKey.generate().save(strange, b"another word")
    with pytest.raises(rotating.SealedOtherwise):
        rotate(node, "passphrase")
    assert node.secret("passphrase") == old


@pytest.fixture
def node_with_server(node: Node, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """The node with a PostgreSQL of its own, stopped, as after its first start."""
    node = replace(node, ports=Ports(free_base()))
    user = service_user.ensure()
    place = Path(tempfile.mkdtemp(prefix="lt-pg-"))
    user.own(place)
    cluster = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=node.ports.postgres,
        binaries=postgres.Binaries.find().readable_by(user, place),
        user=user,
    )
    monkeypatch.setattr(databases, "embedded_cluster", lambda node: cluster)
    cluster.initialise(node.secret(rotating.SUPERUSER))
    with rotating.server(node):
        databases.provision(node, cluster)
    yield node
    shutil.rmtree(place)


@pytest.mark.scenario
def test_the_database_lets_in_the_new_passwords_only(node_with_server: Node) -> None:
    node = node_with_server
    names = (*rotating.ROLE_SECRETS, rotating.SUPERUSER)
    before = {name: node.secret(name) for name in names}
    # Cut off after the server knows the new one and before the file does.
    new = rotating.begun(node, rotating.SUPERUSER)
    with rotating.server(node), psycopg.connect(superuser_url(node, before)) as connection:
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(new)))
    rotate(node, "databases")
    after = {name: node.secret(name) for name in names}
    assert all(after[name] != before[name] for name in names)
    with rotating.server(node):
        psycopg.connect(superuser_url(node, after)).close()
        chosen = databases.databases_of(node)
        for url in (chosen.systems, chosen.gateway, chosen.archiver):
            psycopg.connect(url).close()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(superuser_url(node, before))


def superuser_url(node: Node, known: dict[str, str]) -> str:
    word = known[rotating.SUPERUSER]
    return f"postgresql://postgres:{word}@127.0.0.1:{node.ports.postgres}/postgres"


def test_a_site_with_its_own_server_is_told_to_change_its_roles_there(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", "postgresql://x@db.example/lienthong")
    monkeypatch.setenv("LIENTHONG_GATEWAY_DATABASE_URL", "postgresql://x@db.example/gateway")
    with pytest.raises(rotating.ForeignServer):
        rotate(node, "databases")


@pytest.mark.parametrize(
    ("kind", "name"), [("admission", "admission_key"), ("admin", "admin_token")]
)
def test_what_only_this_nodes_processes_share_is_simply_another(
    node: Node, kind: str, name: str
) -> None:
    before = {name: node.secret(name) for name in vault.NAMES}
    rotate(node, kind)
    after = {name: node.secret(name) for name in vault.NAMES}
    assert {key for key in after if after[key] != before[key]} == {name}


def test_nothing_is_rotated_while_the_node_runs(node: Node) -> None:
    before = hashlib.sha256(node.secret("admin_token").encode()).digest()
    with up.only_one(node), pytest.raises(SystemExit):
        rotate(node, "admin")
    assert hashlib.sha256(node.secret("admin_token").encode()).digest() == before
    assert probes.running_state(node) is None


def test_the_inventory_says_of_every_secret_what_it_is_for_and_how_it_changes(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    keyring.make(node, cards.cards({}))
    lines = rotating.inventory(node)
    named = {line["file"].removeprefix("secrets/") for line in lines}
    assert named >= set(vault.NAMES)
    assert not [line for line in lines if line["purpose"] == "of a site"]
    assert all(line["made"] and line["changes"] for line in lines)
    keys.show(node, argparse.Namespace(json=False))
    said = capsys.readouterr().out
    assert "keys rotate passphrase" in said
    for name in vault.NAMES:
        assert node.secret(name) not in said
