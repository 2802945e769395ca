"""
How the information systems behind this gateway prove who they are.

    lienthong keys client list
    lienthong keys client mode civil-status https     by which way it connects (below)
    lienthong keys client add civil-status IS.pem     a TLS certificate of the system; - reads it
    lienthong keys client remove civil-status SHA256
    lienthong keys client rotate-secret civil-status  the old secret counts for an hour more
    lienthong keys client owner                       a secret by which the gateway's owner asks it

Modes are those of X-Road, and one of our own; several may be given:

    http            no proof at all; plain HTTP is listened for on loopback only
    https-no-auth   over TLS, no proof
    https           over TLS with a certificate that was added here, byte for byte
    secret          the header Lienthong-Client-Secret; what systems of this program use

The gateway takes changes up by itself within seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from lienthong.cli import cards, vault
from lienthong.exchange import client_file
from lienthong.exchange.client_file import HTTP, HTTPS, HTTPS_NO_AUTH, SECRET, Clients
from lienthong.kernel import clock
from lienthong.kernel.errors import Invalid, NotFound
from lienthong.kernel.node import Node
from lienthong.protocol import pki

MODES = {"http": HTTP, "https-no-auth": HTTPS_NO_AUTH, "https": HTTPS, "secret": SECRET}
WORDS = {kept: word for word, kept in MODES.items()} | {"cert": "https", "mtls": "https"}
TAKEN_UP = 3.0
"""Seconds until every gateway process has read a changed file."""


class NoSuchClient(NotFound):
    """No system of this name stands behind this gateway; `keys client list` shows who does."""

    code = "cli.no_such_client"


class NotACertificate(Invalid):
    """This is no certificate an information system could show now."""

    code = "cli.not_a_certificate"


class NoSuchCertificate(NotFound):
    """The system has no certificate of this fingerprint, or several begin so."""

    code = "cli.no_such_certificate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="thing", required=True, metavar="ACTION")
    listed = things.add_parser("list", help="every system with its modes and certificates")
    listed.add_argument("--json", action="store_true", help="for a machine to read")
    mode = things.add_parser("mode", help="by which ways a system may connect")
    add = things.add_parser("add", help="add a TLS certificate of an information system")
    remove = things.add_parser("remove", help="believe a certificate no more")
    rotate = things.add_parser("rotate-secret", help="a new secret for a system")
    things.add_parser("owner", help="let the gateway's owner ask it for monitoring data")
    for one in (mode, add, remove, rotate):
        one.add_argument("client", help="its subsystem: civil-status, or GOV/G15/civil-status")
    mode.add_argument("modes", nargs="+", choices=list(MODES))
    add.add_argument("certificate", help="a file, PEM or DER; - reads it from standard input")
    remove.add_argument("fingerprint", help="SHA-256 as `list` shows it, or its beginning")
    rotate.add_argument(
        "--grace", type=int, default=60, metavar="MINUTES",
        help="how long the old secret still counts (60); 0 if it was seen by somebody",
    )  # fmt: skip


def run(node: Node, args: argparse.Namespace) -> int:
    actions: dict[str, Callable[[Node, argparse.Namespace], int]] = {
        "list": show, "mode": set_mode, "add": add, "remove": remove,
        "rotate-secret": rotate_secret, "owner": let_owner_ask,
    }  # fmt: skip
    return actions[args.thing](node, args)


def named(clients: Clients, asked: str) -> str:
    """The local name of a system, given it or its last part; raises NoSuchClient."""
    found = [name for name in clients if asked == name or name.endswith(f"/{asked}")]
    if len(found) != 1:
        raise NoSuchClient
    return found[0]


def is_ours(name: str) -> bool:
    """Whether the system is a program of this node, which calls by its secret."""
    return any(name.endswith(f"/{card.owner}/{card.subsystem}") for card in cards.cards())


@dataclass(frozen=True, slots=True)
class ClientLine:
    """One system as `list` shows it."""

    client: str
    modes: list[str]
    certificates: list[dict[str, str]]
    secret_changing_until: str | None


def show(node: Node, args: argparse.Namespace) -> int:
    lines = [
        ClientLine(
            client=name,
            modes=sorted(WORDS.get(mode, mode) for mode in rule["modes"]),
            certificates=[described(node, one) for one in rule.get("cert_sha256", [])],
            secret_changing_until=rule.get("former_until"),
        )
        for name, rule in sorted(client_file.read(node.gateway).items())
    ]
    if args.json:
        print(json.dumps({"clients": [asdict(line) for line in lines]}, ensure_ascii=False))
        return 0
    for line in lines:
        print(f"{line.client:<40} {', '.join(line.modes)}")
        for one in line.certificates:
            print(f"    {one['sha256']}  {one['subject']}, ends {one['ends']}")
    print("Next: `lienthong keys client mode SYSTEM https`, then `add` its certificate.")
    return 0


def described(node: Node, fingerprint: str) -> dict[str, str]:
    try:
        certificate = x509.load_pem_x509_certificate(place_of(node, fingerprint).read_bytes())
    except FileNotFoundError:
        return {"sha256": fingerprint, "subject": "issued by the exchange", "ends": "?"}
    return {
        "sha256": fingerprint,
        "subject": certificate.subject.rfc4514_string(),
        "ends": f"{certificate.not_valid_after_utc:%Y-%m-%d}",
    }


def ends_of(node: Node, fingerprints: Iterable[str]) -> list[datetime]:
    """When those of the certificates end that were added here."""
    paths = [place_of(node, one) for one in fingerprints]
    return [
        x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        for path in paths
        if path.exists()
    ]


def place_of(node: Node, fingerprint: str) -> Path:
    return node.gateway / "client_certificates" / f"{fingerprint}.pem"


def set_mode(node: Node, args: argparse.Namespace) -> int:
    with client_file.writing(node.gateway):
        clients = client_file.read(node.gateway)
        name = named(clients, args.client)
        modes = [MODES[word] for word in dict.fromkeys(args.modes)]
        kept = is_ours(name) and SECRET not in modes
        if kept:
            modes.append(SECRET)
        rule = clients[name] | {"modes": modes}
        if SECRET in modes:
            vault.make_secret(node.secrets / client_file.secret_name(name))
            secret = node.secret(client_file.secret_name(name))
            rule["secret_sha256"] = client_file.digest_of(secret)
        clients[name] = rule
        client_file.write(node.gateway, clients)
    print(f"{name}: {', '.join(WORDS[mode] for mode in modes)}")
    if kept:
        print("It is a system of this node, which goes on to use its secret.")
    print(next_step(modes, rule))
    return 0


def next_step(modes: list[str], rule: dict[str, Any]) -> str:
    if HTTP in modes:
        return "Anyone on this machine may now speak for it. Next: think of `https`."
    if modes == [HTTPS] and not rule.get("cert_sha256"):
        return "Next: `lienthong keys client add SYSTEM CERTIFICATE`; until then it is refused."
    return "Next: `lienthong keys client list`."


def add(node: Node, args: argparse.Namespace) -> int:
    certificate = read_certificate(args.certificate)
    fingerprint = pki.fingerprint(certificate)
    with client_file.writing(node.gateway):
        clients = client_file.read(node.gateway)
        name = named(clients, args.client)
        # The certificate first: a rule never names one that no handshake lets through.
        place_of(node, fingerprint).parent.mkdir(mode=0o700, exist_ok=True)
        client_file.replace(place_of(node, fingerprint), pki.pem_of(certificate).encode())
        known = clients[name].get("cert_sha256", [])
        clients[name]["cert_sha256"] = sorted({*known, fingerprint})
        client_file.write(node.gateway, clients)
        modes = clients[name]["modes"]
    print(f"{name}: {fingerprint}")
    if any(WORDS.get(mode) == "https" for mode in modes):
        print("Next: connect with it by HTTPS; a moment may pass until it is believed.")
    else:
        print(f"Next: `lienthong keys client mode {name} https`; so far it connects otherwise.")
    return 0


def read_certificate(asked: str) -> x509.Certificate:
    """The first certificate of a file, PEM or DER, good today; raises NotACertificate."""
    try:
        raw = sys.stdin.buffer.read() if asked == "-" else Path(asked).read_bytes()
    except OSError:
        # Started by root, this runs as the service user and in its home.
        raise NotACertificate(
            f"{asked} cannot be read from here: hand it over by `- < {asked}`."
        ) from None
    try:
        certificate = (
            x509.load_pem_x509_certificates(raw)[0]
            if b"-----BEGIN" in raw
            else x509.load_der_x509_certificate(raw)
        )
    except (ValueError, IndexError):
        raise NotACertificate from None
    if not certificate.not_valid_before_utc <= clock.instant() < certificate.not_valid_after_utc:
        # The handshake would end without a word the other side could read.
        raise NotACertificate(
            f"The certificate is good from {certificate.not_valid_before_utc:%Y-%m-%d} until"
            f" {certificate.not_valid_after_utc:%Y-%m-%d} only."
        )
    return certificate


def remove(node: Node, args: argparse.Namespace) -> int:
    with client_file.writing(node.gateway):
        clients = client_file.read(node.gateway)
        name = named(clients, args.client)
        known = clients[name].get("cert_sha256", [])
        found = [one for one in known if one.startswith(args.fingerprint.lower())]
        if len(found) != 1:
            raise NoSuchCertificate
        clients[name]["cert_sha256"] = [one for one in known if one != found[0]]
        client_file.write(node.gateway, clients)
        if not any(found[0] in rule.get("cert_sha256", []) for rule in clients.values()):
            place_of(node, found[0]).unlink(missing_ok=True)
    print(f"{name}: {found[0]} is believed no more.")
    print("Next: `lienthong keys client list`.")
    return 0


def rotate_secret(node: Node, args: argparse.Namespace) -> int:
    """The gateway learns the new secret before a system uses it, and forgets the old one later."""
    fresh = vault.fresh()
    with client_file.writing(node.gateway):
        clients = client_file.read(node.gateway)
        name = named(clients, args.client)
        rule = clients[name]
        if SECRET not in rule["modes"]:
            raise NoSuchClient(f"{name} does not prove itself by a secret.")
        until = clock.instant() + timedelta(minutes=args.grace, seconds=TAKEN_UP)
        clients[name] = rotated(rule, fresh, until)
        client_file.write(node.gateway, clients)
        time.sleep(TAKEN_UP)
        path = node.secrets / client_file.secret_name(name)
        vault.write_secret(path, fresh)
    print(f"{name}: a new secret lies in {path}")
    if args.grace:
        print(f"The old one counts until {until:%Y-%m-%d %H:%M} UTC.")
    if is_ours(name):
        print("Systems of this node use the new one from now on. Next: nothing.")
    else:
        print("Next: give it to whoever runs the system, by a way only they can read.")
    return 0


def let_owner_ask(node: Node, args: argparse.Namespace) -> int:
    """Give the gateway's owner a secret of its own, for what only he may ask (PR-OPMON)."""
    owner = str(json.loads((node.gateway / "gateway.json").read_bytes())["owner"])
    place = node.secrets / client_file.secret_name(owner)
    with client_file.writing(node.gateway):
        clients = client_file.read(node.gateway)
        vault.make_secret(place)
        clients[owner] = {
            **clients.get(owner, {"cert_sha256": []}),
            "modes": [SECRET],
            "secret_sha256": client_file.digest_of(node.secret(client_file.secret_name(owner))),
        }
        client_file.write(node.gateway, clients)
    print(f"{owner}: its secret lies in {place}")
    print("It opens what the gateway tells of itself by SOAP, and no service of a system.")
    print("Next: docs/how-to/watch-the-exchange.md says how to ask.")
    return 0


def rotated(rule: dict[str, Any], fresh: str, until: datetime) -> dict[str, Any]:
    return {
        **rule,
        "secret_sha256": client_file.digest_of(fresh),
        "former_sha256": rule.get("secret_sha256", ""),
        "former_until": until.isoformat(timespec="seconds"),
    }
