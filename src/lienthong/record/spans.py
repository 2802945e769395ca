"""
Spans of what the systems do, for whoever asked for traces (decision 30).

Off unless somebody installed a buffer (`exchange.span_export` does, where
``LIENTHONG_TRACES_URL`` names a collector). A span carries names of routes and
services and codes; never a path, a query or anything a person typed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from lienthong.protocol.traces import CLIENT, SERVER, Context, Span, SpanBuffer, new_span

_buffer: SpanBuffer | None = None
_open: ContextVar[Open | None] = ContextVar("lienthong_span", default=None)


def always() -> bool:
    return True


_wanted: Callable[[], bool] = always


@dataclass(slots=True)
class Open:
    """A span under way; its name and attributes may still be told."""

    name: str
    kind: int
    trace: str
    parent: str
    span: str = field(default_factory=new_span)
    failed: bool = False
    dropped: bool = False
    """Whether it turned out to be nobody's work, like a probe."""
    attributes: dict[str, str | int] = field(default_factory=dict)

    @property
    def traceparent(self) -> str:
        """The value of the header for what is asked inside this span."""
        return str(Context(self.trace, self.span))


def install(buffer: SpanBuffer | None, wanted: Callable[[], bool] = always) -> None:
    """Keep spans here from now on, or nowhere; ``wanted`` decides for requests from outside."""
    global _buffer, _wanted
    _buffer, _wanted = buffer, wanted


def served(
    name: str, trace: str, context: Context | None = None, *, outside: bool = False
) -> AbstractContextManager[Open | None]:
    """
    A request being answered, under this trace.

    ``context`` is what its header said, which decides; without one nothing is
    traced. From ``outside`` a header decides nothing: whether a page is traced
    is this node's own affair.
    """
    if _buffer is None:
        return _nothing()
    if outside:
        return _kept(name, SERVER, trace, "") if _wanted() else _nothing()
    if context is None or not context.sampled or context.trace != trace:
        return _nothing()
    return _kept(name, SERVER, trace, context.span)


def asked(name: str, trace: str) -> AbstractContextManager[Open | None]:
    """A call to somebody else, inside what is being answered; in a job the first of its trace."""
    outer = _open.get()
    if _buffer is None or (outer is None and not _wanted()):
        return _nothing()
    return _kept(name, CLIENT, trace, outer.span if outer is not None else "")


@contextmanager
def _nothing() -> Iterator[Open | None]:
    yield None


@contextmanager
def _kept(name: str, kind: int, trace: str, parent: str) -> Iterator[Open | None]:
    span = Open(name=name, kind=kind, trace=trace, parent=parent)
    token = _open.set(span)
    began = time.time_ns()
    try:
        yield span
    except BaseException:
        span.failed = True
        raise
    finally:
        _open.reset(token)
        if (buffer := _buffer) is not None and not span.dropped:
            buffer.put(
                Span(
                    name=span.name,
                    kind=kind,
                    trace=span.trace,
                    span=span.span,
                    parent=parent,
                    start=began,
                    end=time.time_ns(),
                    failed=span.failed,
                    attributes=span.attributes,
                )  # fmt: skip
            )
