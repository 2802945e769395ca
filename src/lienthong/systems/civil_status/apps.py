"""Django's name for the civil-status register, its desks and its public pages."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk
from lienthong.web.home import Card, PublicLink

REGISTRAR = "civil_status.registrar"
REGULATOR = "civil_status.regulator"


class CivilStatusConfig(AppConfig):
    name = "lienthong.systems.civil_status"
    label = "civil_status"
    verbose_name = "Cơ sở dữ liệu hộ tịch điện tử"
    roles = {
        REGISTRAR: _("Civil-status registrar"),
        REGULATOR: _("Keeper of the rules of civil status"),
    }
    desks = (
        Desk(
            system="civil_status",
            url_name="civil_status:queue",
            label=_("Queue"),
            icon="inbox",
            role=REGISTRAR,
            summary=_("Births and deaths in hand, by the legal clock"),
        ),
        Desk(
            system="civil_status",
            url_name="civil_status:new_birth",
            label=_("Birth"),
            icon="baby-carriage",
            role=REGISTRAR,
            summary=_("Register a birth and ask for the child's personal ID"),
        ),
        Desk(
            system="civil_status",
            url_name="civil_status:new_death",
            label=_("Death"),
            icon="candle",
            role=REGISTRAR,
            summary=_("Register a death and tell the population register"),
        ),
        Desk(
            system="civil_status",
            url_name="civil_status:events",
            label=_("Events"),
            icon="heart-handshake",
            role=REGISTRAR,
            summary=_("Marriages, recognitions, guardianship, changes, marital status, notes"),
        ),
        Desk(
            system="civil_status",
            url_name="civil_status:rules",
            label=_("Rules"),
            icon="scale",
            role=REGULATOR,
            summary=_("Who may register which event, by when, from which day on"),
        ),
        Desk(
            system="civil_status",
            url_name="civil_status:register",
            label=_("Books"),
            icon="book-2",
            role=REGISTRAR,
            summary=_("Search, export and print the books of this office"),
        ),
    )
    public_cards = (
        Card(
            url_name="civil_status:check",
            title=_("Check a civil-status paper"),
            text=_("Type the code under the QR picture of a birth certificate or an extract"),
            icon="qrcode",
            order=20,
        ),
    )
    public_links = (
        PublicLink(url_name="civil_status:check", label=_("Check a paper"), place="nav", order=30),
    )
