"""Addresses of the steering secretariat: its desk, and the published reports."""

from __future__ import annotations

from django.urls import path, register_converter

from .views import desk, published


class MonthConverter:
    """``2021-08``."""

    regex = r"[0-9]{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(MonthConverter, "steering_month")

app_name = "steering"
DESK = "canbo/steering/<steering_month:month>"
PUBLIC = "bao-cao/<steering_month:month>"

urlpatterns = [
    path("canbo/steering/", desk.editions, name="editions"),
    path(f"{DESK}/", desk.edition, name="edition"),
    path(f"{DESK}/collect", desk.collect, name="collect"),
    path(f"{DESK}/collecting", desk.collecting, name="collecting"),
    path(f"{DESK}/collect/<slug:source>", desk.collect_one, name="collect_one"),
    path(f"{DESK}/receipts", desk.receipts, name="receipts"),
    path(f"{DESK}/note", desk.note, name="note"),
    path(f"{DESK}/phat-hanh", desk.confirm, name="confirm"),
    path(f"{DESK}/issue", desk.issue, name="issue"),
    path(f"{DESK}/bao-cao.<str:kind>", desk.download, name="download"),
    path("bao-cao/", published.reports, name="reports"),
    path(f"{PUBLIC}/", published.report, name="report"),
    path(f"{PUBLIC}/bao-cao.<str:kind>", published.download, name="report_file"),
]
