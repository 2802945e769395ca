"""
The way of the systems' spans to a collector: a thread of its own, OTLP over HTTP.

Begun where ``LIENTHONG_TRACES_URL`` names a collector. Nothing ever waits for
it: what it cannot send is dropped and counted.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import urllib3

from lienthong.protocol.traces import SpanBuffer, Wish, otlp
from lienthong.record import spans

log = logging.getLogger("lienthong.exchange.spans")

SERVICE = "lienthong-systems"
EVERY = 2.0
LONGEST_PAUSE = 60.0
TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)


@dataclass(slots=True)
class Exporter:
    """Sends what a buffer holds, as ``service`` of this node."""

    wish: Wish
    service: str
    buffer: SpanBuffer = field(default_factory=SpanBuffer)
    _stop: threading.Event = field(default_factory=threading.Event)
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=1, retries=False, timeout=TIMEOUT)
    )

    def start(self) -> None:
        threading.Thread(target=self.run, name="spans", daemon=True).start()

    def run(self) -> None:
        """Until `stop`; a collector that is away is asked less and less."""
        pause = EVERY
        while not self._stop.wait(pause):
            pause = EVERY if self.send_all() else min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Send what is left, once."""
        self._stop.set()
        self.send_all()
        self._pool.clear()

    def send_all(self) -> bool:
        """Whether everything could be sent; what could not is dropped."""
        while taken := self.buffer.take():
            well = self._send(otlp(self.service, taken))
            self.buffer.done(len(taken), well=well)
            if not well:
                return False
        return True

    def _send(self, body: bytes) -> bool:
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._pool.request(
                "POST", self.wish.url, body=body, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            log.warning("spans are dropped", extra={"code": type(error).__name__})
            return False
        return 200 <= answer.status < 300


_running: list[Exporter] = []


def begin(environ: Mapping[str, str] = os.environ) -> Exporter | None:
    """Start exporting where that is wanted, once a process; raises BadCollector."""
    if _running:
        return _running[0]
    wish = Wish.of(environ)
    if wish is None:
        return None
    exporter = Exporter(wish, SERVICE)
    _running.append(exporter)
    spans.install(exporter.buffer, wish.wants)
    exporter.start()
    atexit.register(exporter.stop)
    return exporter


def counts() -> tuple[int, int] | None:
    """Spans of this process that were exported and dropped; None where nothing is traced."""
    return (_running[0].buffer.exported, _running[0].buffer.dropped) if _running else None
