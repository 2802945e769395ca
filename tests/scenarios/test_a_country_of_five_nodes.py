"""
The first issue's story across a federated country, started by one command.

Every node has its own home, databases, keys and gateway; what one knows of
another came through two gateways and stands in both their logs.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import psycopg
import pytest

import cast
from lienthong.cli import topology
from lienthong.gateway.membership import Membership
from lienthong.protocol import pki
from running_country import RunningCountry
from scenarios.desk_browser import BIRTHS, Page, declare_birth, signed_in
from scenarios.evidence import CIVIL_STATUS, POPULATION, Evidence, ask, eventually
from scenarios.test_the_report_of_august_2021 import by_code, collect

pytestmark = pytest.mark.scenario

MESSAGE = re.compile(r"Giao dịch (\S+)")
LGSP = "VN/GOV/TINH-91/lgsp"
INSURANCE = "VN/GOV/G24/csdl-bao-hiem"
VERIFY = f"{POPULATION}/person.verify.v1"
AN = {"personal_id": cast.AN.personal_id, "full_name": cast.AN.name}


@pytest.fixture(scope="module")
def country() -> Iterator[RunningCountry]:
    with RunningCountry.anywhere() as made:
        made.up("--topology", "federated")
        yield made


@pytest.fixture(scope="module")
def born(country: RunningCountry) -> Page:
    """The page of a child entered at the justice node, once its number has come."""
    registrar = signed_in(country.at("justice"), "le.cuong")
    entered = declare_birth(registrar, "Trần Nguyễn Liên Thông")

    def numbered() -> Page | None:
        page = registrar.get(f"{BIRTHS}{entered.key}/")
        return page if page.personal_id else None

    page = eventually(numbered, what="the number from the public-security node")
    assert page is not None
    return page


def test_a_birth_at_one_node_gets_its_number_from_another_through_two_gateways(
    country: RunningCountry, born: Page
) -> None:
    assert re.fullmatch("0912[0-9]{8}", born.personal_id), born.words
    found = MESSAGE.search(born.words)
    assert found is not None
    justice, security = (Evidence(country.at(name)) for name in ("justice", "public-security"))
    asked, answered = justice.exchange(found[1]), security.exchange(found[1])
    assert [(r["side"], r["kind"]) for r in asked["records"]] == [
        ("consumer", "request"), ("consumer", "answer"),
    ]  # fmt: skip
    assert {(r["side"], r["kind"]) for r in answered["records"]} == {
        ("provider", "request"), ("provider", "answer"),
    }  # fmt: skip
    assert all(row["signature_valid"] for row in asked["records"] + answered["records"])
    facts = justice.facts(found[1]), security.facts(found[1])
    assert [fact.gateway for fact in facts] == [
        "VN/GOV/G15/justice", "VN/GOV/G01/public-security",
    ]  # fmt: skip
    assert {(fact.client, str(fact.answered_by)) for fact in facts} == {
        (CIVIL_STATUS, "VN/GOV/G01")
    }


def test_a_platform_without_systems_of_ours_asks_through_its_own_gateway(
    country: RunningCountry,
) -> None:
    for place, client in (("kien-giang", LGSP), ("social-security", INSURANCE)):
        known = ask(country.at(place), VERIFY, AN, client=client)
        assert known.status == 200, known.body
        assert known.json["verdict"] == "yes"
        refused = ask(
            country.at(place),
            f"{POPULATION}/person.find.v1",
            {"personal_id": cast.AN.personal_id},
            client=client,
        )
        assert refused.json["type"] == "Server.ServerProxy.AccessDenied"


def test_the_government_office_collects_the_figures_of_all(
    country: RunningCountry, born: Page
) -> None:
    office = country.at("government-office")
    report = collect(signed_in(office, "vu.ha"))
    sources = {source["system"]: source["answer"] for source in report["sources"]}
    log = Evidence(office)
    owners = {
        system: str(log.facts(answer["message_id"]).answered_by)
        for system, answer in sources.items()
    }
    assert owners == {
        "directory": "VN/GOV/G14",
        "population": "VN/GOV/G01",
        "civil_status": "VN/GOV/G15",
    }
    births = by_code(report)["F019"]
    assert births["proof"] == "verified"
    assert births["rows"] - births["imported"] >= 1  # the child of this test among them


def test_no_node_can_read_anothers_database(country: RunningCountry) -> None:
    justice = country.at("justice").node
    secret, port = justice.secret("db_app"), country.node.ports.postgres
    own = f"postgresql://lienthong_justice:{secret}@127.0.0.1:{port}/"
    with psycopg.connect(own + "lienthong_justice") as connection:
        assert connection.execute("SELECT count(*) > 0 FROM civil_status_birthregistration")
    for database in ("lienthong_public_security", "lt_gateway_justice"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(own + database)


def test_no_private_key_left_the_node_that_made_it(country: RunningCountry) -> None:
    for place, node in topology.places(country.node):
        held = Membership.of(node)
        if place.is_directory:
            assert held is None
            assert (node.keys / "authority" / "issuing.key").exists()
            continue
        assert held is not None
        assert held.gateway.endswith(f"/{place.name}")
        assert not (node.keys / "authority").exists()
        assert not (node.run / "invitation").exists()
        keys = {path.name for path in node.keys.rglob("*.key")}
        assert keys == {"auth.key", "sign.key", "witness.key", "demonstration.key"}


def test_a_revoked_gateway_is_refused_by_all_within_moments(country: RunningCountry) -> None:
    province = country.at("kien-giang")
    assert ask(province, VERIFY, AN, client=LGSP).status == 200
    chain = pki.load_chain((province.node.keys / "gateway" / "auth.crt").read_bytes())
    kid = pki.kid_of(pki.require_known(chain[0].public_key()))
    country.at("government-office").run(
        "directory", "revoke-key", "--by", "ha.lien", "--reason", "máy bị mất", "--", kid
    )

    def refused() -> bool:
        return ask(province, VERIFY, AN, client=LGSP).status != 200

    assert eventually(refused, what="the revoked gateway")
    # Nobody else is touched.
    assert ask(country.at("social-security"), VERIFY, AN, client=INSURANCE).status == 200


def test_one_interrupt_stops_all_of_them(country: RunningCountry) -> None:
    assert country.processes()
    country.down(signal.SIGINT)
    assert country.processes() == []
