"""Thirty days of a member's certificates, with the clock moved: renewed, overlapped, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lienthong.gateway import membership
from lienthong.gateway.membership import Pair, finish_promotion
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import joining as wire
from lienthong.protocol import pki
from lienthong.protocol.errors import BadSignature, Expired, RolledBack, UnknownKey
from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.joining import Letter, Renewal, open_denied, write_letter
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import CertificateRevoked, KeyKnown, LetterRefused
from lienthong.systems.directory.models import Certificate
from lienthong.systems.directory.services import denying, joining
from systems.directory.installed_country import install
from systems.directory.joining_cast import DOOR, FIRST, SECOND, THIRD, Newcomer, approved

pytestmark = pytest.mark.django_db
GATEWAY = GatewayId.parse("VN/GOV/TINH-91/kien-giang")


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


@pytest.fixture
def member(directory: Node, tmp_path: Path) -> Newcomer:
    made = Newcomer.fresh(directory, tmp_path / "member")
    _, token = approved(directory)
    made.join(token)
    return made


@pytest.fixture
def joined_at(member: Newcomer) -> datetime:
    return clock.instant()


def keys_of(member: Newcomer, step: str = "") -> tuple[pki.SigningKey, pki.SigningKey]:
    passphrase = member.node.secret("passphrase").encode()
    return Pair.of(member.node, GATEWAY, step).load(passphrase)


def days_on(joined_at: datetime, days: float) -> clock.stopped:
    return clock.stopped(at=joined_at + timedelta(days=days))


def renew_at(member: Newcomer, joined_at: datetime, days: float) -> str:
    with days_on(joined_at, days):
        services.refresh_snapshot(member.directory)
        return member.renewals().look(member.snapshot())


def test_a_gateway_renews_from_day_twenty_and_not_before(
    member: Newcomer, joined_at: datetime
) -> None:
    before = keys_of(member)
    assert renew_at(member, joined_at, 19.9) == ""
    assert member.way.posted == ["/exchange/join"]
    assert renew_at(member, joined_at, 20.01) == "certified"
    assert member.way.posted[-1] == "/exchange/renew"
    assert [key.kid for key in keys_of(member)] == [key.kid for key in before]
    fresh = keys_of(member, ".next")
    assert {key.kid for key in fresh}.isdisjoint({key.kid for key in before})


def test_new_keys_are_used_when_no_snapshot_in_force_can_lack_them(
    member: Newcomer, joined_at: datetime
) -> None:
    old_auth, old_sign = keys_of(member)
    renew_at(member, joined_at, 20.01)
    fresh = [key.kid for key in keys_of(member, ".next")]
    assert renew_at(member, joined_at, 20.5) == ""
    assert renew_at(member, joined_at, 21.1) == "promoted"
    assert [key.kid for key in keys_of(member)] == fresh
    assert not list(member.node.keys.rglob("*.next.*"))
    with days_on(joined_at, 21.1):
        said = member.snapshot()
        # Both are believed: what the old key signed a moment ago is still on its way.
        for key in (old_sign.kid, fresh[1]):
            said.sign_key(key, member.anchor, clock.instant())
        assert len(said.gateway("kien-giang").auth_cert_sha256) == 2
        # And the old private keys are gone, while their certificates prove old messages.
        held = [path.read_bytes() for path in member.node.keys.rglob("*.key")]
        assert len(held) == 2
        assert len(list(member.node.keys.rglob("*.old"))) == 2
    with days_on(joined_at, 30.1), pytest.raises(Expired):
        said.sign_key(old_sign.kid, member.anchor, clock.instant())
    assert old_auth.kid != old_sign.kid


def test_two_renewals_in_a_row_leave_no_day_without_a_certificate(
    member: Newcomer, joined_at: datetime
) -> None:
    steps = []
    path = Pair.of(member.node, GATEWAY).sign.with_suffix(".crt")
    for day in range(19, 45):
        steps.append(renew_at(member, joined_at, day))
        with days_on(joined_at, day):
            held = pki.load_chain(path.read_bytes())[0]
            kid = pki.kid_of(pki.require_known(held.public_key()))
            member.snapshot().sign_key(kid, member.anchor, clock.instant())
    assert [step for step in steps if step] == ["certified", "promoted"] * 2


def test_a_renewal_whose_answer_was_lost_is_asked_again_for_the_same_keys(
    member: Newcomer, joined_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    post = member.way.post

    def lost(path: str, body: bytes) -> bytes:
        answers.append(post(path, body))
        if len(answers) == 1:
            raise ConnectionError
        return answers[-1]

    monkeypatch.setattr(member.way, "post", lost)
    with days_on(joined_at, 20.1):
        services.refresh_snapshot(member.directory)
        with pytest.raises(ConnectionError):
            member.renewals().look(member.snapshot())
        assert member.renewals().look(member.snapshot()) == "certified"
    assert answers[0] == answers[1]


def test_a_promotion_that_was_cut_off_is_finished_at_the_next_start(
    member: Newcomer, joined_at: datetime
) -> None:
    renew_at(member, joined_at, 20.01)
    coming, held = Pair.of(member.node, GATEWAY, ".next"), Pair.of(member.node, GATEWAY)
    fresh = [key.kid for key in keys_of(member, ".next")]
    coming.auth.replace(held.auth)  # and then the machine lost its power
    finish_promotion(member.node, GATEWAY)
    assert [key.kid for key in keys_of(member)] == fresh
    for key, path in zip(keys_of(member), (held.auth, held.sign), strict=True):
        chain = pki.load_chain(path.with_suffix(".crt").read_bytes())
        assert pki.kid_of(pki.require_known(chain[0].public_key())) == key.kid


# -- letters ----------------------------------------------------------------------------------


def letter(member: Newcomer, key: pki.SigningKey, **changes: object) -> bytes:
    pair = [pki.SigningKey.generate() for _ in range(2)]
    values = {
        "gateway": str(GATEWAY),
        "to": "VN/GOV/G14/national",
        "made_at": clock.instant(),
        "says": Renewal(keys=wire.Keys.of(*pair, GATEWAY)),
    }
    return write_letter(Letter(**(values | changes)), key)  # type: ignore[arg-type]


def test_only_the_gateways_own_tls_key_signs_its_letters(member: Newcomer) -> None:
    auth, sign = keys_of(member)
    joining.renew(letter(member, auth), node=member.directory)
    for key in (sign, pki.SigningKey.generate()):
        with pytest.raises(LetterRefused):
            joining.renew(letter(member, key), node=member.directory)
    with pytest.raises(LetterRefused):
        joining.renew(letter(member, auth, gateway="VN/GOV/G14/national"), node=member.directory)


def test_a_letter_for_another_directory_or_of_another_hour_is_refused(member: Newcomer) -> None:
    auth, _ = keys_of(member)
    with pytest.raises(BadSignature):
        joining.renew(letter(member, auth, to="VN/GOV/G22/other"), node=member.directory)
    for minutes in (-6, 6):
        at = clock.instant() + timedelta(minutes=minutes)
        with pytest.raises(Expired):
            joining.renew(letter(member, auth, made_at=at), node=member.directory)
    broken = bytearray(letter(member, auth))
    broken[40] ^= 1
    with pytest.raises((BadSignature, LetterRefused)):
        joining.renew(bytes(broken), node=member.directory)


def test_a_key_is_certified_for_one_holder_only(member: Newcomer) -> None:
    auth, _ = keys_of(member)
    other = pki.SigningKey.load(
        member.directory.keys / "members" / "G01" / "sign.key",
        member.directory.secret("passphrase").encode(),
    )
    keys = wire.Keys.of(pki.SigningKey.generate(), other, GATEWAY)
    with pytest.raises(KeyKnown):
        joining.renew(letter(member, auth, says=Renewal(keys=keys)), node=member.directory)


# -- revoking ---------------------------------------------------------------------------------


def test_a_revoked_key_is_on_the_deny_list_and_out_of_the_snapshot(
    member: Newcomer, joined_at: datetime
) -> None:
    auth, sign = keys_of(member)
    for key in (auth, sign):
        joining.revoke_certificate(key.kid, reason="máy bị mất", by=FIRST, node=member.directory)
    denied = open_denied((member.directory.gateway / "denied.json").read_bytes(), member.anchor)
    chain = pki.load_chain(Pair.of(member.node, GATEWAY).auth.with_suffix(".crt").read_bytes())
    assert denied.kids == [sign.kid]
    assert denied.auth_sha256 == [pki.fingerprint(chain[0])]
    assert denied.number == 2
    said = member.snapshot()
    assert said.gateway("kien-giang").auth_cert_sha256 == []
    with pytest.raises(UnknownKey):
        said.sign_key(sign.kid, member.anchor, clock.instant())
    with pytest.raises(LetterRefused):
        joining.renew(letter(member, auth), node=member.directory)
    with pytest.raises(CertificateRevoked):
        joining.revoke_certificate(auth.kid, reason="lần nữa", by=FIRST, node=member.directory)
    # It leaves the list when the certificate would have ended by itself.
    with days_on(joined_at, 31):
        assert denying.publish_denied(member.directory).number == 3
        denying.write_denied(member.directory)
        raw = (member.directory.gateway / "denied.json").read_bytes()
        assert open_denied(raw, member.anchor).kids == []


def test_a_deny_list_is_never_rolled_back_or_taken_from_a_stranger(member: Newcomer) -> None:
    _, sign = keys_of(member)
    joining.revoke_certificate(sign.kid, reason="lộ khóa", by=FIRST, node=member.directory)
    raw = (member.directory.gateway / "denied.json").read_bytes()
    with pytest.raises(RolledBack):
        open_denied(raw, member.anchor, newer_than=2)
    said = open_denied(raw, member.anchor)
    with pytest.raises(BadSignature):
        open_denied(wire.seal_denied(said, pki.SigningKey.generate()), member.anchor)


def test_a_body_whose_keys_were_revoked_comes_back_by_a_new_invitation(
    member: Newcomer,
) -> None:
    before = keys_of(member)
    for key in before:
        joining.revoke_certificate(key.kid, reason="lộ khóa", by=FIRST, node=member.directory)
    request, token = approved(member.directory)
    assert request.needed == 1
    member.join(token)
    after = keys_of(member)
    assert {key.kid for key in after}.isdisjoint({key.kid for key in before})
    said = member.snapshot()
    assert len(said.gateway("kien-giang").auth_cert_sha256) == 1
    said.sign_key(after[1].kid, member.anchor, clock.instant())
    status = dict(Certificate.objects.values_list("kid", "status"))
    assert {status[key.kid] for key in before} == {"revoked"}


def test_a_node_that_belongs_to_one_gateway_does_not_become_another(
    member: Newcomer, directory: Node
) -> None:
    request = joining.ask_to_join(
        joining.Wanted(
            "G24", "Bảo hiểm xã hội Việt Nam", "agency", "social-security",
            [("csdl-bao-hiem", "CSDL quốc gia về Bảo hiểm", "database")], "Nghị định 47/2020/NĐ-CP",
        ),
        by=FIRST,
    )  # fmt: skip
    token = ""
    for by in (SECOND, THIRD):
        token = joining.approve(request.pk, by=by, url=DOOR, node=directory)
    with pytest.raises(membership.JoinedAlready):
        member.join(token)
