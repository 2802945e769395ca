from __future__ import annotations

from django.urls import path

from lienthong.systems.catalogues import views

app_name = "catalogues"
urlpatterns = [
    path("don-vi-hanh-chinh/", views.units, name="units"),
    path("don-vi-hanh-chinh/<str:code>/", views.unit, name="unit"),
    path("canbo/catalogues/", views.tables, name="tables"),
]
