"""The DCI registry API v1.0.0 as offers, reached by base URL through façades (decision 24)."""

from __future__ import annotations

from lienthong.exchange import edge
from lienthong.exchange.edge import Caller
from lienthong.systems.population import shapes
from lienthong.systems.population.services import dci
from lienthong.web.accounts.uuids import uuid7


@edge.offer("dci.search.v1")
def search(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _submit(request, caller, "search", dci.search)


@edge.offer("dci.subscribe.v1")
def subscribe(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _submit(request, caller, "subscribe", dci.subscribe)


@edge.offer("dci.unsubscribe.v1")
def unsubscribe(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _submit(request, caller, "unsubscribe", dci.unsubscribe)


@edge.offer("dci.txn-status.v1")
def txn_status(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _submit(request, caller, "txn-status", dci.status)


@edge.offer("dci.sync-search.v1")
def sync_search(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _answer(request, caller, "search", "on-search", dci.search)


@edge.offer("dci.sync-txn-status.v1")
def sync_txn_status(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _answer(request, caller, "txn-status", "txn-on-status", dci.status)


@edge.offer("dci.on-search.v1")
def on_search(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _taken(request, caller, "on-search")


@edge.offer("dci.on-subscribe.v1")
def on_subscribe(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _taken(request, caller, "on-subscribe")


@edge.offer("dci.on-unsubscribe.v1")
def on_unsubscribe(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _taken(request, caller, "on-unsubscribe")


@edge.offer("dci.on-txn-status.v1")
def on_txn_status(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _taken(request, caller, "txn-on-status")


@edge.offer("dci.notify.v1")
def notify(request: shapes.DciEnvelope, caller: Caller) -> shapes.DciAnswer:
    return _taken(request, caller, "notify")


def _open(request: shapes.DciEnvelope, caller: Caller, action: str) -> dci.Opened:
    return dci.opened(
        request,
        action=action,
        subsystem=str(caller.client).partition("/")[2],
        purpose=caller.purpose,
        by=caller.actor,
    )


def _submit(
    request: shapes.DciEnvelope, caller: Caller, action: str, act: dci.Act
) -> shapes.DciAnswer:
    edge.name_subjects([])
    try:
        correlation, subjects = dci.submit(_open(request, caller, action), act)
    except dci.Refusal as refusal:
        return shapes.DciAnswer(dci.refused(refusal.code))
    edge.name_subjects(subjects)
    return shapes.DciAnswer(dci.acknowledged(correlation))


def _answer(
    request: shapes.DciEnvelope, caller: Caller, action: str, called: str, act: dci.Act
) -> shapes.DciAnswer:
    edge.name_subjects([])
    try:
        held = _open(request, caller, action)
        done = act(held, uuid7())
    except dci.Refusal as refusal:
        return shapes.DciAnswer(dci.refused(refusal.code))
    edge.name_subjects(done.subjects)
    return shapes.DciAnswer(
        done.message, dci.header(held.partner, called, len(done.outcome)), "unsigned"
    )


def _taken(request: shapes.DciEnvelope, caller: Caller, action: str) -> shapes.DciAnswer:
    """A callback to this register: believed like any message, noted, and acknowledged."""
    edge.name_subjects([])
    try:
        held = _open(request, caller, action)
        correlation = dci.take(held)
    except dci.Refusal as refusal:
        return shapes.DciAnswer(dci.refused(refusal.code))
    return shapes.DciAnswer(dci.acknowledged(correlation))
