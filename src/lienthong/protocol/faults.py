"""
Errors of the exchange itself, in X-Road's words (7.7 spelling).

Status is 500 for codes that start with ``Server.`` and 400 otherwise; nothing
else is used. A response without ``X-Road-Error`` came from the provider.
``detail`` is the trace id under which the gateway's own log tells more.
"""

from __future__ import annotations

import re
import uuid
from enum import StrEnum
from xml.sax.saxutils import escape

import msgspec

from lienthong.kernel.errors import LienThongError
from lienthong.protocol.errors import BadIdentifier, ProtocolError

XML_ACCEPTED = (b"text/xml", b"application/xml", b"text/*")


class Side(StrEnum):
    """Who says so; the prefix of the code."""

    CONSUMER = "Server.ClientProxy"
    PROVIDER = "Server.ServerProxy"
    CLIENT = "Client"


class XRoadFault(LienThongError):
    """The exchange could not carry the message."""

    code = "exchange.fault"

    def __init__(
        self,
        fault: str,
        message: str,
        detail: str | None = None,
        *,
        reason: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        """More exactly why, for the log and its operator; never told to the client."""
        self.retry_after = retry_after
        """Seconds after which the same request may be let through, told as ``Retry-After``."""
        self.fault = fault
        self.text = message
        self.trace = detail or str(uuid.uuid4())
        self.status = status_of(fault)

    def body(self, accept: bytes | None = None) -> tuple[bytes, bytes]:
        """Content type and body in the form the client's ``Accept`` asks for."""
        wants_xml = accept is not None and any(kind in accept.lower() for kind in XML_ACCEPTED)
        return (XML_TYPE, self.xml()) if wants_xml else (JSON_TYPE, self.json())

    def json(self) -> bytes:
        return msgspec.json.encode({"type": self.fault, "message": self.text, "detail": self.trace})

    def xml(self) -> bytes:
        return (
            f"<error><type>{escape(self.fault)}</type><message>{escape(self.text)}</message>"
            f"<detail>{escape(self.trace)}</detail></error>"
        ).encode()


# Written as one word in the 7.8 spelling.
FAMILIES = {"ServerProxy": "serverproxy", "ClientProxy": "clientproxy", "OpMonitor": "opmonitor"}
JSON_TYPE = b"application/json;charset=utf-8"
XML_TYPE = b"text/xml;charset=utf-8"


def status_of(fault: str) -> int:
    return 500 if fault.startswith("Server.") else 400


def fault_of(error: ProtocolError, side: Side, detail: str | None = None) -> XRoadFault:
    """The fault the client is told when this error happens on this side."""
    if isinstance(error, BadIdentifier) or error.status == 400:
        side = Side.CLIENT
    return XRoadFault(
        f"{side}.{error.fault}", str(error), detail, reason=getattr(error, "reason", "")
    )


def snake(fault: str) -> str:
    """The spelling of X-Road 7.8 and later: ``server.serverproxy.access_denied``."""
    return ".".join(FAMILIES.get(part) or _snake_part(part) for part in fault.split("."))


def _snake_part(part: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part.replace("IOError", "IoError"))
    return spaced.lower()


def same_fault(one: str, other: str) -> bool:
    """Whether two codes mean the same in either spelling."""
    return one.replace("_", "").lower() == other.replace("_", "").lower()


def read_fault(body: bytes) -> XRoadFault:
    """The fault a JSON error body states; raises `msgspec.DecodeError` for anything else."""
    try:
        shape = msgspec.json.decode(body, type=FaultBody)
    except UnicodeDecodeError as problem:
        # Not among the library's own errors, though the same kind of mistake.
        raise msgspec.DecodeError(str(problem)) from None
    return XRoadFault(shape.type, shape.message, shape.detail)


class FaultBody(msgspec.Struct, frozen=True):
    type: str
    message: str
    detail: str
