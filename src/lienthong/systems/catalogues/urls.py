from __future__ import annotations

from django.urls import path

from lienthong.systems.catalogues.views import public, reforms, steward

app_name = "catalogues"
DESK = "canbo/catalogues/"
REFORMS = f"{DESK}sap-xep/"
ONE = f"{REFORMS}<int:pk>/"

urlpatterns = [
    path("don-vi-hanh-chinh/", public.units, name="units"),
    path("don-vi-hanh-chinh/<str:code>/", public.unit, name="unit"),
    path(DESK, steward.tables, name="tables"),
    path(REFORMS, reforms.index, name="reforms"),
    path(f"{REFORMS}moi", reforms.open_reform, name="reform_new"),
    path(ONE, reforms.reform, name="reform"),
    path(f"{ONE}sua", reforms.edit, name="reform_edit"),
    path(f"{ONE}don-vi", reforms.unit, name="reform_unit_new"),
    path(f"{ONE}don-vi/<str:code>", reforms.unit, name="reform_unit"),
    path(f"{ONE}don-vi/<str:code>/bo", reforms.drop_unit, name="reform_unit_drop"),
    path(f"{ONE}tep", reforms.from_file, name="reform_file"),
    path(f"{ONE}tep.csv", reforms.file, name="reform_csv"),
    path(f"{ONE}trinh", reforms.propose, name="reform_propose"),
    path(f"{ONE}quyet-dinh", reforms.decide, name="reform_decide"),
    path(f"{ONE}<slug:deed>", reforms.give_reason, name="reform_reason"),
]
