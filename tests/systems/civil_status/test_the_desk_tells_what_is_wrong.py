"""Bad input keeps what was typed and says what to do, in Vietnamese."""

from __future__ import annotations

import unicodedata

import pytest
from django.test import Client

from lienthong.exchange.testing import ExchangeDouble
from lienthong.record import personal
from lienthong.systems.civil_status.models import BirthRegistration, DeathRegistration
from lienthong.web.problem_counts import ProblemCount
from systems.civil_status import declarations

NEW = "/canbo/civil-status/births/new"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("born_on", "31/02/2021", "Chưa đọc được ngày"),
        ("born_on", "21/08/2021", "Ngày sinh không thể sau hôm nay"),
        ("child_name", "Trần Văn 2", "Họ tên chỉ có chữ cái"),
        ("mother_birth_year", "2015", "chưa đủ mười hai tuổi"),
        ("mother_id", "09119", "mới nhập 5. Nhập đủ 12 số"),
        ("birth_place", "", "Nhập nơi sinh của bé"),
    ],
)
def test_each_mistake_has_its_words(
    browser: Client, population: ExchangeDouble, field: str, value: str, words: str
) -> None:
    answer = browser.post(NEW, declarations.birth_form(**{field: value}))

    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert 'class="ds-error-summary"' in text
    assert BirthRegistration.objects.count() == 0


BIRTH = "civil_status.invalid_birth"


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"born_on": "21/08/2021"}, {BIRTH, "civil_status.in_future"}),
        ({"born_on": "31/02/2021"}, {BIRTH, "civil_status.unreadable"}),
        ({"child_name": "Trần Văn 2"}, {BIRTH, "civil_status.bad_name"}),
        (
            {"child_name": "Trần 2", "father_name": "Trần 3", "born_on": "21/08/2021"},
            {BIRTH, "civil_status.bad_name", "civil_status.in_future"},
        ),
        ({"mother_id": "09119"}, {BIRTH, "civil_status.not_twelve_digits"}),
        ({"birth_place": "", "father_name": ""}, {BIRTH, "civil_status.missing"}),
        ({"child_name": "Trần Gia Ðức"}, {"civil_status.name_look_alike"}),
        ({"child_name": unicodedata.normalize("NFD", "Trần Gia Đức")},
         {"civil_status.name_decomposed"}),
        ({}, set()),
    ],
    ids=[
        "future", "no date", "digits in a name", "several", "short number", "missing",
        "other d", "in pieces", "nothing wrong",
    ],
)  # fmt: skip
def test_each_problem_is_counted_once_by_its_code(
    browser: Client, population: ExchangeDouble, changes: dict[str, str], counted: set[str]
) -> None:
    browser.post(NEW, declarations.birth_form(**changes))
    assert counts() == dict.fromkeys(counted, 1)

    form = declarations.birth_form(**changes)
    form["child_name"] += " Hai"  # another child, so that it is no duplicate
    browser.post(NEW, form)
    assert counts() == dict.fromkeys(counted, 2)


def test_a_duplicate_is_counted_as_one_and_not_as_invalid(
    browser: Client, population: ExchangeDouble
) -> None:
    for _ in range(2):
        browser.post(NEW, declarations.birth_form())
    assert counts() == {"civil_status.duplicate_birth": 1}
    for _ in range(2):
        browser.post("/canbo/civil-status/deaths/new", declarations.death_form())
    browser.post("/canbo/civil-status/deaths/new", declarations.death_form(died_on="21/08/2021"))
    assert counts() == {
        "civil_status.duplicate_birth": 1,
        "civil_status.duplicate_death": 1,
        "civil_status.invalid_death": 1,
        "civil_status.in_future": 1,
    }


def counts() -> dict[str, int]:
    return dict(ProblemCount.objects.values_list("code", "count"))


def test_a_name_in_nfd_with_a_look_alike_letter_enters_the_book_clean(
    browser: Client, population: ExchangeDouble
) -> None:
    typed = unicodedata.normalize("NFD", "Trần Gia Ðức")
    browser.post(NEW, declarations.birth_form(child_name=typed))

    with personal.bulk("kiểm thử", actor="test"):
        assert BirthRegistration.objects.filter(child_name="TRẦN GIA ĐỨC").count() == 1


def test_an_unknown_father_leaves_his_part_blank(
    browser: Client, population: ExchangeDouble
) -> None:
    form = declarations.birth_form(child_name="Nguyễn Gia Đức", father_unknown="on")
    form |= {name: "" for name in form if name.startswith("father_") and name != "father_unknown"}

    assert browser.post(NEW, form).status_code == 302
    with personal.bulk("kiểm thử", actor="test"):
        rows = BirthRegistration.objects.filter(father_name="", father_birth_year=None)
        assert rows.count() == 1


def test_a_parent_is_named_or_said_to_be_unknown(
    browser: Client, population: ExchangeDouble
) -> None:
    answer = browser.post(NEW, declarations.birth_form(father_name=""))

    assert answer.status_code == 422
    assert BirthRegistration.objects.count() == 0


def test_a_death_in_the_future_is_refused(browser: Client, population: ExchangeDouble) -> None:
    answer = browser.post(
        "/canbo/civil-status/deaths/new", declarations.death_form(died_on="21/08/2021")
    )

    assert answer.status_code == 422
    assert "Ngày chết không thể sau hôm nay" in answer.content.decode()
    assert DeathRegistration.objects.count() == 0


def test_the_date_stands_in_words_beside_the_field(
    browser: Client, population: ExchangeDouble
) -> None:
    answer = browser.post("/canbo/civil-status/births/words", declarations.birth_form())

    assert answer.content.decode() == (
        "Ngày mười bảy tháng tám năm hai nghìn không trăm hai mươi mốt"
    )
