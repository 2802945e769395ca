"""
Keys that sign documents, made, renewed and revoked (`lienthong.protocol.document_keys`).

`lienthong keys officer make` gives an officer of a body a key and a certificate,
`lienthong keys officer revoke` ends it: its key is destroyed and its certificate
enters the list of the authority, which later signatures carry.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict, Invalid, NotFound
from lienthong.kernel.node import Node
from lienthong.protocol import document_certificates, document_keys, pki
from lienthong.protocol.document_keys import DocumentHolder

INSTANCE = "VN"
BODY_NAMES = {
    "G01": "Bộ Công an",
    "G14": "Bộ Thông tin và Truyền thông",
    "G15": "Bộ Tư pháp",
    "G22": "Văn phòng Chính phủ",
    "H33": "Ủy ban nhân dân tỉnh Kiên Giang",
}
RENEW_BEFORE = timedelta(days=60)
LIST_LIFE = timedelta(days=35)
"""Of the list of the issuing authority; the worker writes it anew with each renewal of keys."""
REVOKED = "revoked.json"


class NoSuchKey(NotFound):
    """This body has no such key for signing documents."""

    code = "cli.no_such_document_key"


class KeyThere(Conflict):
    """This officer has a key that is good; revoke it before another is made."""

    code = "cli.document_key_there"


class BadHolder(Invalid):
    """A key needs a plain account name, and a name and title of at most 64 letters."""

    code = "cli.bad_key_holder"


def bodies_of(cards: Iterable[System]) -> list[str]:
    """Bodies that seal documents here: the owners of systems."""
    return sorted({card.owner for card in cards})


def make(
    node: Node, authority: pki.Authority, cards: Iterable[System], passphrase: bytes
) -> list[str]:
    """The keys of bodies that are missing, and fresh lists of what was revoked."""
    made = []
    for code in bodies_of(cards):
        if document_keys.key_of(node, code) is None:
            holder = DocumentHolder(INSTANCE, code, BODY_NAMES.get(code, code))
            issue(node, authority, holder, passphrase)
            made.append(f"document {code}")
    write_list(node, authority)
    return made


def renew(
    node: Node,
    authority: pki.Authority,
    passphrase: bytes,
    now: datetime,
    *,
    all_of_them: bool = False,
) -> list[str]:
    """
    Another key for every holder whose certificate ends within sixty days.

    Not while the authority itself ends as soon: the new one would live no longer.
    """
    renewed = []
    authority_ends = authority.certificate.not_valid_after_utc
    for one in list(document_keys.every(node)):
        ends = one.certificate.not_valid_after_utc
        if all_of_them or (ends - now < RENEW_BEFORE and ends < authority_ends):
            issue(node, authority, one.holder, passphrase)
            renewed.append(f"document {one.holder.body} {one.holder.account}".strip())
    write_list(node, authority)
    return renewed


def issue(
    node: Node, authority: pki.Authority, holder: DocumentHolder, passphrase: bytes
) -> x509.Certificate:
    """A new key with its certificate; the one before stays beside, its key is overwritten."""
    file = document_keys.place_of(node, holder.body, holder.account)
    if file.exists():
        file.rename(file.with_suffix(f".{clock.instant():%Y%m%dT%H%M%S}.old"))
    key = pki.SigningKey.generate()
    certificate = document_certificates.issue(
        authority,
        key.verifying,
        subject=holder.subject(),
        now=clock.instant(),
        revoked_at=revocation_address(node),
    )
    key.save(file.with_suffix(".key"), passphrase)
    pki.write_private(file, authority.chain_of(certificate).encode())
    return certificate


def revocation_address(node: Node) -> str:
    """Where the list of this node's authority is published."""
    public = os.environ.get("LIENTHONG_PUBLIC_URL") or f"http://127.0.0.1:{node.ports.pages}"
    return f"{public.rstrip('/')}/chung-thu/thu-hoi.crl"


def holder_of(body: str, account: str, name: str, title: str) -> DocumentHolder:
    """An officer of a body, with the body's name as it is known here."""
    return DocumentHolder(
        INSTANCE,
        body,
        BODY_NAMES.get(body, body),
        name=" ".join(name.split()),
        title=" ".join(title.split()),
        account=account,
    )


def make_officer(node: Node, holder: DocumentHolder) -> x509.Certificate:
    """An officer's first key; raises `KeyThere`, `BadHolder`, or FileNotFoundError."""
    try:
        file = document_keys.place_of(node, holder.body, holder.account)
    except ValueError:
        raise BadHolder(account=holder.account) from None
    if file.exists() and document_keys.read(file).holds_at(clock.instant()):
        raise KeyThere(account=holder.account)
    passphrase = node.secret("passphrase").encode()
    authority = pki.Authority.load(node.keys / "authority", passphrase)
    try:
        return issue(node, authority, holder, passphrase)
    except ValueError:
        raise BadHolder(account=holder.account) from None


def revoke(node: Node, body: str, account: str = "") -> None:
    """Destroy a key and enter its certificate in the list; raises `NoSuchKey`."""
    found = document_keys.key_of(node, body, account)
    if found is None:
        raise NoSuchKey(body=body, account=account)
    passphrase = node.secret("passphrase").encode()
    authority = pki.Authority.load(node.keys / "authority", passphrase)
    entries = [*revoked(node), (found.certificate.serial_number, clock.instant())]
    wire = [[str(serial), at.isoformat()] for serial, at in entries]
    pki.write_private(node.keys / "authority" / REVOKED, json.dumps(wire).encode())
    write_list(node, authority)
    for suffix in (".key", ".token"):
        found.file.with_suffix(suffix).unlink(missing_ok=True)
    found.file.rename(found.file.with_suffix(f".{clock.instant():%Y%m%dT%H%M%S}.revoked"))


def revoked(node: Node) -> list[tuple[int, datetime]]:
    """Serial numbers and moments of what was revoked."""
    try:
        wire = json.loads((node.keys / "authority" / REVOKED).read_text())
    except FileNotFoundError:
        return []
    return [(int(serial), datetime.fromisoformat(at)) for serial, at in wire]


def write_list(node: Node, authority: pki.Authority) -> None:
    """The issuing authority's list as of now."""
    made = document_certificates.revocation_list(
        authority, revoked(node), now=clock.instant(), life=LIST_LIFE
    )
    write_der(node.keys / "authority" / "issuing.crl", made)


def write_root_list(node: Node, root: pki.Authority) -> None:
    """The root's list, good as long as the issuing authority it has just certified."""
    made = document_certificates.revocation_list(
        root, [], now=clock.instant(), life=pki.ISSUING_LIFE
    )
    write_der(node.keys / "authority" / "root.crl", made)


def write_der(path: Path, made: x509.CertificateRevocationList) -> None:
    pki.write_private(path, made.public_bytes(serialization.Encoding.DER))


def inventory(node: Node) -> list[tuple[Path, str, str, str]]:
    """Lines for `lienthong keys show`: file, use, owner, purpose."""
    return [
        (
            one.file,
            "DOCUMENT",
            f"{one.holder.body}/{one.holder.account}" if one.holder.is_person else one.holder.body,
            f"signs documents as {one.holder.name}, {one.holder.title}"
            if one.holder.is_person
            else "seals documents of the body",
        )
        for one in document_keys.every(node)
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    made = deeds.add_parser("make", help="a key and a certificate for an officer who signs")
    ended = deeds.add_parser("revoke", help="destroy a key; its certificate enters the list")
    for one in (made, ended):
        one.add_argument("--body", required=True, help="member code of the body, for example G14")
        one.add_argument("--account", required=True, help="sign-in name of the officer")
    made.add_argument("--name", required=True, help="full name, without degrees")
    made.add_argument("--title", required=True, help="for example 'Thứ trưởng'")


def run(node: Node, args: argparse.Namespace) -> int:
    if args.deed == "revoke":
        revoke(node, args.body, args.account)
        print(f"Revoked: {args.body}/{args.account}. What it signed before stays verifiable.")
        print("Next: `lienthong keys officer make` when the officer is to sign again.")
        return 0
    holder = holder_of(args.body, args.account, args.name, args.title)
    certificate = make_officer(node, holder)
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    print(f"{holder.name} signs for {holder.body_name} until {until}.")
    print("Next: the officer signs at the desk, each time with a one-time code.")
    return 0
