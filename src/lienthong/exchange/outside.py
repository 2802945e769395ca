"""
Sockets to parties that are no members of the exchange, each to an address the node's
administrator has named. So far one kind: a time-stamping authority (RFC 3161).
"""

from __future__ import annotations

from urllib.parse import urlsplit

import urllib3

SECONDS = 10.0
LARGEST = 64 * 1024
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


def timestamp(address: str, request: bytes) -> bytes:
    """The authority's response to a request, both DER; raises OSError for any failure."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise OSError("the address of a time-stamping authority begins with http")
    try:
        with urllib3.PoolManager(num_pools=1, retries=False) as pool:
            answer = pool.request(
                "POST",
                address,
                body=request,
                headers={"Content-Type": QUERY, "Accept": REPLY},
                timeout=SECONDS,
                redirect=False,
                preload_content=False,
            )
            body = answer.read(LARGEST + 1)
            answer.release_conn()
    except urllib3.exceptions.HTTPError as problem:
        raise OSError(type(problem).__name__) from None
    if answer.status != 200 or len(body) > LARGEST:
        raise OSError(f"the authority answered {answer.status}")
    return bytes(body)
