"""Looking up a parent fills what is blank and shows what differs; it never hinders an entry."""

from __future__ import annotations

import re
from datetime import date
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
    assert "khớp" not in page.partition('<section id="mother"')[2].partition("</h2>")[0]
    assert "Điền từ dữ liệu dân cư, tờ khai không ghi: " in page
    assert ": họ tên, năm sinh, dân tộc, quốc tịch, nơi cư trú." in page.lower()
    assert BirthRegistration.objects.count() == 0


def test_only_what_the_declaration_stated_counts_as_compared(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(
        NEW, blank_mother(look_up="mother", mother_name=cast.AN.name, mother_birth_year="1995")
    ).content.decode()
    assert "khớp 2/2 mục" in page

    # Asked again, what the first answer had filled in is still nobody's declaration.
    page = browser.post(NEW, values(page) | {"look_up": "mother"}).content.decode()
    assert "khớp 2/2 mục" in page


def test_another_number_leaves_nothing_of_the_person_before(
    browser: Client, population: ExchangeDouble
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother")).content.decode()

    again = browser.post(
        NEW, values(page) | {"mother_id": cast.BINH.personal_id, "look_up": "mother"}
    ).content.decode()

    assert values(again)["mother_name"] == cast.BINH.name.upper()
    assert values(again)["mother_birth_year"] == "1993"


@pytest.mark.parametrize(
    ("role", "number", "words"),
    [
        ("mother", cast.BINH.personal_id, "Dữ liệu dân cư ghi người này là nam."),
        ("father", cast.AN.personal_id, "Dữ liệu dân cư ghi người này là nữ."),
    ],
)
def test_a_parent_of_the_other_sex_is_seen_in_amber_and_hinders_nothing(
    browser: Client, population: ExchangeDouble, role: str, number: str, words: str
) -> None:
    form = declarations.birth_form()
    form |= {name: "" for name in form if name.startswith(f"{role}_")}
    other = "father_unknown" if role == "mother" else "mother_unknown"
    form |= {name: "" for name in form if name.startswith(other.partition("_")[0])} | {other: "on"}
    form |= {f"{role}_id": number, "look_up": role}
    page = browser.post(NEW, form).content.decode()
    section = page.partition(f'<section id="{role}"')[2].partition("</section>")[0]
    assert words in section
    assert 'data-color="warning"' in section
    assert 'data-color="success"' not in section

    typed = values(page) | {other: "on"}
    family = typed[f"{role}_name"].split()[0]
    entered = browser.post(NEW, typed | {"child_name": f"{family} Gia Đức"})

    assert entered.status_code == 302
    book = browser.get(entered["Location"]).content.decode()
    assert f"theo dữ liệu dân cư là {'Nam' if role == 'mother' else 'Nữ'}." in book
    audit = Entry.objects.get(what="civil_status.parent_checked")
    assert "sex" in audit.detail["different"]


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
    assert "Năm sinh ghi theo dữ liệu dân cư; tờ khai ghi 1994" in taken
    why = {"mother_birth_year_reason": "QĐ 12/QĐ-UBND ngày 02/03/2020"}
    kept = browser.post(NEW, form | why | {"keep": "mother.birth_year"}).content.decode()
    assert values(kept)["mother_birth_year"] == "1994"
    assert "giữ theo tờ khai" in kept
    assert why["mother_birth_year_reason"] in kept


def test_the_declaration_is_kept_only_with_a_reason(
    browser: Client, population: ExchangeDouble
) -> None:
    form = differing_mother(browser)

    page = browser.post(NEW, form | {"keep": "mother.birth_year"}).content.decode()

    assert "Ghi lý do giữ theo tờ khai trước." in page
    assert "Năm sinh không khớp" in page


def differing_mother(browser: Client) -> dict[str, str]:
    page = browser.post(NEW, blank_mother(look_up="mother", mother_birth_year="1994"))
    return values(page.content.decode())


def test_nothing_enters_the_book_before_somebody_has_chosen(
    browser: Client, population: ExchangeDouble
) -> None:
    form = differing_mother(browser)

    answer = browser.post(NEW, form)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Năm sinh của mẹ: tờ khai ghi 1994, dữ liệu dân cư ghi 1995." in page
    assert '<a href="#id_mother_birth_year">' in page
    assert {**values(page), "csrfmiddlewaretoken": ""} == form | {"csrfmiddlewaretoken": ""} | {
        "mother_birth_year_reason": ""
    }, "what was typed is there"
    assert BirthRegistration.objects.count() == 0


def test_what_was_taken_is_marked_in_the_record_with_both_values_and_who(
    browser: Client, population: ExchangeDouble
) -> None:
    form = differing_mother(browser)
    taken = values(browser.post(NEW, form | {"take": "mother.birth_year"}).content.decode())

    entered = browser.post(NEW, taken)

    page = " ".join(browser.get(entered["Location"]).content.decode().split())
    assert "tờ khai ghi 1994, dữ liệu dân cư ghi 1995. Lê Cường đã ghi theo dữ liệu dân cư." in page
    assert page.count("từng khác dữ liệu dân cư") == 1
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


@pytest.mark.parametrize("by_button", [True, False])
def test_what_was_kept_is_marked_with_its_reason(
    browser: Client, population: ExchangeDouble, by_button: bool
) -> None:
    form = differing_mother(browser) | {"mother_birth_year_reason": "Theo QĐ 12/QĐ-UBND"}
    if by_button:
        page = browser.post(NEW, form | {"keep": "mother.birth_year"}).content.decode()
        form = values(page)

    entered = browser.post(NEW, form)

    assert entered.status_code == 302
    page = " ".join(browser.get(entered["Location"]).content.decode().split())
    assert "Lê Cường đã giữ theo tờ khai. Lý do: Theo QĐ 12/QĐ-UBND" in page
    assert '<span class="lt-num">1994</span>' in page


def test_a_choice_falls_when_what_was_chosen_is_changed(
    browser: Client, population: ExchangeDouble
) -> None:
    form = differing_mother(browser) | {"mother_birth_year_reason": "Theo QĐ 12/QĐ-UBND"}
    kept = values(browser.post(NEW, form | {"keep": "mother.birth_year"}).content.decode())

    answer = browser.post(NEW, kept | {"mother_birth_year": "1990"})

    assert answer.status_code == 422
    assert "tờ khai ghi 1990" in answer.content.decode()


@pytest.mark.parametrize("year", ["95", "năm 95", "19945"])
def test_a_year_that_cannot_be_read_is_a_mistake_and_no_difference(
    browser: Client, population: ExchangeDouble, year: str
) -> None:
    page = browser.post(NEW, blank_mother(look_up="mother", mother_birth_year=year))
    assert "Năm sinh không khớp" not in page.content.decode()

    answer = browser.post(NEW, values(page.content.decode()))

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Năm sinh của mẹ có bốn chữ số" in text
    assert "không khớp" not in text


def test_a_date_of_death_reads_as_everywhere(browser: Client, population: ExchangeDouble) -> None:
    population.answers(
        "population",
        "person.find.v1",
        shapes.FoundPerson(
            found=True,
            personal_id=cast.AN.personal_id,
            full_name=cast.AN.name,
            sex="female",
            born_on=cast.AN.born_on,
            standing="deceased",
            died_on=date(2021, 8, 18),
        ),
    )

    page = browser.post(NEW, blank_mother(look_up="mother")).content.decode()

    assert "Ngày chết: 18/08/2021." in page
    assert "2021-08-18" not in page


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
