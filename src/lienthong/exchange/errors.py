"""
What can become of a call, in four families (decision 23).

`Refused`: do not retry. `Invalid`: mend the request. `Unavailable`: retry
later, nothing was done. `UnknownOutcome`: ask again with the same key. Made
from X-Road faults of a gateway and from problem documents of a provider; only
codes are taken over from either, never words, so no personal data passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lienthong.kernel import errors as kernel
from lienthong.protocol.faults import FaultBody


class ExchangeError(kernel.LienThongError):
    """The exchange did not bring an answer."""

    code = "exchange.error"
    status = 502

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        fault: str = "",
        trace_id: str = "",
        message_id: str = "",
        retry_after: float | None = None,
        **detail: object,
    ) -> None:
        super().__init__(message, **detail)
        if code:
            self.code = code
        self.retry_after = retry_after
        """Seconds to wait when nothing was done because of a limit: this node's own, or a quota."""
        self.fault = fault
        """The X-Road fault when the exchange itself said no, else empty."""
        self.trace_id = trace_id
        self.message_id = message_id


class Refused(ExchangeError, kernel.Refused):
    """The other body does not allow this request."""

    code = "exchange.refused"
    status = 403


class Invalid(ExchangeError, kernel.Invalid):
    """The other body cannot accept the request as it is."""

    code = "exchange.invalid"
    status = 400


class Unavailable(ExchangeError, kernel.Unavailable):
    """The other body does not answer now; nothing was done."""

    code = "exchange.unavailable"
    status = 503


class QuotaUsedUp(Unavailable):
    """The other body allows no more requests for now; nothing was done."""

    code = "exchange.quota_used_up"


class UnknownOutcome(ExchangeError):
    """The other body may have acted, but its answer did not arrive."""

    code = "exchange.unknown_outcome"
    status = 504


class CalledFromOffer(kernel.LienThongError):
    """An offer may not call the exchange; what must go on does so through the outbox."""

    code = "exchange.called_from_offer"


class KeyMissing(kernel.LienThongError):
    """A changing offer is called with an idempotency key."""

    code = "exchange.key_missing"


class BadKey(kernel.LienThongError):
    """An idempotency key has 1 to 200 printable ASCII letters and no space."""

    code = "exchange.bad_key"


class BadAnswer(UnknownOutcome):
    """The other body answered, but not in the agreed shape."""

    code = "exchange.bad_answer"
    status = 502


Retryable = (Unavailable, UnknownOutcome)
Final = (Refused, Invalid)

# Ends of X-Road codes, without case and underscores (both spellings compare so).
_REFUSED = (
    "accessdenied",
    "unknownmember",
    "unknownservice",
    "sslauthenticationfailed",
    "invalidclientidentifier",
)
# The request did not reach the provider's system.
_NOT_REACHED = (
    "networkerror",
    "invalidsecurityserver",
    "keynotavailable",
    "outdatedglobalconf",
    "globalconfoutdated",
    "servicedisabled",
    "maintenancemode",
    "cannotcreatesignature",
)
_QUOTA = "quotaexceeded"
_INVALID = ("invalidbody", "invalidmessage", "invalidrest", "invalidrequest", "badrequest")
_REFUSED_STATUS = {401, 403, 451}
_LATER_STATUS = {408, 425, 429, 502, 503, 504}
# Said by something between the gateway and the system, which may have got the request.
_FROM_BETWEEN = {502, 504}


class _Problem(msgspec.Struct):
    code: str = ""
    trace_id: str = ""
    params: dict[str, Any] = {}


def from_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, changes: bool, message_id: str = ""
) -> ExchangeError:
    """The error an answer with status 400 or above stands for; ``headers`` in lower case."""
    if fault := headers.get("x-road-error", ""):
        return from_fault(
            fault,
            _fault_trace(body),
            changes=changes,
            message_id=message_id,
            retry_after=_seconds(headers.get("retry-after", "")),
        )
    problem = _problem(headers.get("content-type", ""), body)
    told: dict[str, Any] = {
        "code": problem.code,
        "trace_id": problem.trace_id,
        "message_id": message_id,
        **{name: value for name, value in problem.params.items() if name not in _OWN_NAMES},
    }
    if status in _REFUSED_STATUS:
        return Refused(**told)
    if status in _FROM_BETWEEN and changes and not problem.code:
        return UnknownOutcome(**told)
    if status in _LATER_STATUS:
        return Unavailable(**told)
    if status < 500:
        return Invalid(**told)
    # A problem document means the edge rolled back; silence may hide an effect.
    return UnknownOutcome(**told) if changes and not problem.code else Unavailable(**told)


_OWN_NAMES = frozenset(
    {"message", "code", "fault", "trace_id", "message_id", "retry_after", "self"}
)


def from_fault(
    fault: str,
    trace_id: str = "",
    *,
    changes: bool,
    message_id: str = "",
    retry_after: float | None = None,
) -> ExchangeError:
    """The error for an X-Road fault code, in the spelling of 7.7 or of 7.8."""
    plain = fault.replace("_", "").lower()
    told: dict[str, Any] = {"fault": fault, "trace_id": trace_id, "message_id": message_id}
    if plain.endswith(_REFUSED):
        return Refused(**told)
    if plain.endswith(_QUOTA):
        return QuotaUsedUp(retry_after=retry_after, **told)
    if plain.startswith("client.") or plain.endswith(_INVALID):
        return Invalid(**told)
    reached = not plain.endswith(_NOT_REACHED)
    return UnknownOutcome(**told) if changes and reached else Unavailable(**told)


def _seconds(value: str) -> float | None:
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None


def _fault_trace(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=FaultBody).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _problem(content_type: str, body: bytes) -> _Problem:
    if not content_type.startswith("application/problem+json"):
        return _Problem()
    try:
        return msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Problem()
