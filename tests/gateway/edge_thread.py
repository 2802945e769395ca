"""A listening edge on an event loop of its own thread, for tests that talk to it by socket."""

from __future__ import annotations

import asyncio
import ssl
import threading

from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.edge_http import EdgeLimits, Listener


class Edge:
    """Listens on a free port of loopback until it is closed."""

    def __init__(
        self,
        application,
        room: SpoolRoom,
        limits: EdgeLimits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.application = application
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = Listener(application, room, limits or EdgeLimits())
        self.run(self.listener.start("127.0.0.1", 0, tls=tls))

    @property
    def port(self) -> int:
        return self.listener.port

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def close(self) -> None:
        self.run(self.listener.stop(1.0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()
