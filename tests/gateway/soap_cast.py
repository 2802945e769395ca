"""The small exchange with services of an outside system: two of SOAP, one with an OpenAPI paper."""

from __future__ import annotations

import re
from dataclasses import replace

from gateway.exchange_cast import SECRET, Country, country, grant
from lienthong.gateway.inprocess import InProcessGateway, SystemAnswer, SystemRequest
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.messages import Outgoing
from lienthong.gateway.settings import read_description, read_provider
from lienthong.protocol.snapshot import OfferEntry
from soap_letters import header, letter

CIVIL_STATUS = "VN/GOV/G15/civil-status"
PROVIDER = "VN/GOV/G14/outside-test"
SUM = f"{PROVIDER}/tinhTong/v1"
NOTE = f"{PROVIDER}/ghiChu"
ASK = '<t:tinhTong xmlns:t="urn:x"><so>1</so></t:tinhTong>'
PLAIN = "text/xml; charset=utf-8"


def soap_offers() -> list[OfferEntry]:
    mine = {"provider": "GOV/G14/outside-test", "kind": "soap", "methods": ["POST"]}
    return [
        OfferEntry(code="tinhTong", effect="public", versions=["v1", "v2"], max_body=1 << 20,
                   **mine),
        OfferEntry(code="ghiChu", effect="changing", **mine),
        OfferEntry(provider="GOV/G14/outside-test", code="units", effect="public",
                   kind="openapi", methods=["GET"]),
    ]  # fmt: skip


def soap_country() -> Country:
    here = country()
    given = [
        grant("GOV/G15/civil-status", code, provider="GOV/G14/outside-test", id=f"grant-{code}")
        for code in ("tinhTong", "ghiChu", "units")
    ]
    here.snapshot = here.changed(
        offers=here.snapshot.offers + soap_offers(), grants=here.snapshot.grants + given
    )
    return here


def echo(request: SystemRequest) -> SystemAnswer:
    """A service of SOAP: its request's header, and the body's element called …Response."""
    whole = re.sub(rb"(</?t:\w+)", rb"\1Response", request.body)
    return SystemAnswer(200, whole, [(b"Content-Type", request.header(b"content-type"))])


def soap_gateway(here: Country, *, system=echo, log: MemoryLog | None = None) -> InProcessGateway:
    def answer(request: SystemRequest) -> SystemAnswer:
        here.asked.append(request)
        return system(request)

    place = read_provider("http://127.0.0.1:9/service")
    described = read_description("http://127.0.0.1:9/service?wsdl")
    exact = replace(place, path=b"/service/", is_service=True,
                    description=described)  # fmt: skip
    paper = read_description("http://127.0.0.1:9/openapi.json")
    return InProcessGateway(
        snapshot=here.snapshot,
        anchor=here.anchor,
        keys=here.keys,
        clients=here.clients,
        provider=answer,
        log=log or MemoryLog(),
        providers={
            "GOV/G14/outside-test/tinhTong": exact,
            "GOV/G14/outside-test/ghiChu": exact,
            "GOV/G14/outside-test/units": replace(place, path=b"/api", is_service=True,
                                                  description=paper),
        },
    )  # fmt: skip


def post(gateway: InProcessGateway, body: bytes, kind: str = PLAIN, path: str = "/", *,
         secret: str | None = SECRET, **more: str) -> Outgoing:  # fmt: skip
    """Post a message as an information system would."""
    headers = [(b"Content-Type", kind.encode())]
    if secret is not None:
        headers.append((b"Lienthong-Client-Secret", secret.encode()))
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return gateway.call("POST", path, headers, body)


def ask(service: str = SUM, body: str = ASK, client: str = CIVIL_STATUS, **more: str) -> bytes:
    return letter(header(client, service, **more), body)
