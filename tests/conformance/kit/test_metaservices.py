"""What the exchange tells about itself, in the shapes that clients read (PR-META, PR-MREST)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from conformance.kit.target import Target
from conformance.kit.wire import call, send

XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
IDENTIFIERS = "{http://x-road.eu/xsd/identifiers}"
PARTS = ("xroad_instance", "member_class", "member_code", "subsystem_code")


def provider(target: Target) -> str:
    return "/".join(target.need("service").split("/")[:4])


def test_clients_are_listed_as_xml_by_default(target: Target) -> None:
    answer = send(target, "GET", "/listClients")
    assert answer.status == 200
    assert "xml" in (answer.header("content-type") or "")
    root = ET.fromstring(answer.body)
    assert root.tag == f"{XROAD}clientList"
    listed = [
        "/".join(one.findtext(f"{IDENTIFIERS}{part}") or "" for part in
                 ("xRoadInstance", "memberClass", "memberCode", "subsystemCode"))
        for one in root.iter(f"{XROAD}id")
    ]  # fmt: skip
    assert target.client in listed
    assert {one.get(f"{IDENTIFIERS}objectType") for one in root.iter(f"{XROAD}id")} <= {
        "MEMBER", "SUBSYSTEM"
    }  # fmt: skip


def test_clients_are_listed_as_json_on_request(target: Target) -> None:
    answer = send(target, "GET", "/listClients", [("Accept", "text/html, application/json;q=0")])
    assert answer.status == 200
    listed = [one["id"] for one in answer.json()["member"]]
    assert target.client in ["/".join(one.get(part, "") for part in PARTS) for one in listed]
    assert all(one["object_type"] in ("MEMBER", "SUBSYSTEM") for one in listed)
    assert all(isinstance(one["name"], str) for one in answer.json()["member"])


def test_clients_of_the_instance_are_asked_for_by_name(target: Target) -> None:
    assert send(target, "GET", f"/listClients?xRoadInstance={target.instance}").status == 200
    assert send(target, "GET", "/listClients?xRoadInstance=no-such-instance").status >= 400


def services(target: Target, code: str) -> dict[str, dict[str, object]]:
    answer = call(target, service=f"{provider(target)}/{code}")
    assert answer.status == 200, answer
    assert answer.header("x-road-request-hash"), "it is signed and logged like any call"
    return {one["service_code"]: one for one in answer.json()["service"]}


def test_methods_are_listed_with_their_endpoints(target: Target) -> None:
    *path, code = target.need("service").split("/")
    found = services(target, "listMethods")[code]
    assert found["object_type"] == "SERVICE"
    assert found["service_type"] in ("REST", "OPENAPI")
    assert [found[part] for part in PARTS] == path
    endpoints = found["endpoint_list"]
    assert isinstance(endpoints, list)
    assert all(set(one) == {"method", "path"} for one in endpoints)


def test_allowed_methods_are_those_the_client_may_call(target: Target) -> None:
    code = target.need("service").split("/")[4]
    allowed = services(target, "allowedMethods")
    assert code in allowed
    assert set(allowed) <= set(services(target, "listMethods"))


def test_what_is_denied_is_listed_and_not_allowed(target: Target) -> None:
    *path, code = target.need("denied_service").split("/")
    listed = call(target, service="/".join([*path, "listMethods"])).json()["service"]
    allowed = call(target, service="/".join([*path, "allowedMethods"])).json()["service"]
    assert code in [one["service_code"] for one in listed]
    assert code not in [one["service_code"] for one in allowed]


def test_a_description_is_handed_on(target: Target) -> None:
    target.need("openapi")
    code = target.need("service").split("/")[4]
    answer = call(target, f"?serviceCode={code}", service=f"{provider(target)}/getOpenAPI")
    assert answer.status == 200, answer
    if "json" in (answer.header("content-type") or ""):
        assert str(json.loads(answer.body)["openapi"]).startswith("3.")
    else:
        assert b"openapi" in answer.body


def test_a_description_of_nothing_is_refused(target: Target) -> None:
    answer = call(target, service=f"{provider(target)}/getOpenAPI")
    assert answer.fault.endswith(".invalidrequest"), answer
    answer = call(target, "?serviceCode=no-such", service=f"{provider(target)}/getOpenAPI")
    assert answer.status == 500
    assert answer.fault.startswith("server.serverproxy."), answer
