"""
Keys of a gateway that change with the year: of the subject index and of kept bodies.

A key is a secret file, ``{name}.{year}``; the year is the key's id. What was
made under an older key stays under it and keeps its id, so a rotation touches
no row. A year without a key of its own goes on under the last one there is:
rotation never stops an exchange.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

YEAR = re.compile(r"[0-9]{4}")
FIRST = 0
"""The id of the key without a year, from before keys had ids."""


@dataclass(frozen=True, slots=True)
class YearKeys:
    """Keys by id."""

    keys: Mapping[int, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, secrets: Path, name: str) -> YearKeys:
        """All keys of this name among a node's secrets."""
        keys = {}
        if (secrets / name).exists():
            keys[FIRST] = (secrets / name).read_text().strip().encode()
        for path in sorted(secrets.glob(f"{name}.*")):
            year = path.name.removeprefix(f"{name}.")
            if YEAR.fullmatch(year):
                keys[int(year)] = path.read_text().strip().encode()
        return cls(keys)

    def at(self, moment: datetime) -> int | None:
        """The id of the key in use at this moment; None when there is none."""
        year = moment.astimezone(UTC).year
        return max((one for one in self.keys if one <= year), default=None)


def pseudonym(keys: YearKeys, key_id: int, subject: bytes) -> bytes:
    """
    A data subject as the index keeps it: the key's id in two bytes, then HMAC-SHA-256.

    Under the key without a year it is the HMAC alone, as rows had it before.
    """
    value = hmac.digest(keys.keys[key_id], subject, "sha256")
    return value if key_id == FIRST else key_id.to_bytes(2, "big") + value


def all_pseudonyms(keys: YearKeys, subject: bytes) -> dict[int, bytes]:
    """Every pseudonym this subject can stand under, by the key's id."""
    return {key_id: pseudonym(keys, key_id, subject) for key_id in sorted(keys.keys)}
