"""Bad input keeps what was typed and says what to do, in Vietnamese."""

from __future__ import annotations

import pytest
from django.test import Client

from lienthong.exchange.testing import ExchangeDouble
from lienthong.record import personal
from lienthong.systems.civil_status.models import BirthRegistration, DeathRegistration
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


def test_a_name_in_nfd_with_a_look_alike_letter_enters_the_book_clean(
    browser: Client, population: ExchangeDouble
) -> None:
    import unicodedata

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
