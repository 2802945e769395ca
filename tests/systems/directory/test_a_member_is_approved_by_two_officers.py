"""Requests, approvals and invitations: who may decide, what comes of it, what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lienthong.gateway.directory_client import refusal
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.errors import BadSignature
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.joining import (
    BadInvitation,
    Invitation,
    Letter,
    Registration,
    Update,
    write_letter,
)
from lienthong.record.audit import entries_about
from lienthong.systems.directory.errors import (
    BadJoinRequest,
    DecidedAlready,
    GatewayOfAnother,
    InvitationRefused,
    NotInvited,
    OwnRequest,
    RequestDecided,
    RequestOpen,
)
from lienthong.systems.directory.models import (
    AccessGrant,
    Gateway,
    JoinRequest,
    Offer,
    Snapshot,
    Subsystem,
)
from lienthong.systems.directory.models import (
    Invitation as InvitationRow,
)
from lienthong.systems.directory.queries import joining as asked
from lienthong.systems.directory.services import joining
from systems.directory.installed_country import install
from systems.directory.joining_cast import (
    ASKS,
    DOOR,
    FIRST,
    KIEN_GIANG,
    SECOND,
    THIRD,
    Newcomer,
    approved,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


@pytest.fixture
def newcomer(directory: Node, tmp_path: Path) -> Newcomer:
    return Newcomer.fresh(directory, tmp_path / "newcomer")


# -- deciding ---------------------------------------------------------------------------------


def test_the_second_approval_gives_the_invitation_and_the_first_gives_nothing(
    directory: Node,
) -> None:
    request = joining.ask_to_join(KIEN_GIANG, by=ASKS)
    assert request.needed == 2
    assert joining.approve(request.pk, by=FIRST, url=DOOR, node=directory) == ""
    request.refresh_from_db()
    assert request.state == JoinRequest.State.WAITING
    token = joining.approve(request.pk, by=SECOND, url=DOOR, node=directory)
    said = Invitation.read(token)
    assert (said.url, said.gateway) == (DOOR, "VN/GOV/TINH-91/kien-giang")
    assert said.directory == "VN/GOV/G14/national"
    root = pki.load_certificate((directory.keys / "authority" / "root.crt").read_bytes())
    assert said.root_sha256 == pki.fingerprint(root)


def test_nobody_approves_or_refuses_a_request_of_their_own(directory: Node) -> None:
    request = joining.ask_to_join(KIEN_GIANG, by=ASKS)
    with pytest.raises(OwnRequest):
        joining.approve(request.pk, by=ASKS, url=DOOR, node=directory)
    with pytest.raises(OwnRequest):
        joining.refuse(request.pk, reason="thiếu hồ sơ", by=ASKS)
    assert request.decisions.count() == 0


def test_one_officer_is_not_two(directory: Node) -> None:
    request = joining.ask_to_join(KIEN_GIANG, by=ASKS)
    joining.approve(request.pk, by=FIRST, url=DOOR, node=directory)
    other_seat = replace(FIRST, office="G14.TH")
    with pytest.raises(DecidedAlready):
        joining.approve(request.pk, by=other_seat, url=DOOR, node=directory)
    assert InvitationRow.objects.count() == 0


def test_one_refusal_ends_a_request_and_says_why(directory: Node) -> None:
    request = joining.ask_to_join(KIEN_GIANG, by=ASKS)
    joining.approve(request.pk, by=FIRST, url=DOOR, node=directory)
    joining.refuse(request.pk, reason="chưa có phê duyệt cấp độ", by=SECOND)
    with pytest.raises(RequestDecided):
        joining.approve(request.pk, by=THIRD, url=DOOR, node=directory)
    request.refresh_from_db()
    assert [event.what for event in asked.history(request)] == ["asked", "approved", "refused"]
    assert asked.history(request)[-1].detail == "chưa có phê duyệt cấp độ"
    # A refused body may ask again.
    assert joining.ask_to_join(KIEN_GIANG, by=ASKS).pk != request.pk


def test_a_further_gateway_of_a_connected_body_takes_one_other_officer(
    newcomer: Newcomer, directory: Node
) -> None:
    _, token = approved(directory)
    newcomer.join(token)
    request = joining.ask_to_join(replace(KIEN_GIANG, gateway_code="phu-quoc"), by=ASKS)
    assert request.needed == 1
    assert joining.approve(request.pk, by=FIRST, url=DOOR, node=directory)


def test_only_one_request_for_a_gateway_is_open(directory: Node) -> None:
    joining.ask_to_join(KIEN_GIANG, by=ASKS)
    with pytest.raises(RequestOpen):
        joining.ask_to_join(KIEN_GIANG, by=FIRST)


def test_the_gateway_of_another_body_cannot_be_asked_for(directory: Node) -> None:
    with pytest.raises(GatewayOfAnother):
        joining.ask_to_join(replace(KIEN_GIANG, gateway_code="national"), by=ASKS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gateway_code": "../etc"},
        {"member_code": "TINH 91"},
        {"subsystems": []},
        {"subsystems": [("lgsp", "a", "lgsp"), ("lgsp", "b", "lgsp")]},
        {"subsystems": [("lgsp", "a", "spaceship")]},
        {"legal_basis": "  "},
    ],
    ids=["path", "space", "no-system", "twice", "kind", "no-basis"],
)
def test_a_request_that_does_not_say_what_it_must_is_not_entered(
    directory: Node, wrong: dict[str, object]
) -> None:
    with pytest.raises(BadJoinRequest):
        joining.ask_to_join(replace(KIEN_GIANG, **wrong), by=ASKS)
    assert JoinRequest.objects.count() == 0


# -- joining ----------------------------------------------------------------------------------


def test_a_gateway_joins_with_keys_that_never_leave_it(newcomer: Newcomer, directory: Node) -> None:
    request, token = approved(directory)
    joined = newcomer.join(token)
    assert joined.subsystems == ["lgsp"]
    said = newcomer.snapshot()
    entry = said.gateway("kien-giang")
    assert (entry.host, entry.port, entry.owner) == ("10.0.0.9", 18500, "GOV/TINH-91")
    auth = pki.load_chain((newcomer.node.keys / "gateway" / "auth.crt").read_bytes())
    assert entry.auth_cert_sha256 == [pki.fingerprint(auth[0])]
    passphrase = newcomer.node.secret("passphrase").encode()
    sign = pki.SigningKey.load(newcomer.node.keys / "members" / "TINH-91" / "sign.key", passphrase)
    member, key = said.sign_key(sign.kid, newcomer.anchor, clock.instant())
    assert member == MemberId("VN", "GOV", "TINH-91")
    assert key.verify(sign.sign(b"x"), b"x") == b"x"
    lgsp = Subsystem.objects.get(code="lgsp", member__code="TINH-91")
    assert [gateway.code for gateway in lgsp.gateways] == ["kien-giang"]
    request.refresh_from_db()
    assert request.state == JoinRequest.State.JOINED
    assert [event.what for event in asked.history(request)] == [
        "asked", "approved", "approved", "invited", "joined", "certified", "certified",
    ]  # fmt: skip
    assert [e.what for e in entries_about(str(request.pk))][0] == "directory.joined"


def test_an_invitation_is_good_for_one_key_only(
    newcomer: Newcomer, directory: Node, tmp_path: Path
) -> None:
    _, token = approved(directory)
    first = newcomer.join(token)
    thief = Newcomer.fresh(directory, tmp_path / "thief")
    with pytest.raises(InvitationRefused):
        thief.join(token)
    before = Snapshot.objects.count()
    # The same gateway with the same keys: its first answer may have been lost on the way.
    (newcomer.node.gateway / "membership.json").unlink()
    assert newcomer.join(token) == first
    assert Snapshot.objects.count() == before


def test_an_invitation_ends_after_three_days(newcomer: Newcomer, directory: Node) -> None:
    _, token = approved(directory)
    with (
        clock.stopped(at=clock.instant() + timedelta(hours=72, minutes=1)),
        pytest.raises(InvitationRefused),
    ):
        newcomer.join(token)


def test_a_new_invitation_ends_the_one_before(newcomer: Newcomer, directory: Node) -> None:
    request, lost = approved(directory)
    token = joining.invite_again(request.pk, by=SECOND, url=DOOR, node=directory)
    with pytest.raises(InvitationRefused):
        newcomer.join(lost)
    newcomer.join(token)
    with pytest.raises(RequestDecided):
        joining.invite_again(request.pk, by=SECOND, url=DOOR, node=directory)


def test_only_a_digest_of_the_secret_is_kept(directory: Node) -> None:
    _, token = approved(directory)
    secret = Invitation.read(token).secret
    row = InvitationRow.objects.get()
    assert secret not in str(vars(row))
    assert len(row.secret_sha256) == 64


def test_a_gateway_cannot_register_a_system_the_approval_does_not_name(
    newcomer: Newcomer, directory: Node
) -> None:
    _, token = approved(directory)
    with pytest.raises(NotInvited):
        newcomer.join(token, newcomer.registration("lgsp", "population"))
    assert not Gateway.objects.filter(code="kien-giang").exists()


def test_a_request_for_a_key_one_does_not_hold_is_refused() -> None:
    mine, theirs = pki.SigningKey.generate(), pki.SigningKey.generate()
    request = x509.load_pem_x509_csr(pki.make_request(mine, name="x").encode())
    point = [
        key.verifying.public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        for key in (mine, theirs)
    ]
    forged = x509.load_der_x509_csr(request.public_bytes(Encoding.DER).replace(*point))
    with pytest.raises(BadSignature):
        pki.key_of_request(forged.public_bytes(Encoding.PEM).decode())
    assert pki.key_of_request(request.public_bytes(Encoding.PEM).decode()).kid == mine.kid


def test_what_a_provider_states_to_others_is_given_as_soon_as_they_are_there(
    newcomer: Newcomer, directory: Node
) -> None:
    _, token = approved(directory)
    newcomer.join(token)
    grant = AccessGrant.objects.get(offer__code="dossier.status.v1")
    assert (grant.client.code, grant.purpose, grant.from_card) == ("steering", "Theo dõi", True)
    said = newcomer.registration(host="10.0.0.10")
    newcomer.way.post("/exchange/register", letter_of(newcomer, said))
    assert Gateway.objects.get(code="kien-giang").host == "10.0.0.10"
    without = replace_offers(said)
    newcomer.way.post("/exchange/register", letter_of(newcomer, without))
    assert Offer.objects.get(code="dossier.status.v1").withdrawn_at is not None
    grant.refresh_from_db()
    assert grant.valid_to is not None


def letter_of(newcomer: Newcomer, said: Registration) -> bytes:
    key = pki.SigningKey.load(
        newcomer.node.keys / "gateway" / "auth.key", newcomer.node.secret("passphrase").encode()
    )
    return write_letter(
        Letter(
            gateway="VN/GOV/TINH-91/kien-giang",
            to="VN/GOV/G14/national",
            made_at=clock.instant(),
            says=Update(registration=said),
        ),
        key,
    )


def replace_offers(said: Registration) -> Registration:
    bare = [msgspec.structs.replace(system, offers=[]) for system in said.subsystems]
    return msgspec.structs.replace(said, subsystems=bare)


# -- tokens -----------------------------------------------------------------------------------


def test_a_token_cut_in_copying_is_told_from_a_foreign_one(directory: Node) -> None:
    _, token = approved(directory)
    assert Invitation.read(f"  {token[:40]}\n{token[40:]} ").token() == token
    for wrong in (token[:-9], token.replace("ltj1.", "abc1."), "", "ltj1..", "ltj1.e30.44136f"):
        with pytest.raises(BadInvitation):
            Invitation.read(wrong)


def test_an_invitation_to_plain_http_is_refused(directory: Node) -> None:
    request, _ = approved(directory)
    token = joining.invite_again(request.pk, by=SECOND, url="http://127.0.0.1", node=directory)
    with pytest.raises(BadInvitation):
        Invitation.read(token)


def test_a_refusal_is_told_in_the_directorys_own_words() -> None:
    said = refusal(403, b'{"title": "no", "code": "directory.not_invited"}')
    assert said.code == "gateway.directory_refused"
    assert said.detail == {"code": "directory.not_invited"}
    assert "directory.not_invited" in str(said)
