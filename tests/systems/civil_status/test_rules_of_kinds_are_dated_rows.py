"""Who registers what, by when, is a dated row; the ministry may enter one, with its doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record import history, personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.errors import InvalidEntry, OverlappingRule
from lienthong.systems.civil_status.models import EnteredRule
from lienthong.systems.civil_status.services import events, rules
from lienthong.web.offices import Position
from systems.civil_status.event_declarations import AN, event, marriage, person

MINISTRY = Actor("a-ministry", "G15.CNTT", "", cast.LEGAL_DAY)
RULES = "/canbo/civil-status/rules/"


def older(**changes: object) -> object:
    """The rule of marriage with twenty for both."""
    standing = queries.rule_book().get("marriage", cast.LEGAL_DAY)
    values = {"valid_from": date(2021, 8, 1), "valid_to": None, "youngest_woman": 20}
    return replace(standing, **(values | changes))  # type: ignore[arg-type]


def test_an_entered_rule_holds_from_its_first_day_and_the_shipped_one_before(
    cuong: Actor, population: ExchangeDouble
) -> None:
    rules.enter_rule(rule=older(), by=MINISTRY)  # type: ignore[arg-type]

    assert queries.rule_book().get("marriage", date(2021, 7, 31)).youngest_woman == 18
    young = person(AN, born_on=date(2002, 1, 1), personal_id=None)
    with pytest.raises(InvalidEntry) as error:
        events.register_event(event=marriage(people={"wife": young}), by=cuong)
    assert error.value.detail["problems"] == [("wife_born_day", "too_young_to_marry")]


def test_two_entered_rules_of_a_kind_do_not_overlap() -> None:
    rules.enter_rule(rule=older(), by=MINISTRY)  # type: ignore[arg-type]

    with pytest.raises(OverlappingRule):
        rules.enter_rule(rule=older(valid_from=date(2022, 1, 1)), by=MINISTRY)  # type: ignore[arg-type]


def test_a_withdrawn_rule_gives_way_and_its_history_stays() -> None:
    row = rules.enter_rule(rule=older(), by=MINISTRY)  # type: ignore[arg-type]

    rules.withdraw_rule(pk=row.pk, by=MINISTRY)

    assert queries.rule_book().get("marriage", cast.LEGAL_DAY).youngest_woman == 18
    with personal.writing("test", by=MINISTRY):
        (change,) = history.of(EnteredRule, row.pk)
    assert change.actor == str(MINISTRY)
    assert change.old["withdrawn_on"] is None


def test_a_matter_is_due_by_the_limit_its_rule_names(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = events.register_event(
        event=event(
            "marital_status_certificate",
            {"person": AN},
            parts={"status": "never_married", "purpose": "Kết hôn"},
        ),
        by=cuong,
    )

    # Friday 20 August 2021 and three working days.
    assert entered.entry.due_on == date(2021, 8, 25)


def test_the_ministry_enters_and_withdraws_rules_on_its_page(browser: Client) -> None:
    Position.objects.update(roles=["civil_status.regulator"])
    shown = browser.get(RULES).content.decode()
    assert "TLGH" in shown
    assert "chưa thấy văn bản gốc" in shown
    data = {
        "valid_from": "01/09/2021",
        "domestic": "commune district",
        "foreign": "district",
        "limit": "guardianship.settle",
        "series": "TLGH",
        "legal_basis": "Nghị quyết thí điểm số 1",
        "doubt": "Chưa có văn bản",
    }

    entered = browser.post(f"{RULES}guardianship/new", data)
    again = browser.post(f"{RULES}guardianship/new", data)

    assert (entered.status_code, again.status_code) == (302, 409)
    row = EnteredRule.objects.get()
    assert queries.rule_book().get("guardianship", date(2021, 9, 1)).doubt == "Chưa có văn bản"
    browser.post(f"{RULES}{row.pk}/withdraw")
    assert queries.rule_book().get("guardianship", date(2021, 9, 1)).doubt != "Chưa có văn bản"


def test_a_registrar_does_not_change_the_rules(browser: Client) -> None:
    assert browser.get(RULES).status_code == 403
    assert browser.get(f"{RULES}guardianship/new").status_code == 403
