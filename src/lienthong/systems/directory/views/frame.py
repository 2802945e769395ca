"""What every page of the console stands in: its rail, and who is at the desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from lienthong.kernel.actor import Actor

OPERATOR = "directory.operator"
ROWS = 25


def places(request: HttpRequest, here: str) -> list[dict[str, object]]:
    """The areas of the console this officer may open, for its rail."""
    operates = acting(request).has(OPERATOR)
    return [
        {"url": reverse(f"directory:{name}"), "icon": icon, "label": label, "here": name == here}
        for name, icon, label, for_all in (
            ("exchanges", "arrows-exchange", _("Exchanges"), False),
            ("traffic", "chart-bar", _("Traffic"), False),
            ("failures", "alert-triangle", _("Failures"), False),
            ("processes", "activity", _("Processes"), False),
            ("totals", "sum", _("Daily totals"), False),
            ("members", "users", _("Bodies"), False),
            ("requests", "link", _("Requests to join"), False),
            ("access_requests", "writing-sign", _("Requests for access"), True),
            ("grants", "key", _("Grants"), True),
            ("refusals", "ban", _("Refusals"), False),
            ("certificates", "certificate", _("Certificates"), False),
            ("outbox", "inbox", _("Requests given up"), False),
        )
        if operates or for_all
    ]


def acting(request: HttpRequest) -> Actor:
    """The officer at the desk; `requires` has let no one else in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
