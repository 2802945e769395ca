"""
The two WSGI applications of a node, served by separate processes (decision 7).

``application`` is the web: pages and public APIs. ``offers`` is the provider's
edge, on a loopback port of its own that only this node's gateway can use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.conf.settings")

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

application: WSGIHandler = get_wsgi_application()


def offers(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The provider's edge: the same Django, other addresses and no session or page middleware."""
    from lienthong.exchange.edge_wsgi import application as edge

    return edge(environ, start_response)
