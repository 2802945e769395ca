"""
A gateway's membership of an exchange: how it joins, and how it keeps its certificates.

Keys are made here and stay here; the directory sees requests for certificates
only. From day twenty of the certificates new keys are certified, and taken into
use a day later, when no snapshot that is still believed for a changing service
can lack them (decision 19).
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from lienthong.kernel import clock
from lienthong.kernel.errors import Conflict
from lienthong.kernel.node import Node
from lienthong.protocol import joining, pki
from lienthong.protocol.identifiers import GatewayId
from lienthong.protocol.joining import Chains, Invitation, Joined, Joining, Keys, Registration
from lienthong.protocol.pki import FileKey, SigningKey
from lienthong.protocol.snapshot import AGES, Anchor, Snapshot, open_snapshot

logger = logging.getLogger("lienthong.gateway")

KNOWN_AFTER = AGES["changing"]
"""A snapshot older than this carries no changing call and no sensitive read."""


class JoinedAlready(Conflict):
    """This node belongs to an exchange already."""

    code = "gateway.joined_already"


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """``gateway/membership.json``: to which directory this gateway belongs, and as whom."""

    url: str
    directory: str
    gateway: str
    subsystems: list[str]
    """Codes of the information systems the approval names."""
    systems: list[str] = []
    """Programs of this release that run here, by package name."""

    @classmethod
    def of(cls, node: Node) -> Membership | None:
        """The membership of a node; None for one that is an exchange of its own."""
        try:
            return msgspec.json.decode(path_of(node).read_bytes(), type=cls)
        except FileNotFoundError:
            return None

    @property
    def identity(self) -> GatewayId:
        return GatewayId.parse(self.gateway)

    def write(self, node: Node) -> None:
        pki.write_private(path_of(node), msgspec.json.format(msgspec.json.encode(self), indent=1))


def path_of(node: Node) -> Path:
    return node.gateway / "membership.json"


class Way(Protocol):
    """The way to the directory, `directory_client.DirectoryClient` in production."""

    def post(self, path: str, body: bytes) -> bytes:
        """The body of a successful answer."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the AUTH and SIGN key of a gateway lie, in use or to be used next."""

    auth: Path
    sign: Path

    @classmethod
    def of(cls, node: Node, gateway: GatewayId, step: str = "") -> Pair:
        return cls(
            auth=node.keys / "gateway" / f"auth{step}.key",
            sign=node.keys / "members" / gateway.owner.code / f"sign{step}.key",
        )

    def load(self, passphrase: bytes) -> tuple[FileKey, FileKey]:
        return SigningKey.load(self.auth, passphrase), SigningKey.load(self.sign, passphrase)

    def make_missing(self, passphrase: bytes) -> tuple[FileKey, FileKey]:
        """
        The keys, made if they are missing.

        One whose certificate never came back is used again: the directory then
        gives the answer that was lost.
        """
        for path in (self.auth, self.sign):
            if not path.exists():
                SigningKey.generate().save(path, passphrase)
        return self.load(passphrase)

    def keep(self, chains: Chains) -> None:
        """Put the certificates beside their keys; the TLS one last, since it makes the pair one."""
        pki.write_private(self.sign.with_suffix(".crt"), chains.sign.encode())
        pki.write_private(self.auth.with_suffix(".crt"), chains.auth.encode())

    @property
    def is_certified(self) -> bool:
        return all(path.with_suffix(".crt").exists() for path in (self.auth, self.sign))


def join(
    node: Node,
    invitation: Invitation,
    anchor: Anchor,
    way: Way,
    registration: Registration,
) -> Joined:
    """
    Bring an invitation; afterwards keys, certificates and anchor lie in the node's home.

    An attempt that was cut off is simply made again. Raises what the way to the
    directory raises, UntrustedCertificate or `msgspec.DecodeError`.
    """
    gateway = GatewayId.parse(invitation.gateway)
    held = Membership.of(node)
    if held is not None and held.gateway != invitation.gateway:
        raise JoinedAlready(f"this node is {held.gateway} already")
    pair = Pair.of(node, gateway, ".next" if held is not None else "")
    auth, sign = pair.make_missing(node.secret("passphrase").encode())
    asked = Joining(
        gateway=invitation.gateway,
        secret=invitation.secret,
        keys=Keys.of(auth, sign, gateway),
        registration=registration,
    )
    answer = way.post("/exchange/join", msgspec.json.encode(asked))
    joined = msgspec.json.decode(answer, type=Joined)
    joined.chains.check(auth, sign, gateway, anchor, clock.instant())
    pki.write_private(node.gateway / "anchor.json", anchor.dump())
    pair.keep(joined.chains)
    if held is not None:
        promote(node, gateway)
    return joined


def keep_snapshot(node: Node, anchor: Anchor, raw: bytes) -> Snapshot:
    """Put the first snapshot on disk, once it verifies."""
    snapshot = open_snapshot(raw, anchor)
    pki.write_private(node.gateway / "snapshot.json", raw)
    return snapshot


# -- renewal ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Renewals:
    """Looks after the certificates of one gateway that has joined."""

    node: Node
    membership: Membership
    anchor: Anchor
    way: Way

    @property
    def _gateway(self) -> GatewayId:
        return self.membership.identity

    def look(self, snapshot: Snapshot | None) -> str:
        """
        Take the step whose time has come: ``certified``, ``promoted`` or nothing.

        Raises what the way to the directory raises; the next look tries again.
        """
        now = clock.instant()
        next_pair = Pair.of(self.node, self._gateway, ".next")
        if next_pair.is_certified:
            if snapshot is None or not self._is_known(next_pair, snapshot, now):
                return ""
            promote(self.node, self._gateway)
            return "promoted"
        held = Pair.of(self.node, self._gateway)
        if not any(
            pki.needs_renewal(pki.load_chain(path.with_suffix(".crt").read_bytes())[0], now)
            for path in (held.auth, held.sign)
        ):
            return ""
        self._certify(next_pair, held, now)
        return "certified"

    def _certify(self, next_pair: Pair, held: Pair, now: datetime) -> None:
        passphrase = self.node.secret("passphrase").encode()
        auth, sign = next_pair.make_missing(passphrase)
        letter = joining.Letter(
            gateway=self.membership.gateway,
            to=self.membership.directory,
            made_at=now,
            says=joining.Renewal(keys=Keys.of(auth, sign, self._gateway)),
        )
        signed = joining.write_letter(letter, SigningKey.load(held.auth, passphrase))
        answer = self.way.post("/exchange/renew", signed)
        chains = msgspec.json.decode(answer, type=Chains)
        next_pair.keep(chains.check(auth, sign, self._gateway, self.anchor, now))

    def _is_known(self, pair: Pair, snapshot: Snapshot, now: datetime) -> bool:
        """
        Whether every gateway that may still act on what it knows knows these certificates.

        Or the ones in use have ended, and nothing is lost by trying.
        """
        auth, sign = (
            pki.load_chain(path.with_suffix(".crt").read_bytes())[0]
            for path in (pair.auth, pair.sign)
        )
        entry = snapshot.gateway(self._gateway.code)
        if pki.fingerprint(auth) not in entry.auth_cert_sha256:
            return False
        kid = pki.kid_of(pki.require_known(sign.public_key()))
        member = snapshot.member(self._gateway.owner)
        if not any(key.kid == kid and key.status == "active" for key in member.sign_keys):
            return False
        issued = sign.not_valid_before_utc + pki.BACKDATE
        held = Pair.of(self.node, self._gateway)
        ends = min(
            pki.load_chain(path.with_suffix(".crt").read_bytes())[0].not_valid_after_utc
            for path in (held.auth, held.sign)
        )
        return now >= issued + KNOWN_AFTER or now >= ends


def promote(node: Node, gateway: GatewayId) -> None:
    """
    Take the next keys into use; the old certificates are kept beside, their keys destroyed.

    Each step may be the last before a crash: `finish_promotion` then does the rest.
    """
    stamp = clock.instant().strftime("%Y%m%dT%H%M%S")
    for held, coming in zip(
        (Pair.of(node, gateway).auth, Pair.of(node, gateway).sign),
        (Pair.of(node, gateway, ".next").auth, Pair.of(node, gateway, ".next").sign),
        strict=True,
    ):
        certificate = held.with_suffix(".crt")
        if certificate.exists() and coming.exists():
            kept = certificate.with_suffix(f".{stamp}.old")
            pki.write_private(kept, certificate.read_bytes())
        for source, target in (
            (coming, held),
            (coming.with_suffix(".crt"), certificate),
        ):
            with contextlib.suppress(FileNotFoundError):
                source.replace(target)


def finish_promotion(node: Node, gateway: GatewayId) -> None:
    """After a crash: a next certificate without its key is one whose key is in use already."""
    coming = Pair.of(node, gateway, ".next")
    for path in (coming.auth, coming.sign):
        if path.with_suffix(".crt").exists() and not path.exists():
            promote(node, gateway)
            return
