"""
What an offer looks like to others: an OpenAPI 3.1 document, made from its card.

The gateway hands it on as ``getOpenAPI``. It says shapes and rules, never
data, so it needs no admission.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lienthong.exchange import problems
from lienthong.exchange.cards import Effect, Offer, System

VERSION = "3.1.0"
CONTENT_TYPE = "application/json"
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key again gives the same answer, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
PROBLEM = {
    "description": "A problem document (RFC 9457)",
    "content": {
        problems.CONTENT_TYPE: {
            "schema": {
                "type": "object",
                "required": ["status", "code"],
                "properties": {
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                },
            }
        }
    },
}


def document(card: System, offer: Offer) -> bytes:
    """The description of one offer; it is posted to at its own address, without a path."""
    (asked, answered), shapes = msgspec.json.schema_components(
        [offer.request, offer.answers], ref_template="#/components/schemas/{name}"
    )
    operation: dict[str, Any] = {
        "operationId": offer.code,
        "summary": offer.title,
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": {
            "200": {
                "description": "The answer, with the fields that the caller's grant shows",
                "content": {"application/json": {"schema": answered}},
            },
            "default": PROBLEM,
        },
    }
    if offer.effect is Effect.CHANGING:
        operation["parameters"] = [KEY]
    return msgspec.json.encode(
        {
            "openapi": VERSION,
            "info": {
                "title": f"{card.title}: {offer.title}",
                "version": offer.code.rpartition(".")[2],
            },
            "servers": [{"url": "/"}],
            "paths": {"/": {"post": operation}},
            "components": {"schemas": shapes},
        }
    )
