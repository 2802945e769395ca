"""The deny list beats the snapshot: signatures, TLS certificates, and what lies on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.exchange_cast import JUSTICE, POLICE, UNITS, Country, asks, country
from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.gateway.tls import ssl
from lienthong.gateway.ways_out import Sockets
from lienthong.kernel import clock
from lienthong.protocol import headers as names
from lienthong.protocol import pki
from lienthong.protocol.joining import Denied, seal_denied


@pytest.fixture(scope="module")
def here() -> Country:
    return country()


@pytest.fixture
def gateway(here: Country) -> Iterator[InProcessGateway]:
    made = here.gateway()
    yield made
    made.close()


def denied(number: int = 1, **lists: list[str]) -> Denied:
    return Denied(instance="VN", number=number, made_at=clock.instant(), **lists)  # type: ignore[arg-type]


def fault(gateway: InProcessGateway) -> str:
    answer = gateway.call("POST", f"/r1/{UNITS}", asks(), b"{}")
    return (names.get(answer.headers, names.ERROR) or b"").decode()


def test_a_request_signed_with_a_denied_key_is_refused_though_the_snapshot_names_it(
    here: Country, gateway: InProcessGateway
) -> None:
    assert fault(gateway) == ""
    gateway.gateway.denied = denied(kids=[here.keys[JUSTICE].kid])
    assert fault(gateway).startswith("Server.ServerProxy.SignatureVerification")


def test_an_answer_signed_with_a_denied_key_is_not_handed_over(
    here: Country, gateway: InProcessGateway
) -> None:
    gateway.gateway.denied = denied(kids=[here.keys[POLICE].kid])
    assert fault(gateway).startswith("Server.ClientProxy.SignatureVerification")


def test_a_peer_that_shows_a_denied_certificate_is_refused_on_a_connection_it_kept(
    here: Country, gateway: InProcessGateway
) -> None:
    assert fault(gateway) == ""
    gateway.gateway.denied = denied(auth_sha256=[pki.fingerprint(here.auth_certificate)])
    assert fault(gateway) == "Server.ServerProxy.UnknownMember"


def test_no_call_goes_to_a_peer_whose_certificate_is_denied(here: Country, tmp_path: Path) -> None:
    sockets = Sockets(SpoolRoom(tmp_path), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    (entry,) = here.snapshot.gateways
    shown = pki.fingerprint(here.auth_certificate)
    assert sockets._address(entry).pins == {shown}
    sockets.deny(denied(auth_sha256=[shown]))
    assert sockets._address(entry).pins == frozenset()


def test_a_list_on_disk_is_taken_when_it_verifies_and_is_newer(
    here: Country, tmp_path: Path
) -> None:
    path = tmp_path / "denied.json"
    file = DeniedFile(path, here.anchor)
    assert file.look() is None
    path.write_bytes(seal_denied(denied(2, kids=["a"]), here.directory_key))
    held = file.look()
    assert held is not None
    assert held.kids == ["a"]
    for raw in (
        seal_denied(denied(1), here.directory_key),
        seal_denied(denied(3), pki.SigningKey.generate()),
        b"{}",
    ):
        path.write_bytes(raw)
        assert file.look() is held
    file.keep(seal_denied(denied(4, kids=["a", "b"]), here.directory_key))
    assert DeniedFile(path, here.anchor).look() == file.current
    assert file.number == 4
