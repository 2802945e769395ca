"""The cards of the systems a node carries, read without starting Django."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping

from lienthong.exchange.cards import System

ORDER = ("catalogues", "directory", "population", "civil_status", "steering")

NONE = "none"


def carried(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """
    Package names of the systems this node carries (``LIENTHONG_SYSTEMS``, default all).

    ``none`` is a gateway alone.
    """
    named = environ.get("LIENTHONG_SYSTEMS", "")
    if named == NONE:
        return ()
    return tuple(filter(None, named.split(","))) or ORDER


def cards(environ: Mapping[str, str] = os.environ) -> list[System]:
    """Their cards, in the order the systems are loaded."""
    return [card_of(name) for name in carried(environ)]


def card_of(name: str) -> System:
    """The card of one system by package name or subsystem code; LookupError says which exist."""
    package = name.replace("-", "_")
    if package not in ORDER:
        raise LookupError(f"no system '{name}' here; there are: {', '.join(ORDER)}")
    card: System = importlib.import_module(f"lienthong.systems.{package}.manifest").SYSTEM
    return card
