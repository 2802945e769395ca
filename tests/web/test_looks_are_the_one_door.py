from __future__ import annotations

from uuid import UUID

import pytest

import cast
from lienthong.kernel.actor import Actor
from lienthong.record.models import Look
from lienthong.web import looks
from lienthong.web.roles import NoSeat

PERSON = UUID("018f3c00-0000-7000-8000-000000000001")
REGISTRAR = Actor("a1", "H33.18.05", "31096", cast.LEGAL_DAY, cast.LE_CUONG.roles)


@pytest.mark.django_db
def test_a_look_is_written_with_who_why_and_what(stopped_clock: object) -> None:
    with looks.open(
        subject=PERSON, purpose="đăng ký khai sinh", fields=["name", "born_on"], actor=REGISTRAR
    ):
        pass
    look = Look.objects.get()
    assert look.subject == f"k:{PERSON}"
    assert look.purpose == "đăng ký khai sinh"
    assert look.office == "H33.18.05"
    assert look.seen == ["name", "born_on"]


@pytest.mark.django_db
def test_a_look_that_fails_leaves_no_trace_and_shows_nothing() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        looks.open(subject=PERSON, purpose="x", fields=["name"], actor=REGISTRAR),
    ):
        1 / 0  # noqa: B018
    assert not Look.objects.exists()


def test_without_a_purpose_the_door_stays_shut() -> None:
    with pytest.raises(looks.PurposeMissing):
        looks.open(subject=PERSON, purpose="  ", fields=["name"], actor=REGISTRAR)


def test_without_a_seat_the_door_stays_shut() -> None:
    with pytest.raises(NoSeat):
        looks.open(subject=PERSON, purpose="x", fields=["name"], actor=None)
