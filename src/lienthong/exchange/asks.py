"""A question of one system to another, ready to be sent or kept in the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from lienthong.exchange.cards import Effect, Need, System

KEY = re.compile(r"[\x21-\x7e]{1,200}")
"""An idempotency key as it travels in a header; it names a cause, never a person."""


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One request of a system's card, with its body.

    ``provider`` (``GOV/G01/population``) is given only when several members
    offer the same service; else the directory's snapshot says who provides it.
    """

    system: System
    """The one that asks."""
    need: Need
    request: msgspec.Struct
    provider: str = ""

    def __post_init__(self) -> None:
        if not self.system.calls(self.need):
            what = f"{self.need.system} {self.need.code}"
            raise ValueError(f"{what} is not on the card of {self.system.code}")
        if not isinstance(self.request, self.need.request):
            raise TypeError(f"{self.need.code} is asked with {self.need.request.__name__}")

    @property
    def body(self) -> bytes:
        return msgspec.json.encode(self.request)

    @property
    def changes(self) -> bool:
        """Whether the offer has effects, so that an idempotency key is needed."""
        return self.need.effect is Effect.CHANGING

    def read(self, body: bytes) -> Any:
        """The answer in the shape this system reads; raises `msgspec.DecodeError`."""
        return msgspec.json.decode(body, type=self.need.reads)
