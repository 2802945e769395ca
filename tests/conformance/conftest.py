"""A running gateway, and providers from an interpreter where nothing of ours is installed."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conformance.kit.target import Target
from database_server import DatabaseServer
from gateway.exchange_cast import SECRET, Country, country, grant
from gateway.test_gateway_processes import Running
from lienthong.protocol.snapshot import OfferEntry, Subsystem

HERE = Path(__file__).resolve().parent
FOREIGN = HERE.parent.parent / ".venv-foreign" / "bin" / "python"
PROVIDER = "GOV/G14/outside-services"


@dataclasses.dataclass
class Outside:
    """The addresses the outside parties use."""

    base: str
    """Of the gateway's consumer side, plain HTTP."""
    running: Running


@pytest.fixture(scope="session")
def outside(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outside]:
    """A running gateway with a SOAP service and a plain REST service behind it."""
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    with contextlib.ExitStack() as stack:
        stack.callback(database.drop)
        soap = stack.enter_context(provider("soap"))
        rest = stack.enter_context(provider("rest"))
        running = Running(tmp_path_factory.mktemp("home"), database)
        stack.callback(running.edge.close)
        stack.callback(running.kill)
        running.country = with_services(country(peer_port=running.node.ports.peer))
        running.write()
        service = {"url": f"{soap}/service", "description": f"{soap}/service?wsdl"}
        (running.node.gateway / "providers.json").write_bytes(
            msgspec.json.encode(
                {
                    f"{PROVIDER}/TinhTong/v1": service,
                    f"{PROVIDER}/GuiAnh/v1": service,
                    f"{PROVIDER}/dan-so": {
                        "url": f"{rest}/api",
                        "description": f"{rest}/openapi.json",
                    },
                }
            )
        )
        running.start()
        yield Outside(f"http://127.0.0.1:{running.node.ports.consumer}", running)


@pytest.fixture(scope="session")
def own_target(outside: Outside) -> Target:
    """The suite's own gateway, as the kit is told of any other."""
    return Target(
        base_url=outside.base,
        client="VN/GOV/G15/civil-status",
        secret=SECRET,
        service=f"VN/{PROVIDER}/dan-so",
        path="/persons/001?full=1",
        post_path="/persons",
        echo_path="/persons/002",
        missing_path="/nothing",
        denied_service="VN/GOV/G01/population/kin",
        soap_service=f"VN/{PROVIDER}/TinhTong/v1",
        soap_body="<TinhTong><First>1</First><Second>2</Second></TinhTong>",
        soap_action="TinhTong",
        openapi=True,
        wsdl=True,
        proxy=True,
        legacy_wsdl=True,
        evidence=True,
        promises=True,
    )


def with_services(here: Country) -> Country:
    """The small exchange with one more subsystem, which two others may call."""
    soap = {"provider": PROVIDER, "kind": "soap", "effect": "public", "versions": ["v1"]}
    offers = [
        OfferEntry(code="TinhTong", **soap),
        OfferEntry(code="GuiAnh", **soap),
        OfferEntry(provider=PROVIDER, code="dan-so", kind="openapi", effect="public",
                   methods=["GET", "POST"]),
        OfferEntry(provider="GOV/G01/population", code="kin", effect="public", methods=["GET"]),
    ]  # fmt: skip
    here.snapshot = here.changed(
        subsystems=[
            *here.snapshot.subsystems,
            Subsystem(member="GOV/G14", code="outside-services", name="x", gateways=["national"]),
        ],
        offers=here.snapshot.offers + offers,
        grants=here.snapshot.grants + [
            grant(client, offer.code, provider=PROVIDER, id=f"{client}-{offer.code}")
            for client in ("GOV/G15/civil-status", "GOV/G14/outside-test")
            for offer in offers
            if offer.code != "kin"  # which nobody may call
        ],
    )  # fmt: skip
    return here


@contextlib.contextmanager
def provider(kind: str) -> Iterator[str]:
    """One of the programs of ``foreign_provider.py``, once it answers."""
    assert FOREIGN.exists(), "`make setup-dev` brings the providers nobody here wrote"
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    child = subprocess.Popen([str(FOREIGN), str(HERE / "foreign_provider.py"), kind, str(port)])
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            assert child.poll() is None, "the provider did not start"
            assert time.monotonic() < deadline, "the provider does not listen"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)
