"""Services whose providers are no systems of ours: in the snapshot, in the gateway's addresses."""

from __future__ import annotations

import argparse
from datetime import date

import msgspec
import pytest

from lienthong.cli import directory as command
from lienthong.cli import django_setup
from lienthong.exchange.registry import cards
from lienthong.gateway.settings import ProviderFile, read_providers
from lienthong.protocol.identifiers import ServiceId
from lienthong.protocol.snapshot import Anchor, open_snapshot
from lienthong.systems.directory import services
from lienthong.systems.directory.errors import NotAService
from lienthong.systems.directory.models import AccessGrant, Offer, OutsideService, Subsystem
from systems.directory.installed_country import install

pytestmark = pytest.mark.django_db
BY = services.by_the_directory(date(2021, 8, 20))
SUM = ServiceId.parse("VN/GOV/G14/outside-test/TinhTong")


@pytest.fixture
def outside(node):
    install(node)
    return services.register_outside_test(node)


def register(node, subsystem, **changes):
    terms = {
        "code": "TinhTong", "title": "Cộng hai số", "kind": "soap", "versions": ["v2", "v1"],
        "url": "http://127.0.0.1:9000/service",
        "description_url": "http://127.0.0.1:9000/service?wsdl", "effect": "public",
    }  # fmt: skip
    return services.register_service(subsystem=subsystem, by=BY, node=node, **{**terms, **changes})


def opened(node):
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor)


def addresses(node):
    raw = (node.gateway / "providers.json").read_bytes()
    return dict(read_providers(msgspec.json.decode(raw, type=dict[str, str | ProviderFile])))


def test_a_soap_service_is_in_the_snapshot_with_its_versions(node, outside):
    register(node, outside)
    offer = opened(node).offer(SUM)
    assert (offer.kind, offer.versions, offer.effect) == ("soap", ["v1", "v2"], "public")
    found = addresses(node)
    assert found["GOV/G14/outside-test/TinhTong/v1"].description.path == b"/service?wsdl"
    assert found["GOV/G01/population"].is_service is False


def test_a_service_without_version_stands_under_its_code(node, outside):
    register(node, outside, code="dan-so", kind="openapi", versions=[], methods=["get", "post"])
    offer = opened(node).offer(SUM.subsystem.service("dan-so"))
    assert (offer.kind, offer.methods) == ("openapi", ["GET", "POST"])
    assert addresses(node)["GOV/G14/outside-test/dan-so"].is_service


def test_a_grant_for_it_opens_the_methods_it_has(node, outside):
    offer = register(node, outside, kind="rest", versions=[], methods=["GET"])
    client = Subsystem.objects.get(code="civil-status")
    services.give_grant(
        client=client, offer=offer, purpose="thử", legal_basis="thử", by=BY, node=node
    )
    said = [grant for grant in opened(node).grants if grant.code == "TinhTong"]
    assert [(grant.client, grant.methods) for grant in said] == [("GOV/G15/civil-status", ["GET"])]


def test_registering_again_amends_and_a_restart_keeps_it(node, outside):
    register(node, outside)
    register(node, outside, url="http://127.0.0.1:9001/other", versions=["v3"])
    services.install_country(node, cards())
    assert Offer.objects.filter(code="TinhTong").count() == 1
    assert opened(node).offer(SUM).versions == ["v3"]
    assert addresses(node)["GOV/G14/outside-test/TinhTong/v3"].path == b"/other"


def test_a_withdrawn_service_is_nowhere(node, outside):
    services.withdraw_service(register(node, outside), by=BY, node=node)
    assert SUM.code not in {offer.code for offer in opened(node).offers}
    assert not [name for name in addresses(node) if "TinhTong" in name]
    register(node, outside)
    assert opened(node).offer(SUM)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": "listMethods"}, "reserved"),
        ({"code": "getWsdl"}, "reserved"),
        ({"code": "a/b"}, "code"),
        ({"code": "tính"}, "code"),
        ({"code": ""}, "code"),
        ({"versions": ["v 1"]}, "version"),
        ({"kind": "rest"}, "version"),
        ({"url": "https://127.0.0.1/x"}, "url"),
        ({"url": "http:///x"}, "url"),
        ({"description_url": "file:///etc/passwd"}, "url"),
    ],
)
def test_what_cannot_be_a_service_is_refused(node, outside, changes, reason):
    with pytest.raises(NotAService) as caught:
        register(node, outside, **changes)
    assert caught.value.detail == {"reason": reason}
    assert not OutsideService.objects.exists()


def test_an_offer_of_our_own_systems_cannot_be_taken_over(node, outside):
    population = Subsystem.objects.get(code="population")
    before = Offer.objects.get(subsystem=population, code="person.verify.v1").title
    with pytest.raises(NotAService) as caught:
        register(node, population, code="person.verify.v1")
    assert caught.value.detail == {"reason": "card"}
    assert Offer.objects.get(subsystem=population, code="person.verify.v1").title == before


def test_an_operator_registers_and_withdraws_at_the_terminal(node, outside, monkeypatch, capsys):
    monkeypatch.setattr(django_setup, "start", lambda: None)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    offer = ["offer", "outside-test", "TinhTong", "http://127.0.0.1:9/s", "--kind", "soap",
             "--title", "Tổng", "--version", "v1"]  # fmt: skip
    assert command.run(parser.parse_args(offer)) == 0
    assert opened(node).offer(SUM).versions == ["v1"]
    assert command.run(parser.parse_args([*offer[:2], "listMethods", *offer[3:]])) == 1
    assert "reserved" in capsys.readouterr().err
    assert command.run(parser.parse_args(["offer", "nobody", *offer[2:]])) == 1
    assert command.run(parser.parse_args(["withdraw", "outside-test", "TinhTong"])) == 0
    assert command.run(parser.parse_args(["withdraw", "outside-test", "TinhTong"])) == 1
    assert not AccessGrant.objects.filter(offer__code="TinhTong").exists()
