"""``dci_partner``: let a subsystem speak DCI with population, and print its façades."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.systems.population.services import dci_partners


class Command(BaseCommand):
    help = "Keep a DCI partner; prints the rows for gateway/facades.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subsystem", help="such as GOV/G24/csdl-bao-hiem")
        parser.add_argument("--sender-id", required=True)
        parser.add_argument("--keys", type=Path, help="a JWKS file with its public keys")
        parser.add_argument("--show", action="append", default=[], help="an attribute, or *")
        parser.add_argument("--base", default="/dci/social")
        parser.add_argument(
            "--unsigned", action="store_true", help="take unsigned messages: for test suites only"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keys = json.loads(options["keys"].read_text()) if options["keys"] else {}
        dci_partners.keep_partner(
            subsystem=options["subsystem"],
            sender_id=options["sender_id"],
            keys=keys,
            shown=options["show"],
            unsigned=options["unsigned"],
            by=system_actor("population", clock.today()),
        )
        rows = dci_partners.facades(options["base"], options["subsystem"])
        self.stdout.write(json.dumps(rows, indent=1))
