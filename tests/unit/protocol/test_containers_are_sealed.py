"""XAdES by either algorithm of the exchange: the bytes in the document are the canonical ones."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from lxml import etree

from lienthong.protocol import asic, pki, xades
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import Authority, SigningKey
from lienthong.protocol.xades import File

DS = "{http://www.w3.org/2000/09/xmldsig#}"
AT = datetime(2026, 12, 1, 10, 30, 7, tzinfo=UTC)
FILES = [
    File("message.xml", "text/plain;charset=utf-8", b"POST\r\n/r1/a\r\nX:\xc3\xa1"),
    File("attachment1", 'x/y; a="<&>"', bytes(range(256))),
]


@pytest.fixture(params=pki.ALGORITHMS, ids=lambda name: name.decode())
def sealed(request):
    root = SigningKey.generate()
    authority = Authority(root, pki.make_root(root, name="Root", instance="VN", now=AT))
    key = SigningKey.generate(request.param)
    member = MemberId("VN", "GOV", "G14")
    certificate = authority.issue_sign(key.verifying, member=member, name="Bộ & <x>", now=AT)
    chain = pki.load_chain(authority.chain_of(certificate))
    return key, chain, etree.fromstring(xades.sign(FILES, key, chain, AT))


def canonical(element):
    return etree.tostring(element, method="c14n", exclusive=True)


def test_every_reference_has_the_digest_of_what_it_names(sealed):
    _, _, document = sealed
    data = {file.name: file.data for file in FILES}
    references = document.findall(f".//{DS}Reference")
    assert [one.get("URI") for one in references] == ["message.xml", "attachment1",
                                                      "#signed-properties"]  # fmt: skip
    for one in references:
        uri = one.get("URI")
        if uri.startswith("#"):
            (element,) = document.xpath(f"//*[@Id='{uri[1:]}']")
            found = canonical(element)
        else:
            found = data[uri]
        assert base64.b64decode(one.findtext(f"{DS}DigestValue")) == hashlib.sha256(found).digest()


def test_the_signature_is_over_the_canonical_form(sealed):
    key, chain, document = sealed
    info = canonical(document.find(f".//{DS}SignedInfo"))
    value = base64.b64decode(document.findtext(f".//{DS}SignatureValue"))
    key.verifying.verify(value, info)
    method = document.find(f".//{DS}SignatureMethod").get("Algorithm")
    public = chain[0].public_key()
    kinds = {"ecdsa-sha256": ec.EllipticCurvePublicKey, "eddsa-ed25519": ed25519.Ed25519PublicKey}
    assert isinstance(public, kinds[method.rpartition("#")[2]])


def test_it_names_its_time_and_its_certificate(sealed):
    _, chain, document = sealed
    space = "{http://uri.etsi.org/01903/v1.3.2#}"
    assert document.findtext(f".//{space}SigningTime") == "2026-12-01T10:30:07Z"
    digest = base64.b64decode(document.find(f".//{space}CertDigest").findtext(f"{DS}DigestValue"))
    assert digest.hex() == pki.fingerprint(chain[0])
    assert len(document.findall(f".//{DS}X509Certificate")) == len(chain)
    kinds = [one.text for one in document.iterfind(f".//{space}MimeType")]
    assert kinds == [file.kind for file in FILES]


def test_a_container_of_years_long_past_is_a_zip_all_the_same(sealed):
    key, chain, _ = sealed
    packed = asic.container(FILES, key, chain, datetime(1970, 1, 1, tzinfo=UTC))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert archive.infolist()[0].extra == b""
        assert archive.read("attachment1") == bytes(range(256))
