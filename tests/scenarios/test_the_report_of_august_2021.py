"""
The month writes itself: collected at the secretary's desk through the exchange, figure by figure.

What was imported is the plan of ``figures.csv`` exactly; what was lived on the node is on top.
What no system counts yet was entered by hand from the paper and says so.
"""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from lienthong.cli import demo
from lienthong.kernel.demo import DemoPlan, shipped_figures
from running_node import RunningNode
from scenarios.desk_browser import Browser, declare_birth
from scenarios.evidence import STEERING, Evidence, all_sent, eventually, find_person

pytestmark = pytest.mark.scenario

DESK = "/canbo/steering/2021-08/"
MOTHER = "091195000017"
"""Nguyễn Thị An of the tutorial, a person nobody is."""
PLAN = DemoPlan.make(Decimal("0.001"), demo.SEED, demo.LEGAL_DAY)
ROWS = {row.code: row for row in shipped_figures()}
OWNED = [f"F{number:03}" for number in (*range(1, 12), *range(14, 24), 69, 70)]
TRAFFIC = ("F009", "F010")
ENTRIES = ("F019", "F020", "F021", "F022", "F023")
Month = dict[str, dict[str, Any]]


def collect(secretary: Browser) -> dict[str, Any]:
    """Ask every system, then wait at the desk for the receipts; the report for programs."""
    done = secretary.post(f"{DESK}collect", {})
    assert "Mọi hệ thống đã trả lời" in done.words, done.words
    for _ in range(15):
        report: dict[str, Any] = json.loads(secretary.get(f"{DESK}bao-cao.json").body)
        if all(source["answer"]["proof"] == "verified" for source in report["sources"]):
            return report
        secretary.post(f"{DESK}receipts", {})
    raise AssertionError([source["answer"]["proof"] for source in report["sources"]])


def by_code(report: dict[str, Any]) -> Month:
    return {figure["code"]: figure for figure in report["figures"]}


@pytest.fixture(scope="module")
def report(demo_node: RunningNode, secretary: Browser) -> dict[str, Any]:
    """The month, collected after something live was counted on this node."""
    find_person(demo_node, MOTHER)
    log = Evidence(demo_node)
    eventually(lambda: log.counts()["answered"]["live"], 30, "a live exchange in the counts")
    return collect(secretary)


@pytest.fixture(scope="module")
def month(report: dict[str, Any]) -> Month:
    return by_code(report)


@pytest.mark.parametrize("code", OWNED)
def test_the_country_counts_to_the_plan(month: Month, code: str) -> None:
    figure, expected = month[code], PLAN.figures[code]
    value, live = int(figure["value"]), figure["rows"] - figure["imported"]
    if code in TRAFFIC + ENTRIES:
        # Exactly what was loaded, and beside it what happened since on this very node.
        assert figure["imported"] == expected
        assert value == figure["imported"] + live == figure["rows"]
    else:
        assert ROWS[code].holds(value, expected), (value, expected)
        assert value == expected or ROWS[code].qualifier


def test_shares_are_stated_with_both_their_terms(month: Month) -> None:
    assert month["F001"]["parts"] == [22, 22]
    assert month["F002"]["parts"] == [63, 63]
    assert month["F003"]["parts"] == [85, 85]
    assert month["F014"]["parts"] == [63, 63]


def test_the_gateway_counts_what_the_directory_states(month: Month, log: Evidence) -> None:
    """The figure and the log agree on what was imported, and nothing live was left out."""
    counts = log.counts()
    assert counts["answered"]["imported"] == month["F010"]["imported"]
    live = month["F010"]["rows"] - month["F010"]["imported"]
    assert 0 < live <= counts["answered"]["live"]


def test_every_figure_has_a_message_whose_receipt_verifies(
    report: dict[str, Any], month: Month, log: Evidence
) -> None:
    sources = {source["system"]: source["answer"] for source in report["sources"]}
    assert set(sources) == {"directory", "population", "civil_status", "steering"}
    for figure in month.values():
        if figure["way"] != "live":
            continue
        assert figure["message_id"] == sources[figure["system"]]["message_id"]
        assert figure["proof"] == "verified"
        assert figure["definition"]
        assert figure["function"].startswith(f"{figure['system']}.figures.")
    for system, answer in sources.items():
        facts = log.facts(answer["message_id"])
        assert facts.client == STEERING
        assert facts.service.endswith(f"/{system.replace('_', '-')}/figures.v1")
        assert facts.answer_digest.hex() == answer["body_sha256"]


ENTERED = [code for code in ROWS if code not in OWNED]


@pytest.mark.parametrize("code", ENTERED)
def test_what_no_system_counts_is_the_papers_and_says_so(month: Month, code: str) -> None:
    """Unscaled, since the paper is its evidence; marked, and never with a message or a receipt."""
    figure = month[code]
    assert Decimal(figure["value"]) == ROWS[code].value
    assert figure["way"] == "by_hand"
    assert (figure["message_id"], figure["proof"], figure["rows"]) == (None, None, 0)
    assert figure["entry"]["letter"] == "76/BC-BTTTT"


def test_the_whole_report_is_printed_and_says_how_each_figure_came(report: dict[str, Any]) -> None:
    # Beside the report's own, population and steering state figures of theirs.
    assert report["ways"]["by_hand"] == len(ENTERED) == 46
    assert report["ways"]["live"] >= len(OWNED)
    assert {point["reason"] for point in report["not_answered"]} == {"person"}
    failing = [one["relation"] for one in report["relations"] if one["verdict"] == "fails"]
    assert failing == ["F015>=F016+F017+F018", "F054=F055+F056"]


def test_page_and_papers_carry_the_same_figures(secretary: Browser, month: Month) -> None:
    page = secretary.get(DESK).words
    pdf = secretary.get(f"{DESK}bao-cao.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    printed = " ".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf.body)).pages)
    docx = zipfile.ZipFile(io.BytesIO(secretary.get(f"{DESK}bao-cao.docx").body))
    written = docx.read("word/document.xml").decode()
    html = secretary.get(f"{DESK}bao-cao.html").words
    for code in OWNED:
        value = f"{int(month[code]['value']):,}".replace(",", ".")
        for where, text in (("page", page), ("pdf", printed), ("docx", written), ("html", html)):
            assert value in text, (code, value, where)


def test_one_more_birth_is_one_more_in_the_figure_and_it_is_live(
    demo_node: RunningNode, secretary: Browser, registrar: Browser
) -> None:
    # A birth that another scenario entered may still be given its number meanwhile.
    eventually(lambda: all_sent(demo_node), 120, "births of other scenarios without a number")
    month = by_code(collect(secretary))
    assert declare_birth(registrar, "Trần Nguyễn Thêm Một").personal_id
    after = by_code(collect(secretary))
    for code in ("F019", "F020"):
        assert int(after[code]["value"]) == int(month[code]["value"]) + 1
        assert after[code]["imported"] == month[code]["imported"]
        assert after[code]["rows"] == month[code]["rows"] + 1
    assert int(after["P001"]["value"]) == int(month["P001"]["value"]) + 1
    assert after["F019"]["message_id"] != month["F019"]["message_id"]
    assert int(after["F009"]["value"]) > int(month["F009"]["value"])
    assert after["F009"]["imported"] == month["F009"]["imported"]
    for code in ("F021", "F022", "F023"):
        assert after[code]["value"] == month[code]["value"]
