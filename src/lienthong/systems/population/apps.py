"""Django's name for the population database, and its desk."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk

OFFICER = "population.officer"


class PopulationConfig(AppConfig):
    name = "lienthong.systems.population"
    label = "population"
    verbose_name = "Cơ sở dữ liệu quốc gia về dân cư"
    roles = {OFFICER: _("Officer of the population register")}
    desks = (
        Desk(
            system="population",
            url_name="population:search",
            label=_("Population"),
            icon="users",
            role=OFFICER,
            summary=_("Look at people by personal ID or name, keep residences and households"),
        ),
    )
