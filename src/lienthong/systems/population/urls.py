"""Addresses of the population desk."""

from __future__ import annotations

from django.urls import path

from lienthong.systems.population.views import acts, people, repairing

app_name = "population"
urlpatterns = [
    path("canbo/population/", people.search, name="search"),
    path("canbo/population/nguoi/<uuid:key>/", people.person, name="person"),
    path("canbo/population/nguoi/<uuid:key>/<slug:act>/", acts.change, name="act"),
    path("canbo/population/sua-so/<uuid:key>/", repairing.repair, name="repair"),
]
