"""Another registry asks by DCI: one person, many, in pages; later answers; events."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

import cast
from lienthong.exchange.models import OutboxRow
from lienthong.exchange.testing import ask_offer
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import Sex
from lienthong.record import personal
from lienthong.record.models import Look
from lienthong.systems.population.models import DciSubscription
from lienthong.systems.population.services import dci_partners
from systems.population import dci_letters as dci
from systems.population import lives

SOON = {"$and": [{"birth_date": {"$gte": "1990-01-01"}}, {"sex": {"$eq": "male"}}]}


@pytest.fixture
def people(civil_status: Actor) -> list[str]:
    dci.partner()
    men = [lives.grown(civil_status, name, year=1990 + place) for place, name in enumerate("abc")]
    return [*men, lives.grown(civil_status, "d", sex=Sex.FEMALE)]


def error(answer: Any) -> str:
    assert answer.status == 200
    assert answer.body["message"]["ack_status"] == "ERR"
    return str(answer.body["message"]["error"]["code"])


def callbacks(code: str) -> list[dict[str, Any]]:
    with personal.bulk("test", actor="test"):
        rows = OutboxRow.objects.filter(code=code).order_by("pk")
        return [msgspec.json.decode(bytes(row.body)) | {"to": row.address} for row in rows]


def test_one_person_is_found_by_number_and_looked_at(people: list[str]) -> None:
    answer = dci.send(
        "sync-search", "search", dci.search("idtype-value", {"type": "UIN", "value": people[0]})
    )
    (item,) = answer.body["message"]["search_response"]
    (record,) = item["data"]["reg_records"]
    assert record["identifier"] == [{"identifier_type": "UIN", "identifier_value": people[0]}]
    assert record["name"] == {"surname": "LÊ", "second_name": "VĂN", "given_name": "A"}
    assert answer.subjects == [people[0]]
    assert answer.body["header"]["action"] == "on-search"
    assert Look.objects.filter(who=dci.PARTNER, subject__startswith="k:").count() == 1


@pytest.mark.parametrize("value", ["091090999999", "no number", "12"])
def test_nobody_is_an_empty_answer(value: str, people: list[str]) -> None:
    item = dci.found("idtype-value", {"type": "NIN", "value": value})
    assert (item["status"], item["data"]["reg_records"]) == ("succ", [])


def test_an_expression_is_answered_in_pages_and_order(people: list[str]) -> None:
    def names(page: int) -> list[str]:
        item = dci.found(
            "expression", {"collection": "Person", "query": SOON},
            pagination={"page_size": 2, "page_number": page},
            sort=[{"attribute_name": "birth_date", "sort_order": "desc"}],
        )  # fmt: skip
        assert item["pagination"]["total_count"] == 3
        return [one["name"]["given_name"] for one in item["data"]["reg_records"]]

    assert names(1) + names(2) == ["C", "B", "A"]
    assert names(3) == []


def test_or_and_nesting_are_kept(people: list[str]) -> None:
    query = {"$or": [{"sex": "female"}, {"$and": [{"birth_date": "1991-05-06"}, {"sex": "male"}]}]}
    found = dci.found("expression", query)["data"]["reg_records"]
    assert sorted(one["name"]["given_name"] for one in found) == ["B", "D"]


def test_a_predicate_is_a_pair_of_conditions(people: list[str]) -> None:
    pair = {
        "seq_num": 1,
        "expression1": {"attribute_name": "birth_date", "operator": "ge",
                        "attribute_value": "1991-01-01"},
        "condition": "and",
        "expression2": {"attribute_name": "name", "operator": "eq", "attribute_value": "le van"},
    }  # fmt: skip
    found = dci.found("predicate", [pair])["data"]["reg_records"]
    assert [one["name"]["given_name"] for one in found] == ["B", "C"]
    either = [pair | {"condition": "or", "expression2": {
        "attribute_name": "sex", "operator": "in", "attribute_value": ["female"]}}]  # fmt: skip
    assert dci.found("predicate", either)["pagination"]["total_count"] == 3


@pytest.mark.parametrize(
    ("kind", "query", "more", "reason"),
    [
        ("graphql", "{person}", {}, "rjct.search_criteria.invalid"),
        ("expression", {"poverty_score": {"$lt": 5}}, {}, "rjct.filter.invalid"),
        ("expression", {"sex": {"$regex": ".*"}}, {}, "rjct.filter.invalid"),
        ("expression", {"birth_date": "yesterday"}, {}, "rjct.filter.invalid"),
        ("expression", {"$and": []}, {}, "rjct.filter.invalid"),
        ("predicate", [], {}, "rjct.filter.invalid"),
        ("idtype-value", {"type": "MOBILE", "value": "1"}, {}, "rjct.filter.invalid"),
        ("expression", {"sex": "male"}, {"pagination": {"page_size": 0}},
         "rjct.pagination.invalid"),
        ("expression", {"sex": "male"}, {"pagination": {"page_size": 101}},
         "rjct.pagination.invalid"),
        ("expression", {"sex": "male"}, {"sort": [{"attribute_name": "religion"}]},
         "rjct.sort.invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_rejected_with_its_reason(
    kind: str, query: Any, more: dict[str, Any], reason: str, people: list[str]
) -> None:
    item = dci.found(kind, query, **more)
    assert (item["status"], item["status_reason_code"]) == ("rjct", reason)
    assert Look.objects.filter(who=dci.PARTNER).count() == 0


def test_a_partner_sees_and_asks_by_what_it_is_shown_only(people: list[str]) -> None:
    dci.partner("name", "sex")
    item = dci.found("idtype-value", {"type": "UIN", "value": people[0]})
    assert set(item["data"]["reg_records"][0]) == {"identifier", "name", "sex"}
    assert dci.found("expression", {"sex": "female"})["pagination"]["total_count"] == 1
    assert dci.found("expression", SOON)["status_reason_code"] == "rjct.filter.invalid"
    with pytest.raises(dci_partners.NotAnAttribute):
        dci.partner("religion")


def test_a_later_answer_goes_to_the_partner_in_the_exchange_and_nowhere_else(
    people: list[str],
) -> None:
    asked = dci.search("idtype-value", {"type": "UIN", "value": people[0]})
    answer = dci.send("search", "search", asked)
    assert answer.body["message"]["ack_status"] == "ACK"
    (called,) = callbacks("dci.on-search.v1")
    assert called["to"] == dci.PARTNER
    assert "169.254" not in str(called), "the sender's own address is not followed"
    assert called["message"]["correlation_id"] == answer.body["message"]["correlation_id"]
    assert called["message"]["transaction_id"] == "t-1"
    assert called["header"]["action"] == "on-search"


def test_a_message_is_taken_once(people: list[str]) -> None:
    asked = dci.search("idtype-value", {"type": "UIN", "value": people[0]})
    dci.send("search", "search", asked, message_id="same")
    assert error(dci.send("search", "search", asked, message_id="same")) == (
        "rjct.message_id.duplicate"
    )
    assert len(callbacks("dci.on-search.v1")) == 1


def test_an_event_is_subscribed_to_notified_and_ended(people: list[str]) -> None:
    number = people[0]
    dci.send("subscribe", "subscribe", dci.subscription(number))
    (called,) = callbacks("dci.on-subscribe.v1")
    (item,) = called["message"]["subscribe_response"]
    code = item["subscriptions"][0]["code"]
    again = dci.subscription(number)
    dci.send("subscribe", "subscribe", again)
    (_, twice) = callbacks("dci.on-subscribe.v1")
    reason = twice["message"]["subscribe_response"][0]["status_reason_code"]
    assert reason == "rjct.event.already_subscribed"
    lives.ask(
        "death.record.v1", key="d", registration="d-1", registered_on=cast.LEGAL_DAY, office="o",
        personal_id=number, died_on=date(2021, 8, 19),
    )  # fmt: skip
    (told,) = callbacks("dci.notify.v1")
    (event,) = told["message"]["notify_event"]
    assert event["data"]["reg_event_type"] == "DEATH"
    assert event["data"]["reg_records"]["death_date"] == "2021-08-19"
    ended = {"transaction_id": "t-3", "timestamp": "2021-08-20T03:00:00Z"}
    dci.send("unsubscribe", "unsubscribe", ended | {"subscription_codes": [code, "nobody's"]})
    (left,) = callbacks("dci.on-unsubscribe.v1")
    statuses = [one["status"] for one in left["message"]["subscription_status"]]
    assert statuses == ["unsubscribe", "subscribe"]
    assert DciSubscription.objects.filter(ended_at=None).count() == 0


def test_nobody_ends_the_subscription_of_another(people: list[str]) -> None:
    dci.send("subscribe", "subscribe", dci.subscription(people[0]))
    row = DciSubscription.objects.values_list("pk", flat=True).get()
    dci_partners.keep_partner(
        subsystem="GOV/G09/other", sender_id="other", keys={}, shown=["*"], unsigned=True,
        by=Actor("t", "t", "", cast.LEGAL_DAY),
    )  # fmt: skip
    dci.send(
        "unsubscribe", "unsubscribe", {"transaction_id": "t", "subscription_codes": [str(row)]},
        client="VN/GOV/G09/other", sender_id="other",
    )  # fmt: skip
    assert DciSubscription.objects.filter(ended_at=None).count() == 1


def test_how_a_transaction_ended_is_told_to_who_asked_it_only(people: list[str]) -> None:
    dci.send("search", "search", dci.search("idtype-value", {"type": "UIN", "value": people[0]}))
    asked = {
        "transaction_id": "t-9",
        "txnstatus_request": {
            "reference_id": "q", "txn_type": "search", "attribute_type": "transaction_id",
            "attribute_value": "t-1",
        },
    }  # fmt: skip
    answer = dci.send("sync-txn-status", "txn-status", asked)
    status = answer.body["message"]["txnstatus_response"]["txn_status"]
    assert [(one["reference_id"], one["status"]) for one in status["search_response"]] == [
        ("r-1", "succ")
    ]
    dci_partners.keep_partner(
        subsystem="GOV/G09/other", sender_id="other", keys={}, shown=["*"], unsigned=True,
        by=Actor("t", "t", "", cast.LEGAL_DAY),
    )  # fmt: skip
    other = dci.send(
        "sync-txn-status", "txn-status", asked, client="VN/GOV/G09/other", sender_id="other"
    )
    assert other.body["message"]["txnstatus_response"]["txn_status"]["search_response"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": "subscribe"}, "err.request.bad"),
        ({"sender_id": "somebody"}, "err.sender_id.invalid"),
        ({"client": "VN/GOV/G15/civil-status"}, "err.sender_id.invalid"),
        ({"version": "2.0.0"}, "err.version.not_supported"),
        ({"message_ts": "yesterday"}, "err.request.bad"),
        ({"message_ts": "2021-08-20T03:00:00"}, "err.request.bad"),
        ({"is_msg_encrypted": True}, "err.encryption.invalid"),
        ({"message_id": "x" * 100}, "err.request.bad"),
        ({"total_count": "1"}, "err.request.bad"),
    ],
)
def test_a_header_that_cannot_be_believed_is_refused(
    changes: dict[str, Any], code: str, people: list[str]
) -> None:
    action = changes.pop("action", "search")
    asked = dci.search("expression", {"sex": "male"})
    assert error(dci.send("sync-search", action, asked, **changes)) == code


@pytest.mark.parametrize("left_out", ["header", "message"])
def test_a_message_without_a_part_is_refused(left_out: str, people: list[str]) -> None:
    body: dict[str, Any] = {
        "signature": "unsigned", "header": dci.header("search"),
        "message": dci.search("expression", {"sex": "male"}),
    }  # fmt: skip
    del body[left_out]
    answer = ask_offer("population", "dci.sync-search.v1", body, client_id=f"VN/{dci.PARTNER}")
    assert error(answer) == "err.request.bad"


def test_a_callback_to_this_register_is_acknowledged_once(people: list[str]) -> None:
    message = {"transaction_id": "t-1", "correlation_id": "c-1", "search_response": []}
    answer = dci.send("on-search", "on-search", message, message_id="cb")
    assert answer.body["message"]["ack_status"] == "ACK"
    again = dci.send("on-search", "on-search", message, message_id="cb")
    assert error(again) == "rjct.message_id.duplicate"


def test_facades_cover_every_path_of_the_specification() -> None:
    rows = dci_partners.facades("/dci/crvs", dci.PARTNER)
    assert {row["base"].removeprefix("/dci/crvs/") for row in rows} == set(dci_partners.PATHS)
    assert all(row["client"] == dci.PARTNER for row in rows)
