"""
Members, subsystems and services of the exchange, as X-Road writes them.

Each part is percent-encoded by itself and ``/`` between parts stays literal
(PR-REST 4.2). The exchange is lenient about the letters in a part: a strange
one is the registrar's business, not the traffic's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self
from urllib.parse import quote, unquote_to_bytes

from lienthong.protocol.errors import BadIdentifier

# The reference server's path-segment escaper leaves these as they are.
LITERAL = "-._~!$'()*,;&=@:+"
GATEWAY_SERVICES = frozenset(
    {
        "getSecurityServerMetrics",
        "getSecurityServerOperationalData",
        "getSecurityServerHealthData",
    }
)
"""What a gateway answers about itself, as services of its owner (PR-OPMON, PR-ENVMONMES)."""


def to_wire(package: str) -> str:
    """The subsystem code of a system's package: ``civil_status`` is ``civil-status`` outside."""
    return package.replace("_", "-")


def from_wire(subsystem: str) -> str:
    """The package name of a subsystem code."""
    return subsystem.replace("-", "_")


# The same few identifiers are written eighty times in each exchange (bench/gateway).
@lru_cache(maxsize=4096)
def encode(part: str) -> str:
    return quote(part, safe=LITERAL)


@lru_cache(maxsize=4096)
def decode(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        raise BadIdentifier("an identifier is not UTF-8") from None


def split(text: str, *counts: int) -> list[str]:
    """The decoded parts; raises BadIdentifier unless there is one of these numbers of them."""
    parts = [decode(part) for part in text.strip().split("/")]
    if len(parts) not in counts or not all(parts):
        wanted = " or ".join(str(count) for count in counts)
        raise BadIdentifier(f"an identifier of {wanted} parts was expected")
    for part in parts:
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in part):
            raise BadIdentifier("an identifier contains a control character")
    return parts


@dataclass(frozen=True, slots=True, order=True)
class MemberId:
    """A body connected to the exchange: ``VN/GOV/G01``."""

    instance: str
    member_class: str
    code: str

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(*split(text, 3))

    @classmethod
    def from_local(cls, instance: str, text: str) -> Self:
        """From the form without instance used in snapshots: ``GOV/G01``."""
        return cls(instance, *split(text, 2))

    @property
    def member(self) -> MemberId:
        return self

    @property
    def local(self) -> str:
        return f"{encode(self.member_class)}/{encode(self.code)}"

    def __str__(self) -> str:
        return f"{encode(self.instance)}/{self.local}"


@dataclass(frozen=True, slots=True, order=True)
class SubsystemId:
    """An information system of a member: ``VN/GOV/G01/population``."""

    instance: str
    member_class: str
    member_code: str
    code: str

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(*split(text, 4))

    @classmethod
    def from_local(cls, instance: str, text: str) -> Self:
        """From the form without instance used in snapshots: ``GOV/G01/population``."""
        return cls(instance, *split(text, 3))

    @property
    def member(self) -> MemberId:
        return MemberId(self.instance, self.member_class, self.member_code)

    @property
    def local(self) -> str:
        return f"{encode(self.member_class)}/{encode(self.member_code)}/{encode(self.code)}"

    def service(self, code: str) -> ServiceId:
        return ServiceId(self, code)

    def __str__(self) -> str:
        return f"{encode(self.instance)}/{self.local}"


@dataclass(frozen=True, slots=True, order=True)
class OwnerId(SubsystemId):
    """The owner of a gateway as who provides the gateway's own services; it has no subsystem."""

    code: str = field(default="", init=False)

    @property
    def local(self) -> str:
        return self.member.local

    def __str__(self) -> str:
        return str(self.member)


@dataclass(frozen=True, slots=True, order=True)
class ServiceId:
    """
    A service of a subsystem: ``VN/GOV/G01/population/personal-id.issue.v1``.

    Those of `GATEWAY_SERVICES` belong to the owner of a gateway, a member
    without a subsystem: ``VN/GOV/G14/getSecurityServerHealthData``.
    """

    subsystem: SubsystemId
    code: str

    @classmethod
    def parse(cls, text: str) -> Self:
        *provider, code = split(text, 4, 5)
        if len(provider) == 4:
            return cls(SubsystemId(*provider), code)
        if code not in GATEWAY_SERVICES:
            raise BadIdentifier("a service has five parts")
        return cls(OwnerId(*provider), code)

    @property
    def is_of_gateway(self) -> bool:
        """Whether this asks a gateway about itself."""
        return isinstance(self.subsystem, OwnerId)

    def __str__(self) -> str:
        return f"{self.subsystem}/{encode(self.code)}"


@dataclass(frozen=True, slots=True, order=True)
class GatewayId:
    """A gateway (security server) by its owner: ``VN/GOV/G14/national``."""

    owner: MemberId
    code: str

    @classmethod
    def parse(cls, text: str) -> Self:
        *owner, code = split(text, 4)
        return cls(MemberId(*owner), code)

    def __str__(self) -> str:
        return f"{self.owner}/{encode(self.code)}"


def parse_client(text: str) -> SubsystemId | MemberId:
    """The value of ``X-Road-Client``: three or four parts."""
    parts = split(text, 3, 4)
    return SubsystemId(*parts) if len(parts) == 4 else MemberId(*parts)
