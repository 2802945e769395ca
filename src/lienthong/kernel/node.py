"""
Where a node keeps its state and on which ports it listens.

All state lies under one directory (``LIENTHONG_HOME``) and all ports follow
from one base (``LIENTHONG_PORT_BASE``), so that two copies run side by side.
Only paths and numbers here: nothing is opened or created.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT_BASE = 8000


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of a node, derived from one base (8000 gives the documented ones)."""

    base: int = DEFAULT_PORT_BASE

    @property
    def pages(self) -> int:
        return self.base

    @property
    def consumer(self) -> int:
        """Consumer side of the gateway, plain HTTP on loopback (8080)."""
        return self.base + 80

    @property
    def public_log(self) -> int:
        return self.base + 81

    @property
    def gateway_admin(self) -> int:
        """The gateway's local administration API, loopback with a token."""
        return self.base + 82

    @property
    def offers(self) -> int:
        """The provider's edge of this node's systems; only its gateway may use it."""
        return self.base + 83

    @property
    def postgres(self) -> int:
        return self.base + 84

    @property
    def consumer_tls(self) -> int:
        return self.base + 443

    @property
    def door(self) -> int:
        """The directory's HTTPS door for the gateways of its exchange (8444)."""
        return self.base + 444

    @property
    def peer(self) -> int:
        """Gateway to gateway, mutual TLS (5500)."""
        return self.base - 2500


@dataclass(frozen=True, slots=True)
class Node:
    """The paths and ports of one node."""

    home: Path
    ports: Ports

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Node:
        """Read ``LIENTHONG_HOME`` and ``LIENTHONG_PORT_BASE``."""
        return cls(
            home=Path(environ.get("LIENTHONG_HOME") or default_home()).expanduser().resolve(),
            ports=Ports(int(environ.get("LIENTHONG_PORT_BASE") or DEFAULT_PORT_BASE)),
        )

    @property
    def secrets(self) -> Path:
        """Mode 0700; one secret per file, mode 0600."""
        return self.home / "secrets"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def gateway(self) -> Path:
        """Anchor, snapshot, providers and clients of the gateway."""
        return self.home / "gateway"

    @property
    def pg(self) -> Path:
        return self.home / "pg"

    @property
    def archive(self) -> Path:
        """Days of the message log that left the database."""
        return self.home / "archive"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        return self.home / "run"

    def secret(self, name: str) -> str:
        """The text of a secret file; a missing one stops the program (FileNotFoundError)."""
        return (self.secrets / name).read_text().strip()


def default_home() -> str:
    """``/var/lib/lienthong`` for root (decision 9), a directory of one's own otherwise."""
    return "/var/lib/lienthong" if os.geteuid() == 0 else "~/.local/share/lienthong"
