"""Snapshots: sealed by the directory, never rolled back, asked in one look."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lienthong.protocol import snapshot
from lienthong.protocol.errors import (
    AccessDenied,
    BadSignature,
    Expired,
    OutdatedSnapshot,
    RolledBack,
    UnknownKey,
    UnknownMember,
    UnknownService,
    UntrustedCertificate,
)
from lienthong.protocol.identifiers import MemberId, ServiceId, SubsystemId
from lienthong.protocol.pki import SigningKey

CLIENT = SubsystemId.parse("VN/GOV/G15/civil-status")
SERVICE = ServiceId.parse("VN/GOV/G01/population/person.find.v1")


def test_a_sealed_snapshot_opens_to_what_was_sealed(paper):
    made = paper.snapshot()
    assert snapshot.open_snapshot(snapshot.seal(made, paper.directory), paper.anchor) == made


def test_a_snapshot_of_another_key_is_refused(paper):
    with pytest.raises(BadSignature):
        snapshot.open_snapshot(snapshot.seal(paper.snapshot(), SigningKey.generate()), paper.anchor)


def test_a_changed_payload_is_refused(paper):
    sealed = json.loads(snapshot.seal(paper.snapshot(), paper.directory))
    other = json.loads(snapshot.seal(paper.snapshot(number=13), paper.directory))
    sealed["payload"] = other["payload"]
    with pytest.raises(BadSignature):
        snapshot.open_snapshot(json.dumps(sealed).encode(), paper.anchor)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"payload":"?","signatures":[]}'])
def test_what_is_no_snapshot_is_refused(paper, raw):
    with pytest.raises(BadSignature):
        snapshot.open_snapshot(raw, paper.anchor)


def test_an_older_number_is_refused_and_the_same_one_is_not(paper):
    sealed = snapshot.seal(paper.snapshot(number=12), paper.directory)
    assert snapshot.open_snapshot(sealed, paper.anchor, newer_than=12).number == 12
    with pytest.raises(RolledBack):
        snapshot.open_snapshot(sealed, paper.anchor, newer_than=13)


def test_a_snapshot_of_another_instance_is_refused(paper):
    sealed = snapshot.seal(paper.snapshot(instance="XX"), paper.directory)
    with pytest.raises(BadSignature):
        snapshot.open_snapshot(sealed, paper.anchor)


@pytest.mark.parametrize(
    ("effect", "age", "holds"),
    [
        ("changing", timedelta(hours=24), True),
        ("changing", timedelta(hours=24, seconds=1), False),
        ("sensitive", timedelta(hours=25), False),
        ("public", timedelta(days=7), True),
        ("public", timedelta(days=7, seconds=1), False),
        ("never heard of", timedelta(hours=25), False),
        ("public", -timedelta(hours=1), False),
    ],
)
def test_each_class_of_service_says_how_old_a_snapshot_may_be(paper, effect, age, holds):
    made = paper.snapshot()
    if holds:
        assert made.check_age(effect, paper.now + age) is made
    else:
        with pytest.raises(OutdatedSnapshot):
            made.check_age(effect, paper.now + age)


def allowed(made, paper, **changes):
    asked = {"client": CLIENT, "service": SERVICE, "method": "POST", "path": b"", "now": paper.now}
    return made.grant(**{**asked, **changes})


def test_a_grant_in_force_allows_the_request(paper):
    assert allowed(paper.snapshot(), paper).id == "g1"


@pytest.mark.parametrize(
    "change",
    [
        {"client": SubsystemId.parse("VN/GOV/G01/population")},
        {"service": ServiceId.parse("VN/GOV/G01/population/person.verify.v1")},
        {"method": "GET"},
        {"path": b"/a/../b"},
        {"path": b"/a/%2e%2e/b"},
        {"path": b"/a/%252e%252e/b"},
        {"path": b"/a\\b"},
        {"path": b"/%ff"},
        {"revoked": {"g1"}},
    ],
)
def test_any_other_request_is_denied(paper, change):
    with pytest.raises(AccessDenied):
        allowed(paper.snapshot(), paper, **change)


def test_a_grant_holds_only_in_its_time(paper):
    made = paper.snapshot()
    with pytest.raises(AccessDenied):
        allowed(made, paper, now=paper.now - timedelta(days=2))
    ended = [
        snapshot.GrantEntry(
            **{
                name: getattr(made.grants[0], name)
                for name in made.grants[0].__struct_fields__
                if name != "valid_to"
            },
            valid_to=paper.now,
        )
    ]
    with pytest.raises(AccessDenied):
        allowed(paper.snapshot(grants=ended), paper)


def test_a_client_that_is_not_registered_is_unknown(paper):
    with pytest.raises(UnknownMember):
        allowed(paper.snapshot(), paper, client=SubsystemId.parse("VN/GOV/G15/nobody"))
    with pytest.raises(UnknownMember):
        allowed(paper.snapshot(), paper, client=SubsystemId.parse("XX/GOV/G15/civil-status"))


def test_a_service_nobody_offers_is_unknown(paper):
    made = paper.snapshot()
    assert made.offer(SERVICE).effect == "changing"
    with pytest.raises(UnknownService):
        made.offer(ServiceId(SERVICE.subsystem, "person.fly.v1"))
    with pytest.raises(UnknownMember):
        made.offer(ServiceId.parse("VN/GOV/G09/population/person.find.v1"))


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**", "/a/b", True),
        ("/persons/*", "/persons/1", True),
        ("/persons/*", "/persons/1/2", False),
        ("/persons/**", "/persons/1/2", True),
        ("/persons", "/persons/", False),
        (r"/a\*", "/a*", True),
        (r"/a\*", "/ab", False),
        ("/a.b", "/axb", False),
        ("/(", "/(", True),
    ],
)
def test_paths_match_as_x_road_matches_them(glob, path, matches):
    assert bool(snapshot.compile_glob(glob).fullmatch(path)) is matches


def test_a_members_key_is_found_with_its_member(paper):
    made = paper.snapshot()
    member, key = made.sign_key(paper.keys["G15"].kid, paper.anchor, paper.now)
    assert member == MemberId("VN", "GOV", "G15")
    assert key.kid == paper.keys["G15"].kid
    # A second look is answered from what was verified, and still asks for the time.
    assert made.sign_key(key.kid, paper.anchor, paper.now)[1] is key
    with pytest.raises(Expired):
        made.sign_key(key.kid, paper.anchor, paper.now + timedelta(days=31))


def test_unknown_retired_and_revoked_keys_sign_nothing_new(paper):
    kid = paper.keys["G15"].kid
    with pytest.raises(UnknownKey):
        paper.snapshot().sign_key("x" * 43, paper.anchor, paper.now)
    retired = paper.snapshot(members=[paper.member("G15", status="retired")])
    with pytest.raises(UnknownKey):
        retired.sign_key(kid, paper.anchor, paper.now)
    assert retired.sign_key_at(kid, paper.anchor, paper.now)[1].kid == kid
    revoked = paper.snapshot(members=[paper.member("G15", status="revoked")])
    with pytest.raises(UnknownKey):
        revoked.sign_key_at(kid, paper.anchor, paper.now)


def test_a_key_under_the_wrong_member_is_refused(paper):
    """The directory alone cannot give one member's certificate to another."""
    swapped = snapshot.Member(
        member_class="GOV", code="G15", name="G15", sign_keys=paper.member("G01").sign_keys
    )
    with pytest.raises(UntrustedCertificate):
        paper.snapshot(members=[swapped]).sign_key(paper.keys["G01"].kid, paper.anchor, paper.now)


def test_a_gateway_is_known_by_its_certificate(paper):
    made = paper.snapshot()
    assert made.gateway_of_certificate("ab" * 32).code == "national"
    assert [gateway.code for gateway in made.gateways_of(SERVICE.subsystem)] == ["national"]
    with pytest.raises(UnknownMember):
        made.gateway_of_certificate("cd" * 32)
