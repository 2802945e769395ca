"""
Services by which gateways and the directory keep the exchange itself in order.

They are ordinary offers of the directory, granted, signed and logged like any
other. Their codes are reserved, and what they carry is no exchange of data
between bodies, so the count of the country leaves them out (decision 4).
"""

from __future__ import annotations

from lienthong.protocol.rest import METASERVICES

DIRECTORY = "directory"
"""Code of the subsystem that offers them."""
REPORT_DAYS = "totals.report.v1"
"""A gateway reports the days it has closed (`lienthong.protocol.day_totals`)."""
WAITING = "grants.waiting.v1"
"""What waits for the signature of the asker's member (`lienthong.protocol.signing_desk`)."""
RETURN = "grants.return.v1"
"""Signatures and refusals that come back."""

CODES = frozenset({REPORT_DAYS, WAITING, RETURN})
UNCOUNTED = METASERVICES | CODES
"""Service codes whose calls no count of exchanges includes."""
