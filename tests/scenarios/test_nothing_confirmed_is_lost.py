"""
Any process may die at any moment: what was confirmed on screen stays, what was
answered is in the log, and every child gets one number.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import urllib3

from lienthong.cli import call, cards
from officer import Officer
from running_node import RunningNode

pytestmark = pytest.mark.scenario

PARTS = ("pages", "gateway-0", "offers", "postgres", "worker", "gateway-1")
ROUNDS = 2
AFTERWARDS_SECONDS = 60.0
BETWEEN_SECONDS = 1.5
ARRIVE_SECONDS = 90.0

FAMILIES = ("Trần", "Nguyễn", "Lê", "Phạm", "Đỗ", "Vũ", "Huỳnh", "Đặng")
MIDDLES = ("Gia", "Minh", "Ngọc", "Hoài", "Thảo", "Đức", "Quỳnh", "Khánh")
GIVEN = ("An", "Bảo", "Châu", "Dương", "Giang", "Hạnh", "Khôi", "Linh", "Mỹ", "Như")
# Where the page shows it: twelve digits may stand in the name of a style sheet too.
SHOWN_NUMBER = re.compile(r'<p class="cs-id"><span class="lt-code">([\d\s]+)</span>')


def child_number(number: int) -> str:
    """A name of its own for each child, in letters."""
    first, rest = number % len(GIVEN), number // len(GIVEN)
    second, third = rest % len(MIDDLES), rest // len(MIDDLES) % len(FAMILIES)
    return f"{FAMILIES[third]} {MIDDLES[second]} {GIVEN[first]}"


def declaration(name: str) -> dict[str, str]:
    family = name.split()[0]
    return {
        "form_token": str(uuid4()),
        "child_name": name,
        "sex": "female",
        "born_on": "17/08/2021",
        "birth_place": "Trung tâm Y tế thành phố Phú Quốc",
        "home_place": "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
        "ethnicity": "Kinh",
        "nationality": "Việt Nam",
        "mother_name": "Nguyễn Thị An",
        "mother_birth_year": "1995",
        "mother_ethnicity": "Kinh",
        "mother_nationality": "Việt Nam",
        "mother_residence": "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
        "father_name": f"{family} Văn Bình",
        "father_birth_year": "1993",
        "father_ethnicity": "Kinh",
        "father_nationality": "Việt Nam",
        "father_residence": "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
        "declarant_name": f"{family} Văn Bình",
        "declarant_paper": "Căn cước công dân",
        "declarant_relation": "cha",
        "not_duplicate": "on",
    }


@dataclass(slots=True)
class Storm:
    """What was promised while processes died."""

    confirmed: dict[str, str] = field(default_factory=dict)
    """Child's name by the address of the entry that the screen showed."""
    answered: list[str] = field(default_factory=list)
    """Message ids of exchanges that were answered."""
    interrupted: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_enough(self) -> bool:
        return len(self.confirmed) > 5 and len(self.answered) > 20


def register(officer: Officer, storm: Storm) -> None:
    """Register births one after the other; whatever is not confirmed is sent again, as is."""
    number = 0
    while not storm.over.is_set():
        name = child_number(number)
        form = declaration(name)
        while not storm.over.is_set():
            try:
                token = officer.token_of("/canbo/civil-status/births/new")
                shown = officer.post("/canbo/civil-status/births/new", form, token)
            except (urllib3.exceptions.HTTPError, AssertionError):
                storm.interrupted += 1
                time.sleep(0.2)
                continue
            if shown.status == 302:
                storm.confirmed[shown.location] = name
                break
            assert shown.status >= 500, f"{shown.status}: {shown.text[:3000]}"
            storm.interrupted += 1
            time.sleep(0.2)
        number += 1


def exchange(node: RunningNode, storm: Storm) -> None:
    """Ask through the gateway without pause; keep the id of whatever was answered."""
    provider, client = cards.card_of("population"), cards.card_of("steering")
    offer = provider.offer("figures.v1")
    body = b'{"start": "2021-08-01", "end": "2021-08-20"}'
    while not storm.over.is_set():
        envelope = call.envelope_of(node.node, client, provider, offer, body, None)
        try:
            reply = call.send(node.node, envelope)
        except Exception:
            storm.interrupted += 1
            time.sleep(0.1)
            continue
        if reply.status == 200:
            storm.answered.append(reply.header("x-road-id"))
        else:
            storm.interrupted += 1


@pytest.fixture(scope="module")
def officer(demo_node: RunningNode) -> Officer:
    demo_node.wait_until_well()
    seated = Officer(demo_node, "le.cuong")
    seated.sign_in()
    return seated


@pytest.fixture(scope="module")
def storm(demo_node: RunningNode, officer: Officer) -> Storm:
    """A quarter of a minute in which every part dies twice while people work."""
    told = Storm()
    failures: list[BaseException] = []

    def guarded(work: object, *arguments: object) -> None:
        try:
            work(*arguments)  # type: ignore[operator]
        except BaseException as failure:
            failures.append(failure)

    workers = [
        threading.Thread(target=guarded, args=(register, officer, told)),
        threading.Thread(target=guarded, args=(exchange, demo_node, told)),
    ]
    for worker in workers:
        worker.start()
    for part in PARTS * ROUNDS:
        time.sleep(BETWEEN_SECONDS)
        demo_node.kill(part)
    demo_node.wait_until_well()
    # On a machine that is busy otherwise fewer births fit between two deaths; people go on.
    limit = time.monotonic() + AFTERWARDS_SECONDS
    while not told.is_enough and not failures and time.monotonic() < limit:
        time.sleep(0.2)
    told.over.set()
    for worker in workers:
        worker.join(30)
    assert failures == []
    return told


def test_the_storm_really_interrupted_work_that_went_on(storm: Storm) -> None:
    assert storm.interrupted > 0
    assert storm.is_enough


def test_every_registration_confirmed_on_screen_is_in_the_book(
    officer: Officer, storm: Storm
) -> None:
    for address, name in storm.confirmed.items():
        shown = officer.get(address)
        assert shown.status == 200
        assert name.upper() in shown.text.upper()


def test_every_child_gets_one_number_and_no_two_share_one(officer: Officer, storm: Storm) -> None:
    limit = time.monotonic() + ARRIVE_SECONDS
    waiting = set(storm.confirmed)
    while waiting:
        waiting = {address for address in waiting if not officer.get(f"{address}state").refresh}
        assert time.monotonic() < limit, f"{len(waiting)} children still wait for a number"
        time.sleep(0.5)
    given = {}
    for address in storm.confirmed:
        found = SHOWN_NUMBER.search(officer.get(address).text)
        assert found, f"{address} shows no number"
        given[address] = "".join(found[1].split())
        assert len(given[address]) == 12
    assert len(set(given.values())) == len(given)


def test_every_exchange_that_was_answered_has_all_its_rows(
    demo_node: RunningNode, storm: Storm
) -> None:
    for message_id in storm.answered:
        rows = demo_node.administration(f"/exchanges/{message_id}")["records"]
        kinds = {(row["side"], row["kind"]) for row in rows}
        assert len(kinds) == 4, f"{message_id}: {kinds}"
        assert all(row["signature_valid"] for row in rows)
