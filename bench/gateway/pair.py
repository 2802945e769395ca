"""What is measured: two gateways with a database each, a system that echoes, an nginx chain."""

# ruff: noqa: TID251 - the administrator asks for the metrics from outside.

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from gateway.exchange_cast import JUSTICE, POLICE, Country, country
from lienthong.cli import postgres, roles, service_user
from lienthong.gateway import schema
from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.edge_http import Listener
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import GatewayEntry, Snapshot, Subsystem

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOOK = 2.5
"""Seconds within which a running gateway has taken up a file that changed."""
BATCH = "lt-batch-1"


class Echo:
    """The system behind the gateway: answers with what it was asked."""

    def body_limit(self, head: Head) -> int:
        return 1 << 20

    async def answer(self, request: Incoming) -> Outgoing:
        return Outgoing(200, b"OK", [(b"Content-Type", b"application/json")], request.body)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return Outgoing(400, b"Bad Request", [], Body.of(why.encode()))


async def serve_echo(port: int) -> None:
    await Listener(Echo(), SpoolRoom()).start("127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


@dataclass
class Side:
    """One gateway of the pair: its node and which member owns it."""

    code: str
    owner: MemberId
    node: Node
    auth: SigningKey
    certificate: pki.x509.Certificate

    def entry(self) -> GatewayEntry:
        return GatewayEntry(
            code=self.code,
            owner=self.owner.local,
            host="127.0.0.1",
            port=self.node.ports.peer,
            auth_cert_sha256=[pki.fingerprint(self.certificate)],
        )


@dataclass
class Pair:
    """Both gateways, and the snapshot both go by."""

    here: Country
    consumer: Side
    provider: Side
    snapshot: Snapshot

    def publish(self, *, batch: bool) -> None:
        """Let both gateways know whether the other reads batch signatures; returns once they do."""
        capabilities = ["rfc9421", BATCH] if batch else ["rfc9421"]
        entries = [
            msgspec.structs.replace(entry, capabilities=capabilities)
            for entry in self.snapshot.gateways
        ]
        self.snapshot = msgspec.structs.replace(
            self.snapshot, number=self.snapshot.number + 1, gateways=entries
        )
        for side in (self.consumer, self.provider):
            self.here.publish(side.node, self.snapshot)
        time.sleep(LOOK)


def make_pair(home: Path, base: int, algorithm: bytes) -> Pair:
    """Keys, certificates, snapshot and files of two gateways under ``home``."""
    here = country()
    now = here.snapshot.made_at
    sides = []
    for place, (code, owner) in enumerate((("justice", JUSTICE), ("police", POLICE))):
        auth = SigningKey.generate()
        certificate = here.authority.issue_auth(auth.verifying, owner=owner, gateway=code, now=now)
        node = Node(home / code, Ports(base + 1000 * place))
        sides.append(Side(code, owner, node, auth, certificate))
    consumer, provider = sides
    members = []
    for member in here.snapshot.members:
        identity = MemberId("VN", member.member_class, member.code)
        key = here.keys[identity] = SigningKey.generate(algorithm)
        certificate = here.authority.issue_sign(
            key.verifying, member=identity, name=member.name, now=now
        )
        entry = msgspec.structs.replace(
            member.sign_keys[0],
            kid=key.kid, cert=pki.pem_of(certificate), algorithm=algorithm.decode(),
        )  # fmt: skip
        members.append(msgspec.structs.replace(member, sign_keys=[entry]))
    behind = {"GOV/G01": provider, "GOV/G15": consumer, "GOV/G14": consumer}
    snapshot = here.changed(
        members=members,
        gateways=[side.entry() for side in sides],
        subsystems=[
            Subsystem(
                member=subsystem.member,
                code=subsystem.code,
                name=subsystem.name,
                gateways=[behind[subsystem.member].code],
            )
            for subsystem in here.snapshot.subsystems
        ],
    )
    here.snapshot = snapshot
    return Pair(here, consumer, provider, snapshot)


def write_side(pair: Pair, side: Side, provider_url: str) -> None:
    here = pair.here
    here.auth_key, here.auth_certificate = side.auth, side.certificate
    side.node.home.mkdir(parents=True, exist_ok=True)
    here.write(side.node, provider_url)
    (side.node.gateway / "gateway.json").write_bytes(
        msgspec.json.encode(
            # Room for the row of 256 connections: they all ask the same system.
            {"code": side.code, "owner": side.owner.local, "system_at_once": 512}
        )
    )


@contextlib.contextmanager
def databases(
    home: Path, port: int, names: tuple[str, ...]
) -> Iterator[tuple[list[str], psutil.Process]]:
    """One PostgreSQL of our own with a gateway's database for each name; URLs of its role."""
    user = service_user.ensure()
    home.chmod(0o711)
    place = home / "pg"
    place.mkdir(mode=0o711)
    user.own(place)
    cluster = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=port,
        binaries=postgres.Binaries.find().readable_by(user, place / "binaries"),
        user=user,
    )
    password = secrets.token_hex(16)
    cluster.initialise(password)
    cluster.start()
    try:
        superuser = cluster.url("postgres", "postgres", password)
        known = {role: secrets.token_hex(16) for role in roles.ROLES}
        roles.make_roles(superuser, known)
        for name in names:
            roles.make_database(superuser, name, kind=roles.GATEWAY_DATABASE)
            schema.migrate(cluster.url(roles.OWNER, name, known[roles.OWNER]))
        number = cluster.pid()
        assert number is not None
        urls = [cluster.url(roles.GATEWAY, name, known[roles.GATEWAY]) for name in names]
        yield urls, psutil.Process(number)
    finally:
        cluster.stop()


@contextlib.contextmanager
def child(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A child that said it is ready; ended on the way out."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"{command} ended before it was ready")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def gateway_environment(side: Side, dsn: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "LIENTHONG_HOME": str(side.node.home),
        "LIENTHONG_PORT_BASE": str(side.node.ports.base),
        "LIENTHONG_GATEWAY_DATABASE_URL": dsn,
        "LIENTHONG_LOG_LEVEL": "WARNING",
    }


def gateway_command(profile: Path | None = None, *, index: int = 0) -> list[str]:
    watched = ["-m", "cProfile", "-o", str(profile)] if profile is not None else []
    return [sys.executable, *watched, "-m", "lienthong.gateway", "--index", str(index)]


def messages_a_batch(side: Side) -> float:
    """How many messages shared a signature on average, from the gateway's own metrics."""
    connection = http.client.HTTPConnection("127.0.0.1", side.node.ports.gateway_admin, timeout=30)
    token = side.node.secret("admin_token")
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    value = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    together = float(value['lienthong_gateway_signed_messages_total{how="together"}'])
    return round(together / max(float(value["lienthong_gateway_signature_batches_total"]), 1), 1)


# ---------------------------------------------------------------- the limit

NGINX = """
daemon off;
master_process on;
worker_processes 2;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    keepalive_requests 100000000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream second {{
        server 127.0.0.1:{second};
        keepalive 512; keepalive_requests 100000000;
    }}
    upstream system {{
        server 127.0.0.1:{system};
        keepalive 512; keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{first} reuseport;
        location / {{
            proxy_pass https://second;
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_certificate {home}/auth.crt;
            proxy_ssl_certificate_key {home}/auth.key;
            proxy_ssl_trusted_certificate {home}/root.crt;
            proxy_ssl_verify on;
            proxy_ssl_name localhost;
        }}
    }}
    server {{
        listen 127.0.0.1:{second} ssl reuseport;
        ssl_protocols TLSv1.3;
        ssl_certificate {home}/auth.crt;
        ssl_certificate_key {home}/auth.key;
        ssl_client_certificate {home}/root.crt;
        ssl_verify_client on;
        location / {{ proxy_pass http://system; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx_chain(home: Path, pair: Pair, first: int, system: int) -> Iterator[psutil.Process]:
    """An nginx on the gateways' keys: the same two hops, nothing signed and nothing logged."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        raise SystemExit("nginx is not here. Next: apt-get install nginx, then again.")
    home.mkdir()
    side = pair.consumer
    (home / "auth.crt").write_text(pki.pem_of(side.certificate))
    (home / "root.crt").write_text(pki.pem_of(pair.here.authority.certificate))
    serialization = pki.serialization
    (home / "auth.key").write_bytes(
        side.auth.private.private_bytes(  # type: ignore[attr-defined]
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    settings = home / "nginx.conf"
    settings.write_text(NGINX.format(home=home, first=first, second=first + 1, system=system))
    process = subprocess.Popen(
        [program, "-p", str(home), "-c", str(settings), "-e", str(home / "error.log")]
    )
    try:
        time.sleep(1.0)
        if process.poll() is not None:
            raise SystemExit((home / "error.log").read_text())
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)
