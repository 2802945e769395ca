"""
A life, seen from every side: born at a desk, numbered through the exchange, checked by a stranger.

Everything here goes over real sockets through both sides of the gateway.
"""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

import cast
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.receipt import load_receipt, verify_receipt
from running_node import RunningNode
from scenarios.desk_browser import (
    BIRTHS,
    DEATHS,
    RESIDENCE,
    Browser,
    Page,
    birth_of,
    births_found,
    declare_birth,
)
from scenarios.evidence import CIVIL_STATUS, POPULATION, Evidence, ask, find_person

pytestmark = pytest.mark.scenario

MESSAGE = re.compile(r"Giao dịch (\S+)")
PAPER_CODE = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b")
OLD_MAN = "091044000318"
"""Nguyễn Văn Lượm of the demo country."""


def text_of(pdf: Page) -> str:
    assert pdf.headers["content-type"] == "application/pdf", pdf.words
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.body)).pages)


def digits(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def born(registrar: Browser) -> Page:
    """The page of a child entered after both parents were found in population."""
    form = registrar.get(f"{BIRTHS}new").form("form_token")
    for role, person in (("mother", cast.AN), ("father", cast.BINH)):
        found = registrar.post(
            f"{BIRTHS}new", form | {f"{role}_id": person.personal_id, "look_up": role}
        )
        form = found.form("form_token")
        assert form[f"{role}_name"] == person.name.upper()
        assert form[f"{role}_birth_year"] == str(person.born_on.year)
    looked_up = {name: form[name] for name in form if name.startswith(("mother", "father"))}
    return registrar.post(f"{BIRTHS}new", form | birth_of(cast.NEWBORN.name) | looked_up)


def test_the_number_arrives_and_population_knows_the_child(
    demo_node: RunningNode, born: Page
) -> None:
    assert re.fullmatch("0912[0-9]{8}", born.personal_id), born.words
    child = find_person(demo_node, born.personal_id)
    assert child["found"]
    assert child["full_name"] == cast.NEWBORN.name.upper()
    assert (child["born_on"], child["sex"]) == ("2021-08-17", "male")
    assert child["standing"] == "active"


def test_the_certificate_carries_the_number_and_a_stranger_can_check_it(
    demo_node: RunningNode, registrar: Browser, born: Page
) -> None:
    printed = text_of(registrar.post(f"{BIRTHS}{born.key}/certificate.pdf", {}))
    assert born.personal_id in digits(printed)
    assert "GIẤY KHAI SINH" in printed
    assert f"{demo_node.pages}/kiem-tra/" in printed
    code = PAPER_CODE.search(printed)
    assert code is not None, printed

    stranger = Browser(demo_node.node.ports.pages)
    page = stranger.get(f"/kiem-tra/{code[0].replace('-', '')}")
    assert page.status == 200
    assert "Giấy khai sinh" in page.words
    assert "T•• N•• G•• Đ••" in page.words
    shown = digits(page.text).upper()
    for secret in (born.personal_id, cast.AN.personal_id, cast.BINH.personal_id):
        assert secret not in shown
    for name in (cast.NEWBORN.name, cast.AN.name, cast.BINH.name):
        assert name.upper() not in page.words.upper()
    assert stranger.get("/kiem-tra/AAAAAAAAAAAAAAAA").status == 404
    assert stranger.get(f"{BIRTHS}{born.key}/certificate.pdf").path.startswith("/dang-nhap")


def test_the_exchange_left_four_records_whose_signatures_and_places_are_valid(
    log: Evidence, born: Page
) -> None:
    found = MESSAGE.search(born.words)
    assert found is not None
    message = found[1]
    records = log.exchange(message)["records"]
    assert {(row["side"], row["kind"]) for row in records} == {
        (side, kind) for side in ("consumer", "provider") for kind in ("request", "answer")
    }
    assert len(records) == 4
    assert all(row["signature_valid"] and row["proof_valid"] for row in records)
    for side in ("consumer", "provider"):
        facts = log.facts(message, side)
        assert (facts.side, facts.message_id) == (side, message)
        assert (facts.client, facts.service) == (
            CIVIL_STATUS,
            f"{POPULATION}/personal-id.issue.v1",
        )
        assert (facts.asked_by.code, facts.answered_by.code) == ("G15", "G01")
        assert facts.status == 200


def test_a_receipt_that_was_altered_proves_nothing(log: Evidence, born: Page) -> None:
    found = MESSAGE.search(born.words)
    assert found is not None
    receipt = load_receipt(log.receipt(found[1]))
    receipt.records[1].proof.append(bytes(32))
    with pytest.raises(ProtocolError):
        verify_receipt(receipt, log.anchor())


def test_the_same_form_sent_twice_is_one_entry_with_one_number(
    demo_node: RunningNode, registrar: Browser
) -> None:
    blank = registrar.get(f"{BIRTHS}new").form("form_token")
    form = blank | birth_of("Trần Nguyễn Hai Lần")
    first, second = (registrar.post(f"{BIRTHS}new", form) for _ in range(2))
    assert first.key == second.key
    assert first.personal_id == second.personal_id != ""
    assert births_found(registrar, "Trần Nguyễn Hai Lần") == {first.key: "TRẦN NGUYỄN HAI LẦN"}
    again = declare_birth(registrar, "Trần Nguyễn Hai Lần")
    assert again.status == 409
    assert find_person(demo_node, first.personal_id)["full_name"] == "TRẦN NGUYỄN HAI LẦN"


def test_a_death_locks_the_person_and_gives_an_extract(
    demo_node: RunningNode, registrar: Browser, log: Evidence
) -> None:
    assert find_person(demo_node, OLD_MAN)["standing"] == "active"
    blank = registrar.get(f"{DEATHS}new").form("form_token")
    found = registrar.post(
        f"{DEATHS}new", blank | {"personal_id": OLD_MAN, "look_up": "person"}
    ).form("form_token")
    assert found["full_name"] == "NGUYỄN VĂN LƯỢM"
    assert found["born_on"] == "08/03/1944"
    entry = registrar.post(
        f"{DEATHS}new",
        found
        | {
            "sex": "male",
            "residence": RESIDENCE,
            "died_on": "19/08/2021",
            "died_at": "05:30",
            "place": "tại nhà",
            "cause": "bệnh già",
            "notice": "12/GBT-UBND ngày 20/08/2021",
            "declarant_name": cast.AN.name,
            "declarant_paper": "căn cước công dân",
        },
    )
    printed = text_of(registrar.post(f"{DEATHS}{entry.key}/extract.pdf", {}))
    assert "TRÍCH LỤC KHAI TỬ" in printed
    assert OLD_MAN in digits(printed)

    known = find_person(demo_node, OLD_MAN)
    assert (known["standing"], known["died_on"]) == ("deceased", "2021-08-19")
    verified = ask(
        demo_node,
        f"{POPULATION}/person.verify.v1",
        {"personal_id": OLD_MAN, "full_name": "Nguyễn Văn Lượm", "birth_year": 1944},
    )
    assert verified.status == 200
    assert (verified.json["known"], verified.json["alive"]) == (True, False)
    assert verified.json["verdict"] == "yes"
    assert log.facts(verified.headers["x-road-id"]).service.endswith("person.verify.v1")


def test_a_living_person_is_verified_without_giving_data_away(demo_node: RunningNode) -> None:
    verified = ask(
        demo_node,
        f"{POPULATION}/person.verify.v1",
        {"personal_id": cast.AN.personal_id, "full_name": cast.AN.name, "birth_year": 1990},
    ).json
    assert (verified["known"], verified["alive"], verified["verdict"]) == (True, True, "no")
    fields = {field["field"]: field["verdict"] for field in verified["fields"]}
    assert fields == {"full_name": "yes", "birth_year": "no"}
    assert "1995" not in str(verified)
