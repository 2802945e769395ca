"""
The first issue's story across a federated country, started by one command.

Every node has its own home, databases, keys and gateway; what one knows of
another came through two gateways and stands in both their logs.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta

import asyncpg
import psycopg
import pytest

import cast
from lienthong.cli import node_file, topology
from lienthong.gateway import days, rollups
from lienthong.gateway.membership import Membership
from lienthong.gateway.settings import load_holdings, load_settings
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki
from lienthong.protocol.day_totals import bounds
from lienthong.protocol.grants import check_given
from lienthong.protocol.housekeeping import UNCOUNTED
from lienthong.protocol.snapshot import Anchor, open_snapshot
from running_country import RunningCountry
from running_node import RunningNode
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
        "steering": "VN/GOV/G14",
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


def test_every_gateway_asks_for_both_signatures_under_every_grant(
    country: RunningCountry,
) -> None:
    signed = set()
    for _, node in topology.places(country.node):
        assert json.loads((node.gateway / "gateway.json").read_bytes())["signed_grants"] is True
        anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
        snapshot = open_snapshot((node.gateway / "snapshot.json").read_bytes(), anchor)
        for grant in snapshot.grants:
            assert grant.proof is not None, f"{grant.client} -> {grant.provider}/{grant.code}"
            check_given(
                grant.terms("VN"),
                grant.proof,
                lambda kid, at, known=snapshot, under=anchor: known.sign_key_at(kid, under, at),
            )
            signed.add((grant.client, grant.provider, grant.code))
    # Both keys of these lie on nodes of their own; the directory never held either.
    assert ("GOV/G15/civil-status", "GOV/G01/population", "personal-id.issue.v1") in signed
    assert ("GOV/TINH-91/lgsp", "GOV/G01/population", "person.verify.v1") in signed
    waiting = country.at("kien-giang").run("grants", "waiting")
    assert waiting.stdout.startswith("0 wait.")


def settled(country: RunningCountry) -> date:
    """Close today at every gateway as if it were the night after tomorrow; the day."""
    today = clock.local(clock.instant()).date()
    later = clock.instant() + timedelta(days=2)

    async def close(node: Node) -> None:
        held: dict[str, str] = {}
        node_file.load(node, held)
        settings = load_settings(node)
        key = load_holdings(node, "VN").keys[settings.gateway.owner]
        connection = await asyncpg.connect(held["LIENTHONG_GATEWAY_DATABASE_URL"])
        try:
            while await rollups.close_hours(connection, later):
                pass
            await days.close_days(connection, gateway=str(settings.gateway), key=key, now=later)
        finally:
            await connection.close()

    for place, node in topology.places(country.node):
        quiet = Evidence(country.at(place.name))
        eventually(lambda log=quiet: log.ask("/health").json["unsealed"] == 0, what="the sealer")
        asyncio.run(close(node))
    return today


TAKE = """
import datetime, sys
import msgspec
from lienthong.cli import django_setup
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.protocol.day_totals import SignedDay
django_setup.start()
from lienthong.systems.directory.services import totals
days = msgspec.json.decode(sys.stdin.buffer.read(), type=list[SignedDay])
by = system_actor("directory", clock.today())
with clock.stopped(at=clock.instant() + datetime.timedelta(days=2)):
    print(*(one.verdict for one in totals.take(days, message_id="night", by=by)))
"""
"""What the directory does with the documents two days later, on its own database."""


def take_in_the_night_after(country: RunningCountry, office: RunningNode) -> None:
    """The days every gateway has signed reach the directory when its clock is there, too."""
    documents: list[bytes] = []
    for _place, node in topology.places(country.node):
        held: dict[str, str] = {}
        node_file.load(node, held)
        with psycopg.connect(held["LIENTHONG_GATEWAY_DATABASE_URL"]) as connection:
            documents += [
                bytes(row[0]) for row in connection.execute("SELECT document FROM signed_day")
            ]
    held = dict(office.environment)
    node_file.load(office.node, held)
    done = subprocess.run(
        [sys.executable, "-c", TAKE],
        input=b"[" + b",".join(documents) + b"]",
        env=held,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert set(done.stdout.decode().split()) == {"taken"}


def recounted(node: Node, day: date) -> int:
    """Exchanges this node's systems answered on a day, from the rows themselves."""
    held: dict[str, str] = {}
    node_file.load(node, held)
    with psycopg.connect(held["LIENTHONG_GATEWAY_DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT count(*) FROM message_way WHERE kind = 'answer' AND side = 'provider'"
            " AND outcome = 'answered' AND time >= %s AND time < %s"
            " AND regexp_replace(service, '^.*/', '') <> ALL(%s)",
            [*bounds(day), sorted(UNCOUNTED)],
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_count_of_the_country_is_the_recount_of_all_five_databases(
    country: RunningCountry, born: Page
) -> None:
    office = country.at("government-office")
    day = settled(country)
    by_place = {place.name: recounted(node, day) for place, node in topology.places(country.node)}
    assert by_place["public-security"] > 0
    # The directory's own clock has not seen the end of that day, so it takes none of them.
    for place, _ in topology.places(country.node):
        told = country.at(place.name).run("log", "days", "--tell", check=False)
        assert "0 taken, 0 contradicted" in told.stdout, told.stdout
        assert "exchange.day_not_over" in told.stderr, told.stderr
    take_in_the_night_after(country, office)
    found = office.json("directory", "totals", "--day", day.isoformat())
    reports = {r["gateway"]: r["answered"] for r in found["reports"] if not r["source"]}
    others = {"public-security", "justice", "social-security", "kien-giang"}
    assert set(reports) == others | {"national"}
    assert {name: reports[name] for name in others} == {name: by_place[name] for name in others}
    assert reports["national"] == by_place["government-office"]
    # Each exchange between two nodes stands on both sides.
    assert found["days"][0]["provider"] == sum(reports.values())
    assert [row for row in found["pairs"] if row["kind"] != "none"] == []
    between = [r for r in found["pairs"] if r["client"] == CIVIL_STATUS]
    assert between
    # The figure: the own gateway until now, and the signed days of the four others.
    before = Evidence(office).counts()["answered"]["live"]
    window = {"start": "2021-01-01", "end": "2021-12-31", "codes": ["F010"]}
    said = office.call("directory", "figures.v1", "--as", "steering", "--data", json.dumps(window))
    figure = said["answer"]["body"]["figures"][0]
    after = Evidence(office).counts()["answered"]["live"]
    live = int(figure["rows"]) - int(figure["imported"])
    assert before <= live - sum(by_place[name] for name in others) <= after
    assert "4 cổng khác tính theo" in figure["note"]


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
