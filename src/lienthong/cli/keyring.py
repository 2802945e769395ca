"""
Keys and certificates of a node (decision 11): who has which, and making them.

AUTH (one a gateway, TLS) and SIGN (one a member) are apart; both live thirty
days and are renewed from day twenty (`lienthong.cli.renewing`). They are issued by an
authority whose key is online; the root that certifies it lies in a file of its own, sealed under a
passphrase of its own, and nothing but `take_root_offline` and the yearly
renewal of the issuing authority ever opens it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509

from lienthong.cli import document_keys, vault
from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import directory_keys, pki, tokens
from lienthong.protocol.identifiers import MemberId

INSTANCE, MEMBER_CLASS = "VN", "GOV"
GATEWAY_CODE, GATEWAY_OWNER = "national", "G14"
ROOT_NAME = "Lien Thong demonstration authority"
ISSUING_NAME = "Lien Thong demonstration issuing authority"
ISSUING_RENEWAL = timedelta(days=60)
"""The issuing authority is renewed this long before its end: longer than any certificate lives."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line of the inventory."""

    use: str
    owner: str
    purpose: str
    kid: str
    made: str
    renew_from: str
    ends: str
    file: str
    algorithm: str
    kept: str
    """Where the private half lives: an encrypted file, or a token."""


def members_of(cards: Iterable[System]) -> list[str]:
    """Member codes that need a signing key here: the owners of the systems and of the gateway."""
    return sorted({card.owner for card in cards} | {GATEWAY_OWNER})


def make(node: Node, cards: Iterable[System]) -> list[str]:
    """Make every key and certificate that is missing; returns what was made."""
    passphrase = node.secret("passphrase").encode()
    made: list[str] = []
    authority = open_authority(node, passphrase, made)
    for code in members_of(cards):
        if not (node.keys / "members" / code / "sign.crt").exists():
            issue_sign(node, authority, code, passphrase)
            made.append(f"sign {code}")
    if not (node.keys / "gateway" / "auth.crt").exists():
        issue_auth(node, authority, passphrase)
        made.append(f"auth {GATEWAY_CODE}")
    if not (node.keys / "directory" / "snapshot.pub").exists():
        key = pki.SigningKey.generate()
        key.save(node.keys / "directory" / "snapshot.key", passphrase)
        pki.write_private(node.keys / "directory" / "snapshot.pub", key.verifying.pem().encode())
        made.append("snapshot")
    write_anchor(node)
    made += document_keys.make(node, authority, cards, passphrase)
    return made


def is_due(certificate: Path, now: datetime) -> bool:
    return pki.needs_renewal(pki.load_certificate(certificate.read_bytes()), now)


def retire(certificate: Path, now: datetime) -> None:
    """Keep the old certificate, so that what it signed can be verified; its key is overwritten."""
    stamp = now.strftime("%Y%m%dT%H%M%S")
    certificate.rename(certificate.with_suffix(f".{stamp}.old"))


def open_authority(node: Node, passphrase: bytes, made: list[str]) -> pki.Authority:
    """The issuing authority; root and authority are made when there are none yet."""
    place = node.keys / "authority"
    if (place / "root.crt").exists() and not certifies_authorities(place / "root.crt"):
        # Of a release that issued from the root itself: trusted until the end, used no more.
        retire(place / "root.crt", clock.instant())
    if not (place / "root.crt").exists():
        vault.make_secret(node.secrets / "root_passphrase")
        key = pki.SigningKey.generate()
        key.save(place / "root.key", root_passphrase(node))
        certificate = pki.make_root(key, name=ROOT_NAME, instance=INSTANCE, now=clock.instant())
        pki.write_private(place / "root.crt", pki.pem_of(certificate).encode())
        made.append("root")
    if not (place / "issuing.crt").exists():
        certify_issuing(node, place, root_passphrase(node), passphrase)
        made.append("issuing authority")
    return pki.Authority.load(place, passphrase)


def certifies_authorities(path: Path) -> bool:
    root = pki.load_certificate(path.read_bytes())
    length = root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return length is None or length > 0


def root_passphrase(node: Node) -> bytes:
    return node.secret("root_passphrase").encode()


def certify_issuing(node: Node, root_place: Path, root_word: bytes, passphrase: bytes) -> None:
    """
    A new key for the issuing authority, certified by the root in ``root_place``.

    Certificates of the one before stay good until their end: each travels with
    the certificate of the authority that issued it.
    """
    root_key = pki.SigningKey.load(root_place / "root.key", root_word)
    root = pki.load_certificate((node.keys / "authority" / "root.crt").read_bytes())
    key = pki.SigningKey.generate()
    certificate = pki.make_issuing(
        key.verifying,
        root_key=root_key,
        root=root,
        name=ISSUING_NAME,
        instance=INSTANCE,
        now=clock.instant(),
    )
    place = node.keys / "authority"
    key.save(place / "issuing.key", passphrase)
    pki.write_private(place / "issuing.crt", pki.pem_of(certificate).encode())
    document_keys.write_root_list(node, pki.Authority(root_key, root))


def take_root_offline(node: Node, to: Path) -> list[Path]:
    """
    Move the root's key and its passphrase out of the node; the node goes on without.

    Both are written and read back before either is removed here. Raises
    FileNotFoundError when the root is offline already.
    """
    key, word = node.keys / "authority" / "root.key", node.secrets / "root_passphrase"
    kept = [(key, to / "root.key"), (word, to / "root_passphrase")]
    for here, there in kept:
        pki.write_private(there, here.read_bytes())
    pki.SigningKey.load(to / "root.key", (to / "root_passphrase").read_text().strip().encode())
    for here, _ in kept:
        here.unlink()
    return [there for _, there in kept]


def renew_issuing(node: Node, root_place: Path) -> None:
    """A new issuing authority, with the root brought back for a moment; raises as loading does."""
    word = (root_place / "root_passphrase").read_text().strip().encode()
    retire(node.keys / "authority" / "issuing.crt", clock.instant())
    certify_issuing(node, root_place, word, node.secret("passphrase").encode())


def issuing_ends(node: Node) -> datetime:
    path = node.keys / "authority" / "issuing.crt"
    return pki.load_certificate(path.read_bytes()).not_valid_after_utc


def issue_sign(
    node: Node, authority: pki.Authority, code: str, passphrase: bytes, *, stem: str = "sign"
) -> None:
    """A new signing key with its certificate, in the node's token where it has one."""
    place = node.keys / "members" / code
    before = place / f"{stem}{tokens.SUFFIX}"
    replaced = tokens.KeyPlace.load(before) if before.exists() else None
    key = new_sign_key(node)
    member = MemberId(INSTANCE, MEMBER_CLASS, code)
    certificate = authority.issue_sign(
        key.verifying, member=member, name=str(member), now=clock.instant()
    )
    if isinstance(key, tokens.TokenKey):
        pki.write_private(before, msgspec.json.encode(key.place))
        (place / f"{stem}.key").unlink(missing_ok=True)
    else:
        assert isinstance(key, pki.FileKey)
        key.save(place / f"{stem}.key", passphrase)
        before.unlink(missing_ok=True)
    pki.write_private(place / f"{stem}.crt", authority.chain_of(certificate).encode())
    if replaced is not None:
        tokens.destroy_key(replaced, node.secret("pkcs11_pin"))


def new_sign_key(node: Node) -> pki.SigningKey:
    """Made in the token that ``keys/token.json`` names, else in memory; raises ValueError."""
    algorithm = os.environ.get("LIENTHONG_SIGN_ALGORITHM", pki.P256.decode()).encode()
    token = node.keys / "token.json"
    if not token.exists():
        return pki.SigningKey.generate(algorithm)
    if algorithm != pki.P256:
        raise ValueError("keys in a token are ecdsa-p256-sha256")
    place = msgspec.json.decode(token.read_bytes(), type=tokens.TokenPlace)
    return tokens.make_key(place, node.secret("pkcs11_pin"))


def issue_auth(
    node: Node, authority: pki.Authority, passphrase: bytes, *, stem: str = "auth"
) -> None:
    key = pki.SigningKey.generate()
    certificate = authority.issue_auth(
        key.verifying,
        owner=MemberId(INSTANCE, MEMBER_CLASS, GATEWAY_OWNER),
        gateway=GATEWAY_CODE,
        now=clock.instant(),
    )
    place = node.keys / "gateway"
    key.save(place / f"{stem}.key", passphrase)
    pki.write_private(place / f"{stem}.crt", authority.chain_of(certificate).encode())


def write_anchor(node: Node) -> None:
    """What a gateway trusts before it has read anything: the directory's key and the root."""
    anchor = {
        "instance": INSTANCE,
        "directory_keys": [
            {"kid": key.kid, "pem": key.pem} for key in directory_keys.published(node)
        ],
        "roots": [
            path.read_text()
            for pattern in ("root.crt", "root.*.old")
            for path in sorted((node.keys / "authority").glob(pattern))
        ],
    }
    pki.write_private(node.gateway / "anchor.json", json.dumps(anchor, indent=1).encode())


def inventory(node: Node) -> list[KeyLine]:
    """Every key of the node: what for, whose, from when to when."""
    lines = []
    for path, use, owner, purpose in known_certificates(node):
        certificate = pki.load_certificate(path.read_bytes())
        key = pki.VerifyingKey(pki.require_known(certificate.public_key()))
        start = certificate.not_valid_before_utc + pki.BACKDATE
        renewed = (start + pki.RENEW_AFTER).isoformat(timespec="seconds")
        if use == "DOCUMENT":
            due = certificate.not_valid_after_utc - document_keys.RENEW_BEFORE
            renewed = due.isoformat(timespec="seconds")
        lines.append(
            KeyLine(
                use=use,
                owner=owner,
                purpose=purpose,
                kid=key.kid,
                made=start.isoformat(timespec="seconds"),
                renew_from="" if use in ("ROOT", "ISSUING") else renewed,
                ends=certificate.not_valid_after_utc.isoformat(timespec="seconds"),
                file=str(path.relative_to(node.home)),
                algorithm=key.algorithm.decode(),
                kept=where_kept(node, path.with_suffix(".key")),
            )
        )
    for name, purpose in (
        (directory_keys.PRESENT, "signs the directory's snapshots"),
        (directory_keys.NEXT, "signs them too; announced as the next"),
    ):
        public = directory_keys.place(node, name).with_suffix(".pub")
        if not public.exists():
            continue
        key = pki.VerifyingKey.from_pem(public.read_text())
        lines.append(
            KeyLine(
                use="SNAPSHOT",
                owner=f"{MEMBER_CLASS}/{GATEWAY_OWNER}",
                purpose=purpose,
                kid=key.kid,
                made="",
                renew_from="",
                ends="",
                file=str(public.relative_to(node.home)),
                algorithm=key.algorithm.decode(),
                kept=where_kept(node, public.with_suffix(".key")),
            )
        )
    return lines


def where_kept(node: Node, file: Path) -> str:
    """Where the private half of a key lives, in words; not here when it is offline."""
    place = file.with_suffix(tokens.SUFFIX)
    if place.exists():
        return str(tokens.KeyPlace.load(place))
    return f"file {file.relative_to(node.home)}" if file.exists() else "not on this node"


def known_certificates(node: Node) -> list[tuple[Path, str, str, str]]:
    root = node.keys / "authority" / "root.crt"
    issuing = node.keys / "authority" / "issuing.crt"
    auth = node.keys / "gateway" / "auth.crt"
    gateway = f"{MEMBER_CLASS}/{GATEWAY_OWNER}/{GATEWAY_CODE}"
    found = [
        *document_keys.inventory(node),
        (root, "ROOT", ROOT_NAME, "certifies the issuing authority; may be offline"),
        (issuing, "ISSUING", ISSUING_NAME, "issues AUTH and SIGN"),
        (auth, "AUTH", gateway, "TLS between gateways"),
        (auth.with_suffix(".next.crt"), "AUTH", gateway, "announced; in use a day later"),
        *(
            (path, "SIGN", f"{MEMBER_CLASS}/{path.parent.name}", purpose)
            for name, purpose in (
                ("sign.crt", "signs messages"),
                ("sign.next.crt", "announced; signs messages a day later"),
            )
            for path in sorted((node.keys / "members").glob(f"*/{name}"))
        ),
    ]
    return [line for line in found if line[0].exists()]


def as_dictionaries(lines: Iterable[KeyLine]) -> list[dict[str, str]]:
    return [asdict(line) for line in lines]
