from __future__ import annotations

from django.urls import path

from lienthong.systems.catalogues.views import amendments, public, reforms, steward

app_name = "catalogues"
DESK = "canbo/catalogues/"
REFORMS = f"{DESK}sap-xep/"
ONE = f"{REFORMS}<int:pk>/"

urlpatterns = [
    path("don-vi-hanh-chinh/", public.units, name="units"),
    path("don-vi-hanh-chinh/<str:code>/", public.unit, name="unit"),
    path(DESK, steward.tables, name="tables"),
    path(f"{DESK}thoi-han/", amendments.limits, name="limits"),
    path(f"{DESK}thoi-han/de-nghi", amendments.propose_limit, name="limit_propose"),
    path(f"{DESK}co-quan/", amendments.bodies, name="bodies"),
    path(f"{DESK}co-quan/de-nghi", amendments.propose_body, name="body_propose"),
    path(
        f"{DESK}co-quan/<slug:scheme>/<str:code>/cham-dut", amendments.propose_end, name="body_end"
    ),
    path(f"{DESK}lich/", amendments.calendar, name="calendar"),
    path(f"{DESK}lich/<int:year>/", amendments.calendar, name="calendar_year"),
    path(f"{DESK}lich/<int:year>/de-nghi", amendments.propose_days, name="calendar_propose"),
    path(f"{DESK}de-nghi/", amendments.index, name="amendments"),
    path(f"{DESK}de-nghi/<int:pk>/", amendments.amendment, name="amendment"),
    path(f"{DESK}de-nghi/<int:pk>/quyet-dinh", amendments.decide, name="amendment_decide"),
    path(f"{DESK}de-nghi/<int:pk>/<slug:deed>", amendments.give_reason, name="amendment_reason"),
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
