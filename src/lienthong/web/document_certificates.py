"""
What a reader of signed documents needs of this node: its trust anchor and its list of revocation.

Both are public; `lienthong verify` works with the anchor alone.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from lienthong.protocol import document_keys
from lienthong.web.papers.signatures.stamping import stamper_of
from lienthong.web.roles import public

ANCHOR_NAME = "neo-tin-cay.json"


@public
@require_GET
def anchor(request: HttpRequest) -> HttpResponse:
    """The roots that documents signed here lead to."""
    if settings.DEMO:
        stamper_of(settings.NODE, demo=True)  # its root belongs in the anchor
    found = document_keys.anchor_of(settings.NODE)
    if found is None:
        raise Http404
    response = HttpResponse(found.to_json(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{ANCHOR_NAME}"'
    return response


@public
@require_GET
def revocations(request: HttpRequest) -> HttpResponse:
    """The list of the issuing authority (RFC 5280)."""
    file = settings.NODE.keys / "authority" / "issuing.crl"
    if not file.exists():
        raise Http404
    return HttpResponse(file.read_bytes(), content_type="application/pkix-crl")
