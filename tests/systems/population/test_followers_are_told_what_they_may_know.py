"""A subsystem follows the persons it knows, is told its granted fields, and can catch up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from lienthong.exchange import events, registry, relay
from lienthong.exchange.cards import Subscription
from lienthong.exchange.events import Subscriber
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId
from lienthong.record.models import Look
from lienthong.systems.population.models import ChangeNumber, ChangeWaiting, FollowedPerson
from lienthong.systems.population.services import numbers, particulars
from systems.population import lives

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "person.changed.v1"
ENVELOPE = ("personal_id", "event", "kind", "effective_on", "changed")


class Told(msgspec.Struct, frozen=True):
    """What a subscriber reads of the event."""

    personal_id: str
    changed: tuple[str, ...]


GRANT = registry.card("population").event(CODE).grants[0]
TAKES = Subscription(
    system="population",
    code=CODE,
    reads=Told,
    subjects=("personal_id",),
    purpose=GRANT.purpose,
    legal_basis=GRANT.legal_basis,
    fields=GRANT.fields,
)


@pytest.fixture(autouse=True)
def _subscribed() -> Iterator[None]:
    """Civil status as it will be once it takes the event."""
    card = registry.card("civil_status")
    with registry.playing(replace(card, subscriptions=(*card.subscriptions, TAKES))):
        yield


def follow(*people: str, key: str = "f", **body: Any) -> Any:
    return lives.ask("person.follow.v1", key=key, personal_ids=list(people), **body)


def changes(after: str = "", limit: int = 100) -> Any:
    return lives.ask("changes.read.v1", after=after, limit=limit).body


def believe(number: str, religion: str, by: Actor) -> None:
    particulars.correct_particulars(
        number=PersonalId(number), changes={"religion": religion}, ground=lives.ground(), by=by
    )


def rename(number: str, name: str, by: Actor, **more: str) -> None:
    particulars.correct_particulars(
        number=PersonalId(number), changes={"full_name": name, **more}, ground=lives.ground(), by=by
    )


def told(exchange: ExchangeDouble) -> list[dict[str, Any]]:
    relay.send_all_due()
    return exchange.told("civil_status", CODE)


def test_only_known_persons_and_only_granted_fields(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    known, stranger = lives.grown(civil_status, "a"), lives.grown(civil_status, "b")
    assert follow(known, "091090999999").body["unknown"] == ["091090999999"]
    rename(known, "Lê Văn Đông", civil_status, religion="Phật giáo")
    rename(stranger, "Lê Văn Tây", civil_status)
    believe(known, "Công giáo", civil_status)
    (one,) = told(exchange)
    assert (one["personal_id"], one["changed"]) == (known, ["full_name"])
    assert one["full_name"] == "LÊ VĂN ĐÔNG"
    assert "religion" not in one


def test_a_follower_chooses_among_its_fields(civil_status: Actor, exchange: ExchangeDouble) -> None:
    number = lives.grown(civil_status, "a")
    assert follow(number, fields=["religion"]).code == "population.fields_not_granted"
    assert follow(number, fields=["standing"], key="g").body["fields"] == ["standing"]
    rename(number, "Lê Văn Đông", civil_status)
    assert told(exchange) == []


def test_nothing_is_told_without_a_grant(
    civil_status: Actor, exchange: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = lives.grown(civil_status, "a")
    follow(number)
    monkeypatch.setattr(events, "subscribers_of", lambda *_: [])
    rename(number, "Lê Văn Đông", civil_status)
    assert told(exchange) == []
    assert changes()["changes"] == []
    assert follow(number, key="again").code == "population.fields_not_granted"


def test_a_narrower_grant_narrows_also_what_is_read_late(
    civil_status: Actor, exchange: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = lives.grown(civil_status, "a")
    follow(number)
    lives.moved(number, civil_status)
    rename(number, "Lê Văn Đông", civil_status)
    only = Subscriber("GOV/G15/civil-status", (*ENVELOPE, "full_name"))
    monkeypatch.setattr(events, "subscribers_of", lambda *_: [only])
    (one,) = changes()["changes"]
    assert (one["changed"], one["full_name"]) == (["full_name"], "LÊ VĂN ĐÔNG")


def test_a_follower_away_reads_what_it_missed_in_order(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    number = lives.grown(civil_status, "a")
    rename(number, "Trước Khi Biết", civil_status)
    follow(number)
    for name in ("Lê Văn Một", "Lê Văn Hai", "Lê Văn Ba"):
        rename(number, name, civil_status)
    first = changes(limit=2)
    assert [one["full_name"] for one in first["changes"]] == ["LÊ VĂN MỘT", "LÊ VĂN HAI"]
    assert first["more"]
    second = changes(after=first["next"])
    assert [one["full_name"] for one in second["changes"]] == ["LÊ VĂN BA"]
    again = changes(after=second["next"])
    assert (again["changes"], again["next"], again["more"]) == ([], second["next"], False)
    assert Look.objects.filter(seen=["changes"], count=1).count() == 2


def test_the_same_event_has_one_name_told_or_read(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    number = lives.grown(civil_status, "a")
    follow(number)
    rename(number, "Lê Văn Đông", civil_status)
    assert [one["event"] for one in told(exchange)] == [
        one["event"] for one in changes()["changes"]
    ]


def test_a_new_number_is_told_under_the_old_one(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    old = lives.grown(civil_status, "a")
    follow(old)
    fresh = numbers.reestablish_personal_id(
        number=PersonalId(old), reason="cải chính năm sinh", decision="7/QĐ-CA",
        decided_on=civil_status.legal_day, born_on=date(1989, 5, 6), by=civil_status,
    ).number  # fmt: skip
    rename(fresh, "Lê Văn Đông", civil_status)
    assert [(one["personal_id"], one["changed"]) for one in told(exchange)] == [
        (old, ["number"]),
        (fresh, ["full_name"]),
    ]
    assert [one["personal_id"] for one in changes()["changes"]] == [old, fresh]


def test_a_place_nobody_was_given_is_refused(civil_status: Actor) -> None:
    follow(lives.grown(civil_status, "a"))
    for place in ("999999", "x", "-1"):
        assert lives.ask("changes.read.v1", after=place).code == "population.cursor_unknown"


def test_places_are_given_in_the_order_of_commits(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "a")
    follow(number)
    rename(number, "Lê Văn Đông", civil_status)
    waiting = ChangeWaiting.objects.count()
    changes()
    assert (ChangeWaiting.objects.count(), ChangeNumber.objects.count()) == (0, waiting)


def test_who_is_followed_no_more_is_not_told_of(
    civil_status: Actor, exchange: ExchangeDouble
) -> None:
    one, two = lives.grown(civil_status, "a"), lives.grown(civil_status, "b")
    assert follow(one, two).body["followed"] == 2
    left = lives.ask("person.unfollow.v1", key="u", personal_ids=[one])
    assert left.body["followed"] == 1
    rename(one, "Lê Văn Đông", civil_status)
    assert told(exchange) == []
    lives.ask("person.unfollow.v1", key="all", everyone=True)
    assert FollowedPerson.objects.count() == 0


def test_no_key_of_a_notice_tells_a_number(civil_status: Actor) -> None:
    number = lives.grown(civil_status, "a")
    follow(number)
    rename(number, "Lê Văn Đông", civil_status)
    rows = OutboxRow.objects.filter(code=CODE).values_list("key", "ordering_key", "correlation")
    assert rows
    assert number not in str(list(rows))
