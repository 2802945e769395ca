"""An officer finds people, reads a life, and changes it after a look at the answers."""

from __future__ import annotations

import pytest
from django.test import Client

import cast
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.record.models import Look
from lienthong.systems.population import queries
from lienthong.systems.population.models import Person, Repair, Residence
from systems.population import lives
from systems.population.desk import DESK, act, look, officer, page_of


@pytest.fixture
def browser(db: None) -> Client:
    return officer("pham.hoa")


def person_of(number: str, by: Actor) -> Person:
    with personal.bulk("test", actor=by):
        found = queries.find(PersonalId(number))
        assert found is not None
        return found.person


def test_a_name_without_marks_finds_and_each_found_is_a_look(
    browser: Client, civil_status: Actor
) -> None:
    for name in ("duc", "dong"):
        lives.grown(civil_status, name)
    assert "LÊ VĂN DUC" in look(browser, name="lê van du")
    assert Look.objects.filter(subject__startswith="k:").count() == 1
    page = look(browser, name="Le Van", born_on="6/5/1990")
    assert "LÊ VĂN DONG" in page
    assert "LÊ VĂN DUC" in page
    assert "LÊ VĂN DUC" not in look(browser, name="le van", born_on="7/5/1990")


def test_one_letter_or_nothing_is_no_question(browser: Client, civil_status: Actor) -> None:
    lives.grown(civil_status, "duc")
    for asked in ({"name": "l"}, {}, {"born_on": "6/5/1990"}):
        assert "LÊ VĂN DUC" not in look(browser, **asked)
    assert Look.objects.count() == 0


def test_a_person_opens_only_for_a_purpose(browser: Client, civil_status: Actor) -> None:
    person = person_of(lives.grown(civil_status, "duc"), civil_status)
    assert browser.get(f"{DESK}nguoi/{person.pk}/").status_code == 302
    look(browser, name="le van duc")
    page = page_of(browser, person.pk)
    assert "LÊ VĂN DUC" in page
    assert "giải quyết hồ sơ cư trú" in page
    assert "pham.hoa" in page, "the page tells who looked"


def test_kin_and_members_shown_are_looked_at_too(browser: Client, civil_status: Actor) -> None:
    mother = lives.grown(civil_status, "me", sex=Sex.FEMALE)
    child = lives.given(civil_status, "child", mother=mother).number
    lives.founded(mother, civil_status)
    look(browser, number=child)
    before = Look.objects.filter(seen__contains=["kin"]).count()
    assert "LÊ VĂN ME" in page_of(browser, person_of(child, civil_status).pk)
    assert Look.objects.filter(seen__contains=["kin"]).count() > before


def test_answers_are_checked_before_they_are_written(browser: Client, civil_status: Actor) -> None:
    number = lives.grown(civil_status, "duc")
    person = person_of(number, civil_status)
    look(browser, number=number)
    answers = {"kind": "permanent", "unit": cast.DUONG_TO, "address": "số 5"}
    check = act(browser, person.pk, "cu-tru", confirmed=False, **answers).content.decode()
    assert "số 5" in check
    assert Residence.objects.count() == 0
    back = act(browser, person.pk, "cu-tru", confirmed=False, back="1", **answers)
    assert 'value="số 5"' in back.content.decode()
    done = act(browser, person.pk, "cu-tru", **answers)
    assert done.status_code == 302
    assert "xã Dương Tơ" in page_of(browser, person.pk)


def test_an_error_of_the_register_stands_above_the_form(
    browser: Client, civil_status: Actor
) -> None:
    number = lives.grown(civil_status, "duc")
    person = person_of(number, civil_status)
    look(browser, number=number)
    page = act(browser, person.pk, "cu-tru", kind="permanent", unit="99999", address="số 5")
    assert "Vào ngày đó không có đơn vị cấp xã nào mang mã này." in page.content.decode()


def test_of_two_officers_the_second_is_told(browser: Client, civil_status: Actor) -> None:
    number = lives.grown(civil_status, "duc")
    person = person_of(number, civil_status)
    other = officer("ly.nam")
    for one in (browser, other):
        look(one, number=number)
    with personal.bulk("test", actor=civil_status):
        seen = queries.newest_event(person)
    same = {"kind": "permanent", "unit": cast.DUONG_TO, "seen": seen}
    assert act(browser, person.pk, "cu-tru", address="số 5", **same).status_code == 302
    page = act(other, person.pk, "cu-tru", address="số 7", **same).content.decode()
    assert "Có người đã thay đổi hồ sơ này sau khi bạn mở" in page
    assert Residence.objects.count() == 1


def test_particulars_show_what_they_were_and_become(browser: Client, civil_status: Actor) -> None:
    number = lives.grown(civil_status, "duc")
    person = person_of(number, civil_status)
    look(browser, number=number)
    answers = {
        "full_name": "Lê Văn Đức", "born_on": "6/5/1990", "sex": "male", "ethnicity": "Kinh",
        "nationality": "Việt Nam", "home_place": person.home_place, "religion": "Phật giáo",
    }  # fmt: skip
    check = act(browser, person.pk, "nhan-than", confirmed=False, **answers).content.decode()
    assert "Lê Văn Đức" in check
    assert "Quê quán" not in check, "what stays is not asked about again"
    assert act(browser, person.pk, "nhan-than", **answers).status_code == 302
    page = page_of(browser, person.pk)
    assert "<s>LÊ VĂN DUC</s>" in page
    assert "12/QĐ-CA" in page


def test_a_household_is_founded_joined_and_left(browser: Client, civil_status: Actor) -> None:
    head, other = lives.grown(civil_status, "duc"), lives.grown(civil_status, "dong")
    one, two = person_of(head, civil_status), person_of(other, civil_status)
    look(browser, number=head)
    founded = act(browser, one.pk, "lap-ho", unit=cast.DUONG_TO, address="số 5")
    assert founded.status_code == 302
    joined = act(browser, two.pk, "vao-ho", member=head, relation="sibling")
    assert joined.status_code == 302
    assert "anh, chị, em" in page_of(browser, one.pk)
    page = act(browser, one.pk, "roi-ho").content.decode()
    assert "Chủ hộ chỉ rời hộ sau khi đã có chủ hộ mới" in page
    assert act(browser, two.pk, "roi-ho").status_code == 302


def test_a_number_is_repaired_at_two_desks(browser: Client, civil_status: Actor) -> None:
    number = lives.grown(civil_status, "duc")
    person = person_of(number, civil_status)
    look(browser, number=number)
    asked = act(
        browser, person.pk, "sua-so", kind="structure", born_on="6/5/1989", paper="Giấy khai sinh"
    )
    assert asked.status_code == 302
    (key,) = Repair.objects.values_list("key", flat=True)
    address = f"{DESK}sua-so/{key}/"
    assert "phải do cán bộ khác quyết định" in browser.get(address).content.decode()
    browser.post(address, {"decide": "grant", "decision": "7/QĐ"})
    assert list(Repair.objects.values_list("state", flat=True)) == ["asked"]
    second = officer("ly.nam")
    assert "Giấy khai sinh" in second.get(address).content.decode()
    assert second.post(address, {"decide": "grant", "decision": "7/QĐ"}).status_code == 302
    assert lives.ask("repair.carry-out.v1", key="r", repair=str(key)).status == 200
    page = look(browser, number=number)
    assert "thay cho số đã tra" in page


def test_no_number_or_name_stands_in_an_address(browser: Client, civil_status: Actor) -> None:
    number = lives.grown(civil_status, "duc")
    page = look(browser, number=number)
    addresses = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert addresses
    assert not [one for one in addresses if number in one]
