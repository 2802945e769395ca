"""Reads about joining: requests with their history, what was approved, what is denied."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from lienthong.exchange import gateway_admin
from lienthong.kernel.errors import Unavailable
from lienthong.web.offices import Position

from ..errors import NoSuchRequest
from ..models import Certificate, DenyList, Gateway, Hosting, JoinRequest, Subsystem


@dataclass(frozen=True, slots=True)
class SnapshotWarning:
    """That this node's gateway uses an old snapshot, and what that stops (decision 19)."""

    stopped: tuple[str, ...]
    """Classes of services refused now."""
    next_stop: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a request's history."""

    at: datetime
    what: str
    """``asked``, ``approved``, ``refused``, ``invited``, ``withdrawn``, ``joined``, ``certified``,
    ``revoked``."""
    who: str = ""
    detail: str = ""


def requests(state: str = "") -> QuerySet[JoinRequest]:
    """All requests, the newest first."""
    found = JoinRequest.objects.prefetch_related("decisions")
    return found.filter(state=state) if state else found


def one_request(request_id: uuid.UUID) -> JoinRequest:
    found = requests().filter(pk=request_id).first()
    if found is None:
        raise NoSuchRequest
    return found


def approved_subsystems(gateway: Gateway) -> list[dict[str, str]]:
    """
    What every approved request of this gateway lets stand behind it; the newest word wins.

    What an operator took away is not among it, until a request made afterwards names it.
    """
    rows: dict[str, dict[str, str]] = {}
    asked: dict[str, datetime] = {}
    for request in JoinRequest.objects.filter(
        gateway_code=gateway.code,
        member_class=gateway.owner.member_class,
        member_code=gateway.owner.code,
        state__in=[JoinRequest.State.APPROVED, JoinRequest.State.JOINED],
    ).order_by("asked_at"):
        rows |= {row["code"]: row for row in request.subsystems}
        asked |= {row["code"]: request.asked_at for row in request.subsystems}
    ended = _ended(gateway)
    return [row for code, row in rows.items() if code not in ended or ended[code] < asked[code]]


def taken_away(gateway: Gateway) -> set[str]:
    """Codes of subsystems an operator took away from this gateway at some time."""
    return set(_ended(gateway))


def was_taken_away(subsystem: Subsystem, gateway: Gateway) -> bool:
    """Whether a subsystem is not to be put behind this gateway by its card alone."""
    found = Hosting.objects.filter(subsystem=subsystem, gateway=gateway)
    return found.exists() and not found.filter(ended_at=None).exists()


def _ended(gateway: Gateway) -> dict[str, datetime]:
    """When each subsystem was last taken away from a gateway."""
    found = Hosting.objects.filter(gateway=gateway).select_related("subsystem").order_by("ended_at")
    return {row.subsystem.code: row.ended_at for row in found if row.ended_at is not None}


def already_behind(request: JoinRequest) -> dict[str, list[str]]:
    """Gateways behind which the subsystems of a request stand already, by subsystem."""
    found = Hosting.objects.filter(
        subsystem__member__member_class=request.member_class,
        subsystem__member__code=request.member_code,
        subsystem__code__in=[row["code"] for row in request.subsystems],
        ended_at=None,
    ).exclude(gateway__code=request.gateway_code)
    behind: dict[str, list[str]] = {}
    for subsystem, gateway in found.values_list("subsystem__code", "gateway__code"):
        behind.setdefault(subsystem, []).append(gateway)
    return behind


def history(request: JoinRequest) -> list[Event]:
    """What happened to a request, in order, from the rows themselves."""
    events = [Event(request.asked_at, "asked", request.asked_by)]
    for decision in request.decisions.all():
        what = "approved" if decision.approves else "refused"
        events.append(Event(decision.at, what, decision.officer, decision.reason))
    for invitation in request.invitations.all():
        events.append(Event(invitation.made_at, "invited", invitation.made_by))
        if invitation.withdrawn_at:
            events.append(Event(invitation.withdrawn_at, "withdrawn"))
        if invitation.used_at:
            events.append(Event(invitation.used_at, "joined", "", invitation.bound_kid))
    for row in Certificate.objects.filter(
        gateway__code=request.gateway_code, issued_at__gte=request.asked_at
    ):
        assert row.issued_at is not None
        events.append(Event(row.issued_at, "certified", "", row.kid))
        if row.revoked_at:
            events.append(Event(row.revoked_at, "revoked", "", row.kid))
    named = officers(event.who for event in events)
    return sorted(
        (Event(e.at, e.what, named.get(e.who, e.who), e.detail) for e in events),
        key=lambda event: event.at,
    )


def officers(accounts: Iterable[str]) -> dict[str, str]:
    """Names of officers by account, for colleagues at the same desk; systems stay as they are."""
    # Other actors (timers, gateways, the command line) have names of their own, no UUID.
    wanted = {uuid.UUID(account) for account in accounts if len(account) == 36}
    rows = Position.objects.filter(account__in=wanted).order_by("valid_from")
    return {str(row.account_id): row.officer_name for row in rows}


def account_named(username: str) -> Any:
    """The account of an officer by its name at sign-in, or None."""
    return get_user_model().objects.filter(username=username).first()


def denied_content(at: datetime) -> dict[str, list[str]]:
    """Revoked keys whose certificates have not ended by themselves."""
    revoked = Certificate.objects.filter(
        status=Certificate.Status.REVOKED, not_after__gt=at
    ).order_by("kid")
    return {
        "kids": [row.kid for row in revoked if row.use == Certificate.Use.SIGN],
        "auth_sha256": [row.sha256 for row in revoked if row.use == Certificate.Use.AUTH],
    }


def latest_denied() -> DenyList | None:
    return DenyList.objects.order_by("-number").first()


def open_request(gateway_code: str) -> JoinRequest | None:
    """The request for a gateway that is waiting or approved, if there is one."""
    return JoinRequest.objects.filter(
        gateway_code=gateway_code,
        state__in=[JoinRequest.State.WAITING, JoinRequest.State.APPROVED],
    ).first()


def snapshot_warning() -> SnapshotWarning | None:
    """What the gateway says of the directory's silence; None while all is well, or it is away."""
    try:
        health = gateway_admin.health()
    except Unavailable:
        return None  # the console says in its own place that the gateway does not answer
    stopped = health.get("snapshot_stops") or []
    if not stopped and "directory" not in (health.get("wrong") or []):  # type: ignore[operator]
        return None
    named = health.get("snapshot_next_stop")
    return SnapshotWarning(
        stopped=tuple(str(name) for name in stopped),  # type: ignore[attr-defined]
        next_stop=datetime.fromisoformat(str(named)) if named else None,
    )
