"""Looking up a parent fills what is blank, shows what differs, and never blocks the entry."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

import cast
from lienthong import record
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record.models import Entry
from lienthong.systems.civil_status import shapes
from lienthong.systems.civil_status.models import BirthRegistration
from lienthong.systems.civil_status.services import births
from systems.civil_status import declarations

NEW = "/canbo/civil-status/births/new"


def values(page: str) -> dict[str, str]:
    """What the form on a page would send."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ("radio" not in tag or "checked" in tag) and "checkbox" not in tag:
            found[name[1]] = value[1] if value else ""
    return found | dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s*([^<]*)', page))


def blank_mother(**changes: str) -> dict[str, str]:
    form = declarations.birth_form()
    blank = {name: "" for name in form if name.startswith("mother_")}
    return form | blank | {"mother_id": cast.AN.personal_id} | changes


def test_a_look_up_without_scripts_fills_the_blank_fields(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother")).content.decode()

    form = values(page)
    assert form["mother_name"] == "NGUYỄN THỊ AN"
    assert form["mother_birth_year"] == "1995"
    assert form["child_name"] == cast.NEWBORN.name
    assert "khớp 5/5 mục" in page
    assert BirthRegistration.objects.count() == 0


def test_with_scripts_only_the_section_comes_back(
    browser: Client, population: ExchangeDouble
) -> None:
    answer = browser.post(NEW, blank_mother(look_up="mother"), headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert text.startswith('<section id="mother"')
    assert "<html" not in text


def test_a_difference_shows_both_values_and_two_ways_on(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(
        NEW, blank_mother(look_up="mother", mother_birth_year="1994")
    ).content.decode()

    assert "Năm sinh không khớp" in page
    assert "Tờ khai ghi 1994, dữ liệu dân cư ghi 1995" in page
    form = values(page)
    taken = browser.post(NEW, form | {"take": "mother.birth_year"}).content.decode()
    assert values(taken)["mother_birth_year"] == "1995"
    kept = browser.post(NEW, form | {"keep": "mother.birth_year"}).content.decode()
    assert values(kept)["mother_birth_year"] == "1994"
    assert "giữ theo tờ khai" in kept


def test_a_difference_does_not_stop_the_entry_and_is_written_down(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother", mother_birth_year="1994"))

    entered = browser.post(NEW, values(page.content.decode()))

    assert entered.status_code == 302
    audit = Entry.objects.get(what="civil_status.parent_checked")
    assert audit.detail["different"] == ["birth_year"]
    assert audit.detail["message_id"].startswith("VN-double-")


CHECKED = births.Checked(role="mother", same=5, different=(), message_id="VN-1")


def test_what_was_checked_stands_in_the_transaction_of_the_entry(
    cuong: Actor, population: ExchangeDouble
) -> None:
    births.register_birth(birth=declarations.birth(), by=cuong, checked=(CHECKED,))

    entered, checked = Entry.objects.filter(what__startswith="civil_status.").order_by("id")
    assert (entered.what, checked.what) == (
        "civil_status.birth_registered",
        "civil_status.parent_checked",
    )
    assert checked.transaction == entered.transaction
    assert checked.subject == entered.subject


def test_a_check_that_cannot_be_written_down_leaves_no_entry(
    browser: Client, population: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record.done

    def broken(what: str, *args: Any, **kwargs: Any) -> Entry:
        if what == "civil_status.parent_checked":
            raise OperationalError
        return done(what, *args, **kwargs)

    page = browser.post(NEW, blank_mother(look_up="mother"))
    monkeypatch.setattr(record, "done", broken)
    answer = browser.post(NEW, values(page.content.decode()))

    assert answer.status_code == 503
    assert BirthRegistration.objects.count() == 0


def test_nobody_with_this_number_is_said_plainly(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother", mother_id="091192999999"))

    assert "Dữ liệu dân cư không có số định danh này" in page.content.decode()


def test_a_number_that_was_taken_back_is_said_plainly(
    browser: Client, population: ExchangeDouble
) -> None:
    population.answers(
        "population",
        "person.find.v1",
        shapes.FoundPerson(found=False, number_status="cancelled"),
    )

    page = browser.post(NEW, blank_mother(look_up="mother")).content.decode()

    assert "đã bị hủy" in page
    assert values(page)["mother_name"] == ""


def test_a_short_number_is_not_sent_anywhere(browser: Client, population: ExchangeDouble) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother", mother_id="0911"))

    assert "Nhập đủ 12 số" in page.content.decode()
    assert population.asked("population", "person.find.v1") == []


def test_population_that_is_down_leaves_the_form_as_typed(
    browser: Client, population: ExchangeDouble
) -> None:
    population.is_down("population")

    page = browser.post(NEW, blank_mother(look_up="mother", mother_name="Nguyễn Thị An"))

    text = page.content.decode()
    assert "Dữ liệu dân cư chưa trả lời" in text
    assert "exchange.unavailable" in text
    assert values(text)["mother_name"] == "Nguyễn Thị An"


def test_an_answer_that_was_altered_on_the_way_back_counts_for_nothing(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother")).content.decode()
    form = values(page)

    browser.post(NEW, form | {"mother_known": form["mother_known"][:-3] + "abc"})

    assert not Entry.objects.filter(what="civil_status.parent_checked").exists()
