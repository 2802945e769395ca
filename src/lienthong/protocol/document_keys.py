"""
Keys that sign documents: one of each body for its seal, one of each officer who signs.

They are apart from the keys that sign messages (decision 11): their certificates
say so (RFC 9336), live a year and are issued by the node's own authority. They lie
under ``keys/documents/G14/``: ``body.key`` of the body, ``officers/<account>.key``
of its officers, each with its ``.crt``; lists of what was revoked lie beside the
authority, so that a signature can carry them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from lienthong.kernel.node import Node
from lienthong.protocol import pki, tokens
from lienthong.protocol.errors import UntrustedCertificate

ACCOUNT = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
BODY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class DocumentHolder:
    """Who signs documents with a certificate: a body, or a person of it with a title."""

    instance: str
    body: str
    """Member code of the body (``G14``)."""
    body_name: str
    name: str = ""
    """Full name of the person without degrees; empty for the body itself."""
    title: str = ""
    account: str = ""
    """Sign-in name of the person at the body's node."""

    @property
    def is_person(self) -> bool:
        return bool(self.name)

    def subject(self) -> x509.Name:
        """
        The subject of the certificate; the serial number is ``G14`` or ``G14/vu.ha``.

        Raises ValueError for a name X.509 has no room for (64 characters).
        """
        parts = [
            (NameOID.COUNTRY_NAME, self.instance),
            (NameOID.ORGANIZATION_NAME, self.body_name),
            (NameOID.SERIAL_NUMBER, f"{self.body}/{self.account}" if self.account else self.body),
            (NameOID.COMMON_NAME, self.name or self.body_name),
        ]
        if self.title:
            parts.append((NameOID.TITLE, self.title))
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])

    @classmethod
    def of(cls, certificate: x509.Certificate) -> DocumentHolder:
        """Whom a certificate names; raises UntrustedCertificate when it is not of this kind."""

        def one(oid: x509.ObjectIdentifier) -> str:
            found = certificate.subject.get_attributes_for_oid(oid)
            return str(found[0].value) if found else ""

        body, _, account = one(NameOID.SERIAL_NUMBER).partition("/")
        if not body or not one(NameOID.ORGANIZATION_NAME):
            raise UntrustedCertificate("the certificate names nobody who signs documents")
        return cls(
            instance=one(NameOID.COUNTRY_NAME),
            body=body,
            body_name=one(NameOID.ORGANIZATION_NAME),
            name=one(NameOID.COMMON_NAME) if account else "",
            title=one(NameOID.TITLE),
            account=account,
        )


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """A certificate that signs documents, with the way to its key."""

    holder: DocumentHolder
    chain: tuple[x509.Certificate, ...]
    """Its own first, then the authority that issued it; the root is left out."""
    file: Path
    """Of the certificate; the key lies beside it."""

    @property
    def certificate(self) -> x509.Certificate:
        return self.chain[0]

    def holds_at(self, at: datetime) -> bool:
        mine = self.certificate
        return bool(mine.not_valid_before_utc <= at <= mine.not_valid_after_utc)

    def key(self, node: Node) -> pki.SigningKey:
        """The private half; raises FileNotFoundError where it is not on this node."""
        place = self.file.with_suffix(tokens.SUFFIX)
        if place.exists():
            return tokens.TokenKey(tokens.KeyPlace.load(place), node.secret("pkcs11_pin"))
        return pki.SigningKey.load(
            self.file.with_suffix(".key"), node.secret("passphrase").encode()
        )


def place_of(node: Node, body: str, account: str = "") -> Path:
    """Where a certificate lies; raises ValueError for a name that is no plain name."""
    if not BODY.fullmatch(body) or (account and not ACCOUNT.fullmatch(account)):
        raise ValueError(f"{body}/{account} cannot be the name of a key")
    home = node.keys / "documents" / body
    return home / "officers" / f"{account}.crt" if account else home / "body.crt"


def read(file: Path) -> DocumentKey:
    chain = pki.load_chain(file.read_bytes())
    return DocumentKey(DocumentHolder.of(chain[0]), chain, file)


def key_of(node: Node, body: str, account: str = "") -> DocumentKey | None:
    """The key of a body, or of an officer of it; None where the node holds none."""
    try:
        file = place_of(node, body, account)
    except ValueError:
        return None
    return read(file) if file.exists() else None


def officers_of(node: Node, body: str) -> list[DocumentKey]:
    """Keys of the officers who sign for a body, by account."""
    return [
        read(file) for file in sorted((node.keys / "documents" / body / "officers").glob("*.crt"))
    ]


def every(node: Node) -> Iterator[DocumentKey]:
    """Every key that signs documents, bodies before their officers."""
    for body in sorted((node.keys / "documents").glob("*/body.crt")):
        yield read(body)
    for officer in sorted((node.keys / "documents").glob("*/officers/*.crt")):
        yield read(officer)


def revocation_lists(node: Node) -> list[bytes]:
    """DER of the lists of the authorities of this node."""
    return [file.read_bytes() for file in sorted((node.keys / "authority").glob("*.crl"))]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a reader of signed documents trusts: roots of signers, and of time-stamps."""

    roots: tuple[str, ...]
    """PEM, one certificate each."""
    timestamp_roots: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        wire = {
            "format": "lienthong-document-anchor-1",
            "roots": self.roots,
            "timestamp_roots": self.timestamp_roots,
        }
        return json.dumps(wire, indent=1).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Anchor:
        """Read JSON as written here, a gateway's anchor, or PEM; raises UntrustedCertificate."""
        text = raw.decode("utf-8", "replace")
        try:
            found = json.loads(text)
        except ValueError:
            found = {"roots": pki.blocks_of(text)}
        if not isinstance(found, dict) or not found.get("roots"):
            raise UntrustedCertificate("this file names no trusted root")
        anchor = cls(tuple(found["roots"]), tuple(found.get("timestamp_roots", ())))
        for pem in (*anchor.roots, *anchor.timestamp_roots):
            pki.load_certificate(str(pem))
        return anchor


def anchor_of(node: Node) -> Anchor | None:
    """The anchor of this node's own authority; None where there is none."""
    place = node.keys / "authority"
    roots = [*sorted(place.glob("root.crt")), *sorted(place.glob("root.*.old"))]
    stamped = node.keys / "timestamp" / "demonstration.crt"
    stamps = pki.blocks_of(stamped.read_text())[1:] if stamped.exists() else []
    configured = node.keys / "timestamp" / "roots.pem"
    if configured.exists():
        stamps += pki.blocks_of(configured.read_text())
    return Anchor(tuple(file.read_text() for file in roots), tuple(stamps)) if roots else None
