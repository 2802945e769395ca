"""What one system publishes reaches each subscriber in order, at least once, its effect once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import connection, transaction

from exchange.subscribed import (
    CODE,
    NOTARY_TAKES,
    PUBLISHER,
    TAX_TAKES,
    PlotSold,
    Seen,
    seen,
    taken_by,
)
from exchange.whole import whole_exchange
from lienthong.exchange import edge, errors, events, inbox, outbox, registry, relay, taking
from lienthong.exchange.models import InboxRow, OutboxRow, State
from lienthong.exchange.testing import ExchangeDouble, tell
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import personal

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
BY = Actor(account="a", office="G14", unit="", legal_day=AT.date())


@pytest.fixture(autouse=True)
def subscribed(settings) -> Iterator[None]:
    settings.SYSTEMS = [*settings.SYSTEMS, "land_office", "notary_office", "tax_office"]
    with registry.playing(PUBLISHER, NOTARY_TAKES, TAX_TAKES):
        for card in (NOTARY_TAKES, TAX_TAKES):
            events.on("land_office", CODE, card=card)(taken_by(card))
        yield
        for card in (NOTARY_TAKES, TAX_TAKES):
            events.forget(card.code, CODE)


@pytest.fixture
def gateway() -> Iterator[InProcessGateway]:
    with whole_exchange(PUBLISHER, NOTARY_TAKES, TAX_TAKES) as held:
        yield held


def publish(plot: str, key: str, *, ordering: str = "", seller: str = "091195000017") -> list[int]:
    with transaction.atomic():
        rows = events.publish(
            PUBLISHER, CODE, PlotSold(plot, seller, 7), key=key, at=AT, ordering_key=ordering,
            subscribers=lambda publisher, event, now: events.stated_by_cards(event),
        )  # fmt: skip
    return [row.pk for row in rows]


def test_every_subscriber_gets_the_event_once_through_everything(gateway: InProcessGateway) -> None:
    assert len(publish("17", "sale/1")) == 2
    relay.send_all_due()
    assert set(OutboxRow.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert seen() == [], "it is in the inboxes, and nobody has worked on it"
    assert taking.take_all_due() == 2
    assert sorted(seen()) == [Seen("notary_office", "17"), Seen("tax_office", "17")]
    assert taking.take_all_due() == 0


def test_each_sees_only_the_fields_of_its_grant(gateway: InProcessGateway) -> None:
    publish("17", "sale/1")
    bodies = {}
    with personal.writing("test.read", by=BY):
        for provider, body in OutboxRow.objects.values_list("provider", "body"):
            bodies[provider] = msgspec.json.decode(bytes(body))["data"]
    assert bodies["tax_office"] == {"plot": "17", "seller": "091195000017", "price": 7}
    assert bodies["notary_office"] == {"plot": "17", "seller": "091195000017"}


def test_the_same_cause_published_again_is_sent_to_nobody_twice(gateway: InProcessGateway) -> None:
    assert publish("17", "sale/1") == publish("17", "sale/1")
    relay.send_all_due()
    publish("17", "sale/1")
    relay.send_all_due()
    taking.take_all_due()
    assert len(seen()) == 2
    with pytest.raises(outbox.OtherBytes):
        publish("18", "sale/1")


def test_what_is_rolled_back_was_never_published() -> None:
    with transaction.atomic():
        publish("17", "sale/1")
        transaction.set_rollback(True)
    assert not OutboxRow.objects.exists()


def test_the_order_of_a_key_is_kept_also_when_one_has_to_wait(
    gateway: InProcessGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        publish(str(n), f"sale/{n}", ordering="plot")
    relay.send_all_due()
    failing = iter([True, True])
    original = events.taking("notary_office", CODE)
    assert original is not None

    def stumbles(event: PlotSold, told: events.Told) -> None:
        if event.plot == "1" and next(failing, False):
            raise errors.Unavailable(code="exchange.register_busy")
        original.taker(event, told)

    events.on("land_office", CODE, card=NOTARY_TAKES)(_renamed(stumbles, original.taker))
    taking.take_all_due()
    notary = [one.plot for one in seen() if one.system == "notary_office"]
    assert notary == ["0"], "those behind the one that failed wait"
    assert len([one for one in seen() if one.system == "tax_office"]) == 4
    for minutes in (5, 60):
        with clock.stopped(at=clock.instant() + timedelta(minutes=minutes)):
            taking.take_all_due()
    assert [one.plot for one in seen() if one.system == "notary_office"] == ["0", "1", "2", "3"]
    events.on("land_office", CODE, card=NOTARY_TAKES)(original.taker)


def _renamed(taker, original):
    taker.__module__, taker.__qualname__ = original.__module__, original.__qualname__
    return taker


def test_what_fails_for_good_is_a_dead_letter_until_somebody_decides(
    gateway: InProcessGateway,
) -> None:
    original = events.taking("notary_office", CODE)
    assert original is not None

    def never(event: PlotSold, told: events.Told) -> None:
        raise ValueError("always")

    events.on("land_office", CODE, card=NOTARY_TAKES)(_renamed(never, original.taker))
    for n in range(2):
        publish(str(n), f"sale/{n}", ordering="plot")
    relay.send_all_due()
    for hours in range(1, taking.MOST_ATTEMPTS + 3):
        with clock.stopped(at=clock.instant() + timedelta(hours=hours)):
            taking.take_all_due()
    (dead,) = inbox.dead_letters()
    assert (dead.system, dead.attempts) == ("notary_office", taking.MOST_ATTEMPTS)
    assert dead.last_error == "exchange.taker_failed"
    events.on("land_office", CODE, card=NOTARY_TAKES)(original.taker)
    inbox.retry(dead.pk, by=BY)
    taking.take_all_due()
    assert [one.plot for one in seen() if one.system == "notary_office"] == ["0", "1"]
    with pytest.raises(inbox.NoSuchEvent):
        inbox.discard(dead.pk, reason="x", by=BY)


def test_a_discarded_event_lets_those_behind_it_go(gateway: InProcessGateway) -> None:
    for n in range(2):
        publish(str(n), f"sale/{n}", ordering="plot")
    relay.send_all_due()
    rows = InboxRow.objects.filter(system="notary_office").order_by("id")
    first = rows.values_list("pk", flat=True)[0]
    InboxRow.objects.filter(pk=first).update(dead_at=clock.instant())
    taking.take_all_due()
    assert [one for one in seen() if one.system == "notary_office"] == []
    inbox.discard(first, reason="không còn cần", by=BY)
    taking.take_all_due()
    assert [one.plot for one in seen() if one.system == "notary_office"] == ["1"]


def test_a_revoked_subscription_delivers_nothing_more(gateway: InProcessGateway) -> None:
    (grant,) = [one for one in gateway.snapshot.grants if one.client.endswith("notary-office")]
    gateway.log.revoke(grant.id)  # type: ignore[attr-defined]
    publish("17", "sale/1")
    relay.send_all_due()
    states = dict(OutboxRow.objects.values_list("provider", "state"))
    assert states == {"notary_office": State.DEAD, "tax_office": State.DELIVERED}
    assert not InboxRow.objects.filter(system="notary_office").exists()


def test_an_event_is_not_asked_for(gateway: InProcessGateway) -> None:
    headers = [
        (b"X-Road-Client", b"VN/GOV/G12/tax-office"),
        (b"Lienthong-Client-Secret", b"the secret of tax_office"),
    ]
    answer = gateway.call("POST", f"/r1/VN/GOV/G05/land-office/{CODE}", headers, b"{}")
    assert b"UnknownService" in answer.body.whole()


def test_nobody_else_can_tell_of_it() -> None:
    answer = tell(
        "tax_office", CODE, PlotSold("17", "091195000017", 1), key="1", publisher=NOTARY_TAKES
    )
    assert (answer.status, answer.code) == (403, "exchange.not_subscribed")
    assert not InboxRow.objects.exists()


def test_a_bad_event_is_refused_where_it_is_bad() -> None:
    answer = tell("tax_office", CODE, {"plot": 17}, key="1", publisher=PUBLISHER)
    assert (answer.status, answer.code) == (400, "exchange.bad_body")
    assert answer.body["params"]["at"] == "$.data.plot"


def test_the_subjects_of_an_event_are_named_to_the_gateway() -> None:
    answer = tell(
        "tax_office", CODE, PlotSold("17", "091195000017", 1), key="1", publisher=PUBLISHER
    )
    assert answer.status == 200
    assert answer.subjects == ["091195000017"]


def test_a_subscriber_under_test_takes_what_it_is_told_twice_once() -> None:
    for _ in range(2):
        tell("tax_office", CODE, PlotSold("17", "091195000017", 1), key="1", publisher=PUBLISHER)
    assert seen() == [Seen("tax_office", "17")]


def test_a_publisher_under_test_sees_whom_it_told(exchange: ExchangeDouble) -> None:
    publish("17", "sale/1")
    relay.send_all_due()
    assert exchange.told("notary_office", CODE) == [{"plot": "17", "seller": "091195000017"}]
    exchange.is_down("tax_office")
    publish("18", "sale/2")
    relay.send_all_due()
    assert len(exchange.told("tax_office", CODE)) == 1


def test_a_subscription_nobody_takes_stops_the_start() -> None:
    events.forget("tax_office", CODE)
    with pytest.raises(LookupError, match="tax_office"):
        edge.load_offers(["tax_office"])


@pytest.mark.scenario
def test_a_worker_killed_in_the_middle_of_an_event_loses_and_doubles_nothing(
    gateway: InProcessGateway,
) -> None:
    publish("17", "sale/1")
    relay.send_all_due()
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, str(tests / "exchange" / "killed_taker.py")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *filter(None, sys.path)])},
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"done, not marked\n"
            assert taking.take_all_due() <= 1, "only what the other does not hold"
        finally:
            process.send_signal(signal.SIGKILL)
    for _ in range(100):
        taking.take_all_due()
        if len(seen()) == 2:
            break
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
    assert sorted(seen()) == [Seen("notary_office", "17"), Seen("tax_office", "17")]
