"""``load_catalogues``: bring the shipped tables into the database and publish them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lienthong.systems.catalogues import services


class Command(BaseCommand):
    help = "Add shipped catalogue rows that are missing and publish a snapshot if any changed."

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = services.settle()
        self.stdout.write(f"Snapshot {snapshot.number} of the catalogues is in use.")
