"""What every template knows as ``page``: the node, who acts, the rail, the links around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from lienthong.kernel import clock
from lienthong.web import home
from lienthong.web.desks import Desk, desks_of, system_config, system_of_module

SESSION_BEGAN = "lienthong.session_began"
"""Session key: the machine second in which the officer last chose to stay."""


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str | Promise
    current: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class LinkGroup:
    title: str
    links: list[Link]


@dataclass(frozen=True, slots=True)
class OfficeShown:
    code: str
    name: str


class Page:
    """Each part is worked out when a template first asks, so fragments stay cheap."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def demo(self) -> bool:
        return bool(settings.DEMO)

    @property
    def demo_url(self) -> str:
        return reverse("web:demo") if self.demo else ""

    @cached_property
    def node_title(self) -> str:
        return _("National data exchange")

    @property
    def here(self) -> str:
        return self._request.get_full_path() if self._request.method == "GET" else "/"

    @cached_property
    def legal_day(self) -> date:
        return getattr(self._request, "legal_day", None) or clock.today()

    @cached_property
    def legal_day_differs(self) -> bool:
        return self.legal_day != clock.local(clock.instant()).date()

    @cached_property
    def account(self) -> Any:
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def session_seconds(self) -> int:
        """How long the session of this officer still lasts."""
        return session_seconds(self._request)

    @property
    def actor(self) -> Any:
        return getattr(self._request, "actor", None)

    @property
    def position(self) -> Any:
        return getattr(self._request, "seat", None)

    @property
    def office(self) -> OfficeShown | None:
        seat = self.position
        return OfficeShown(seat.office, seat.office_name) if seat else None

    @property
    def officer_name(self) -> str:
        return self.position.officer_name if self.position else str(self.account or "")

    @property
    def many_positions(self) -> bool:
        return len(getattr(self._request, "seats", ())) > 1

    @cached_property
    def system(self) -> str:
        """Package name of the system whose page this is; empty on the floor's own pages."""
        match = self._request.resolver_match
        if match is None:
            return ""
        view = getattr(match.func, "view_class", match.func)
        return system_of_module(view.__module__)

    @cached_property
    def system_title(self) -> str:
        return system_title(self.system) if self.system else ""

    @cached_property
    def rail(self) -> list[Link]:
        """The desks of this system, or of all systems on pages of no system."""
        desks = desks_of(self.actor)
        here = [desk for desk in desks if desk.system == self.system] or desks
        shown = current_desk(here, self._request)
        links = [Link(desk.url, desk.label, current=desk is shown, icon=desk.icon) for desk in here]
        if self.system and len(here) < len(desks):
            links.append(Link(reverse("web:desks"), _("All desks"), icon="layout-grid"))
        return links

    @cached_property
    def nav(self) -> list[Link]:
        return [
            Link(link.url, link.label, current=self._request.path == link.url)
            for link in home.links("nav")
        ]

    @cached_property
    def footer(self) -> list[LinkGroup]:
        places = ((_("Help"), "help"), (_("Openness"), "openness"))
        groups = [
            LinkGroup(title, [Link(link.url, link.label) for link in home.links(place)])
            for title, place in places
        ]
        return [group for group in groups if group.links]


def page(request: HttpRequest) -> dict[str, Page]:
    return {"page": Page(request)}


def session_seconds(request: HttpRequest) -> int:
    """Counted from the sign-in, or from the last time the officer chose to stay."""
    now = clock.instant().timestamp()
    signed_in = getattr(request.user, "last_login", None)
    began = request.session.get(SESSION_BEGAN) or (signed_in.timestamp() if signed_in else now)
    return max(0, request.session.get_expiry_age() - int(now - began))


def current_desk(desks: list[Desk], request: HttpRequest) -> Desk | None:
    """The desk whose address is the longest beginning of this one."""
    under = [desk for desk in desks if request.path.startswith(desk.url)]
    return max(under, key=lambda desk: len(desk.url), default=None)


def system_title(package: str) -> str:
    """The title on the system's card, in the language of the page."""
    name = f"lienthong.systems.{package}.manifest"
    try:
        known = find_spec(name) is not None
    except ModuleNotFoundError:
        known = False
    if known:
        card = import_string(f"{name}.SYSTEM")
        return str(card.title)
    if package == "web":
        return _("This body and its node")
    config = system_config(package)
    return str(config.verbose_name) if config else package
