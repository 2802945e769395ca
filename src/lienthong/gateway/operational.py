"""
What one process sees of its exchanges: operational monitoring data, before it is written.

An exchange that ends costs one entry in a bounded buffer and one in a
histogram; rows are made of it and written later (`operational_log`). Nothing
here waits, fails an exchange or is evidence: when the buffer is full the oldest
entry goes, and that is counted. Fields: PR-OPMON 1.6 of X-Road.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from lienthong.gateway.messages import Incoming
from lienthong.gateway.rows import LogSide
from lienthong.protocol import headers as names
from lienthong.protocol.faults import XRoadFault

MOST_WAITING = 20_000
"""Entries one process holds; the number of X-Road's own buffer."""
BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the histogram's buckets, in seconds."""


@dataclass(slots=True)
class Histogram:
    """Durations of exchanges, in seconds; the last bucket is for those longer than all bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class SoapSeen:
    """What was read of the two messages of a SOAP exchange; sizes in bytes."""

    request_size: int = 0
    request_mime_size: int | None = None
    request_attachments: int = 0
    response_size: int = 0
    response_mime_size: int | None = None
    response_attachments: int = 0
    fault_code: str = ""
    fault_string: str = ""


class Form(Protocol):
    """What the message protocol knows beside the exchange; None for REST."""

    @property
    def seen(self) -> SoapSeen | None: ...


class Course(Protocol):
    """What is known of an exchange when it ends (`core.Trail`)."""

    side: LogSide
    client: str
    service: str
    message_id: str
    request_id: str
    peer: str
    effect: str
    request: Incoming | None
    form: Form | None
    asked_size: int
    sent: float
    back: float


class Ended(NamedTuple):
    """One exchange that ended; times in monotonic seconds, 0 where it did not come so far."""

    side: LogSide
    client: str
    service: str
    message_id: str
    request_id: str
    peer: str
    effect: str
    began: float
    sent: float
    back: float
    ended: float
    method: bytes
    target: bytes
    user_id: bytes | None
    issue: bytes | None
    party: bytes | None
    asked_size: int
    answered_size: int | None
    status: int
    soap: SoapSeen | None
    fault_code: str
    fault_string: str


@dataclass(slots=True)
class Monitor:
    """The buffer of one process, used inside one event loop."""

    keeps: bool = True
    """Whether operational data are wanted; durations are always measured."""
    waiting: deque[Ended] = field(default_factory=deque)
    most: int = MOST_WAITING
    dropped: int = 0
    durations: dict[LogSide, Histogram] = field(
        default_factory=lambda: {side: Histogram() for side in LogSide}
    )

    def ended(
        self,
        course: Course,
        status: int,
        answered_size: int | None = None,
        fault: XRoadFault | None = None,
    ) -> None:
        """Take note of an exchange; it must not be changed any more."""
        now = time.monotonic()
        request, course.request = course.request, None
        began = now if request is None else request.at
        self.durations[course.side].add(now - began)
        if not self.keeps:
            return
        method = target = b""
        user_id = issue = party = None
        if request is not None:
            head = request.head
            method, target = head.method, head.target
            user_id, issue = head.header(names.USER_ID), head.header(names.ISSUE)
            party = head.header(names.REPRESENTED_PARTY)
        if len(self.waiting) >= self.most:
            self.waiting.popleft()
            self.dropped += 1
        self.waiting.append(
            Ended(
                course.side,
                course.client,
                course.service,
                course.message_id,
                course.request_id,
                course.peer,
                course.effect,
                began,
                course.sent,
                course.back,
                now,
                method,
                target[:LONGEST_KEPT],
                cut(user_id),
                cut(issue),
                cut(party),
                course.asked_size,
                answered_size,
                status,
                None if course.form is None else course.form.seen,
                "" if fault is None else fault.fault,
                "" if fault is None else fault.text,
            )  # fmt: skip
        )


LONGEST_KEPT = 1024


def cut(value: bytes | None) -> bytes | None:
    """So much of a header that a full buffer stays small."""
    return value if value is None or len(value) <= LONGEST_KEPT else value[:LONGEST_KEPT]
