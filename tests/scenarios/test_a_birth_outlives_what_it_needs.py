"""
A birth is entered whether or not population answers; its number comes once, when it can.

The other deaths of processes are in ``test_nothing_confirmed_is_lost``; here the offers stand
still without dying, and single backends of the database are killed under work.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from running_node import RunningNode
from scenarios.desk_browser import BIRTHS, Broken, Browser, Page, birth_of, births_found
from scenarios.evidence import Evidence, eventually, find_person

pytestmark = pytest.mark.scenario

CHILDREN = 16
KILLS = 4
WAITS = "Giấy khai sinh chờ số định danh"


@pytest.fixture(autouse=True)
def well(demo_node: RunningNode) -> Iterator[None]:
    demo_node.wait_until_well()
    yield
    demo_node.wait_until_well()


def children_of(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in listed]


def family_of(pid: int) -> list[int]:
    return [pid, *(grand for child in children_of(pid) for grand in family_of(child))]


@contextmanager
def standing_still(node: RunningNode, part: str) -> Iterator[None]:
    """Stop a part without ending it: it takes connections and never answers."""
    family = family_of(node.pid_of(part))
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)


def test_the_certificate_waits_in_sight_until_population_is_back(
    demo_node: RunningNode, registrar: Browser, log: Evidence
) -> None:
    blank = registrar.get(f"{BIRTHS}new").form("form_token")
    form = blank | birth_of("Trần Nguyễn Chờ Số")
    with standing_still(demo_node, "offers"):
        entered = registrar.post(f"{BIRTHS}new", form)
        assert entered.status == 200
        assert entered.personal_id == ""
        assert "Ghi sổ xong, số" in entered.words
        assert WAITS in entered.words
        # Printing is closed and says why; the entry is in the book meanwhile.
        closed = registrar.post(f"{BIRTHS}{entered.key}/certificate.pdf", {})
        assert closed.path == entered.path
        assert WAITS in closed.words
        assert births_found(registrar, "Trần Nguyễn Chờ Số") == {entered.key: "TRẦN NGUYỄN CHỜ SỐ"}
        # An impatient officer sends the form again: still one entry.
        assert registrar.post(f"{BIRTHS}new", form).key == entered.key
    number = eventually(
        lambda: registrar.get(entered.path).personal_id, 90, "the number arrives by itself"
    )
    assert find_person(demo_node, number)["full_name"] == "TRẦN NGUYỄN CHỜ SỐ"
    printed = registrar.post(f"{BIRTHS}{entered.key}/certificate.pdf", {})
    assert printed.headers["content-type"] == "application/pdf"
    # The request that was stuck may have been answered late; the number is the same one.
    time.sleep(1.0)
    assert registrar.get(entered.path).personal_id == number


def client_backends(node: RunningNode) -> list[int]:
    """Server processes of the two databases' clients, not those of PostgreSQL itself."""
    found = []
    for pid in children_of(node.pid_of("postgres")):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if title.startswith(("postgres: lienthong ", "postgres: lt_gateway ")):
            found.append(pid)
    return found


def enter(registrar: Browser, name: str, confirmed: dict[str, Page], failures: list[str]) -> None:
    """Send one form until its entry is on the screen, as an officer would."""
    form: dict[str, str] = {}
    limit = time.monotonic() + 90
    while time.monotonic() < limit:
        try:
            if not form:
                blank = registrar.get(f"{BIRTHS}new")
                if blank.status != 200 or "form_token" not in blank.text:
                    time.sleep(0.2)
                    continue
                form = blank.form("form_token") | birth_of(name)
            shown = registrar.post(f"{BIRTHS}new", form)
        except Broken:
            time.sleep(0.2)
            continue
        if shown.status == 200 and shown.path != f"{BIRTHS}new":
            confirmed[name] = shown
            return
        if shown.status < 500:
            failures.append(f"{name}: {shown.status} {shown.path} {shown.words[:2000]}")
            return
        time.sleep(0.2)
    failures.append(f"{name} was never confirmed")


def test_killed_backends_lose_no_confirmed_birth_and_double_none(
    demo_node: RunningNode, registrar: Browser, log: Evidence
) -> None:
    chance = random.Random(time.time_ns())
    syllables = ("An", "Bảo", "Chi", "Dung")
    children = [f"Trần Nguyễn Bền {a} {b}" for a in syllables for b in syllables][:CHILDREN]
    confirmed: dict[str, Page] = {}
    failures: list[str] = []
    killed = 0

    def work(mine: list[str]) -> None:
        for name in mine:
            enter(registrar, name, confirmed, failures)
            time.sleep(0.3)

    workers = [threading.Thread(target=work, args=(children[n::2],)) for n in range(2)]
    for worker in workers:
        worker.start()
    while killed < KILLS and any(worker.is_alive() for worker in workers):
        time.sleep(chance.uniform(0.2, 1.0))
        if backends := client_backends(demo_node):
            os.kill(chance.choice(backends), signal.SIGKILL)
            killed += 1
    for worker in workers:
        worker.join(180)
    assert not any(worker.is_alive() for worker in workers)
    assert failures == []
    assert killed > 0
    demo_node.wait_until_well()

    book = births_found(registrar, "Trần Nguyễn Bền")
    assert sorted(book.values()) == sorted(name.upper() for name in children)
    assert {page.key for page in confirmed.values()} == set(book)

    numbers = {}
    for key in book:
        path = f"{BIRTHS}{key}/"
        numbers[key] = eventually(
            lambda path=path: registrar.get(path).personal_id, 90, "the number arrives"
        )
    assert len(set(numbers.values())) == len(children)
    for key, number in numbers.items():
        assert find_person(demo_node, number)["full_name"] == book[key]
        words = registrar.get(f"{BIRTHS}{key}/").words
        message = words.partition("Giao dịch ")[2].split()[0]
        rows = log.exchange(message)["records"]
        assert {(row["side"], row["kind"]) for row in rows} == {
            (side, kind) for side in ("consumer", "provider") for kind in ("request", "answer")
        }
        assert all(row["signature_valid"] for row in rows)
