"""
Renewing the certificates of a node that is its own directory, in two steps (decision 19).

A new key is certified and announced first, beside the one in use; a day later, when no
snapshot in force can lack it, it is taken into use. What the old key signed a moment
before is believed until its certificate ends. A key that somebody saw is replaced at
once instead (``now``), and what it signed is on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lienthong.cli import document_keys, keyring
from lienthong.exchange.cards import System
from lienthong.gateway.membership import KNOWN_AFTER
from lienthong.gateway.snapshots import SnapshotFile
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol import pki, tokens
from lienthong.protocol.snapshot import Anchor, Snapshot


@dataclass(frozen=True, slots=True)
class Held:
    """A key in use and the place of the next one beside it."""

    name: str
    place: Path
    stem: str
    """``sign`` or ``auth``: of the files with key, token's key and certificate."""
    member: str = ""

    @property
    def certificate(self) -> Path:
        return self.place / f"{self.stem}.crt"

    @property
    def coming(self) -> Path:
        return self.place / f"{self.stem}.next.crt"

    def files(self, suffix: str) -> tuple[Path, Path]:
        """The file in use and the one to come."""
        return self.place / f"{self.stem}{suffix}", self.place / f"{self.stem}.next{suffix}"


def held(node: Node, codes: Iterable[str]) -> Iterator[Held]:
    for code in codes:
        yield Held(f"sign {code}", node.keys / "members" / code, "sign", code)
    yield Held(f"auth {keyring.GATEWAY_CODE}", node.keys / "gateway", "auth")


def renew(
    node: Node, cards: Iterable[System], *, all_of_them: bool = False, now: bool = False
) -> list[str]:
    """
    Take each key the step whose time has come; what was done, in words.

    ``all_of_them`` does not wait for day twenty; ``now`` takes new keys into use at
    once. The directory must publish a snapshot afterwards and the gateway reload;
    `lienthong keys renew` and the worker do both.
    """
    passphrase = node.secret("passphrase").encode()
    authority = keyring.open_authority(node, passphrase, [])
    at = clock.instant()
    snapshot = published(node)
    done = []
    for one in held(node, keyring.members_of(cards)):
        due = all_of_them or keyring.is_due(one.certificate, at)
        if not one.coming.exists():
            if not due:
                continue
            _issue(node, authority, one, passphrase)
            if not now:
                done.append(f"{one.name} (announced)")
                continue
        elif not (now and due) and not _is_known(one, snapshot, at):
            continue
        promote(node, one)
        done.append(f"{one.name} (in use)")
    # Keys that sign documents verify by themselves, so they need no announcement.
    done += document_keys.renew(node, authority, passphrase, at, all_of_them=all_of_them)
    return done


def published(node: Node) -> Snapshot | None:
    """The newest snapshot this node published, as its gateways read it."""
    anchor = Anchor.load((node.gateway / "anchor.json").read_bytes())
    return SnapshotFile(node.gateway / "snapshot.json", anchor).look()


def _issue(node: Node, authority: pki.Authority, one: Held, passphrase: bytes) -> None:
    stem = f"{one.stem}.next"
    if one.member:
        keyring.issue_sign(node, authority, one.member, passphrase, stem=stem)
    else:
        keyring.issue_auth(node, authority, passphrase, stem=stem)


def _is_known(one: Held, snapshot: Snapshot | None, at: datetime) -> bool:
    """Whether every gateway that may still act on what it knows knows the next certificate."""
    leaf = pki.load_chain(one.coming.read_bytes())[0]
    ends = pki.load_chain(one.certificate.read_bytes())[0].not_valid_after_utc
    if snapshot is None or at < min(leaf.not_valid_before_utc + pki.BACKDATE + KNOWN_AFTER, ends):
        return False
    if not one.member:
        entry = snapshot.gateway(keyring.GATEWAY_CODE)
        return pki.fingerprint(leaf) in entry.auth_cert_sha256
    kid = pki.kid_of(pki.require_known(leaf.public_key()))
    return any(
        key.kid == kid and key.status == "active"
        for member in snapshot.members
        if member.code == one.member
        for key in member.sign_keys
    )


def promote(node: Node, one: Held) -> None:
    """
    Take the next key into use; the old certificate is kept beside, its key destroyed.

    Each step may be the last before a crash: `finish` then does the rest.
    """
    key, next_key = one.files(".key")
    token, next_token = one.files(tokens.SUFFIX)
    replaced = tokens.KeyPlace.load(token) if token.exists() else None
    if next_key.exists() or next_token.exists():
        stamp = clock.instant().strftime("%Y%m%dT%H%M%S")
        kept = one.certificate.with_suffix(f".{stamp}.old")
        pki.write_private(kept, one.certificate.read_bytes())
        source, target, other = (
            (next_token, token, key) if next_token.exists() else (next_key, key, token)
        )
        other.unlink(missing_ok=True)
        source.replace(target)
        if replaced is not None:
            tokens.destroy_key(replaced, node.secret("pkcs11_pin"))
    # The certificate last: while it is to come, the rest is not whole.
    one.coming.replace(one.certificate)


def finish(node: Node, cards: Iterable[System]) -> None:
    """After a crash: a next certificate without its key is one whose key is in use already."""
    for one in held(node, keyring.members_of(cards)):
        key, next_key = one.files(".key")
        token, next_token = one.files(tokens.SUFFIX)
        moved = not (next_key.exists() or next_token.exists())
        lost = not (key.exists() or token.exists())
        if one.coming.exists() and (moved or lost):
            promote(node, one)
