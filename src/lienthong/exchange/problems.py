"""
Problem documents of the provider's edge (RFC 9457), in the caller's language.

Stable is the ``code``; ``title`` is for people. ``params`` holds what the error
put into its detail, which by the kernel's rule is codes and counts. An error's
own words are left out: they might quote the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from lienthong.kernel.errors import LienThongError
from lienthong.record import trace

CONTENT_TYPE = "application/problem+json"


@contextmanager
def in_language_of(accept_language: str) -> Iterator[str]:
    """Answer in the first language the caller accepts that this node speaks; else Vietnamese."""
    with translation.override(_language(accept_language)):
        yield translation.get_language() or "vi"


def _language(accept_language: str) -> str:
    for wanted, _ in parse_accept_lang_header(accept_language):
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return "vi"


def document(error: LienThongError) -> bytes:
    """The body of an error's answer."""
    held: dict[str, Any] = {
        "type": f"urn:lienthong:problem:{error.code}",
        "title": translation.gettext(error.message()),
        "status": error.status,
        "code": error.code,
        "trace_id": trace.current(),
    }
    if error.detail:
        held["params"] = error.detail
    return msgspec.json.encode(held, enc_hook=str)
