"""
Keys and certificates of a node (decision 11): who has which, made and renewed.

AUTH (one a gateway, TLS) and SIGN (one a member) are apart; both live thirty
days and are renewed from day twenty. The demonstration authority's root lies
on the node, encrypted like every key; a real one is offline.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from lienthong.exchange.cards import System
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki, tokens
from lienthong.protocol.identifiers import MemberId

INSTANCE, MEMBER_CLASS = "VN", "GOV"
GATEWAY_CODE, GATEWAY_OWNER = "national", "G14"
ROOT_NAME = "Lien Thong demonstration authority"


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
    return made


def renew(node: Node, cards: Iterable[System], *, all_of_them: bool = False) -> list[str]:
    """
    Issue new keys where day twenty has come (or everywhere), keeping the old files beside.

    The directory must publish a snapshot and the gateway reload afterwards;
    `lienthong keys renew` and the worker do both.
    """
    passphrase = node.secret("passphrase").encode()
    authority = open_authority(node, passphrase, [])
    now = clock.instant()
    renewed: list[str] = []
    for code in members_of(cards):
        path = node.keys / "members" / code / "sign.crt"
        if all_of_them or is_due(path, now):
            retire(path, now)
            issue_sign(node, authority, code, passphrase)
            renewed.append(f"sign {code}")
    path = node.keys / "gateway" / "auth.crt"
    if all_of_them or is_due(path, now):
        retire(path, now)
        issue_auth(node, authority, passphrase)
        renewed.append(f"auth {GATEWAY_CODE}")
    return renewed


def is_due(certificate: Path, now: datetime) -> bool:
    return pki.needs_renewal(pki.load_certificate(certificate.read_bytes()), now)


def retire(certificate: Path, now: datetime) -> None:
    """Keep the old certificate, so that what it signed can be verified; its key is destroyed."""
    stamp = now.strftime("%Y%m%dT%H%M%S")
    certificate.rename(certificate.with_suffix(f".{stamp}.old"))


def open_authority(node: Node, passphrase: bytes, made: list[str]) -> pki.Authority:
    place = node.keys / "authority"
    if not (place / "root.crt").exists():
        key = pki.SigningKey.generate()
        key.save(place / "root.key", passphrase)
        certificate = pki.make_root(key, name=ROOT_NAME, instance=INSTANCE, now=clock.instant())
        pki.write_private(place / "root.crt", pki.pem_of(certificate).encode())
        made.append("root")
    return pki.Authority(
        pki.SigningKey.load(place / "root.key", passphrase),
        pki.load_certificate((place / "root.crt").read_bytes()),
    )


def issue_sign(node: Node, authority: pki.Authority, code: str, passphrase: bytes) -> None:
    """A new signing key with its certificate, in the node's token where it has one."""
    place = node.keys / "members" / code
    before = place / f"sign{tokens.SUFFIX}"
    replaced = tokens.KeyPlace.load(before) if before.exists() else None
    key = new_sign_key(node)
    member = MemberId(INSTANCE, MEMBER_CLASS, code)
    certificate = authority.issue_sign(
        key.verifying, member=member, name=str(member), now=clock.instant()
    )
    if isinstance(key, tokens.TokenKey):
        pki.write_private(before, msgspec.json.encode(key.place))
        (place / "sign.key").unlink(missing_ok=True)
    else:
        assert isinstance(key, pki.FileKey)
        key.save(place / "sign.key", passphrase)
        before.unlink(missing_ok=True)
    pki.write_private(place / "sign.crt", pki.pem_of(certificate).encode())
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


def issue_auth(node: Node, authority: pki.Authority, passphrase: bytes) -> None:
    key = pki.SigningKey.generate()
    certificate = authority.issue_auth(
        key.verifying,
        owner=MemberId(INSTANCE, MEMBER_CLASS, GATEWAY_OWNER),
        gateway=GATEWAY_CODE,
        now=clock.instant(),
    )
    key.save(node.keys / "gateway" / "auth.key", passphrase)
    pki.write_private(node.keys / "gateway" / "auth.crt", pki.pem_of(certificate).encode())


def write_anchor(node: Node) -> None:
    """What a gateway trusts before it has read anything: the directory's key and the root."""
    pem = (node.keys / "directory" / "snapshot.pub").read_text()
    anchor = {
        "instance": INSTANCE,
        "directory_keys": [{"kid": pki.VerifyingKey.from_pem(pem).kid, "pem": pem}],
        "roots": [(node.keys / "authority" / "root.crt").read_text()],
    }
    pki.write_private(node.gateway / "anchor.json", json.dumps(anchor, indent=1).encode())


def inventory(node: Node) -> list[KeyLine]:
    """Every key of the node: what for, whose, from when to when."""
    lines = []
    for path, use, owner, purpose in known_certificates(node):
        certificate = pki.load_certificate(path.read_bytes())
        key = pki.VerifyingKey(pki.require_known(certificate.public_key()))
        start = certificate.not_valid_before_utc + pki.BACKDATE
        due = "" if use == "ROOT" else (start + pki.RENEW_AFTER).isoformat(timespec="seconds")
        lines.append(
            KeyLine(
                use=use,
                owner=owner,
                purpose=purpose,
                kid=key.kid,
                made=start.isoformat(timespec="seconds"),
                renew_from=due,
                ends=certificate.not_valid_after_utc.isoformat(timespec="seconds"),
                file=str(path.relative_to(node.home)),
                algorithm=key.algorithm.decode(),
                kept=where_kept(node, path.with_suffix(".key")),
            )
        )
    public = node.keys / "directory" / "snapshot.pub"
    if public.exists():
        key = pki.VerifyingKey.from_pem(public.read_text())
        lines.append(
            KeyLine(
                use="SNAPSHOT",
                owner=f"{MEMBER_CLASS}/{GATEWAY_OWNER}",
                purpose="signs the directory's snapshots",
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
    auth = node.keys / "gateway" / "auth.crt"
    gateway = f"{MEMBER_CLASS}/{GATEWAY_OWNER}/{GATEWAY_CODE}"
    found = [
        (root, "ROOT", ROOT_NAME, "issues AUTH and SIGN"),
        (auth, "AUTH", gateway, "TLS between gateways"),
        *(
            (path, "SIGN", f"{MEMBER_CLASS}/{path.parent.name}", "signs messages")
            for path in sorted((node.keys / "members").glob("*/sign.crt"))
        ),
    ]
    return [line for line in found if line[0].exists()]


def as_dictionaries(lines: Iterable[KeyLine]) -> list[dict[str, str]]:
    return [asdict(line) for line in lines]
