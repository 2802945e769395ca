"""The public snapshot."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from ..queries import register


@require_GET
def snapshot(request: HttpRequest) -> HttpResponse:
    """
    The newest signed snapshot, for gateways and for anyone who wants to check.

    ``after`` names the number the asker already has; nothing newer is 304.
    """
    newest = register.latest_snapshot()
    etag = f'"{newest.number}"'
    known = request.GET.get("after", "")
    if request.headers.get("If-None-Match") == etag or (
        known.isdigit() and int(known) >= newest.number
    ):
        return HttpResponse(status=304, headers={"ETag": etag})
    return HttpResponse(
        bytes(newest.sealed),
        content_type="application/json",
        headers={"ETag": etag, "Cache-Control": "no-cache"},
    )
