"""Django's name for the civil-status register."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk


class CivilStatusConfig(AppConfig):
    name = "lienthong.systems.civil_status"
    label = "civil_status"
    verbose_name = "Cơ sở dữ liệu hộ tịch điện tử"
    desks = (
        Desk(
            system="civil_status",
            url_name="civil_status:queue",
            label=_("Civil status"),
            icon="book-2",
            role="civil_status.registrar",
        ),
    )
