"""A relay in a process of its own that hangs in its first call, so that a test can kill it."""

from __future__ import annotations

import sys
import time

import django

django.setup()

from exchange.played import NOTARY, REGISTER  # noqa: E402
from lienthong.exchange import client, registry, relay  # noqa: E402
from lienthong.exchange.asks import Ask  # noqa: E402
from lienthong.exchange.client import Answer  # noqa: E402


class Hanging:
    """An exchange in which the request was sent and the answer never comes."""

    def call(self, ask: Ask, *, deadline: float, key: str | None) -> Answer:
        sys.stdout.write("sending\n")
        sys.stdout.flush()
        time.sleep(600)
        raise AssertionError


if __name__ == "__main__":
    with registry.playing(REGISTER, NOTARY), client.using(Hanging()):
        relay.run()
