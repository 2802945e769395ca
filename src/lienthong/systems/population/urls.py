"""Addresses of the population desk."""

from __future__ import annotations

from django.urls import path

from lienthong.systems.population import views

app_name = "population"
urlpatterns = [path("canbo/population/", views.search, name="search")]
