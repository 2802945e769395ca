"""
Errors of the exchange itself, in X-Road's words.

X-Road changed the spelling of its codes with 7.8.0, from
``Server.ServerProxy.AccessDenied`` to ``server.serverproxy.access_denied``.
Here, between gateways and in the log they are spelled as in 7.7; a client is
told them in the spelling its gateway is set to (`XRoadFault.spelled`).

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


class Spelling(StrEnum):
    """How codes are spelled towards clients: the release of X-Road that spells them so."""

    PASCAL = "7.7"
    SNAKE = "7.8"


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

    def spelled(self, spelling: Spelling) -> XRoadFault:
        """The same fault with its code as clients of this spelling know it."""
        if spelling is not Spelling.SNAKE:
            return self
        return XRoadFault(
            snake(self.fault), self.text, self.trace,
            reason=self.reason, retry_after=self.retry_after,
        )  # fmt: skip

    def json(self) -> bytes:
        return msgspec.json.encode({"type": self.fault, "message": self.text, "detail": self.trace})

    def xml(self) -> bytes:
        return (
            f"<error><type>{escape(self.fault)}</type><message>{escape(self.text)}</message>"
            f"<detail>{escape(self.trace)}</detail></error>"
        ).encode()


# What 7.8 does not spell by the rule (ErrorCode.java at fcd16216, 2026-02-06).
IRREGULAR = {
    "ServerProxy": "serverproxy",
    "ClientProxy": "clientproxy",
    "OpMonitor": "opmonitor",
    "OutdatedGlobalConf": "global_conf_outdated",
    "HashChainUnusedInputs": "hashchain_unused_inputs",
    "TokenReadOnly": "token_readonly",
}
WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
JSON_TYPE = b"application/json;charset=utf-8"
XML_TYPE = b"text/xml;charset=utf-8"


def status_of(fault: str) -> int:
    return 500 if fault[:7].lower() == "server." else 400


def fault_of(error: ProtocolError, side: Side, detail: str | None = None) -> XRoadFault:
    """The fault the client is told when this error happens on this side."""
    if isinstance(error, BadIdentifier) or error.status == 400:
        side = Side.CLIENT
    return XRoadFault(
        f"{side}.{error.fault}", str(error), detail, reason=getattr(error, "reason", "")
    )


def snake(fault: str) -> str:
    """The spelling of X-Road 7.8 and later: ``server.serverproxy.access_denied``."""
    return ".".join(
        IRREGULAR.get(part) or WORD_STARTS.sub("_", part).lower() for part in fault.split(".")
    )


def same_fault(one: str, other: str) -> bool:
    """Whether two codes mean the same in either spelling."""
    return _alike(one) == _alike(other)


def _alike(fault: str) -> str:
    return snake(fault).replace("_", "").lower()


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
