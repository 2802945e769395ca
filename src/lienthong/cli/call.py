"""
Send one request through the gateway, as a system would, and show all of it.

Shows the envelope that went out, the answer with its headers, and what both
sides of the exchange wrote into their logs, each signature verified again.

    lienthong call population person.find.v1 --personal-id 091195000017
    lienthong call directory figures.v1 --field period=2021-08 --as steering
"""

from __future__ import annotations

import argparse
import http.client  # noqa: TID251  (this command is an outside caller)
import json
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Any

from lienthong.cli import cards
from lienthong.exchange.cards import Effect, Offer, System
from lienthong.kernel.node import Node

INSTANCE, MEMBER_CLASS = "VN", "GOV"
PATIENCE_MS = 30_000
LOG_SECONDS = 12.0
"""The promise: every row is sealed ten seconds after its answer at the latest (decision 14)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("system", help="who answers, for example population")
    parser.add_argument("service", help="the offer's code, for example person.find.v1")
    parser.add_argument("--as", dest="client", default="", help="who asks (default: a grantee)")
    parser.add_argument("--data", help="the request as JSON")
    parser.add_argument(
        "--field", action="append", default=[], metavar="NAME=VALUE", help="one field of it"
    )
    parser.add_argument("--personal-id", help="the same as --field personal_id=…")
    parser.add_argument("--key", help="idempotency key (default: a new one)")
    parser.add_argument("--json", action="store_true", help="for a machine to read")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    def shown(self) -> dict[str, str]:
        """The headers without the secret, which nobody is to see."""
        hidden = {"Lienthong-Client-Secret": "…"}
        return {name: hidden.get(name, value) for name, value in self.headers.items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: float

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    try:
        provider = cards.card_of(args.system)
        offer = provider.offer(args.service)
        client = client_of(args.client, provider, offer)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        print("Next: `lienthong directory list` shows who offers what to whom.", file=sys.stderr)
        return 1
    envelope = envelope_of(node, client, provider, offer, request_of(args), args.key)
    try:
        reply = send(node, envelope)
    except OSError as error:
        print(f"The gateway does not answer on {node.ports.consumer}: {error}", file=sys.stderr)
        print("Next: `lienthong status`, or start it with `lienthong up`.", file=sys.stderr)
        return 1
    records = log_of(reply.header("x-road-id"))
    if args.json:
        print(json.dumps(as_one(envelope, reply, records), ensure_ascii=False, default=str))
    else:
        show(envelope, reply, records)
    return 0 if 200 <= reply.status < 300 else 1


def client_of(named: str, provider: System, offer: Offer) -> System:
    """Who asks: the named system, or the first that holds a grant."""
    if named:
        return cards.card_of(named)
    carried = cards.carried()
    for grant in offer.grants:
        if grant.to in carried:
            return cards.card_of(grant.to)
    raise LookupError(f"no system here holds a grant for {provider.code} {offer.code}; name one")


def request_of(args: argparse.Namespace) -> bytes:
    """The body: JSON as given, or an object of the fields."""
    if args.data is not None:
        return str(args.data).encode()
    fields: dict[str, Any] = {}
    for given in args.field:
        name, _, value = given.partition("=")
        fields[name] = plain_value(value)
    if args.personal_id:
        fields["personal_id"] = args.personal_id
    return json.dumps(fields, ensure_ascii=False).encode()


def plain_value(text: str) -> Any:
    """JSON where it is a list, an object or a literal; text otherwise, so that 012… stays whole."""
    if text[:1] in ("{", "[") or text in ("true", "false", "null"):
        return json.loads(text)
    return text


def envelope_of(
    node: Node, client: System, provider: System, offer: Offer, body: bytes, key: str | None
) -> Envelope:
    asked = f"{INSTANCE}/{MEMBER_CLASS}/{provider.owner}/{provider.subsystem}/{offer.code}"
    headers = {
        "X-Road-Client": f"{INSTANCE}/{MEMBER_CLASS}/{client.owner}/{client.subsystem}",
        "X-Road-Id": str(uuid.uuid4()),
        "Lienthong-Client-Secret": node.secret(f"clients/{client.owner}.{client.subsystem}"),
        "Lienthong-Deadline": str(PATIENCE_MS),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    if offer.effect is Effect.CHANGING:
        headers["Idempotency-Key"] = key or str(uuid.uuid4())
    return Envelope(f"/r1/{asked}", headers, body)


def send(node: Node, envelope: Envelope) -> Reply:
    connection = http.client.HTTPConnection(  # noqa: TID251
        "127.0.0.1", node.ports.consumer, timeout=PATIENCE_MS / 1000 + 5
    )
    began = time.perf_counter()
    try:
        connection.request("POST", envelope.path, body=envelope.body, headers=envelope.headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    return Reply(
        status=answer.status,
        headers={name.lower(): value for name, value in answer.getheaders()},
        body=body,
        milliseconds=(time.perf_counter() - began) * 1000,
    )


def log_of(message_id: str) -> dict[str, Any] | None:
    """Both sides' records of an exchange; waits until they are sealed, as promised."""
    import msgspec

    from lienthong.exchange import gateway_admin
    from lienthong.kernel.errors import LienThongError

    if not message_id:
        return None
    found = None
    limit = time.monotonic() + LOG_SECONDS
    while time.monotonic() < limit:
        try:
            found = gateway_admin.exchange(message_id)
        except LienThongError:
            found = None
        if found is not None and all(record.proof_valid for record in found.records):
            break
        time.sleep(0.2)
    return msgspec.to_builtins(found) if found is not None else None


def as_one(envelope: Envelope, reply: Reply, records: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "request": {
            "path": envelope.path,
            "headers": envelope.shown(),
            "body": readable(envelope.body),
        },
        "answer": {
            "status": reply.status,
            "headers": reply.headers,
            "body": readable(reply.body),
            "milliseconds": round(reply.milliseconds, 1),
        },
        "log": records,
    }


def readable(body: bytes) -> Any:
    """JSON as a value; anything else as text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def show(envelope: Envelope, reply: Reply, records: dict[str, Any] | None) -> None:
    print(f"→ POST {envelope.path}")
    for name, value in envelope.shown().items():
        print(f"  {name}: {value}")
    print(indented(readable(envelope.body)))
    print(f"\n← {reply.status} in {reply.milliseconds:.1f} ms")
    for name, value in sorted(reply.headers.items()):
        if name.startswith(("x-road-", "lienthong-", "content-type")):
            print(f"  {name}: {value}")
    print(indented(readable(reply.body)))
    print()
    if records is None:
        print("The log holds no record of it (a request refused before it was one has none).")
    else:
        show_records(records)
    if 200 <= reply.status < 300:
        print(f"Next: see it at /canbo/directory/ as message {reply.header('x-road-id')}.")
    else:
        print("Next: the error's type and detail above say who refused, and why.")


def show_records(records: dict[str, Any]) -> None:
    print(f"Log of message {records['message_id']}, both sides:")
    for record in records["records"]:
        print(
            f"  {record['side']:<9} {record['kind']:<8} {record['outcome']:<10} "
            f"{record['body_size']:>6} B  {verdict(record)}"
        )
        if record.get("leaf"):
            print(f"            leaf {record['leaf_index']}: {record['leaf']}")


def verdict(record: dict[str, Any]) -> str:
    signed, proven = record.get("signature_valid"), record.get("proof_valid")
    if signed is None:
        first = "unsigned"
    else:
        first = f"signature of {record['signed_by']} valid" if signed else "SIGNATURE NOT VALID"
    if proven is None:
        return f"{first}; not sealed yet"
    return f"{first}; {'proof of inclusion valid' if proven else 'PROOF NOT VALID'}"


def indented(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return "\n".join(f"  {line}" for line in text.splitlines())
