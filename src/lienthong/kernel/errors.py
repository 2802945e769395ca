"""
The few families of errors, each leaf with a stable code and an HTTP status.

The gateway and the pages turn these into answers in one place. A docstring of
a leaf is the English message; the Vietnamese one stands in the locale files.
No message ever carries personal data: put only codes and counts in ``detail``.
"""

from __future__ import annotations


class LienThongError(Exception):
    """Something went wrong."""

    code = "lienthong.error"
    status = 500

    def __init__(self, message: str | None = None, **detail: object) -> None:
        super().__init__(message or self.message())
        self.detail = detail

    @classmethod
    def message(cls) -> str:
        """The first paragraph of the docstring, as one line."""
        return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


class Invalid(LienThongError):
    """What was sent is not acceptable as it is."""

    code = "lienthong.invalid"
    status = 400


class Refused(LienThongError):
    """The one who asks may not do this."""

    code = "lienthong.refused"
    status = 403


class NotFound(LienThongError):
    """There is no such thing."""

    code = "lienthong.not_found"
    status = 404


class Conflict(LienThongError):
    """What was asked contradicts what is already there."""

    code = "lienthong.conflict"
    status = 409


class Unavailable(LienThongError):
    """A party that is needed does not answer now."""

    code = "lienthong.unavailable"
    status = 503
