"""A newcomer believes nobody but the root its invitation names, and waits cheaply for news."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.edge_thread import Edge
from gateway.exchange_cast import Country, country
from lienthong.gateway import tls
from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.directory_client import (
    DirectoryAway,
    DirectoryClient,
    DirectoryRefused,
    fetch_anchor,
)
from lienthong.gateway.door import Door, News
from lienthong.gateway.settings import load_settings
from lienthong.gateway.snapshots import SnapshotFile
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from lienthong.protocol.errors import UntrustedCertificate
from lienthong.protocol.joining import Denied, Invitation, open_denied, seal_denied

pytestmark = pytest.mark.scenario
DIRECTORY = "VN/GOV/G14/national"


class OpenDoor:
    """A door on a free port, with the files of a small exchange behind it."""

    def __init__(self, place: Path) -> None:
        self.country: Country = country()
        self.node = Node(place, Ports(20000))
        self.country.write(self.node, "http://127.0.0.1:1")
        settings = load_settings(self.node)
        room = SpoolRoom(place)
        self.door = Door(
            self.node.gateway / "anchor.json",
            SnapshotFile(self.node.gateway / "snapshot.json", settings.anchor),
            DeniedFile(self.node.gateway / "denied.json", settings.anchor),
            1,  # no pages behind it
            room,
        )
        self.edge = Edge(self.door, room, tls=tls.door_listener(settings))

    def invitation(self, **changes: str) -> Invitation:
        values = {
            "url": f"https://127.0.0.1:{self.edge.port}",
            "root_sha256": pki.fingerprint(self.country.authority.certificate),
            "directory": DIRECTORY,
            "gateway": "VN/GOV/TINH-91/kien-giang",
            "secret": "s",
        }
        return Invitation(**(values | changes))

    def client(self, directory: str = DIRECTORY, roots: list[str] | None = None) -> DirectoryClient:
        return DirectoryClient(
            f"https://127.0.0.1:{self.edge.port}", directory, roots or self.country.anchor.roots
        )

    def deny(self, number: int) -> None:
        said = Denied(instance="VN", number=number, made_at=clock.instant(), kids=["x"])
        raw = seal_denied(said, self.country.directory_key)
        pki.write_private(self.node.gateway / "denied.json", raw)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    made = OpenDoor(tmp_path_factory.mktemp("door"))
    yield made
    made.edge.close()


def test_the_anchor_is_found_with_nothing_but_the_invitation(opened: OpenDoor) -> None:
    anchor = fetch_anchor(opened.invitation())
    assert anchor == opened.country.anchor


def test_a_door_that_shows_another_root_is_not_believed(opened: OpenDoor) -> None:
    other = pki.fingerprint(country().authority.certificate)
    with pytest.raises(UntrustedCertificate):
        fetch_anchor(opened.invitation(root_sha256=other))


def test_a_gateway_of_the_same_exchange_is_not_taken_for_the_directory(opened: OpenDoor) -> None:
    with pytest.raises(UntrustedCertificate, match="answered for the directory"):
        fetch_anchor(opened.invitation(directory="VN/GOV/G01/police"))


def test_an_impostor_with_the_genuine_root_on_show_is_not_believed(
    opened: OpenDoor, tmp_path: Path
) -> None:
    """It shows the true root to be recognised, but no root vouches for its own key."""
    impostor = OpenDoor(tmp_path)
    try:
        (impostor.node.gateway / "anchor.json").write_bytes(opened.country.anchor.dump())
        genuine = pki.fingerprint(opened.country.authority.certificate)
        with pytest.raises(UntrustedCertificate, match="door"):
            fetch_anchor(impostor.invitation(root_sha256=genuine))
    finally:
        impostor.edge.close()


def test_a_door_that_is_shut_is_told_from_one_that_lies(opened: OpenDoor) -> None:
    with pytest.raises(DirectoryAway):
        fetch_anchor(opened.invitation(url="https://127.0.0.1:1"))


def test_news_come_as_soon_as_there_are_any(opened: OpenDoor) -> None:
    client = opened.client()
    assert client.get("/exchange/news?snapshot=7&denied=99&wait=0").status == 204
    got: list[News] = []

    def wait() -> None:
        answer = client.get("/exchange/news?snapshot=7&denied=1&wait=30", patience=60)
        got.append(msgspec.json.decode(answer.body, type=News))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.2)
    opened.deny(2)
    waiting.join(60)
    assert got == [News(snapshot=7, denied=2)]
    held = open_denied(client.get("/exchange/denied").body, opened.country.anchor)
    assert held.number == 2


def test_a_gateway_that_stops_does_not_wait_for_news(opened: OpenDoor) -> None:
    client = opened.client()
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(DirectoryAway):
            client.get("/exchange/news?snapshot=99&denied=99&wait=30", patience=60)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    deadline = time.monotonic() + 30
    while not client.waits and time.monotonic() < deadline:
        time.sleep(0.01)
    client.cut()
    assert ended.wait(30)
    waiting.join()
    with pytest.raises(DirectoryAway):
        client.get("/exchange/anchor")


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/exchange/secrets", DirectoryRefused),
        ("GET", "/exchange/../anchor", DirectoryRefused),
        ("GET", "/exchange/join", DirectoryRefused),
        ("DELETE", "/exchange/snapshot", DirectoryRefused),
        ("GET", "/exchange/news?snapshot=x", DirectoryRefused),
        ("POST", "/exchange/join", DirectoryAway),  # its pages do not answer
    ],
)
def test_the_door_answers_what_it_is_for_and_nothing_else(
    opened: OpenDoor, method: str, path: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        opened.client().ask(method, path, b"{}" if method == "POST" else None, 30.0)


def test_a_letter_longer_than_four_mebibytes_is_not_read(opened: OpenDoor) -> None:
    with pytest.raises((DirectoryRefused, DirectoryAway)):
        opened.client().ask("POST", "/exchange/join", b"x" * ((4 << 20) + 1), 60.0)
