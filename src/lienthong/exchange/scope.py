"""
What surrounds a call: the time that is left, and whether an offer is being answered.

A deadline only ever shrinks on its way down (decision 7): a page opens
``within(5)`` and every call it makes shares those five seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PAGE_SECONDS = 5.0
JOB_SECONDS = 30.0

_deadline: ContextVar[float | None] = ContextVar("lienthong_deadline", default=None)
_answering: ContextVar[str] = ContextVar("lienthong_answering", default="")


@contextmanager
def within(seconds: float) -> Iterator[float]:
    """Do what follows in this many seconds, or in what an outer scope leaves of them."""
    end = time.monotonic() + seconds
    outer = _deadline.get()
    end = end if outer is None else min(end, outer)
    token = _deadline.set(end)
    try:
        yield end
    finally:
        _deadline.reset(token)


def left() -> float | None:
    """Seconds left in this scope; nothing when no scope is open; never negative."""
    end = _deadline.get()
    return None if end is None else max(0.0, end - time.monotonic())


@contextmanager
def answering(offer: str) -> Iterator[None]:
    """Mark that an offer is being answered: no call may be made from here."""
    token = _answering.set(offer)
    try:
        yield
    finally:
        _answering.reset(token)


def answered_offer() -> str:
    """The offer being answered in this context; empty when none is."""
    return _answering.get()
