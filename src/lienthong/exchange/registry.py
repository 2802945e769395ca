"""The cards of the systems: those this node carries, and all of this release."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from django.conf import settings

from lienthong.exchange.cards import System

PACKAGE = "lienthong.systems"


def cards() -> tuple[System, ...]:
    """The cards of the systems this node carries, in the order of its settings."""
    return tuple(map(card, settings.SYSTEMS))


@functools.cache
def all_cards() -> tuple[System, ...]:
    """The card of every system in this release, carried here or not."""
    package = importlib.import_module(PACKAGE)
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.ispkg)
    return tuple(_own_card(name) for name in names if find_spec(f"{PACKAGE}.{name}.manifest"))


def card(code: str) -> System:
    """The card of one system; ModuleNotFoundError when this release has no such system."""
    return _played[code] if code in _played else _own_card(code)


_played: dict[str, System] = {}


@contextmanager
def playing(*cards: System) -> Iterator[None]:
    """Know these cards beside those of the release; for tests."""
    before = dict(_played)
    _played.update({card.code: card for card in cards})
    try:
        yield
    finally:
        _played.clear()
        _played.update(before)


@functools.cache
def _own_card(code: str) -> System:
    system = importlib.import_module(f"{PACKAGE}.{code}.manifest").SYSTEM
    if not isinstance(system, System) or system.code != code:
        raise TypeError(f"{PACKAGE}.{code}.manifest.SYSTEM is not the card of {code}")
    return system


def load_room(system: str, room: str) -> bool:
    """Import a room of a system (``offers``, ``services``) so that it registers itself."""
    name = f"{PACKAGE}.{system}.{room}"
    if find_spec(f"{PACKAGE}.{system}") is None or find_spec(name) is None:
        return False
    importlib.import_module(name)
    return True
