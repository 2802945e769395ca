"""UUIDs of version 7 (RFC 9562): ordered by time, so that an index grows at one end."""

from __future__ import annotations

import secrets
from uuid import UUID

from lienthong.kernel import clock

RANDOM_BITS = 74


def uuid7() -> UUID:
    """Milliseconds of machine time, then 74 random bits."""
    milliseconds = int(clock.instant().timestamp() * 1000)
    random = secrets.randbits(RANDOM_BITS)
    value = (milliseconds & (2**48 - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & (2**62 - 1)
    return UUID(int=value)
