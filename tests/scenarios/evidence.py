"""What an outside caller and an auditor see: the consumer's port, the log, receipts."""

from __future__ import annotations

import http.client  # noqa: TID251  (a test is an outside caller)
import json
import re
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import psycopg

from lienthong.protocol.receipt import ReceiptFacts, verify_receipt
from lienthong.protocol.snapshot import Anchor
from running_node import RunningNode

T = TypeVar("T")
CIVIL_STATUS = "VN/GOV/G15/civil-status"
STEERING = "VN/GOV/G14/steering"
POPULATION = "VN/GOV/G01/population"
SEALED_WITHIN = 30.0
"""The promise is ten seconds; a busy machine is no broken promise."""
METRIC = re.compile(r'lienthong_gateway_exchanges_total\{side="(\w+)",outcome="([\w.]+)"\} (\d+)')
EVER = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def eventually(look: Callable[[], T], seconds: float = 60.0, what: str = "") -> T:
    """The first true answer; fails with the last one."""
    limit = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < limit, f"{what or look}: still {found!r} after {seconds:.0f} s"
        time.sleep(0.25)
    return found


def all_sent(node: RunningNode) -> bool:
    """Whether nothing waits in the outbox: births of other scenarios have their numbers."""
    ports, secret = node.node.ports, node.node.secret("db_app")
    address = f"postgresql://lienthong:{secret}@127.0.0.1:{ports.postgres}/lienthong"
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT count(*) FROM exchange_outboxrow WHERE state IN ('waiting', 'sending')"
        ).fetchone()
    return row == (0,)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The log of a node's gateway, asked with its administration token."""

    node: RunningNode

    def ask(self, path: str, **query: str) -> Reply:
        given = f"?{urlencode(query)}" if query else ""
        return send(
            self.node.node.ports.gateway_admin,
            "GET",
            f"{path}{given}",
            {"Authorization": f"Bearer {self.node.node.secret('admin_token')}"},
        )

    def exchange(self, message_id: str) -> dict[str, Any]:
        """All records of both sides, once every one of them has its place in the tree."""

        def sealed() -> dict[str, Any] | None:
            reply = self.ask(f"/exchanges/{message_id}")
            if reply.status != 200:
                return None
            found: dict[str, Any] = reply.json
            return found if all(row["proof_valid"] for row in found["records"]) else None

        return eventually(sealed, SEALED_WITHIN, f"exchange {message_id} sealed") or {}

    def receipt(self, message_id: str, side: str = "") -> bytes:
        def given() -> bytes:
            reply = self.ask(f"/receipts/{message_id}", **({"side": side} if side else {}))
            return reply.body if reply.status == 200 else b""

        return eventually(given, SEALED_WITHIN, f"receipt of {message_id}")

    def facts(self, message_id: str, side: str = "") -> ReceiptFacts:
        """What the receipt proves to somebody who has this node's anchor and nothing else."""
        return verify_receipt(self.receipt(message_id, side), self.anchor())

    def anchor(self) -> Anchor:
        return Anchor.load((self.node.node.gateway / "anchor.json").read_bytes())

    def counts(self) -> dict[str, Any]:
        """Live and imported exchanges by outcome, of all time."""
        found: dict[str, Any] = self.ask("/counts", **EVER, group="total").json
        return found

    def live(self, outcome: str) -> int:
        return int(self.counts()[outcome]["live"])

    def lines(self, **query: str) -> list[dict[str, Any]]:
        """Exchanges as listed, newest first."""
        found: list[dict[str, Any]] = self.ask("/exchanges", limit="1000", **query).json[
            "exchanges"
        ]
        return found

    def metrics(self) -> dict[tuple[str, str], int]:
        """Ends by side and outcome, as the process that serves the metrics counted them."""
        text = self.ask("/metrics").body.decode()
        return {(side, end): int(n) for side, end, n in METRIC.findall(text)}


def send(
    port: int, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
) -> Reply:
    """One request over a socket of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)  # noqa: TID251
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, told, answer.read())
    finally:
        connection.close()


def raw(port: int, data: bytes) -> bytes:
    """Whatever a socket answers to these very bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        said = b""
        while piece := connection.recv(65536):
            said += piece
            head, found, rest = said.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if found and length and len(rest) >= int(length[1]):
                break
        return said


def secret_of(node: RunningNode, client: str) -> str:
    member, subsystem = client.split("/")[2:]
    return node.node.secret(f"clients/{member}.{subsystem}")


def ask(
    node: RunningNode,
    service: str,
    body: Any,
    *,
    client: str = CIVIL_STATUS,
    secret: str | None = None,
    **headers: str,
) -> Reply:
    """One request at the consumer's port, as a system would send it."""
    given = {
        "X-Road-Client": client,
        "X-Road-Id": f"scenario-{uuid.uuid4()}",
        "Lienthong-Client-Secret": secret_of(node, client) if secret is None else secret,
        "Content-Type": "application/json",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    path = f"/r1/{service}"
    return send(node.node.ports.consumer, "POST", path, given, sent)


def find_person(node: RunningNode, personal_id: str) -> dict[str, Any]:
    """What population tells civil status of a number."""
    reply = ask(node, f"{POPULATION}/person.find.v1", {"personal_id": personal_id})
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.json
    return found
