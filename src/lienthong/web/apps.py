"""The Django application of the web floor."""

from __future__ import annotations

from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk
from lienthong.web.home import PublicLink


class WebConfig(AppConfig):
    name = "lienthong.web"
    label = "web"
    verbose_name = _("Web")
    default_auto_field = "django.db.models.BigAutoField"

    roles: ClassVar = {"web.signer": _("Officer who signs grants with the body's key")}
    desks = (
        Desk(
            system="web",
            url_name="web:signing",
            label=_("Grants to sign"),
            icon="writing-sign",
            role="web.signer",
        ),
    )
    public_links = (
        PublicLink("web:accessibility", _("Accessibility"), place="help", order=90),
        PublicLink("web:licences", _("Licences of fonts and icons"), place="openness", order=95),
    )

    def ready(self) -> None:
        from lienthong.web import legal_day

        legal_day.install()
