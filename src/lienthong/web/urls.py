"""Addresses of the web floor."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from lienthong.web import document_certificates, signing, views

own = [
    path("", views.front, name="home"),
    path("canbo/", views.desks, name="desks"),
    path("canbo/chon-vi-tri", views.choose_office, name="choose_office"),
    path("canbo/o-lai", views.stay, name="stay"),
    path("canbo/ky-quyen/", signing.waiting, name="signing"),
    path("canbo/ky-quyen/<uuid:document_id>/", signing.one, name="signing_one"),
    path("canbo/ky-quyen/<uuid:document_id>/ky", signing.sign, name="signing_sign"),
    path("demo/", views.demo, name="demo"),
    path("tro-giup/tiep-can", views.accessibility, name="accessibility"),
    path("minh-bach/giay-phep", views.licences, name="licences"),
    path("chung-thu/neo-tin-cay.json", document_certificates.anchor, name="document_anchor"),
    path("chung-thu/thu-hoi.crl", document_certificates.revocations, name="revocations"),
    path("healthz", views.healthz, name="health"),
    path("metrics", views.metrics, name="metrics"),
]

urlpatterns = [
    path("", include((own, "web"))),
    path("", include("lienthong.web.accounts.urls")),
    path("ngon-ngu", set_language, name="set_language"),
]
