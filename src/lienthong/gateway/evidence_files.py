"""The files of a message's evidence, as they lie in a container: message, proof, note."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from lienthong.gateway import inquiries, kept_bodies
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway
from lienthong.gateway.heads import best_for
from lienthong.gateway.inquiries import NoSuchExchange, NotSealed
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.records import Placed
from lienthong.gateway.rows import LogRow
from lienthong.kernel import clock
from lienthong.protocol import asic, pki
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.faults import Side
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.receipt import signed_of
from lienthong.protocol.xades import File

SIGNED_PART = "part.txt"
REASON = "the party itself asked for its containers (/asic)"
TEXT = "text/plain;charset=utf-8"
SOAP_KINDS = ("text/xml", "application/xop+xml", "multipart/related")
NOTE = """\
Gói bằng chứng này do cổng trao đổi {gateway} niêm phong lúc xuất ra ({at}),
bằng khóa của {owner}. Chữ ký trong META-INF/signatures.xml là của cổng và chỉ
nói rằng cổng đã xuất các tệp này. Chữ ký gốc của bên gửi thông điệp là chữ ký
RFC 9421 trong tệp signature.txt{receipt_vi}.

This container was sealed by the gateway {gateway} when it was exported ({at}),
with the key of {owner}. The signature in META-INF/signatures.xml is the
gateway's and says no more than that the gateway exported these files. The
original signature of the message's sender is the RFC 9421 signature in
signature.txt{receipt_en}.

{files}
"""
RECEIPT_VI = (
    "; biên nhận trong receipt.json\nchứng minh cả yêu cầu lẫn trả lời, kiểm được bằng openssl"
)
RECEIPT_EN = "; receipt.json proves request and answer and can be\nverified with openssl"
OF_REST = "message.xml  the message without its body, in the form that was signed"
OF_SOAP = "message.xml  the SOAP message"
PART = f"{SIGNED_PART}     what was signed of it beside its body"
KEPT = "attachment1  the body; its SHA-256 stands in signature.txt"
IS_BODY = "             it is the body; its SHA-256 stands in signature.txt"
NOT_KEPT = "The body was not kept; its SHA-256 stands in signature.txt."
NO_BODY = "The message has no body."


class TooMuch(Exception):
    """The bodies are longer together than one answer may be."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One message with its files, before it is sealed."""

    message_id: str
    kind: str
    number: int
    """Of its leaf in the log."""
    time: int
    """Microseconds since 1970, UTC."""
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        return sum(len(file.data) for file in self.files)


async def gather(
    connection: Connection,
    archive: Archive,
    gateway: Gateway,
    found: Sequence[Placed],
    *,
    by: str,
    most: int,
) -> list[Exported]:
    """
    The files of each message; kept bodies are read in the name of the client who asks.

    Raises TooMuch beyond ``most`` bytes of bodies, `kept_bodies.BodyLost`,
    `parquet.ArchiveLost` or `NoParquet`.
    """
    bodies = await kept(connection, gateway, [one.row for one in found], by, most)
    gathered = []
    for one in found:
        evidence = one.row.evidence
        files = message_files(evidence.head, bodies.get(one.row.id))
        files.append(File("signature.txt", TEXT, signature_text(one)))
        receipt = await receipt_of(connection, archive, gateway, one)
        if receipt is not None:
            files.append(File("receipt.json", "application/json", receipt))
        files += await head_of(connection, one)
        files.append(File("note.txt", TEXT, note(gateway, files, one)))
        gathered.append(
            Exported(evidence.message_id, evidence.kind, one.seq or 0, evidence.time, tuple(files))
        )
    return gathered


async def kept(
    connection: Connection, gateway: Gateway, rows: list[LogRow], by: str, most: int
) -> dict[uuid.UUID, bytes]:
    """The kept bodies by their row, each once it is written into the log who reads it."""
    asked = kept_bodies.Reading(by=by, reason=REASON)
    bodies: dict[uuid.UUID, bytes] = {}
    noted: set[str] = set()
    for row in rows:
        # One at a time: nobody's two hundred bodies lie in memory before they are found too many.
        for _, held in await kept_bodies.sealed_of(connection, [row]):
            if sum(map(len, bodies.values())) + row.evidence.body_size > most:
                raise TooMuch
            if row.evidence.request_id not in noted:
                noted.add(row.evidence.request_id)
                await kept_bodies.write_reading(
                    connection, asked, row.evidence.message_id, row.evidence.request_id,
                    str(gateway.identity),
                )  # fmt: skip
            bodies[row.id] = kept_bodies.unseal(row, held, gateway.secrets.bodies)
    return bodies


def message_files(head: bytes, body: bytes | None) -> list[File]:
    """
    The message as X-Road lays it out: of SOAP the envelope, of REST the part that was signed.

    What was signed stands beside an envelope; attachments stay in the body they came in.
    """
    kind = media_type(head)
    envelope = None if body is None else envelope_of(body, kind)
    if envelope is None:
        files = [File(asic.MESSAGE, TEXT, head)]
    else:
        files = [File(asic.MESSAGE, "text/xml", envelope), File(SIGNED_PART, TEXT, head)]
    if body is not None and body != envelope:
        files.append(File(asic.ATTACHMENT, kind, body))
    return files


def envelope_of(body: bytes, kind: str) -> bytes | None:
    """The SOAP envelope in a body, or nothing; XML is read only for what says it is that."""
    if not kind.lower().startswith(SOAP_KINDS):
        return None
    from lienthong.gateway import soap_messages

    try:
        found = soap_messages.read_now(Body.of(body), kind.encode())
    except BadMessage:
        return None
    return body[found.start : found.start + found.size]


def media_type(head: bytes) -> str:
    """Of the body, as its message states it; plain text in a manifest, so nothing odd passes."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-type" and value.isascii() and value.isprintable():
            return value
    return "application/octet-stream"


def signature_text(one: Placed) -> bytes:
    """The fields that carried the original signature between the gateways."""
    fields = signed_of(one.row.evidence).headers()
    return b"".join(name + b": " + value + b"\r\n" for name, value in fields)


async def receipt_of(
    connection: Connection, archive: Archive, gateway: Gateway, one: Placed
) -> bytes | None:
    """The receipt of the whole exchange; None where it was not answered."""
    evidence = one.row.evidence
    try:
        made = await inquiries.receipt(
            connection, archive, gateway, evidence.message_id,
            side=evidence.side, request_id=evidence.request_id,
        )  # fmt: skip
    except (NotSealed, NoSuchExchange):
        return None
    return made.dump()


async def head_of(connection: Connection, one: Placed) -> list[File]:
    """The head of the log the message stands under, with its time-stamp where there is one."""
    head = await best_for(connection, (one.seq or 0) + 1)
    if head is None:
        return []
    files = [File("log-head.txt", TEXT, head.note)]
    if head.tokens:
        files.append(File("log-head.tst", "application/vnd.etsi.timestamp-token", head.tokens[0]))
    return files


def note(gateway: Gateway, files: Sequence[File], one: Placed) -> bytes:
    """In words, what this container is and is not."""
    has_receipt = any(file.name == "receipt.json" for file in files)
    return NOTE.format(
        gateway=gateway.identity,
        owner=gateway.identity.owner,
        at=f"{clock.instant():%Y-%m-%d %H:%M:%S} UTC",
        receipt_vi=RECEIPT_VI if has_receipt else "",
        receipt_en=RECEIPT_EN if has_receipt else "",
        files="\n".join(described(files, one.row.evidence.body_size)),
    ).encode()


def described(files: Sequence[File], body_size: int) -> Iterator[str]:
    """What of the message lies where."""
    names = {file.name for file in files}
    if SIGNED_PART in names:
        yield OF_SOAP
        if asic.ATTACHMENT not in names:
            yield IS_BODY
        yield PART
    else:
        yield OF_REST
    if asic.ATTACHMENT in names:
        yield KEPT
    elif SIGNED_PART not in names:
        yield NOT_KEPT if body_size else NO_BODY


def sealer_of(gateway: Gateway) -> tuple[SigningKey, tuple[x509.Certificate, ...], datetime]:
    """The key of the gateway's owner, its certificates, and now; raises XRoadFault without it."""
    key = gateway.signing_key(gateway.identity.owner, Side.CONSUMER)
    return key, pki.load_chain(gateway.snapshot.certificate(key.kid)), clock.instant()
