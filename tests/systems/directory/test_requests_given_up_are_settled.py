"""The desk of dead letters: an operator sends them again or discards them, each with its trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from lienthong.exchange import outbox
from lienthong.exchange.asks import Ask
from lienthong.exchange.figures import FigureRequest
from lienthong.exchange.models import Epoch, State
from lienthong.exchange.registry import card
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.record.models import Entry
from systems.directory.test_the_console_shows_what_came import sign_in

HERE = "/canbo/directory/outbox/"


@pytest.fixture
def dead(db: None, legal_day: None) -> int:
    """A request of steering that ran out of time before it was sent."""
    steering = card("steering")
    need = steering.need("population", "figures.v1")
    month = Period.month("2021-08")
    with transaction.atomic():
        row = outbox.put(
            Ask(steering, need, FigureRequest(start=month.start, end=month.end)),
            key="august",
            deadline=timedelta(seconds=-1),
        )
    assert outbox.deliver(row.pk) == State.DEAD
    return int(row.pk)


@pytest.fixture
def operator(dead: int) -> Client:
    return sign_in(["directory.operator"])


def test_what_was_given_up_is_listed_with_its_reason(operator: Client) -> None:
    page = operator.get(HERE)
    text = page.content.decode()
    assert page.status_code == 200
    assert "figures.v1" in text
    assert "exchange.out_of_patience" in text
    assert "Yêu cầu bị bỏ dở" in text


def test_a_request_is_sent_again_and_it_is_written_who_said_so(operator: Client, dead: int) -> None:
    answer = operator.post(f"{HERE}{dead}/retry", follow=True)
    assert answer.redirect_chain == [(HERE, 302)]
    assert outbox.state_of(dead) == State.WAITING
    assert "G14" in Entry.objects.get(what="outbox.retried").actor
    assert operator.post(f"{HERE}{dead}/retry", follow=True).status_code == 200


def test_a_request_is_discarded_only_with_a_reason(operator: Client, dead: int) -> None:
    assert operator.get(f"{HERE}{dead}/discard").status_code == 200
    assert operator.post(f"{HERE}{dead}/discard", {"reason": "  "}).status_code == 422
    assert outbox.state_of(dead) == State.DEAD
    operator.post(f"{HERE}{dead}/discard", {"reason": "kỳ báo cáo đã qua"})
    assert outbox.state_of(dead) == State.DISCARDED
    assert Entry.objects.get(what="outbox.discarded").detail["reason"] == "kỳ báo cáo đã qua"
    assert operator.get(f"{HERE}{dead}/discard").status_code == 404


def test_a_reason_with_a_personal_number_is_refused_in_words(operator: Client, dead: int) -> None:
    answer = operator.post(f"{HERE}{dead}/discard", {"reason": "của 091195000017"})
    assert answer.status_code == 422
    assert outbox.state_of(dead) == State.DEAD


@pytest.mark.parametrize("address", ["", "{row}/retry", "{row}/discard"])
def test_only_an_operator_of_the_exchange_gets_there(dead: int, address: str) -> None:
    registrar = sign_in(["civil_status.registrar"])
    place = HERE + address.format(row=dead)
    answer = registrar.post(place) if "retry" in address else registrar.get(place)
    assert answer.status_code == 403
    assert outbox.state_of(dead) == State.DEAD


def test_after_a_restore_the_desk_says_what_is_held_back(operator: Client) -> None:
    assert "sao lưu" not in operator.get(HERE).content.decode()
    now = clock.instant()
    Epoch.objects.create(
        number=1, backup="b", taken_at=now, raised_at=now, events_missed=0, log_restored=False,
        log_position={},
    )  # fmt: skip
    text = operator.get(HERE).content.decode()
    assert "Nút này đã được khôi phục từ bản sao lưu." in text
    assert "Chưa cấp số định danh cá nhân." in text
    assert "lienthong epoch review" in text
