"""Secrets and keys: made when missing, kept when there, renewed when their day has come."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lienthong.cli import cards, keyring, renewing, vault
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from lienthong.protocol.snapshot import Anchor

BIRTH = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    node = Node(home=tmp_path / "home", ports=Ports(8000))
    vault.make_home(node)
    vault.make_secrets(node, cards.cards({}))
    return node


def test_every_secret_is_in_a_file_of_its_own_that_only_the_owner_reads(node: Node) -> None:
    names = {str(p.relative_to(node.secrets)) for p in node.secrets.rglob("*") if p.is_file()}
    assert names >= set(vault.NAMES)
    assert "clients/G15.civil-status" in names
    assert node.secrets.stat().st_mode & 0o777 == 0o700
    assert vault.too_open(node) == []
    assert len({node.secret(name) for name in vault.NAMES}) == len(vault.NAMES)


def test_a_secret_that_others_can_read_is_noticed(node: Node) -> None:
    (node.secrets / "db_app").chmod(0o644)
    assert vault.too_open(node) == [node.secrets / "db_app"]


def test_making_secrets_again_changes_none(node: Node) -> None:
    before = {name: node.secret(name) for name in vault.NAMES}
    (node.secrets / "db_app").unlink()
    assert vault.make_secrets(node, cards.cards({})) == ["db_app"]
    after = {name: node.secret(name) for name in vault.NAMES}
    assert after.pop("db_app") != before.pop("db_app")
    assert after == before


@pytest.mark.parametrize("name", vault.IRREPLACEABLE)
def test_a_lost_secret_stops_the_start_instead_of_being_replaced(node: Node, name: str) -> None:
    kept = node.secret(name)
    (node.secrets / name).unlink()
    with pytest.raises(vault.SecretLost, match=name):
        vault.make_secrets(node, cards.cards({}))
    assert not (node.secrets / name).exists()
    vault.write_secret(node.secrets / name, kept)
    assert vault.make_secrets(node, cards.cards({})) == []


def test_the_list_of_what_was_made_holds_no_secret(node: Node) -> None:
    listed = (node.home / vault.MADE).read_text()
    assert all(name in listed for name in vault.IRREPLACEABLE)
    assert not any(node.secret(name) in listed for name in vault.NAMES)


def test_each_owner_gets_a_signing_key_and_the_gateway_its_own(node: Node) -> None:
    made = keyring.make(node, cards.cards({}))
    assert {"root", "sign G01", "sign G14", "sign G15", "auth national", "snapshot"} <= set(made)
    assert keyring.make(node, cards.cards({})) == []
    lines = {(line.use, line.owner) for line in keyring.inventory(node)}
    assert ("SIGN", "GOV/G15") in lines
    assert ("AUTH", "GOV/G14/national") in lines


def test_private_keys_are_encrypted_under_the_passphrase(node: Node) -> None:
    keyring.make(node, cards.cards({}))
    path = node.keys / "members" / "G15" / "sign.key"
    assert b"ENCRYPTED" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match=r"."):
        pki.SigningKey.load(path, b"a guess")
    pki.SigningKey.load(path, node.secret("passphrase").encode())


def test_the_anchor_names_the_directorys_key_and_the_root(node: Node) -> None:
    keyring.make(node, cards.cards({}))
    anchor = json.loads((node.gateway / "anchor.json").read_text())
    pem = (node.keys / "directory" / "snapshot.pub").read_text()
    assert anchor["instance"] == "VN"
    assert anchor["directory_keys"] == [{"kid": pki.VerifyingKey.from_pem(pem).kid, "pem": pem}]
    root = pki.load_certificate(anchor["roots"][0])
    sign = pki.load_chain((node.keys / "members" / "G15" / "sign.crt").read_bytes())
    pki.check_chain(sign, [root], at=clock.instant())


def test_certificates_are_renewed_from_their_twentieth_day_and_not_before(node: Node) -> None:
    with clock.stopped(at=BIRTH):
        keyring.make(node, cards.cards({}))
    path = node.keys / "members" / "G15" / "sign.crt"
    old = path.read_bytes()
    with clock.stopped(at=BIRTH + timedelta(days=19, hours=23)):
        assert renewing.renew(node, cards.cards({}), now=True) == []
    with clock.stopped(at=BIRTH + timedelta(days=20)):
        renewed = renewing.renew(node, cards.cards({}), now=True)
    assert "sign G15 (in use)" in renewed
    assert "auth national (in use)" in renewed
    assert path.read_bytes() != old
    # The old certificate is kept, since what it signed must stay verifiable.
    assert [p.read_bytes() for p in path.parent.glob("sign.*.old")] == [old]
    new = pki.load_certificate(path.read_bytes())
    key = pki.SigningKey.load(path.with_suffix(".key"), node.secret("passphrase").encode())
    assert pki.kid_of(pki.require_known(new.public_key())) == key.kid


def test_renewing_all_does_not_wait_for_the_day(node: Node) -> None:
    keyring.make(node, cards.cards({}))
    renewed = renewing.renew(node, cards.cards({}), all_of_them=True, now=True)
    names = {"sign G01", "sign G14", "sign G15", "auth national"}
    assert set(renewed) == {
        *(f"{name} (in use)" for name in names),
        *("document G01", "document G14", "document G15"),
    }


def test_the_root_is_opened_by_no_passphrase_but_its_own(node: Node) -> None:
    keyring.make(node, cards.cards({}))
    with pytest.raises(ValueError, match=r"."):
        pki.SigningKey.load(
            node.keys / "authority" / "root.key", node.secret("passphrase").encode()
        )


def test_a_node_goes_on_issuing_when_its_root_is_offline(node: Node, tmp_path: Path) -> None:
    keyring.make(node, cards.cards({}))
    moved = keyring.take_root_offline(node, tmp_path / "stick")
    assert {path.name for path in moved} == {"root.key", "root_passphrase"}
    assert not (node.keys / "authority" / "root.key").exists()
    assert not (node.secrets / "root_passphrase").exists()
    assert renewing.renew(node, cards.cards({}), all_of_them=True, now=True)
    assert keyring.make(node, cards.cards({})) == []
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    chain = pki.load_chain((node.keys / "gateway" / "auth.crt").read_bytes())
    pki.check_chain(chain, anchor.certificates, at=clock.instant())


def test_the_offline_root_certifies_the_next_issuing_authority(node: Node, tmp_path: Path) -> None:
    keyring.make(node, cards.cards({}))
    keyring.take_root_offline(node, tmp_path / "stick")
    before = (node.keys / "gateway" / "auth.crt").read_bytes()
    old = keyring.issuing_ends(node)
    with clock.stopped(at=clock.instant() + timedelta(days=300)):
        keyring.renew_issuing(node, tmp_path / "stick")
        assert keyring.issuing_ends(node) > old
        renewing.renew(node, cards.cards({}), all_of_them=True, now=True)
        anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
        chain = pki.load_chain((node.keys / "gateway" / "auth.crt").read_bytes())
        pki.check_chain(chain, anchor.certificates, at=clock.instant())
    # What the one before issued is still believed: it travels with its own authority.
    pki.check_chain(pki.load_chain(before), anchor.certificates, at=clock.instant())


def test_a_home_whose_root_issued_by_itself_gets_a_new_root_and_trusts_both(node: Node) -> None:
    now = clock.instant()
    key = pki.SigningKey.generate()
    place = node.keys / "authority"
    key.save(place / "root.key", node.secret("passphrase").encode())
    old = pki.make_root(key, name="Old root", instance="VN", now=now, certifies=0)
    pki.write_private(place / "root.crt", pki.pem_of(old).encode())
    keyring.make(node, cards.cards({}))
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    assert len(anchor.certificates) == 2
    assert old in anchor.certificates
    chain = pki.load_chain((node.keys / "gateway" / "auth.crt").read_bytes())
    pki.check_chain(chain, anchor.certificates, at=clock.instant())
