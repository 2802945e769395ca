"""A taker in a process of its own that has its effect and is killed before it is marked done."""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402

from exchange.subscribed import CODE, NOTARY_TAKES, PUBLISHER, TAX_TAKES, taken_by  # noqa: E402
from lienthong.exchange import events, registry, taking  # noqa: E402


def hanging(card):
    take = taken_by(card)

    def taken(event, told):
        take(event, told)
        sys.stdout.write("done, not marked\n")
        sys.stdout.flush()
        time.sleep(600)

    return taken


if __name__ == "__main__":
    settings.SYSTEMS = ["land_office", "notary_office", "tax_office"]
    with registry.playing(PUBLISHER, NOTARY_TAKES, TAX_TAKES):
        for card in (NOTARY_TAKES, TAX_TAKES):
            events.on("land_office", CODE, card=card)(hanging(card))
        taking.run()
