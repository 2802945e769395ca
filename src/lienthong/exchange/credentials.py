"""The secret with which a subsystem proves itself to its gateway (decision 8)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lienthong.exchange.cards import System
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node


class NoCredential(LienThongError):
    """This system has no client credential on this node; `lienthong keys` makes one."""

    code = "exchange.no_credential"


class Credentials(Protocol):
    """Where client secrets come from."""

    def secret(self, system: System) -> str:
        """The secret of a system; raises NoCredential."""


class SecretFiles:
    """Secrets in files of mode 0600, one for each subsystem: ``clients/G15.civil-status``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, tuple[int, str]] = {}

    @classmethod
    def of_node(cls, node: Node) -> SecretFiles:
        return cls(node.secrets / "clients")

    def secret(self, system: System) -> str:
        name = f"{system.owner}.{system.subsystem}"
        path = self._directory / name
        try:
            # A rotated secret counts for processes that run, too.
            changed = path.stat().st_mtime_ns
            known = self._known.get(name)
            if known is None or known[0] != changed:
                known = self._known[name] = (changed, path.read_text().strip())
        except FileNotFoundError:
            raise NoCredential(system=system.code) from None
        return known[1]
