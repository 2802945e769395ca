"""Signing keys in a PKCS#11 token, tried on SoftHSM."""

from __future__ import annotations

import os
import secrets
import subprocess
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.exchange_cast import FIND, JUSTICE, POLICE, asks, country
from lienthong.cli import cards, keyring, renewing, vault
from lienthong.gateway.settings import BadSettings, load_keys
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki, tokens
from lienthong.protocol.errors import BadSignature
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.receipt import signed_of
from lienthong.protocol.signature import verify_logged_answer, verify_logged_request

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "0123456789"

pytest.importorskip("pkcs11")
pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="needs softhsm2")


@pytest.fixture(scope="session")
def soft_hsm(tmp_path_factory) -> Path:
    """
    A SoftHSM with nothing in it.

    The library reads its settings once per process and sees no token made later by
    another program, so all tokens of this process are made before it is loaded.
    """
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    settings = home / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {home / 'tokens'}\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    for label in ("members", "empty", "other"):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN,
             "--so-pin", "so-" + PIN],
            check=True, capture_output=True,
        )  # fmt: skip
    return home


@pytest.fixture
def place(soft_hsm) -> tokens.TokenPlace:
    return tokens.TokenPlace(module=str(MODULE), token="members")


@pytest.fixture
def node(tmp_path, place) -> Node:
    node = Node(home=tmp_path / "home", ports=Ports(8000))
    vault.make_home(node)
    vault.make_secrets(node, cards.cards({}))
    vault.write_secret(node.secrets / "pkcs11_pin", PIN)
    (node.keys / "token.json").write_bytes(msgspec.json.encode(place))
    return node


def test_a_key_made_in_a_token_signs_and_is_found_again(place):
    made = tokens.make_key(place, PIN)
    found = tokens.TokenKey(made.place, PIN)
    assert found.kid == made.kid
    assert found.algorithm == pki.P256
    data = secrets.token_bytes(300)
    assert made.verifying.verify(found.sign(data), data) == data
    assert made.verifying.verify_der(found.sign_der(data), data) == data
    with pytest.raises(BadSignature):
        made.verifying.verify(found.sign(data), data + b".")


def test_the_private_half_cannot_be_read_out_of_the_token(place):
    import pkcs11

    key = tokens.make_key(place, PIN)
    with pytest.raises(pkcs11.PKCS11Error):
        key._private[pkcs11.Attribute.VALUE]
    assert key._private[pkcs11.Attribute.SENSITIVE]
    assert not key._private[pkcs11.Attribute.EXTRACTABLE]


def test_an_exchange_of_members_with_keys_in_tokens_proves_itself(place):
    here = country()
    for member in (JUSTICE, POLICE):
        here.keys[member] = tokens.make_key(place, PIN)
    members = []
    for member in here.snapshot.members:
        identity = MemberId("VN", member.member_class, member.code)
        key = here.keys[identity]
        certificate = here.authority.issue_sign(
            key.verifying, member=identity, name=member.name, now=clock.instant()
        )
        entry = msgspec.structs.replace(
            member.sign_keys[0], kid=key.kid, cert=pki.pem_of(certificate)
        )
        members.append(msgspec.structs.replace(member, sign_keys=[entry]))
    gateway = here.gateway(snapshot=here.changed(members=members))
    try:
        assert gateway.call("POST", f"/r1/{FIND}", asks(), b"{}").status == 200
        asked, answered = gateway.log.rows[1].evidence, gateway.log.rows[2].evidence
        request = signed_of(asked)
        verify_logged_request(request, here.keys[JUSTICE].verifying)
        verify_logged_answer(signed_of(answered), request, here.keys[POLICE].verifying)
    finally:
        gateway.close()


def test_a_member_whose_key_is_in_a_token_signs_grants_with_it(node, place):
    from lienthong.systems.directory.errors import KeyElsewhere
    from lienthong.systems.directory.models import Member
    from lienthong.systems.directory.services import signing

    made = tokens.make_key(place, PIN)
    home = node.keys / "members" / "G15"
    home.mkdir(parents=True)
    (home / "sign.pkcs11").write_bytes(msgspec.json.encode(made.place))
    key = signing.key_of(node, Member(member_class="GOV", code="G15"))
    assert key.kid == made.kid
    assert made.verifying.verify(key.sign(b"terms"), b"terms") == b"terms"
    with pytest.raises(KeyElsewhere):
        signing.key_of(node, Member(member_class="GOV", code="G01"))
    # A token that is away says so; it is no key of somebody else's.
    gone = msgspec.structs.replace(made.place, id="00ff")
    (home / "sign.pkcs11").write_bytes(msgspec.json.encode(gone))
    with pytest.raises(tokens.TokenUnavailable):
        signing.key_of(node, Member(member_class="GOV", code="G15"))


def test_a_token_whose_session_ended_is_asked_again(place):
    key = tokens.make_key(place, PIN)
    tokens.open_session(place.module, place.token, PIN).close()
    assert key.verifying.verify(key.sign(b"again"), b"again")


def test_a_token_without_the_key_is_named_in_a_fault_of_its_own(place):
    empty = tokens.KeyPlace(module=place.module, token="empty", id="00ff")
    with pytest.raises(tokens.TokenUnavailable) as caught:
        tokens.TokenKey(empty, PIN)
    assert caught.value.fault == "HSMNonOperational"
    assert PIN not in str(caught.value)


def test_a_wrong_pin_opens_nothing(place):
    with pytest.raises(tokens.TokenUnavailable, match="Pin") as caught:
        tokens.TokenKey(tokens.KeyPlace(module=place.module, token="other", id="00"), "no PIN")
    assert "no PIN" not in str(caught.value)


def test_a_key_that_leaves_its_token_while_the_gateway_runs_stops_its_member_only(place):
    here = country()
    here.keys[POLICE] = tokens.make_key(place, PIN)
    gateway = here.gateway()
    try:
        tokens.destroy_key(here.keys[POLICE].place, PIN)
        answer = gateway.call("POST", f"/r1/{FIND}", asks(), b"{}")
        assert dict(answer.headers)[b"x-road-error"] == b"Server.ServerProxy.HSMNonOperational"
        said = gateway.log.rows[-1].evidence
        assert said.outcome == "failed", "the system had already answered"
    finally:
        gateway.close()


def test_the_keys_of_a_node_are_made_in_its_token_and_loaded_from_there(node):
    keyring.make(node, cards.cards({}))
    assert not list((node.keys / "members").glob("*/sign.key"))
    keys = load_keys(node, "VN")
    assert MemberId("VN", "GOV", "G01") in keys
    for key in keys.values():
        assert isinstance(key, tokens.TokenKey)
    lines = {line.owner: line for line in keyring.inventory(node) if line.use == "SIGN"}
    assert lines["GOV/G01"].kept.startswith("token members, key ")
    assert lines["GOV/G01"].kid == keys[MemberId("VN", "GOV", "G01")].kid
    assert lines["GOV/G01"].algorithm == "ecdsa-p256-sha256"
    (auth,) = [line for line in keyring.inventory(node) if line.use == "AUTH"]
    assert auth.kept == "file keys/gateway/auth.key"


def test_a_renewed_key_leaves_the_token_and_a_new_one_takes_its_place(node):
    keyring.make(node, cards.cards({}))
    before = load_keys(node, "VN")[MemberId("VN", "GOV", "G01")]
    with clock.stopped(at=clock.instant() + timedelta(days=21)):
        done = renewing.renew(node, cards.cards({}), now=True)
    assert "sign G01 (in use)" in done
    after = load_keys(node, "VN")[MemberId("VN", "GOV", "G01")]
    assert after.kid != before.kid
    with pytest.raises(tokens.TokenUnavailable):
        tokens.TokenKey(before.place, PIN)


def test_a_node_that_gives_up_its_token_gets_files_again(node):
    keyring.make(node, cards.cards({}))
    (node.keys / "token.json").unlink()
    renewing.renew(node, cards.cards({}), all_of_them=True, now=True)
    assert not list((node.keys / "members").glob("*/sign.pkcs11"))
    assert all(isinstance(key, pki.FileKey) for key in load_keys(node, "VN").values())


def test_a_member_with_two_keys_of_which_neither_is_named_stops_the_start(node):
    keyring.make(node, cards.cards({}))
    pki.SigningKey.generate().save(
        node.keys / "members" / "G01" / "sign.key", node.secret("passphrase").encode()
    )
    with pytest.raises(BadSettings, match="one in a token"):
        load_keys(node, "VN")
