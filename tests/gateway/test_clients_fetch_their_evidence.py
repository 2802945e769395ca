"""`/asic`: sealed containers of a client's own messages, verified by programs nobody here wrote."""

# ruff: noqa: TID251 - this is the outside client the gateway is made for.

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import hashlib
import http.client
import io
import json
import subprocess
import time
import zipfile
from datetime import UTC

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree
from signxml import InvalidDigest, InvalidSignature
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

from gateway.attested import BODY, attested
from gateway.exchange_cast import CIVIL_STATUS, ISSUE, OPERATOR, SECRET, asks, country
from gateway.log_tables import all_rows
from gateway.test_days_leave_for_an_archive import TOMORROW, let_the_day_be_over
from gateway.test_gateway_processes import Running
from lienthong.gateway import archive, evidence_files, exports
from lienthong.gateway.bodies import EMPTY
from lienthong.gateway.exports import Exports
from lienthong.gateway.front import ConsumerFront
from lienthong.gateway.inprocess import SystemAnswer
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.kernel import clock
from lienthong.protocol import asic, pki
from lienthong.protocol.receipt import verify_receipt
from soap_letters import BOUNDARY, header, letter, related

MEMBER = "&xRoadInstance=VN&memberClass=GOV&memberCode="
MINE = f"{MEMBER}G15&subsystemCode=civil-status"
PROVIDERS = f"{MEMBER}G01&subsystemCode=population"
ASICE = "application/vnd.etsi.asic-e+zip"


@pytest.fixture(scope="module")
def here():
    return country()


def play(here, database, tmp_path, story, *, keep_bodies=True):
    async def whole():
        async with attested(here, database, tmp_path, keep_bodies=keep_bodies) as ready:
            return await story(ready)

    return asyncio.run(whole())


async def ask(ready, query, *, path="/asic", secret=SECRET, stamps=True, method="GET"):
    """The gateway's answer to a client's request for its evidence."""
    out = Exports(ready.reader, ready.archive, (lambda: ready.stamper) if stamps else None)
    headers = [] if secret is None else [(b"Lienthong-Client-Secret", secret.encode())]
    head = Head(method.encode(), f"{path}?{query}".encode(), headers, Caller())
    answer = await ConsumerFront(ready.core, out).answer(Incoming(head, EMPTY, time.monotonic()))
    said = {name.decode().lower(): value.decode() for name, value in answer.headers}
    return answer.status, said, answer.body.whole()


async def issued_and_stamped(ready, message_id="birth-1"):
    await ready.issue(message_id)
    await ready.seal()
    await ready.stamper.stamp_next()


def opened(data):
    return zipfile.ZipFile(io.BytesIO(data))


def verified(container, certificate=None):
    """The references of its signature, as signxml finds them good; raises what it raises."""
    with opened(container) as archive:
        names = [name for name in archive.namelist()
                 if not name.startswith("META-INF/") and name != "mimetype"]  # fmt: skip
        found = XAdESVerifier().verify(
            archive.read("META-INF/signatures.xml"),
            x509_cert=certificate,
            uri_resolver=archive.read,
            expect_config=XAdESSignatureConfiguration(expect_references=len(names) + 1),
        )
    return names, found


def test_request_and_response_come_zipped_and_each_container_verifies(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1{MINE}"), ready.authority.root

    (status, said, body), root = play(here, gateway_db, tmp_path, story)
    assert (status, said["content-type"]) == (200, "application/zip")
    assert said["content-disposition"] == 'attachment; filename="birth-1.zip"'
    with opened(body) as outer:
        names = outer.namelist()
        containers = [outer.read(name) for name in names]
    assert [name.rsplit("-", 1)[0] for name in names] == ["birth-1-request", "birth-1-response"]
    assert all(name.endswith(".asice") for name in names)
    certificate = here.snapshot.certificate(here.keys[OPERATOR].kid)
    for container in containers:
        files, found = verified(container, certificate)
        assert files == ["message.xml", "attachment1", "signature.txt", "receipt.json",
                         "log-head.txt", "log-head.tst", "note.txt"]  # fmt: skip
        assert found[-1].signed_xml.tag.endswith("}SignedProperties")


def test_a_container_is_laid_out_as_the_standard_says(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&requestOnly{MINE}")

    status, said, body = play(here, gateway_db, tmp_path, story)
    assert (status, said["content-type"]) == (200, ASICE)
    assert 'filename="birth-1-request-' in said["content-disposition"]
    assert body[30:38] == b"mimetype"
    assert body[38 : 38 + len(ASICE)] == ASICE.encode(), "stored first, without extra fields"
    with opened(body) as container:
        assert container.comment == f"mimetype={ASICE}".encode()
        manifest = etree.fromstring(container.read("META-INF/manifest.xml"))
        space = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
        listed = {one.get(f"{space}full-path"): one.get(f"{space}media-type") for one in manifest}
        assert set(listed) - {"/"} == {
            name for name in container.namelist()
            if name != "mimetype" and not name.startswith("META-INF/")
        }  # fmt: skip
        assert listed["/"] == ASICE
        signatures = etree.fromstring(container.read("META-INF/signatures.xml"))
    assert signatures.tag == "{http://uri.etsi.org/02918/v1.2.1#}XAdESSignatures"
    properties = signatures.find(".//{http://uri.etsi.org/01903/v1.3.2#}SignedProperties")
    parts = [etree.QName(one).localname for one in properties[0]]
    assert parts == ["SigningTime", "SigningCertificateV2"]
    assert len(properties[1]) == len(listed) - 1, "each file states its type"


@pytest.mark.parametrize("name", ["message.xml", "attachment1", "receipt.json", "note.txt"])
def test_a_changed_file_does_not_verify(here, gateway_db, tmp_path, name):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&responseOnly{MINE}")

    container = changed(play(here, gateway_db, tmp_path, story)[2], name)
    with pytest.raises(InvalidDigest):
        verified(container, here.snapshot.certificate(here.keys[OPERATOR].kid))


def changed(container, name):
    packed = io.BytesIO()
    with opened(container) as old, zipfile.ZipFile(packed, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, data[:-1] + bytes([data[-1] ^ 1]) if one == name else data)
    return packed.getvalue()


def test_the_seal_is_the_gateways_and_no_other_key_passes(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&requestOnly{MINE}")

    body = play(here, gateway_db, tmp_path, story)[2]
    other = next(kid for member, key in here.keys.items() if member != OPERATOR
                 for kid in [key.kid])  # fmt: skip
    with pytest.raises(InvalidSignature):
        verified(body, here.snapshot.certificate(other))
    with opened(body) as container:
        signatures = etree.fromstring(container.read("META-INF/signatures.xml"))
    shown = signatures.findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    certificate = pki.load_certificate(here.snapshot.certificate(here.keys[OPERATOR].kid))
    assert base64.b64decode(shown) == certificate.public_bytes(serialization.Encoding.DER)


def test_lxml_and_openssl_alone_verify_it_too(here, gateway_db, tmp_path):
    """By hand, as the standards say: C14N by libxml2, digests, and the signature by openssl."""

    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&requestOnly{MINE}"), ready.authority.root

    (_, _, body), stamp_root = play(here, gateway_db, tmp_path, story)
    container = opened(body)
    root = etree.fromstring(container.read("META-INF/signatures.xml"))
    ds = "{http://www.w3.org/2000/09/xmldsig#}"
    info = root.find(f".//{ds}SignedInfo")
    for reference in info.findall(f"{ds}Reference"):
        uri = reference.get("URI")
        if uri.startswith("#"):
            element = root.xpath(f"//*[@Id='{uri[1:]}']")[0]
            data = etree.tostring(element, method="c14n", exclusive=True)
        else:
            data = container.read(uri)
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        assert reference.findtext(f"{ds}DigestValue") == digest, uri
    (tmp_path / "data").write_bytes(etree.tostring(info, method="c14n", exclusive=True))
    raw = base64.b64decode(root.findtext(f".//{ds}SignatureValue"))
    halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    (tmp_path / "sig").write_bytes(encode_dss_signature(*halves))
    shown = root.findtext(f".//{ds}X509Certificate")
    (tmp_path / "cert.der").write_bytes(base64.b64decode(shown))
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-in", "data", "-sigfile", "sig", "-certin",
         "-keyform", "DER", "-inkey", "cert.der"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "head").write_bytes(container.read("log-head.txt"))
    (tmp_path / "token").write_bytes(container.read("log-head.tst"))
    (tmp_path / "stamps.pem").write_text(pki.pem_of(stamp_root))
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "head", "-token_in", "-in", "token", "-CAfile",
         "stamps.pem"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert "Verification: OK" in done.stdout, done.stderr


def test_what_was_signed_by_the_parties_is_inside(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&responseOnly{MINE}"), ready.country.anchor

    (_, _, body), anchor = play(here, gateway_db, tmp_path, story)
    container = opened(body)
    facts = verify_receipt(container.read("receipt.json"), anchor)
    assert (facts.message_id, facts.client) == ("birth-1", CIVIL_STATUS)
    record = json.loads(container.read("receipt.json"))["records"][1]["evidence"]
    assert container.read("message.xml") == base64.b64decode(record["head"])
    assert hashlib.sha256(container.read("attachment1")).digest() == facts.answer_digest
    fields = dict(
        line.split(": ", 1) for line in container.read("signature.txt").decode().splitlines()
    )
    assert base64.b64decode(fields["signature"].split(":")[1]) == base64.b64decode(
        record["signature"]
    )
    note = container.read("note.txt").decode()
    assert "được" in note or "do cổng" in note
    assert "was sealed by the gateway VN/GOV/G14/national when it was exported" in note
    assert "attachment1" in note


def test_reading_a_kept_body_this_way_is_in_the_log_too(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        await ask(ready, f"queryId=birth-1{MINE}")

    play(here, gateway_db, tmp_path, story)
    (row,) = [one for one in all_rows(gateway_db) if one.evidence.kind == "reading"]
    said = json.loads(row.evidence.head)
    assert (said["message_id"], said["by"]) == ("birth-1", CIVIL_STATUS)


def test_without_a_kept_body_the_container_says_so(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1&unique&requestOnly{MINE}")

    body = play(here, gateway_db, tmp_path, story, keep_bodies=False)[2]
    files, _ = verified(body, here.snapshot.certificate(here.keys[OPERATOR].kid))
    assert "attachment1" not in files
    assert "The body was not kept" in opened(body).read("note.txt").decode()


def test_the_provider_fetches_its_own_side(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        rule = ready.core.holdings.clients[CIVIL_STATUS.removeprefix("VN/")]
        ready.core.holdings = dataclasses.replace(
            ready.core.holdings, clients={"GOV/G01/population": rule}
        )
        return (
            await ask(ready, f"queryId=birth-1{PROVIDERS}"),
            await ask(ready, f"queryId=birth-1{MINE}"),
        )

    (status, _, body), (refused, _, _) = play(here, gateway_db, tmp_path, story)
    assert (status, refused) == (200, 401)
    with opened(body) as outer:
        receipts = [opened(outer.read(name)).read("receipt.json") for name in outer.namelist()]
    sides = {json.loads(one)["records"][0]["evidence"]["side"] for one in receipts}
    assert (len(receipts), sides) == (2, {"provider"})


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        (f"{MINE[1:]}", 400, 'Parameter "queryId" must be specified.'),
        ("queryId=birth-1&xRoadInstance=VN&memberClass=GOV", 400,
         'Parameter "memberCode" must be specified.'),
        (f"queryId=birth-1&requestOnly&responseOnly{MINE}", 400, "cannot be used at the same time"),
        (f"queryId=birth-1&unique{MINE}", 400, 'Parameter "unique" not applicable'),
        (f"queryId=birth-1{MEMBER}&subsystemCode=x", 400, "identifier"),
        (f"queryId=birth-1&%ff{MINE}", 400, "cannot be read"),
        (f"queryId=nothing{MINE}", 404, "No signed documents found"),
        (f"queryId=birth-1{MEMBER}G15&subsystemCode=nobody", 401, "not found"),
        (f"queryId=birth-1{MEMBER}G15", 401, "not found"),
        (f"queryId=birth-1{MINE.replace('=VN', '=XX')}", 401, "not found"),
        (f"queryId=birth-1{PROVIDERS}", 401, "not found"),
    ],
)  # fmt: skip
def test_refusals_are_plain_text(here, gateway_db, tmp_path, query, status, why):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, query)

    got, said, body = play(here, gateway_db, tmp_path, story)
    assert (got, said["content-type"]) == (status, "text/plain;charset=utf-8")
    assert why in body.decode()


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_nobody_fetches_what_is_anothers(here, gateway_db, tmp_path, secret):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(ready, f"queryId=birth-1{MINE}", secret=secret)

    status, said, body = play(here, gateway_db, tmp_path, story)
    assert (status, said["content-type"]) == (401, "text/plain;charset=utf-8")
    assert b"birth" not in body


def test_another_client_behind_the_same_gateway_finds_nothing(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        return await ask(
            ready, f"queryId=birth-1{MEMBER}G14&subsystemCode=outside-test", secret=None
        )

    assert play(here, gateway_db, tmp_path, story)[0] == 404


def test_only_get_is_answered(here, gateway_db, tmp_path):
    async def story(ready):
        return await ask(ready, f"queryId=birth-1{MINE}", method="PUT")

    assert play(here, gateway_db, tmp_path, story)[0] == 405


def test_what_is_not_stamped_yet_is_refused_or_stamped_by_force(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")
        unsealed = await ask(ready, f"queryId=birth-1{MINE}")
        await ready.seal()
        unstamped = await ask(ready, f"queryId=birth-1{MINE}")
        forced = await ask(ready, f"queryId=birth-1&force{MINE}")
        later = await ask(ready, f"queryId=birth-1{MINE}")
        return unsealed, unstamped, forced, later

    unsealed, unstamped, forced, later = play(here, gateway_db, tmp_path, story)
    for status, _, body in (unsealed, unstamped):
        assert (status, body) == (500, b"Message signature has not been timestamped yet!")
    assert (forced[0], later[0]) == (200, 200)


def test_force_waits_for_the_sealer(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")

        async def seal_soon():
            await asyncio.sleep(0.3)
            await ready.seal()

        answer, _ = await asyncio.gather(ask(ready, f"queryId=birth-1&force{MINE}"), seal_soon())
        return answer

    status, _, body = play(here, gateway_db, tmp_path, story)
    assert status == 200, body


def test_without_an_authority_a_head_is_enough(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        return await ask(ready, f"queryId=birth-1&unique&requestOnly{MINE}", stamps=False)

    status, _, body = play(here, gateway_db, tmp_path, story)
    assert status == 200
    assert "log-head.tst" not in opened(body).namelist()
    assert "log-head.txt" in opened(body).namelist()


def test_an_authority_that_is_away_is_told(here, gateway_db, tmp_path):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        ready.stamper.authorities = []
        return await ask(ready, f"queryId=birth-1&force{MINE}")

    status, _, body = play(here, gateway_db, tmp_path, story)
    assert (status, body) == (500, b"Could not create missing timestamp!")


def test_a_request_that_was_never_answered_is_exported_without_a_receipt(
    here, gateway_db, tmp_path
):
    async def story(ready):
        ready.gateway.gateway.way_out.system = lambda request: SystemAnswer(
            headers=[(b"Content-Type", b"application/json")]
        )
        answer = await ready.gateway.answer(
            "POST", f"/r1/{ISSUE}", asks(Idempotency_Key="k", X_Road_Id="lost"), BODY
        )
        await ready.seal()
        await ready.stamper.stamp_next()
        return answer.status, await ask(ready, f"queryId=lost{MINE}")

    refused, (status, _, body) = play(here, gateway_db, tmp_path, story)
    assert (refused, status) == (500, 200)
    with opened(body) as outer:
        (name,) = outer.namelist()
        container = outer.read(name)
    files, _ = verified(container, here.snapshot.certificate(here.keys[OPERATOR].kid))
    assert "receipt.json" not in files
    assert "signature.txt" in files
    assert "receipt.json" not in opened(container).read("note.txt").decode()


def test_every_request_under_one_id_is_exported_and_unique_means_the_newest(
    here, gateway_db, tmp_path
):
    async def story(ready):
        await ready.issue("birth-1")
        await issued_and_stamped(ready)
        return (
            await ask(ready, f"queryId=birth-1&responseOnly{MINE}"),
            await ask(ready, f"queryId=birth-1&responseOnly&unique{MINE}"),
        )

    (_, said, body), (_, unique_said, unique) = play(here, gateway_db, tmp_path, story)
    assert said["content-disposition"] == 'attachment; filename="birth-1-response.zip"'
    with opened(body) as outer:
        names = outer.namelist()
        assert len(set(names)) == 2
        assert outer.read(names[-1])[:4] == b"PK\x03\x04"
    assert names[-1] in unique_said["content-disposition"]
    assert json.loads(opened(unique).read("receipt.json"))


def test_a_message_of_an_archived_day_is_exported_as_before(here, gateway_db, tmp_path):
    async def story(ready):
        await issued_and_stamped(ready)
        today = clock.instant().astimezone(UTC).date()
        let_the_day_be_over(gateway_db)
        with clock.stopped(at=clock.instant() + TOMORROW):
            written = await asyncio.to_thread(
                archive.archive_day, gateway_db.archiver_url, today, ready.archive.directory
            )
        assert written.rows == 4
        return await ask(ready, f"queryId=birth-1&unique&responseOnly{MINE}"), ready.country.anchor

    (status, _, body), anchor = play(here, gateway_db, tmp_path, story)
    assert status == 200, body
    files, _ = verified(body, here.snapshot.certificate(here.keys[OPERATOR].kid))
    assert "receipt.json" in files
    assert verify_receipt(opened(body).read("receipt.json"), anchor).message_id == "birth-1"


def test_too_much_at_once_is_refused_in_words(here, gateway_db, tmp_path, monkeypatch):
    async def story(ready):
        await issued_and_stamped(ready)
        answers = []
        for name, most in (("LARGEST", 10), ("LARGEST", 1000), ("MOST", 1)):
            monkeypatch.setattr(exports, name, most)
            answers.append(await ask(ready, f"queryId=birth-1{MINE}"))
        return answers

    bodies, files, many = play(here, gateway_db, tmp_path, story)
    assert (bodies[0], files[0], many[0]) == (500, 500, 500)
    assert b"unique" in bodies[2]
    assert b"unique" in files[2]
    assert b"More than 1" in many[2]


HEAD = b"POST\r\n/soap/VN/GOV/G14/outside-test/tinhTong/v1\r\nContent-Type:%b\r\nx-road-id:a\r\n"
LETTER = letter(header(CIVIL_STATUS, "VN/GOV/G14/outside-test/tinhTong/v1"), "<tinhTong/>")


def test_of_soap_the_message_is_the_envelope_with_what_was_signed_beside_it():
    head = HEAD % b"text/xml; charset=utf-8"
    files = evidence_files.message_files(head, LETTER)
    assert [(file.name, file.data) for file in files] == [
        ("message.xml", LETTER), ("part.txt", head)
    ]  # fmt: skip
    assert [*evidence_files.described(files, len(LETTER))][0] == "message.xml  the SOAP message"


def test_of_soap_with_attachments_the_whole_body_is_there_too():
    body = related(LETTER, b"a photo")
    kind = b'multipart/related; boundary="%b"' % BOUNDARY.encode()
    files = evidence_files.message_files(HEAD % kind, body)
    assert [(file.name, file.data) for file in files] == [
        ("message.xml", LETTER), ("part.txt", HEAD % kind), ("attachment1", body)
    ]  # fmt: skip
    assert files[2].kind == kind.decode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"text/xml", b"<no-envelope/>"), (b"text/xml", None), (b"application/json", b"{}"),
        (b"multipart/related; boundary=x", b"no part"), (b"text/xml", b"<!DOCTYPE a><a/>"),
    ],
)  # fmt: skip
def test_what_is_no_soap_is_laid_out_as_rest(kind, body):
    files = evidence_files.message_files(HEAD % kind, body)
    assert files[0].data == HEAD % kind
    assert [file.data for file in files[1:]] == ([] if body is None else [body])


@pytest.mark.parametrize(
    ("message_id", "name"),
    [
        ("a/b c~ü", "a%2Fb+c%7E%C3%BC-request-10.asice"),
        ('x"; y', "x%22%3B+y-request-10.asice"),
        ("n" * 400, "n" * 226 + "-request-10.asice"),
    ],
)
def test_names_are_escaped_as_the_reference_code_does(message_id, name):
    assert asic.file_name(message_id, "request", 32) == name


def test_numbers_are_written_as_java_writes_them():
    assert [asic.base_32(n) for n in (0, 31, 32, 12345)] == ["0", "v", "10", "c1p"]


@pytest.mark.scenario
def test_a_running_gateway_hands_out_containers_over_its_port(tmp_path, gateway_db):
    running = Running(tmp_path, gateway_db)
    try:
        running.write()
        running.start(2)
        assert running.call(ISSUE, headers=asks(Idempotency_Key="k", X_Road_Id="b-1"))[0] == 200
        link = http.client.HTTPConnection("127.0.0.1", running.node.ports.consumer, timeout=30)
        with contextlib.closing(link):
            headers = {"Lienthong-Client-Secret": SECRET}
            link.request("GET", f"/asic?queryId=b-1&force{MINE}", headers=headers)
            answer = link.getresponse()
            assert (answer.status, answer.getheader("content-type")) == (200, "application/zip")
            body = answer.read()
            link.request("GET", "/verificationconf")
            assert link.getresponse().read()[:2] == b"PK"
        certificate = running.country.snapshot.certificate(running.country.keys[OPERATOR].kid)
        with opened(body) as outer:
            for name in outer.namelist():
                files, _ = verified(outer.read(name), certificate)
                assert {"receipt.json", "log-head.tst"} <= set(files)
    finally:
        running.kill()
        running.edge.close()
