"""Django's name for the catalogues."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk
from lienthong.web.home import Card, PublicLink


class CataloguesConfig(AppConfig):
    name = "lienthong.systems.catalogues"
    label = "catalogues"
    verbose_name = "Danh mục dùng chung"
    roles = {"catalogues.steward": _("Steward of the catalogues")}
    desks = (
        Desk(
            system="catalogues",
            url_name="catalogues:tables",
            label=_("Catalogues"),
            icon="list-details",
            role="catalogues.steward",
            summary=_("Units, bodies, working days and time limits, and what has been published"),
        ),
    )
    public_cards = (
        Card(
            url_name="catalogues:units",
            title=_("Look up a place"),
            text=_("What a commune or district was called on a day, and what it is now"),
            icon="map-search",
            order=60,
        ),
    )
    public_links = (
        PublicLink(url_name="catalogues:units", label=_("Administrative units"), place="openness"),
    )
