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
DEATH = "/canbo/civil-status/deaths/new"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("born_on", "31/02/2021", "Chưa đọc được ngày"),
        ("born_on", "21/08/2021", "Ngày sinh không thể sau hôm nay"),
        ("child_name", "Trần Văn 2", "Họ tên chỉ có chữ cái"),
        ("mother_birth_year", "2015", "chưa đủ mười hai tuổi"),
        ("mother_id", "09119", "mới nhập 5. Nhập đủ 12 số"),
        ("birth_place", "", "Nhập nơi sinh của bé"),
        ("mother_birth_year", "chín lăm", "Năm sinh của mẹ có bốn chữ số, ví dụ 1995."),
        ("father_birth_year", "93", "Năm sinh của cha có bốn chữ số, ví dụ 1993."),
        ("sex", "khác", "Chọn nam hoặc nữ."),
        ("form_token", "x", "Mở lại trang và nhập lại."),
        ("ethnicity", "K" * 41, "Dân tộc: tối đa 40 ký tự, đang có 41."),
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


# What Django says of its own accord, of a form nobody gave words to.
STOCK = ("Nhập một", "Hãy nhập", "hợp lệ", "Trường này", "Đảm bảo giá trị", "This field", "Enter a")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("birth_year", "44", "Năm sinh của người chết có bốn chữ số, ví dụ 1944."),
        ("died_at", "sáng sớm", "Chưa đọc được giờ chết. Ghi giờ và phút, ví dụ 05:30"),
        ("died_on", "hôm qua", "Chưa đọc được ngày chết. Ghi ngày/tháng/năm"),
        ("born_on", "3/1944", "Chưa đọc được ngày sinh của người chết."),
    ],
)
def test_each_mistake_of_a_death_names_the_field_and_the_remedy(
    browser: Client, population: ExchangeDouble, field: str, value: str, words: str
) -> None:
    answer = browser.post(
        "/canbo/civil-status/deaths/new", declarations.death_form(**{field: value})
    )

    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert not [stock for stock in STOCK if stock in text]


@pytest.mark.parametrize("hour", ["05:30", "5h30", "5g30", "5.30"])
def test_an_hour_is_read_as_people_write_it(
    browser: Client, population: ExchangeDouble, hour: str
) -> None:
    form = declarations.death_form(died_at=hour)
    assert browser.post("/canbo/civil-status/deaths/new", form).status_code == 302


def test_no_form_of_this_desk_speaks_in_stock_phrases(
    browser: Client, population: ExchangeDouble
) -> None:
    hostile = "x" * 400
    for address, form in ((NEW, declarations.birth_form()), (DEATH, declarations.death_form())):
        text = browser.post(address, dict.fromkeys(form, hostile)).content.decode()
        text += browser.post(address, {}).content.decode()
        assert not [stock for stock in STOCK if stock in text]


def test_all_mistakes_come_in_one_round(browser: Client, population: ExchangeDouble) -> None:
    """What fields could not read and what the law refuses stand on one page."""
    answer = browser.post(
        NEW,
        declarations.birth_form(
            child_name="Trần Văn 2",
            birth_place="",
            mother_birth_year="2015",
            father_birth_year="93",
            declarant_paper="",
        ),
    )

    text = answer.content.decode()
    for words in (
        "Họ tên chỉ có chữ cái",
        "Nhập nơi sinh của bé",
        "chưa đủ mười hai tuổi",
        "Năm sinh của cha có bốn chữ số",
        "Nhập giấy tờ",
    ):
        assert words in text, words


def test_a_death_tells_all_mistakes_in_one_round_too(
    browser: Client, population: ExchangeDouble
) -> None:
    answer = browser.post(
        DEATH,
        declarations.death_form(
            died_at="sáng", full_name="", born_on="", died_on="21/08/2021", place=""
        ),
    )

    text = answer.content.decode()
    for words in (
        "Chưa đọc được giờ chết",
        "họ tên người chết",
        "Ngày chết không thể sau hôm nay",
        "nơi chết",
        "ngày sinh",
    ):
        assert words in text, words


def test_a_rule_is_silent_while_it_cannot_be_judged(
    browser: Client, population: ExchangeDouble
) -> None:
    """An unreadable birth date must not make parents too young, or a name the wrong one."""
    text = browser.post(
        NEW, declarations.birth_form(born_on="hôm kia", mother_birth_year="2015", sex="")
    ).content.decode()

    assert "Chưa đọc được ngày sinh" in text
    assert "chưa đủ mười hai tuổi" not in text


@pytest.mark.parametrize(
    ("address", "optional", "needed"),
    [
        (NEW, ("mother_residence", "birth_notice", "signatory"), ("child_name", "born_on")),
        ("/canbo/civil-status/deaths/new", ("cause", "died_at", "residence"), ("died_on",)),
    ],
)
def test_what_may_stay_empty_is_marked(
    browser: Client, address: str, optional: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    page = browser.get(address).content.decode()

    def label(name: str) -> str:
        return page.partition(f'for="id_{name}">')[2].partition("</label>")[0]

    assert all("không bắt buộc" in label(name) for name in optional)
    assert not any("không bắt buộc" in label(name) for name in needed)
    assert "dd/mm/yyyy" not in page
    assert 'placeholder="ngày/tháng/năm"' in page


def test_a_birth_that_is_in_the_book_is_named_with_its_office_and_can_be_opened(
    browser: Client, population: ExchangeDouble
) -> None:
    entered = browser.post(NEW, declarations.birth_form())

    answer = browser.post(NEW, declarations.birth_form())

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "tại Ủy ban nhân dân xã Dương Tơ" in text
    assert f'href="{entered["Location"]}"' in text


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
