"""The secretary's desk and the published page: every figure opens, with or without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.translation import gettext, override

from lienthong.exchange.figures import FIGURES_CODE
from lienthong.kernel.errors import LienThongError
from lienthong.systems.steering import errors as steering_errors
from lienthong.systems.steering import services
from lienthong.systems.steering.models import ReportEdition, SourceAnswer
from lienthong.web.papers import press
from systems.steering.stated import MONTH, stated_by

DESK = "/canbo/steering/2021-08/"
PUBLIC = "/bao-cao/2021-08/"


def html_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def panel(html):
    return html[html.index('id="nguon"') :]


def visible(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


def test_a_month_nobody_opened_offers_to_collect(signed_in):
    html = html_of(signed_in.get(DESK))
    assert 'action="/canbo/steering/2021-08/collect"' in html
    assert not ReportEdition.objects.exists()


def test_the_button_without_scripts_collects_from_every_system(signed_in, month):
    answer = signed_in.post(f"{DESK}collect")
    assert (answer.status_code, answer["Location"]) == (302, DESK)
    html = html_of(signed_in.get(DESK))
    for code in (code for system in MONTH.values() for code in system):
        assert f'data-figure="{code}"' in html
        assert f'href="?figure={code}#nguon"' in html


def test_with_scripts_each_system_is_asked_by_itself_and_the_last_shows_the_paper(signed_in, month):
    html = html_of(signed_in.post(f"{DESK}collecting", headers={"HX-Request": "true"}))
    addresses = re.findall(r'hx-post="([^"]+/collect/[^"]+)"', html)
    (run,) = set(re.findall(r'"run": "([0-9a-f-]{36})"', html.replace("&quot;", '"')))
    assert len(addresses) == len(MONTH)
    answers = [signed_in.post(address, {"run": run}) for address in addresses]
    assert [bool(a.headers.get("HX-Redirect")) for a in answers] == [False, False, False, True]
    assert answers[-1]["HX-Redirect"] == DESK
    assert len({a.run for a in SourceAnswer.objects.all()}) == 1


@pytest.mark.parametrize("code", ["F009", "F001", "F020", "P001"])
def test_a_figure_opens_to_all_that_is_behind_it(signed_in, collected, code):
    html = panel(html_of(signed_in.get(f"{DESK}?figure={code}")))
    text = visible(html)
    figure = collected.figures.get(code=code)
    for words in (
        code,
        f"Định nghĩa của {code}.",
        figure.function,
        figure.source,
        figure.answer.message_id,
    ):
        assert words in text
    assert "nhập từ trước" in text or not figure.imported


def test_the_panel_alone_is_sent_when_a_script_asks_for_it(signed_in, collected):
    answer = signed_in.get(
        f"{DESK}?figure=F019", headers={"HX-Request": "true", "HX-Target": "nguon"}
    )
    html = html_of(answer)
    assert html.lstrip().startswith("<aside")
    assert "<html" not in html


def test_relations_of_a_figure_stand_in_its_panel(signed_in, collected):
    text = visible(panel(html_of(signed_in.get(f"{DESK}?figure=F020"))))
    assert "F020 ≤ F019" in text
    assert "5.171" in text
    assert "17.432" in text


def test_a_failing_relation_is_shown_with_both_sides_and_counted(signed_in, month, collect):
    month.answers("civil_status", FIGURES_CODE, stated_by("civil_status", F020="17433"))
    collect()
    html = html_of(signed_in.get(DESK))
    assert html.count('class="rp-fail"') == 2
    assert 'data-state="fails"' in html
    assert 'id="so-F020"' in html
    # The panel opens at the contradiction by itself.
    assert '<p class="code">F020</p>' in panel(html)


def test_a_silent_system_is_named_with_its_hour(signed_in, month, collect):
    month.is_down("population")
    collect()
    text = visible(html_of(signed_in.get(DESK)))
    assert "Cơ sở dữ liệu quốc gia về dân cư" in text
    assert "10:00, 20/08/2021" in text


def test_an_unknown_figure_says_that_nobody_stated_it(signed_in, collected):
    html = panel(html_of(signed_in.get(f"{DESK}?figure=F054")))
    assert '<p class="code">F054</p>' in html
    hostile = html_of(signed_in.get(f"{DESK}?figure=%3Cscript%3E"))
    assert "<script>" not in panel(hostile)[:2000]


def test_what_no_system_answers_is_listed_on_the_page(signed_in, collected):
    text = visible(html_of(signed_in.get(DESK)))
    assert "Điểm cầu, camera và dữ liệu trực tuyến" in text
    assert "F043 F044 F045 F046 F047" in text


@pytest.mark.parametrize(
    ("kind", "start"), [("pdf", b"%PDF-"), ("docx", b"PK"), ("json", b"{"), ("html", b"<!doctype")]
)
def test_the_draft_downloads_in_each_form(signed_in, collected, kind, start):
    answer = signed_in.get(f"{DESK}bao-cao.{kind}")
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert answer["Content-Disposition"] == f'attachment; filename="bao-cao-2021-08.{kind}"'


def test_there_is_no_other_form(signed_in, collected):
    assert signed_in.get(f"{DESK}bao-cao.exe").status_code == 404


def test_the_list_shows_each_edition_and_refuses_a_month_of_the_future(signed_in, collected):
    html = html_of(signed_in.get("/canbo/steering/"))
    assert f'href="{DESK}"' in html
    assert signed_in.get("/canbo/steering/?month=2021-07")["Location"].endswith("/2021-07/")
    refused = html_of(signed_in.get("/canbo/steering/?month=2021-09"))
    assert "Tháng này chưa bắt đầu" in visible(refused)
    unread = visible(html_of(signed_in.get("/canbo/steering/?month=x")))
    assert "Chưa đọc được tháng. Ghi tháng/năm, ví dụ 08/2021." in unread
    for written in ("07/2021", "7/2021", "7-2021", " 07.2021 "):
        answer = signed_in.get("/canbo/steering/", {"month": written})
        assert answer["Location"].endswith("/2021-07/"), written
    assert 'type="month"' not in html


def test_a_draft_is_not_public(client, collected):
    assert client.get(PUBLIC).status_code == 404
    assert client.get(f"{PUBLIC}bao-cao.pdf").status_code == 404
    html_of(client.get("/bao-cao/"))


def test_the_published_page_opens_figures_for_anyone(client, collected, secretary):
    services.issue(collected, by=secretary)
    html = html_of(client.get(f"{PUBLIC}?figure=F019"))
    assert "Định nghĩa của F019." in panel(html)
    assert "vu.ha" not in html
    assert "<textarea" not in html
    assert f'href="{PUBLIC}"' in html_of(client.get("/bao-cao/"))
    assert client.get(f"{PUBLIC}bao-cao.pdf").content.startswith(b"%PDF-")


def test_the_desk_is_closed_to_visitors_and_to_officers_without_the_role(collected, signed_in):
    from lienthong.web.offices import Position

    visitor = Client()
    assert visitor.get(DESK)["Location"].startswith("/dang-nhap")
    Position.objects.update(roles=["civil_status.registrar"])
    for address in (DESK, "/canbo/steering/", f"{DESK}bao-cao.pdf"):
        assert signed_in.get(address).status_code == 403
    assert signed_in.post(f"{DESK}issue").status_code == 403


def test_nothing_is_changed_by_a_look(signed_in, collected):
    for act in ("collect", "collecting", "issue", "note", "receipts", "collect/directory"):
        assert signed_in.get(f"{DESK}{act}").status_code == 405


def test_a_month_of_the_future_is_refused_in_words(signed_in):
    answer = signed_in.get("/canbo/steering/2021-09/")
    assert answer.status_code == 400
    assert "Tháng này chưa bắt đầu" in answer.content.decode()
    assert "steering.month_not_begun" in answer.content.decode()


@pytest.mark.parametrize("room", [steering_errors, press], ids=["steering", "papers"])
def test_every_error_has_vietnamese_words(room):
    leaves = [
        one
        for one in vars(room).values()
        if isinstance(one, type)
        and issubclass(one, LienThongError)
        and one.__module__ == room.__name__
    ]
    assert len(leaves) > 4
    with override("vi"):
        for leaf in leaves:
            assert gettext(leaf.message()) != leaf.message(), leaf
