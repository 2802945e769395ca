"""A printed paper carries a code; its check tells what is on its head and initials only."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from pypdf import PdfReader

import cast
from lienthong.exchange import outbox
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel.actor import Actor
from lienthong.record.models import Entry
from lienthong.systems.civil_status.models import BirthRegistration, Paper
from lienthong.systems.civil_status.services import births, deaths, papers
from lienthong.web.papers.press import FONTS
from systems.civil_status import declarations

needs_fonts = pytest.mark.skipif(
    not any(FONTS.glob("*.ttf")), reason="fonts of papers are not built; run make assets"
)


def words(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def birth(cuong: Actor, population: ExchangeDouble) -> BirthRegistration:
    entered = births.register_birth(birth=declarations.birth(), by=cuong, signatory="Huỳnh Văn Sáu")
    assert entered.outbox_row is not None
    outbox.deliver(entered.outbox_row)
    return entered.birth


@needs_fonts
def test_the_certificate_carries_the_number_and_the_parents_in_order(
    cuong: Actor, birth: BirthRegistration
) -> None:
    text = words(papers.birth_certificate(key=birth.key, by=cuong))

    order = [
        "GIẤY KHAI SINH",
        "Số: 1/2021",
        "TRẦN NGUYỄN GIA ĐỨC",
        "Ngày mười bảy tháng tám năm hai nghìn không trăm hai mươi mốt",
        "091 321 004 217",
        "NGUYỄN THỊ AN",
        "TRẦN VĂN BÌNH",
        "NGƯỜI KÝ GIẤY KHAI SINH",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


@needs_fonts
def test_a_certificate_printed_again_keeps_its_code(cuong: Actor, birth: BirthRegistration) -> None:
    for _ in range(2):
        papers.birth_certificate(key=birth.key, by=cuong)

    assert Paper.objects.count() == 1


@needs_fonts
@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}], ids=["opened", "fetched"])
def test_an_address_that_is_only_opened_prints_nothing(
    browser: Client, cuong: Actor, birth: BirthRegistration, headers: dict[str, str]
) -> None:
    death = deaths.register_death(death=declarations.death(), by=cuong).death
    for place, paper in (
        (f"/canbo/civil-status/births/{birth.key}/", "certificate.pdf"),
        (f"/canbo/civil-status/deaths/{death.key}/", "extract.pdf"),
    ):
        assert browser.get(place + paper, headers=headers)["Location"] == place
    assert not Paper.objects.exists()
    assert not Entry.objects.filter(what__endswith="_printed").exists()

    for place, paper in (
        (f"/canbo/civil-status/births/{birth.key}/", "certificate.pdf"),
        (f"/canbo/civil-status/deaths/{death.key}/", "extract.pdf"),
    ):
        printed = browser.post(place + paper)
        assert printed["Content-Type"] == "application/pdf"
        assert printed["Content-Disposition"].startswith("inline")
        assert "GIẤY KHAI SINH" in words(printed.content) or "KHAI TỬ" in words(printed.content)
    assert Paper.objects.count() == 2
    assert Entry.objects.filter(what__endswith="_printed").count() == 2


@needs_fonts
def test_a_name_that_looks_like_markup_is_printed_as_it_stands(
    cuong: Actor, population: ExchangeDouble
) -> None:
    entered = deaths.register_death(
        death=declarations.death(cause='#read("/etc/passwd") *bệnh* $x$', personal_id=None),
        by=cuong,
    )

    text = words(papers.death_extract(key=entered.death.key, by=cuong))

    assert "TRÍCH LỤC KHAI TỬ" in text
    assert '#read("/etc/passwd")' in text


@needs_fonts
def test_anyone_may_check_a_paper_and_sees_initials_only(
    client: Client, cuong: Actor, birth: BirthRegistration
) -> None:
    papers.birth_certificate(key=birth.key, by=cuong)
    code = Paper.objects.get().code

    page = client.get(f"/kiem-tra/{papers.grouped(code)}")

    text = page.content.decode()
    assert page.status_code == 200
    assert "1/2021" in text
    assert "T•• N•• G•• Đ••" in text
    assert cast.NEWBORN.name.upper() not in text
    assert declarations.CHILD_ID not in text


@needs_fonts
def test_a_withdrawn_entry_makes_its_paper_invalid(
    client: Client, cuong: Actor, birth: BirthRegistration
) -> None:
    papers.birth_certificate(key=birth.key, by=cuong)
    births.withdraw_birth(key=birth.key, reason="ghi nhầm", decision="45/QĐ-UBND", by=cuong)

    page = client.get(f"/kiem-tra/{Paper.objects.get().code}")

    assert "hết giá trị" in page.content.decode()


def test_a_wrong_code_says_so_and_nothing_else(client: Client, db: None) -> None:
    page = client.get("/kiem-tra/AAAABBBBCCCCDDDD")

    assert page.status_code == 404
    assert "Không có giấy nào mang mã này" in page.content.decode()


def test_the_code_can_be_typed_with_or_without_dashes(client: Client, db: None) -> None:
    answer = client.post("/kiem-tra/", {"code": "aaaa-bbbb cccc-dddd"})

    assert answer["Location"] == "/kiem-tra/AAAABBBBCCCCDDDD"


@needs_fonts
def test_the_check_names_the_office_with_the_units_of_its_day(
    cuong: Actor, birth: BirthRegistration, client: Client
) -> None:
    papers.birth_certificate(key=birth.key, by=cuong)

    page = client.get(f"/kiem-tra/{Paper.objects.get().code}").content.decode()

    assert "Ủy ban nhân dân xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang" in page


def test_a_code_of_another_length_is_told_by_how_many_signs_are_missing(
    client: Client, db: None
) -> None:
    answer = client.post("/kiem-tra/", {"code": "ab12"})

    text = answer.content.decode()
    assert "bạn mới nhập 4, cần 16" in text
    assert '<a href="#id_code">' in text
    assert "Nhập mã in dưới hình QR" in client.post("/kiem-tra/", {}).content.decode()
