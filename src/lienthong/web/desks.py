"""
Officers' desks: what stands in the rail and on ``/canbo/``.

A system lists its desks on its AppConfig (``desks = (Desk(...),)``), and beside them what
its roles are called (``roles = {"some.role": _("…")}``); this floor imports no system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import AppConfig, apps
from django.urls import reverse
from django.utils.functional import Promise

from lienthong.kernel.actor import Actor

SYSTEMS = "lienthong.systems."


@dataclass(frozen=True, slots=True)
class Desk:
    """One area an officer works in."""

    system: str
    """Package name of the system."""
    url_name: str
    label: str | Promise
    icon: str
    """Name of a Tabler outline icon."""
    role: str = ""
    """Role that opens it; empty for every officer."""
    summary: str | Promise = ""
    """One line for the landing page: what is done here."""

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def open_to(self, actor: Actor | None) -> bool:
        return actor is not None and (not self.role or actor.has(self.role))


def every_desk() -> Iterator[Desk]:
    for config in apps.get_app_configs():
        yield from getattr(config, "desks", ())


def desks_of(actor: Actor | None) -> list[Desk]:
    """
    The desks this actor may open, in the order the systems list them.

    A desk that several roles open is listed once for each role, and shown once.
    """
    opened = [desk for desk in every_desk() if desk.open_to(actor)]
    return list({desk.url_name: desk for desk in reversed(opened)}.values())[::-1]


def role_title(role: str) -> str:
    """What people call a role, as its system names it (``roles`` of its AppConfig), or nothing."""
    for config in apps.get_app_configs():
        if role in (titles := getattr(config, "roles", {})):
            return str(titles[role])
    return ""


def system_config(package: str) -> AppConfig | None:
    """The AppConfig of a system by its package name."""
    return next((c for c in apps.get_app_configs() if c.name == f"{SYSTEMS}{package}"), None)


def system_of_module(module: str) -> str:
    """``civil_status`` of ``lienthong.systems.civil_status.views``; empty outside the systems."""
    return module.removeprefix(SYSTEMS).split(".")[0] if module.startswith(SYSTEMS) else ""
