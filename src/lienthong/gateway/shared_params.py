"""
``/verificationconf``: the instance as X-Road's verifier reads it, made from the snapshot.

Shared parameters in version 5 (``shared-parameters.xsd`` of X-Road): members,
subsystems, gateways and the authorities that certify them. Nothing is asked
of the directory; what is not in a snapshot (OCSP responders, groups) is left out.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lienthong.protocol import asic, pki
from lienthong.protocol.identifiers import GatewayId, MemberId
from lienthong.protocol.snapshot import Anchor, GatewayEntry, Member, Snapshot, Subsystem

XROAD = "http://x-road.eu/xsd/xroad.xsd"
VERSION = 5
PROFILE = "ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider"
"""Class in businessCategory, code in serialNumber: that is how members are named here too."""
OCSP_FRESHNESS = 3600
"""Compulsory; X-Road's own default. No certificate of this exchange names a responder."""


def packed(snapshot: Snapshot, anchor: Anchor, gateway: GatewayId) -> bytes:
    """``verificationconf.zip``: the parameters, their version, and the instance."""
    place = f"verificationconf/{snapshot.instance}/shared-params.xml"
    files = {
        place: shared_params(snapshot, anchor, gateway),
        f"{place}.metadata": f'{{"configurationVersion":"{VERSION}"}}',
        "verificationconf/instance-identifier": snapshot.instance,
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(asic.entry(name, snapshot.made_at), text, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def shared_params(snapshot: Snapshot, anchor: Anchor, gateway: GatewayId) -> str:
    """The parameters of the instance as this gateway knows them."""
    members = {
        MemberId(snapshot.instance, one.member_class, one.code).local: one
        for one in snapshot.members
    }
    ids = {name: f"M{number}" for number, name in enumerate(members, 1)}
    registered = [one for one in snapshot.subsystems if one.status == "registered"]
    ids |= {one.local: f"S{number}" for number, one in enumerate(registered, 1)}
    here = snapshot.gateway(gateway.code)
    parts = [
        element("instanceIdentifier", snapshot.instance),
        f"<source>{element('address', here.host)}</source>",
        *(approved_ca(root, issuing_of(snapshot, root)) for root in anchor.certificates),
        *(member_xml(name, one, registered, ids) for name, one in members.items()),
        *(gateway_xml(one, registered, ids) for one in snapshot.gateways),
        settings_xml(snapshot.members),
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<xroad:conf xmlns:xroad="{XROAD}">{"".join(parts)}</xroad:conf>\n'
    )


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def encoded(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def issuing_of(snapshot: Snapshot, root: x509.Certificate) -> list[x509.Certificate]:
    """The authorities under a root that certified somebody's key, each once."""
    found: dict[bytes, x509.Certificate] = {}
    for member in snapshot.members:
        for key in member.sign_keys:
            for one in pki.load_chain(key.cert)[1:]:
                if one.issuer == root.subject and one.subject != root.subject:
                    found[one.public_bytes(Encoding.DER)] = one
    return list(found.values())


def approved_ca(root: x509.Certificate, issuing: Iterable[x509.Certificate]) -> str:
    names = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else root.subject.rfc4514_string()
    below = "".join(
        f"<intermediateCA>{element('cert', encoded(one))}</intermediateCA>" for one in issuing
    )
    return (
        f"<approvedCA>{element('name', name)}"
        f"<topCA>{element('cert', encoded(root))}</topCA>{below}"
        f"{element('certificateProfileInfo', PROFILE)}</approvedCA>"
    )


def member_xml(
    name: str, member: Member, registered: Iterable[Subsystem], ids: dict[str, str]
) -> str:
    subsystems = "".join(
        f"<subsystem id={quoteattr(ids[one.local])}>"
        f"{element('subsystemCode', one.code)}{element('subsystemName', one.name)}</subsystem>"
        for one in registered
        if one.member == name
    )
    return (
        f"<member id={quoteattr(ids[name])}>{class_xml(member.member_class)}"
        f"{element('memberCode', member.code)}{element('name', member.name)}{subsystems}</member>"
    )


def class_xml(code: str) -> str:
    return f"<memberClass>{element('code', code)}{element('description', code)}</memberClass>"


def gateway_xml(gateway: GatewayEntry, registered: Iterable[Subsystem], ids: dict[str, str]) -> str:
    hashes = "".join(
        element("authCertHash", base64.b64encode(bytes.fromhex(one)).decode())
        for one in gateway.auth_cert_sha256
    )
    clients = "".join(
        element("client", ids[one.local]) for one in registered if gateway.code in one.gateways
    )
    maintained = "<inMaintenanceMode></inMaintenanceMode>" if gateway.in_maintenance else ""
    return (
        f"<securityServer>{element('owner', ids[gateway.owner])}"
        f"{element('serverCode', gateway.code)}{element('address', gateway.host)}"
        f"{hashes}{clients}{maintained}</securityServer>"
    )


def settings_xml(members: Iterable[Member]) -> str:
    classes = "".join(class_xml(code) for code in sorted({one.member_class for one in members}))
    return (
        f"<globalSettings>{classes}"
        f"{element('ocspFreshnessSeconds', str(OCSP_FRESHNESS))}</globalSettings>"
    )
