from __future__ import annotations

from django.apps import AppConfig

from lienthong.web.desks import Desk


class DirectoryConfig(AppConfig):
    name = "lienthong.systems.directory"
    label = "directory"
    verbose_name = "Trục liên thông"
    desks = (
        Desk(
            system="directory",
            url_name="directory:console",
            label="Trục liên thông",
            icon="topology-star-3",
            role="directory.operator",
        ),
    )
