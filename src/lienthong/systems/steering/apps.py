"""Django's name for the steering secretariat."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.web.desks import Desk
from lienthong.web.home import Card, PublicLink


class SteeringConfig(AppConfig):
    name = "lienthong.systems.steering"
    label = "steering"
    verbose_name = "Báo cáo tháng của Ban Chỉ đạo"
    roles = {
        "steering.secretary": _("Secretary of the monthly report"),
        "steering.tasks": _("Following assigned tasks"),
        "steering.signer": _("Leader who signs the monthly report"),
        "steering.leader": _("Leader who decides on deadlines"),
        "steering.reporter": _("Reporting a body's figures"),
        "steering.approver": _("Second officer for figures reported or entered"),
    }
    desks = (
        Desk(
            system="steering",
            url_name="steering:editions",
            label=_("Monthly report"),
            icon="report",
            role="steering.secretary",
            summary=_("Collect the figures of the month and issue the report."),
        ),
        *(
            Desk(
                system="steering",
                url_name="steering:figures",
                label=_("Figures nobody counts"),
                icon="clipboard-text",
                role=role,
                summary=_("Report or enter a value; a second officer decides on it."),
            )
            for role in ("steering.secretary", "steering.approver", "steering.reporter")
        ),
        Desk(
            system="steering",
            url_name="steering:signing_list",
            label=_("Reports to sign"),
            icon="writing-sign",
            role="steering.signer",
            summary=_("Read what was numbered, sign it with a code, or give it back."),
        ),
        Desk(
            system="steering",
            url_name="steering:tasks",
            label=_("Assigned tasks"),
            icon="checkbox",
            role="steering.tasks",
            summary=_("Documents, the tasks they give, deadlines and reports."),
        ),
    )
    public_cards = (
        Card(
            url_name="steering:reports",
            title=_("Monthly reports"),
            text=_("Numbers of digital government, each open to its source"),
            icon="report",
            order=40,
        ),
    )
    public_links = (
        PublicLink(url_name="steering:reports", label=_("Monthly reports"), place="nav", order=40),
        PublicLink(url_name="steering:reports", label=_("Monthly reports"), place="openness"),
        PublicLink(
            url_name="steering:catalogue", label=_("Catalogue of figures"), place="openness"
        ),
    )
