from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk


class DirectoryConfig(AppConfig):
    name = "lienthong.systems.directory"
    label = "directory"
    verbose_name = "Trục liên thông"
    roles = {
        "directory.operator": _("Operator of the exchange"),
        "directory.asker": _("Officer who asks other bodies for access"),
        "directory.granter": _("Officer who decides on access to the body's services"),
    }
    desks = (
        Desk(
            system="directory",
            url_name="directory:console",
            label="Trục liên thông",
            icon="topology-star-3",
            role="directory.operator",
        ),
        Desk(
            system="directory",
            url_name="directory:choose",
            label="Xin quyền truy cập",
            icon="writing-sign",
            role="directory.asker",
        ),
        Desk(
            system="directory",
            url_name="directory:access_requests",
            label="Duyệt quyền truy cập",
            icon="key",
            role="directory.granter",
        ),
    )
