"""One body asks, the other decides; both sign; the gateway believes nothing else."""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec
import pytest

import cast
from lienthong.exchange import gateway_admin
from lienthong.exchange.registry import cards
from lienthong.gateway import granting as at_the_gateway
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.protocol.errors import AccessDenied
from lienthong.protocol.grants import Quota, check_given
from lienthong.protocol.identifiers import ServiceId, SubsystemId
from lienthong.protocol.snapshot import Anchor, open_snapshot
from lienthong.record.models import Entry
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import (
    AlreadyAsked,
    AlreadyDecided,
    BadTerms,
    KeyElsewhere,
    NotTheirs,
    SameHand,
)
from lienthong.systems.directory.models import AccessGrant, GrantRequest, Offer, Subsystem
from lienthong.systems.directory.queries import agreements
from lienthong.systems.directory.services import granting
from lienthong.systems.directory.services.granting import Narrowed, Wish
from systems.directory.installed_country import install

pytestmark = pytest.mark.django_db
FIND = ServiceId.parse("VN/GOV/G01/population/person.find.v1")
STEERING = SubsystemId.parse("VN/GOV/G14/steering")


def officer(account: str, office: str) -> Actor:
    return Actor(account=account, office=office, unit="", legal_day=cast.LEGAL_DAY)


ASKER = officer("11111111-0000-4000-8000-000000000001", "G22.CNTT")
GIVER = officer("22222222-0000-4000-8000-000000000002", "G01.C06")


@pytest.fixture
def country(node):
    install(node)
    return node


@pytest.fixture
def steering():
    return Subsystem.objects.select_related("member").get(code="steering")


@pytest.fixture
def offer():
    return Offer.objects.select_related("subsystem__member").get(
        subsystem__code="population", code="person.find.v1"
    )


def wish(**changes) -> Wish:
    values = {
        "purpose": "Đối chiếu báo cáo",
        "legal_basis": "Nghị định 47/2020/NĐ-CP",
        "fields": ("full_name", "born_on", "found"),
        "quota": Quota(per_minute=60, per_day=1000),
    }
    return Wish(**{**values, **changes})


@pytest.fixture
def asked(country, steering, offer):
    body = steering.member.code
    return granting.ask(
        client=steering, offer=offer, wish=wish(), by=ASKER, body=body, node=country
    )


def opened(node):
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor), anchor


def grant(node, request, **narrowed):
    return granting.grant(
        request.pk, narrowed=Narrowed(**narrowed), by=GIVER, body="G01", node=node
    )


def test_what_was_asked_opens_nothing_until_it_is_given(country, asked, steering):
    said, _ = opened(country)
    with pytest.raises(AccessDenied):
        said.grant(_client(steering), FIND, "POST", b"/", clock.instant())
    grant(country, asked)
    said, _ = opened(country)
    held = said.grant(_client(steering), FIND, "POST", b"/", clock.instant())
    assert held.fields == ["born_on", "found", "full_name"]
    assert held.quota == Quota(per_minute=60, per_day=1000)
    assert held.id == str(asked.pk)


def _client(subsystem) -> SubsystemId:
    return SubsystemId.from_local("VN", str(subsystem))


def test_both_signatures_travel_in_the_snapshot_and_hold_there(country, asked):
    grant(country, asked, fields=["full_name"], quota=Quota(per_minute=5, per_day=50))
    said, anchor = opened(country)
    held = said.stated_grant(str(asked.pk))
    check_given(held.terms("VN"), held.proof, lambda kid, at: said.sign_key_at(kid, anchor, at))
    assert held.proof.asked.fields == ["born_on", "found", "full_name"]
    at_the_gateway.check_signed(held.id, said, anchor, required=True)
    assert [
        one.valid for one in agreements.signatures_of(AccessGrant.objects.get(pk=asked.pk))
    ] == [
        True,
        True,
    ]


def test_a_gateway_does_not_believe_a_directory_that_widens_a_grant(country, asked):
    grant(country, asked, fields=["full_name"])
    said, anchor = opened(country)
    wider = [
        msgspec.structs.replace(held, fields=["*"]) if held.id == str(asked.pk) else held
        for held in said.grants
    ]
    said = msgspec.structs.replace(said, grants=wider)
    with pytest.raises(AccessDenied) as denied:
        at_the_gateway.check_signed(str(asked.pk), said, anchor, required=False)
    assert denied.value.reason == "unsigned_grant"


def test_a_gateway_that_insists_takes_no_grant_without_signatures(country):
    said, anchor = opened(country)
    bare = [msgspec.structs.replace(held, proof=None) for held in said.grants]
    said = msgspec.structs.replace(said, grants=bare)
    at_the_gateway.check_signed(bare[0].id, said, anchor, required=False)
    with pytest.raises(AccessDenied):
        at_the_gateway.check_signed(bare[0].id, said, anchor, required=True)


def test_grants_of_the_cards_are_signed_by_both_bodies_too(country):
    said, anchor = opened(country)
    assert said.grants
    for held in said.grants:
        at_the_gateway.check_signed(held.id, said, anchor, required=True)
    file = msgspec.json.decode((country.gateway / "gateway.json").read_bytes())
    assert file["signed_grants"] is True


@pytest.mark.parametrize(
    "more",
    [
        {"fields": ["*"]},
        {"fields": ["full_name", "residence"]},
        {"fields": ["no_such_field"]},
        {"fields": []},
        {"methods": ["DELETE"]},
        {"quota": Quota(per_minute=61, per_day=1000)},
        {"quota": Quota(per_minute=60)},
    ],
)
def test_no_more_is_given_than_was_asked(country, asked, more):
    with pytest.raises(BadTerms):
        grant(country, asked, **more)
    asked.refresh_from_db()
    assert asked.state == GrantRequest.State.WAITING
    assert not AccessGrant.objects.filter(pk=asked.pk).exists()


def test_a_longer_time_is_not_given_and_a_shorter_is(country, steering, offer):
    end = clock.instant() + timedelta(days=10)
    request = granting.ask(
        client=steering, offer=offer, wish=wish(valid_to=end), by=ASKER,
        body=steering.member.code, node=country,
    )  # fmt: skip
    with pytest.raises(BadTerms):
        grant(country, request, valid_to=end + timedelta(days=1))
    given = grant(country, request, valid_to=end - timedelta(days=1))
    assert given.valid_to < end


def test_each_body_speaks_for_its_own_side_only(country, asked, steering, offer):
    for body in ("G15", steering.member.code):
        with pytest.raises(NotTheirs):
            granting.grant(asked.pk, narrowed=Narrowed(), by=GIVER, body=body, node=country)
        with pytest.raises(NotTheirs):
            granting.refuse(asked.pk, reason="không", by=GIVER, body=body, node=country)
    with pytest.raises(NotTheirs):
        granting.withdraw(asked.pk, by=GIVER, body="G01")
    with pytest.raises(NotTheirs):
        granting.ask(client=steering, offer=offer, wish=wish(), by=GIVER, body="G01", node=country)


def test_who_asked_does_not_grant_even_from_another_office(country, asked):
    same = officer(ASKER.account, "G01.C06")
    with pytest.raises(SameHand):
        granting.grant(asked.pk, narrowed=Narrowed(), by=same, body="G01", node=country)


def test_a_refusal_says_why_and_is_signed(country, asked):
    granting.refuse(asked.pk, reason="Chưa đủ căn cứ", by=GIVER, body="G01", node=country)
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("refused", "Chưa đủ căn cứ")
    assert [(one.role, one.valid) for one in agreements.signatures_under(asked)] == [
        ("asked", True),
        ("refused", True),
    ]
    asked.reason = "Lý do khác"
    assert agreements.signatures_under(asked)[1].valid is False
    with pytest.raises(AlreadyDecided):
        grant(country, asked)


def test_the_same_access_waits_once_and_can_be_withdrawn(country, asked, steering, offer):
    again = {"client": steering, "offer": offer, "wish": wish(), "by": ASKER,
             "body": steering.member.code, "node": country}  # fmt: skip
    with pytest.raises(AlreadyAsked):
        granting.ask(**again)
    granting.withdraw(asked.pk, by=ASKER, body=steering.member.code)
    assert granting.ask(**again).pk != asked.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ("no_such_field",)},
        {"fields": ()},
        {"paths": ("/a/../b",)},
        {"paths": ("persons",)},
        {"methods": ("BREW",)},
        {"methods": ()},
        {"purpose": "  "},
        {"legal_basis": ""},
    ],
)
def test_what_says_nothing_is_not_asked(country, steering, offer, changes):
    with pytest.raises(BadTerms):
        granting.ask(
            client=steering, offer=offer, wish=wish(**changes), by=ASKER,
            body=steering.member.code, node=country,
        )  # fmt: skip
    assert not GrantRequest.objects.exists()


def test_a_body_whose_key_is_elsewhere_does_not_sign_here(country, asked):
    (country.keys / "members" / "G01" / "sign.key").unlink()
    with pytest.raises(KeyElsewhere):
        grant(country, asked)
    asked.refresh_from_db()
    assert asked.state == GrantRequest.State.WAITING


def test_a_revoked_grant_keeps_its_terms_signatures_and_history(country, asked, monkeypatch):
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        gateway_admin, "revoke", lambda grant, *, reason="": told.append((grant, reason))
    )
    grant(country, asked)
    later = clock.instant() + timedelta(minutes=1)
    with clock.stopped(at=later):
        services.revoke_grant(asked.pk, by=GIVER, node=country, reason="Hết việc")
    assert told == [(str(asked.pk), "Hết việc")]
    row = AccessGrant.objects.get(pk=asked.pk)
    assert all(one.valid for one in agreements.signatures_of(row))
    assert [deed.what for deed in agreements.history_of(row)] == ["asked", "given", "revoked"]
    assert agreements.history_of(row)[-1].reason == "Hết việc"
    said, _ = opened(country)
    assert str(asked.pk) not in {held.id for held in said.grants}


def test_every_deed_is_in_the_audit(country, asked):
    grant(country, asked)
    deeds = Entry.objects.filter(what__startswith="directory.access").values_list("what", "actor")
    assert sorted(deeds) == [
        ("directory.access_asked", str(ASKER)),
        ("directory.access_granted", str(GIVER)),
    ]


def test_a_renewed_key_leaves_old_grants_proved(country, asked):
    from lienthong.cli import renewing

    grant(country, asked)
    renewing.renew(country, cards(), all_of_them=True, now=True)
    services.install_country(country, cards())
    said, anchor = opened(country)
    at_the_gateway.check_signed(str(asked.pk), said, anchor, required=True)


def test_unknown_requests_are_told(country):
    from lienthong.systems.directory.errors import NoSuchAccessRequest

    with pytest.raises(NoSuchAccessRequest):
        granting.withdraw(uuid.uuid4(), by=ASKER, body="G22")
