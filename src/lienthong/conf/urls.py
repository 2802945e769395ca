"""Addresses of a node: the web floor's own, then each carried system's."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from lienthong.web import conformance

urlpatterns = [
    path("", include("lienthong.web.urls")),
    *(
        path("", include(f"lienthong.systems.{name}.urls"))
        for name in settings.SYSTEMS
        if find_spec(f"lienthong.systems.{name}.urls")
    ),
    # Last, so that a façade never takes an address that is somebody's.
    *conformance.routes(mounted=settings.CONFORMANCE),
]

handler400 = "lienthong.web.problems.bad_request"
handler403 = "lienthong.web.problems.forbidden"
handler404 = "lienthong.web.problems.not_found"
handler500 = "lienthong.web.problems.server_error"
