"""`/asic` and `/verificationconf` of the message log (UG-SIGDOC)."""

from __future__ import annotations

import io
import uuid
import xml.etree.ElementTree as ET
import zipfile

import pytest

from conformance.kit.target import Target
from conformance.kit.wire import Answer, call, send

ASICE = "application/vnd.etsi.asic-e+zip"
NAMES = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")


def fetch(target: Target, *flags: str, message_id: str | None, credential: bool = True) -> Answer:
    target.need("evidence")
    who = zip(NAMES, target.client.split("/"), strict=True)
    query = [f"{name}={part}" for name, part in who]
    if message_id is not None:
        query.insert(0, f"queryId={message_id}")
    return send(target, "GET", f"/asic?{'&'.join([*query, *flags])}", credential=credential)


@pytest.fixture(scope="module")
def message_id(target: Target) -> str:
    """Of an exchange that was answered just now."""
    target.need("evidence")
    name = f"conformance-{uuid.uuid4()}"
    assert call(target, target.need("path"), ("X-Road-Id", name)).header("x-road-error") is None
    return name


def test_both_messages_come_as_containers_in_a_zip(target: Target, message_id: str) -> None:
    answer = fetch(target, "force", message_id=message_id)
    assert (answer.status, answer.header("content-type")) == (200, "application/zip"), answer
    assert f'filename="{message_id}.zip"' in (answer.header("content-disposition") or "")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as whole:
        kinds = {
            name.removeprefix(f"{message_id}-").rpartition("-")[0] for name in whole.namelist()
        }
        assert kinds == {"request", "response"}
        assert all(name.endswith(".asice") for name in whole.namelist())


@pytest.mark.parametrize(
    ("flag", "kind"), [("requestOnly", "request"), ("responseOnly", "response")]
)
def test_one_message_comes_as_a_container(
    target: Target, message_id: str, flag: str, kind: str
) -> None:
    answer = fetch(target, flag, "unique", "force", message_id=message_id)
    assert (answer.status, answer.header("content-type")) == (200, ASICE), answer
    assert f"{message_id}-{kind}-" in (answer.header("content-disposition") or "")
    assert answer.body[30:38] == b"mimetype"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as container:
        assert {"message.xml", "META-INF/signatures.xml", "META-INF/manifest.xml"} <= set(
            container.namelist()
        )
        assert container.read("mimetype") == ASICE.encode()
        root = ET.fromstring(container.read("META-INF/signatures.xml"))
    assert root.tag.endswith("}XAdESSignatures")


@pytest.mark.parametrize("flags", [("requestOnly", "responseOnly"), ("unique",)])
def test_flags_that_do_not_go_together_are_told(
    target: Target, message_id: str, flags: tuple[str, ...]
) -> None:
    # The reference code looks for the time-stamp before it looks at `unique`.
    refused(fetch(target, *flags, "force", message_id=message_id), 400)


def test_a_missing_parameter_is_told(target: Target) -> None:
    refused(fetch(target, message_id=None), 400)


def test_what_was_never_sent_is_not_found(target: Target) -> None:
    refused(fetch(target, message_id=f"never-{uuid.uuid4()}"), 404)


def test_nobody_fetches_without_a_credential(target: Target, message_id: str) -> None:
    if not (target.secret or target.cert):
        pytest.skip("needs --secret or --cert")
    refused(fetch(target, message_id=message_id, credential=False), 401)


def refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer
    assert (answer.header("content-type") or "").startswith("text/plain")
    assert answer.body


def test_the_instance_is_described(target: Target) -> None:
    target.need("evidence")
    answer = send(target, "GET", "/verificationconf")
    assert (answer.status, answer.header("content-type")) == (200, "application/zip")
    place = f"verificationconf/{target.instance}/shared-params.xml"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as whole:
        assert {place, f"{place}.metadata", "verificationconf/instance-identifier"} <= set(
            whole.namelist()
        )
        assert whole.read("verificationconf/instance-identifier").decode() == target.instance
        root = ET.fromstring(whole.read(place))
    assert root.tag == "{http://x-road.eu/xsd/xroad.xsd}conf"
    assert root.findtext("instanceIdentifier") == target.instance
