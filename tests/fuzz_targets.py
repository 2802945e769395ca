"""
What is fuzzed, and what must hold for any bytes at all.

Each target takes bytes. It returns when they were read or refused as they should be, and
raises when a parser failed in a way of its own or broke a rule. The tests feed it what
Hypothesis thinks of and the kept corpus; `bench/fuzz/run.py` feeds it for hours.
"""

from __future__ import annotations

import asyncio
import base64
import posixpath
import urllib.parse
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import fuzz_soap
from fuzz_soap import Broken, must
from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.edge_http import Connection, EdgeLimits, Listener
from lienthong.gateway.messages import Outgoing
from lienthong.protocol import (
    admission,
    checkpoint,
    digest,
    faults,
    headers,
    identifiers,
    pki,
    promise,
    receipt,
    rest,
    signature,
    snapshot,
    soap_questions,
)
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.pki import SigningKey

CORPUS = Path(__file__).resolve().parent / "corpus"
Target = Callable[[bytes], None]

KEY = SigningKey.generate()
ANCHOR = snapshot.Anchor("VN", [snapshot.DirectoryKey(KEY.kid, KEY.verifying.pem())], roots=[])
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def identifier(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for parse in (
        identifiers.MemberId.parse,
        identifiers.SubsystemId.parse,
        identifiers.ServiceId.parse,
        identifiers.GatewayId.parse,
        identifiers.parse_client,
    ):
        try:
            found: Any = parse(text)
        except ProtocolError:
            continue
        must(parse(str(found)) == found, "an identifier reads back as itself")
        must(not set(str(found)) & set("\r\n\0 %") - {"%"}, "an identifier stays on its line")


def target(data: bytes) -> None:
    try:
        found = rest.parse_target(data)
    except ProtocolError:
        return
    must(data.startswith(b"/r1/"), "only r1 is a target")
    wire = b"/r1/" + str(found.service).encode() + found.service_path
    again = rest.parse_target(wire)
    must(again.service == found.service, "a target names one service")
    must(again.service_path == found.service_path.partition(b"?")[0], "and one path")


def path(data: bytes) -> None:
    try:
        plain = snapshot.plain_path(b"/" + data)
    except ProtocolError:
        return
    # A system decodes once, and some decode what they were given once more.
    for round_ in range(2):
        must(".." not in plain.split("/"), f"no climb after {round_} decodings")
        must(posixpath.normpath("/svc" + plain).startswith("/svc"), "a path stays below")
        plain = urllib.parse.unquote(plain, errors="replace")


def glob(data: bytes) -> None:
    text, _, name = data.decode("utf-8", "replace").partition("\n")
    if text.count("*") <= 8:
        snapshot.compile_glob(text).fullmatch(name[:64])


def part(data: bytes) -> None:
    for kind in (rest.RequestPart, rest.ResponsePart):
        try:
            found = kind.parse(data)
        except ProtocolError:
            continue
        must(kind.parse(found.serialise()) == found, "a part reads back as itself")
        crossed = headers.unescape_from_peer(headers.escape_for_peer(found.headers))
        kept = headers.surviving(found.headers)
        must(
            [one for one in crossed if one[0].lower() not in headers.SKIPPED] == kept,
            "a party's headers cross between gateways unharmed",
        )


def content_digest(data: bytes) -> None:
    try:
        found = digest.parse(data)
    except ProtocolError:
        return
    must(len(found) == 32, "a digest has 32 bytes")


REQUEST = rest.RequestPart(
    b"POST",
    b"/r1/VN/GOV/G01/population/person.find.v1",
    ((b"X-Road-Client", b"VN/GOV/G15/civil-status"), (b"x-road-request-id", b"r"),
     (b"x-road-id", b"i")),
)  # fmt: skip
SIGNED = signature.sign_request(REQUEST, digest.sha256(b"body"), KEY, now=NOW.timestamp())


def signature_headers(data: bytes) -> None:
    """The first line stands for Signature-Input, the second for Signature."""
    first, _, second = data.partition(b"\n")
    carried = [
        (headers.CONTENT_DIGEST, digest.field(SIGNED.body_digest)),
        (headers.HEAD_DIGEST, digest.field(digest.sha256(SIGNED.head))),
        (headers.SIGNATURE_INPUT, first),
        (headers.SIGNATURE, second or dict(SIGNED.headers())[headers.SIGNATURE]),
    ]
    try:
        opened = signature.open_request(
            REQUEST, SIGNED.body_digest, carried, lambda kid: KEY.verifying, now=NOW.timestamp()
        )
    except ProtocolError:
        return
    must(opened == SIGNED, "only what was signed opens")


def snapshot_file(data: bytes) -> None:
    """As it comes, and as the payload of a directory that signs anything."""
    try:
        snapshot.open_snapshot(data, ANCHOR)
    except ProtocolError:
        pass
    else:
        raise Broken("nobody signed this snapshot")
    sealed = msgspec.json.encode(
        {
            "payload": _b64(data),
            "signatures": [
                {
                    "kid": KEY.kid,
                    "alg": snapshot.JWS_NAMES[pki.P256],
                    "value": _b64(KEY.sign(snapshot.DOMAIN + data)),
                }
            ],
        }
    )
    try:
        found = snapshot.open_snapshot(sealed, ANCHOR)
        found.check_age("changing", NOW)
        for service in ("VN/GOV/G01/population/person.find.v1", "VN/GOV/G14/directory/x"):
            client = identifiers.SubsystemId.parse("VN/GOV/G15/civil-status")
            named = identifiers.ServiceId.parse(service)
            found.gateways_of(named.subsystem)
            found.grant(client, named, "POST", b"/a", NOW)
        for member in found.members:
            for entry in member.sign_keys:
                found.sign_key(entry.kid, ANCHOR, NOW)
    except ProtocolError:
        pass


def admission_header(data: bytes) -> None:
    key = b"k" * 32
    for value in (data, _sealed_admission(data, key)):
        try:
            admission.open_admission(value, key, body=b"", now=NOW.timestamp())
        except ProtocolError:
            continue


def _sealed_admission(payload: bytes, key: bytes) -> bytes:
    packed = admission._b64(payload)
    return packed + b"." + admission._b64(admission._mac(packed, key))


def checkpoint_note(data: bytes) -> None:
    try:
        head, text, _ = checkpoint.read_checkpoint(data)
    except ProtocolError:
        return
    must(head.size >= 0, "a log has no fewer than no leaves")
    must(len(head.root) == 32, "a root has 32 bytes")
    must(text.encode() in data, "what is signed is what was read")
    try:
        checkpoint.open_checkpoint(data, KEY.verifying)
    except ProtocolError:
        return
    raise Broken("nobody signed this checkpoint")


def promise_header(data: bytes) -> None:
    try:
        promise.read_promise(data)
        promise.open_promise(data, KEY.verifying)
    except ProtocolError:
        return
    raise Broken("nobody made this promise")


def receipt_file(data: bytes) -> None:
    """Against the anchor that the receipt of the corpus was made under."""
    try:
        facts = receipt.verify_receipt(data, receipt_anchor())
    except ProtocolError:
        return
    kept = msgspec.json.decode(
        (CORPUS / "receipt" / "true.json").read_bytes(), type=receipt.Receipt
    )
    must(facts.message_id == kept.records[0].evidence.message_id, "only the true one verifies")
    must(facts.status == kept.records[1].evidence.status, "and says what it said")


_anchors: list[snapshot.Anchor] = []


def receipt_anchor() -> snapshot.Anchor:
    if not _anchors:
        _anchors.append(snapshot.Anchor.load((CORPUS / "receipt-anchor.json").read_bytes()))
    return _anchors[0]


def fault_body(data: bytes) -> None:
    try:
        found = faults.read_fault(data)
    except msgspec.DecodeError:
        return
    found.json()
    found.xml()
    must(found.status in (400, 500), "a fault has one of two statuses")


def monitoring(data: bytes) -> None:
    for code in soap_questions.NAMESPACES:
        try:
            found = soap_questions.read_question(data, "utf-8", code)
        except ProtocolError:
            continue
        must(len(found.fields) <= soap_questions.MOST_FIELDS, "a question is bounded")
        must(found.client is None or all(str(found.client).split("/")), "a client is whole")


def soap_path(data: bytes) -> None:
    try:
        found = rest.parse_soap_target(data)
    except ProtocolError:
        return
    again = rest.parse_soap_target(rest.soap_path(found.service, found.version))
    must(again == found, "a SOAP path names one service")


def certificate(data: bytes) -> None:
    with warnings.catch_warnings():
        # The library announces that it will refuse even more one day.
        warnings.simplefilter("ignore")
        try:
            found = pki.load_certificate(data)
            pki.member_of(found)
            pki.check_certificate(found, receipt_anchor().certificates, at=NOW)
        except ProtocolError:
            return


# -- the edge --------------------------------------------------------------------------------


class _Wire(asyncio.Transport):
    """A connection without a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def writelines(self, pieces: Any) -> None:
        for piece in pieces:
            self.sent += piece

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def is_reading(self) -> bool:
        return not self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Application:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def body_limit(self, head: Any) -> int:
        return 1000

    async def answer(self, request: Any) -> Outgoing:
        self.seen.append(request)
        return Outgoing(200, b"OK", [], Body.of(request.body.whole()))

    def malformed(self, why: str, caller: Any) -> Outgoing:
        return Outgoing(400, b"Bad Request", [])


def http_edge(data: bytes) -> None:
    """The bytes at once and cut in two: the same requests, or none."""
    whole = _requests(data)
    cut = _requests(data[: len(data) // 2], data[len(data) // 2 :])
    must(whole == cut, "where the network cuts says nothing of the requests")
    for method, where, sent, body in whole:
        must(method in rest.METHODS, "only methods of the exchange pass")
        must(where.startswith(b"/"), "a target is a path")
        must(len(body) <= 1000, "a body keeps to its limit")
        must(sum(name.lower() == b"host" for name, _ in sent) == 1, "one host")
        names = [name.lower() for name, _ in sent]
        must(names.count(b"content-length") <= 1, "one length")
        must(
            not (b"content-length" in names and b"transfer-encoding" in names),
            "a body has one framing",
        )
        for name, value in sent:
            must(not set(name + value) & {0, 10, 13}, "a header is one line")


def _requests(*pieces: bytes) -> list[tuple[bytes, bytes, tuple[headers.Header, ...], bytes]]:
    async def run() -> list[Any]:
        application = _Application()
        listener = Listener(application, SpoolRoom(), EdgeLimits(headers=30, head_bytes=4096))
        connection = Connection(listener, asyncio.get_running_loop())
        wire = _Wire()
        connection.connection_made(wire)
        for piece in pieces:
            connection.data_received(piece)
            for _ in range(20):
                await asyncio.sleep(0)
        connection.connection_lost(None)
        return [
            (one.head.method, one.head.target, tuple(one.head.headers), one.body.whole())
            for one in application.seen
            if one.refused is None
        ]

    return asyncio.run(run())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


TARGETS: dict[str, Target] = {
    "identifier": identifier,
    "target": target,
    "path": path,
    "glob": glob,
    "part": part,
    "digest": content_digest,
    "signature": signature_headers,
    "snapshot": snapshot_file,
    "admission": admission_header,
    "checkpoint": checkpoint_note,
    "promise": promise_header,
    "receipt": receipt_file,
    "fault": fault_body,
    "monitoring": monitoring,
    "soap_path": soap_path,
    "certificate": certificate,
    "edge": http_edge,
    **fuzz_soap.TARGETS,
}


def corpus(name: str) -> list[bytes]:
    """The kept inputs of a target, in one order."""
    return [one.read_bytes() for one in sorted((CORPUS / name).iterdir())]
