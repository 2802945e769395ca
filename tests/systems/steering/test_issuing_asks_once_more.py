"""Issuing cannot be taken back: a page says what would happen, and only what it showed goes out."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.steering import services
from lienthong.systems.steering.domain.relations import relation
from lienthong.systems.steering.domain.sources import NAMES
from lienthong.systems.steering.models import ReportEdition
from lienthong.systems.steering.queries.document import Report
from lienthong.systems.steering.views.shown import SHORTEST, drawn_lengths
from systems.steering.stated import figure, stated_by

DESK = "/canbo/steering/2021-08/"
CONFIRM = f"{DESK}phat-hanh"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def seen(page: str) -> str:
    return re.search(r'name="seen" value="([0-9a-f]+)"', page)[1]


def test_the_page_says_the_number_the_day_and_who_signs(signed_in, collected):
    page = words(signed_in.get(CONFIRM).content.decode())
    assert "01/BC-BTTTT" in page
    assert "20/08/2021" in page
    assert "KT. Bộ trưởng, Thứ trưởng" in page
    assert "Vũ Hà, Thư ký Ban Chỉ đạo" in page
    assert "Quan hệ không khớp không có" in page
    assert ReportEdition.objects.get().is_draft, "looking issues nothing"


def test_what_was_seen_is_issued(signed_in, collected):
    page = signed_in.get(CONFIRM).content.decode()
    answer = signed_in.post(f"{DESK}issue", {"seen": seen(page)})
    assert answer["Location"] == DESK
    collected.refresh_from_db()
    assert collected.number == 1
    # Sent twice by a slow line, it is told so and no second number is used.
    signed_in.post(f"{DESK}issue", {"seen": seen(page)})
    assert ReportEdition.objects.count() == 1


def test_nothing_is_issued_without_the_page_that_asks(signed_in, collected):
    answer = signed_in.post(f"{DESK}issue")
    assert answer["Location"] == CONFIRM
    collected.refresh_from_db()
    assert collected.is_draft


def test_what_changed_since_is_shown_first(signed_in, collected, month, secretary):
    page = signed_in.get(CONFIRM).content.decode()
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F019="17440"))
    services.collect(collected.month, by=secretary)
    answer = signed_in.post(f"{DESK}issue", {"seen": "0" * 32}, follow=True)
    assert "Báo cáo đã đổi từ lúc bạn xem" in words(answer.content.decode())
    collected.refresh_from_db()
    assert collected.is_draft
    assert page


def contradict(month: ExchangeDouble) -> None:
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17433"))


def test_what_hinders_is_named_and_leads_to_the_box_of_its_note(signed_in, month, collect):
    contradict(month)
    edition = collect()
    page = signed_in.get(CONFIRM).content.decode()
    failing = Report.of(edition).failing()
    assert failing
    draft = signed_in.get(DESK).content.decode()
    for check in failing:
        assert f'href="{DESK}#note-{check.pk}"' in page
        assert f'id="note-{check.pk}"' in draft
        assert relation(check.key).text.replace("<", "&lt;") in page
    assert 'action="/canbo/steering/2021-08/issue"' not in page
    assert f'href="#note-{failing[0].pk}"' in draft


def test_with_a_note_on_each_the_notes_stand_on_the_page(signed_in, month, collect, secretary):
    contradict(month)
    edition = collect()
    for check in Report.of(edition).failing():
        services.note_relation(edition, check.key, "Sổ giấy nhập sau", by=secretary)
    page = signed_in.get(CONFIRM).content.decode()
    assert words(page).count("Ghi chú: Sổ giấy nhập sau") == 2
    signed_in.post(f"{DESK}issue", {"seen": seen(page)})
    edition.refresh_from_db()
    assert edition.number == 1


def test_old_figures_hinder_too(signed_in, month, collect):
    month.is_down("population")
    collect()
    page = words(signed_in.get(CONFIRM).content.decode())
    assert "Cơ sở dữ liệu quốc gia về dân cư chưa trả lời; lấy lại số liệu." in page


def test_both_sides_of_a_failing_relation_are_named_above_their_bars(signed_in, month, collect):
    contradict(month)
    collect()
    page = signed_in.get(DESK).content.decode()
    picture = page.partition('class="st-eq"')[2].partition("</div>")[0]
    assert picture.index("<p>") < picture.index("<svg")
    assert picture.rindex("<p>") < picture.rindex("<svg")


@pytest.mark.parametrize(
    "shares", [["1"], ["0.0001"], ["0.9999", "0.0001"], ["0.5", "0.5"], ["0.001", "0.001", "0.998"]]
)
def test_no_part_of_a_bar_is_too_short_to_be_seen(shares):
    lengths = drawn_lengths([Decimal(share) for share in shares])
    assert all(length >= SHORTEST for length in lengths)
    assert sum(lengths) <= 1000


def test_nothing_is_drawn_as_nothing():
    assert drawn_lengths([Decimal(0), Decimal(1)]) == [0, 1000]


def test_the_source_of_a_figure_has_a_name_and_its_technical_one_in_small(
    signed_in, month, collect
):
    month.answers(
        "civil_status",
        FIGURES_CODE,
        stated_by(
            "civil_status", F015=figure("civil_status", "F015", "11711", source="records: DeskUser")
        ),
    )
    collect()
    page = signed_in.get(f"{DESK}?figure=F015").content.decode()
    panel = page[page.index('id="nguon"') :]
    assert NAMES["records: DeskUser"] in panel
    assert '<small class="lt-code">records:' in panel
    assert "civil_status.<wbr>figures.<wbr>f015" in panel.replace("_<wbr>", "_")


def test_a_month_in_which_nothing_happened_says_so(signed_in, month, collect):
    assert "Tháng không có phát sinh" not in words(
        services.write(Report.of(collect()), "html").decode()
    )
    quiet = {"F009": "0", "F010": "0"}
    month.answers("directory", FIGURES_CODE, stated_by("directory", **quiet))
    month.answers("population", FIGURES_CODE, stated_by("population", P002="0"))
    edition = collect()
    assert services.files.is_without_records("2021-08")
    for html in (
        signed_in.get(DESK).content.decode(),
        services.write(Report.of(edition), "html").decode(),
    ):
        assert "Tháng không có phát sinh" in words(html)
