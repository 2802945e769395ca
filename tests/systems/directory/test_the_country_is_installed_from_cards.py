from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import msgspec
import pytest
from django.db import connection

from lienthong.exchange import gateway_admin
from lienthong.exchange.registry import cards
from lienthong.kernel import clock
from lienthong.protocol.errors import BadSignature
from lienthong.protocol.identifiers import ServiceId, SubsystemId
from lienthong.protocol.snapshot import Anchor, open_snapshot
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import GrantEnded
from lienthong.systems.directory.models import AccessGrant, Certificate, Snapshot, Subsystem

pytestmark = pytest.mark.django_db
BY = services.by_the_directory(date(2021, 8, 20))
ISSUE = ServiceId.parse("VN/GOV/G01/population/personal-id.issue.v1")
CIVIL_STATUS = SubsystemId.parse("VN/GOV/G15/civil-status")


@pytest.fixture
def installed(node):
    services.install_country(node, cards())
    return node


def opened(node):
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor)


def test_the_snapshot_says_what_the_cards_say(installed):
    said = opened(installed)
    offered = {(entry.provider, entry.code) for entry in said.offers}
    assert offered == {
        (f"GOV/{card.owner}/{card.subsystem}", offer.code)
        for card in cards()
        for offer in card.shared
    }
    assert said.offer(ISSUE).effect == "changing"
    assert {entry.code for entry in said.members if entry.sign_keys} >= {"G01", "G14", "G15"}


def test_every_grant_of_a_card_to_a_system_carried_here_is_in_the_snapshot(installed):
    carried = {card.code for card in cards()}
    stated = {
        (given.to.replace("_", "-"), offer.code)
        for card in cards()
        for offer in card.shared
        for given in offer.grants
        if given.to in carried
    }
    said = {(entry.client.rpartition("/")[2], entry.code) for entry in opened(installed).grants}
    assert said == stated


def test_one_changed_byte_of_a_snapshot_is_noticed(installed):
    sealed = json.loads((installed.gateway / "snapshot.json").read_bytes())
    payload = sealed["payload"]
    sealed["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    anchor = Anchor.load((installed.gateway / "anchor.json").read_bytes())
    with pytest.raises(BadSignature):
        open_snapshot(msgspec.json.encode(sealed), anchor)


def test_installing_again_publishes_nothing_new(installed):
    services.install_country(installed, cards())
    assert Snapshot.objects.count() == 1


def test_an_hour_later_the_same_content_is_signed_anew_under_the_next_number(installed):
    with clock.stopped(at=clock.instant() + timedelta(hours=1, minutes=1)):
        services.refresh_snapshot(installed)
    assert list(Snapshot.objects.values_list("number", flat=True)) == [2, 1]
    assert opened(installed).number == 2


def test_a_revoked_grant_leaves_the_snapshot_and_no_restart_gives_it_again(installed, monkeypatch):
    told = []
    monkeypatch.setattr(gateway_admin, "revoke", lambda grant, reason="": told.append(grant))
    grant = AccessGrant.objects.get(offer__code=ISSUE.code, client__code="civil-status")
    services.revoke_grant(grant.pk, by=BY, node=installed)
    assert told == [str(grant.pk)], "the gateway is told first"
    services.install_country(installed, cards())
    assert not [entry for entry in opened(installed).grants if entry.id == str(grant.pk)]
    assert not AccessGrant.objects.filter(
        offer__code=ISSUE.code, client__code="civil-status", valid_to=None
    ).exists()


def test_a_grant_is_not_ended_when_the_gateway_cannot_be_told(installed, monkeypatch):
    def unreachable(grant, reason=""):
        raise gateway_admin.LogNotReachable

    monkeypatch.setattr(gateway_admin, "revoke", unreachable)
    grant = AccessGrant.objects.filter(valid_to=None).first()
    with pytest.raises(gateway_admin.LogNotReachable):
        services.revoke_grant(grant.pk, by=BY, node=installed)
    grant.refresh_from_db()
    assert grant.valid_to is None


def test_the_gateway_is_told_while_no_transaction_waits_for_it(installed, monkeypatch):
    # The test itself stands in a transaction; what counts is that no other is open in it.
    outside, inside = len(connection.savepoint_ids), []
    monkeypatch.setattr(
        gateway_admin,
        "revoke",
        lambda grant, reason="": inside.append(len(connection.savepoint_ids)),
    )
    grant = AccessGrant.objects.filter(valid_to=None).first()
    services.revoke_grant(grant.pk, by=BY, node=installed)
    assert inside == [outside]


def test_a_grant_cannot_be_revoked_twice(installed, monkeypatch):
    monkeypatch.setattr(gateway_admin, "revoke", lambda grant, reason="": None)
    grant = AccessGrant.objects.filter(valid_to=None).first()
    services.revoke_grant(grant.pk, by=BY, node=installed)
    with pytest.raises(GrantEnded):
        services.revoke_grant(grant.pk, by=BY, node=installed)


def test_a_revoked_certificate_is_not_trusted_again_after_a_restart(installed):
    revoked = Certificate.objects.filter(use=Certificate.Use.SIGN).first()
    Certificate.objects.filter(pk=revoked.pk).update(status=Certificate.Status.REVOKED)
    services.install_country(installed, cards())
    revoked.refresh_from_db()
    assert revoked.status == Certificate.Status.REVOKED
    said = {key.kid: key.status for member in opened(installed).members for key in member.sign_keys}
    assert said[revoked.kid] == "revoked"


def test_the_credentials_file_holds_digests_and_no_secret(installed):
    text = (installed.gateway / "clients.json").read_text()
    secret = installed.secret("clients/G15.civil-status")
    assert secret not in text
    assert json.loads(text)["GOV/G15/civil-status"]["modes"] == ["secret"]


def test_what_an_operator_set_for_a_system_outlives_the_next_installation(installed):
    place = installed.gateway / "clients.json"
    clients = json.loads(place.read_text())
    clients["GOV/G15/civil-status"] |= {"modes": ["certificate", "secret"], "cert_sha256": ["ab"]}
    place.write_text(json.dumps(clients))
    settings = installed.gateway / "gateway.json"
    settings.write_text(
        json.dumps(json.loads(settings.read_text()) | {"fault_spelling": "7.8", "processes": 99})
    )
    (installed.secrets / "clients" / "G15.civil-status").write_text("renewed")
    services.install_country(installed, cards())
    services.refresh_snapshot(installed)
    rule = json.loads(place.read_text())["GOV/G15/civil-status"]
    assert (rule["modes"], rule["cert_sha256"]) == (["certificate", "secret"], ["ab"])
    assert rule["secret_sha256"] == hashlib.sha256(b"renewed").hexdigest()
    said = json.loads(settings.read_text())
    assert said["fault_spelling"] == "7.8"
    assert said["processes"] != 99, "what the directory itself knows is written anew"


def test_a_system_that_left_has_no_credential_any_more(installed):
    Subsystem.objects.filter(code="civil-status").update(ended_on=clock.today())
    services.refresh_snapshot(installed)
    assert "GOV/G15/civil-status" not in json.loads(
        (installed.gateway / "clients.json").read_text()
    )


def test_the_public_snapshot_is_served_and_not_sent_twice(installed, client):
    first = client.get("/exchange/snapshot")
    assert first.status_code == 200
    assert first.content == (installed.gateway / "snapshot.json").read_bytes()
    assert client.get("/exchange/snapshot", {"after": "1"}).status_code == 304
    assert client.get("/exchange/snapshot", {"after": "0"}).status_code == 200


def test_the_outside_test_subsystem_holds_only_harmless_grants(installed):
    outside = services.register_outside_test(installed)
    effects = set(outside.grants_held.values_list("offer__effect", flat=True))
    assert effects <= {"public"}
    services.refresh_snapshot(installed)
    modes = json.loads((installed.gateway / "clients.json").read_text())
    assert modes["GOV/G14/outside-test"]["modes"] == ["none"]
